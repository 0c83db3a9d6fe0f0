package io.hawser.healthcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import org.junit.jupiter.api.Test;

class ConnectErrorsTest {
    private static final InetSocketAddress MEMBER = new InetSocketAddress("10.77.0.21", 6443);

    @Test
    void namesAMissingRouteThatTheTransportDoesNotName() {
        check(
                new NoRouteToHostException("null: /10.77.0.21:6443"),
                Cause.UNREACHABLE,
                "connect to 10.77.0.21:6443 failed: no route to host");
    }

    @Test
    void leavesTransportAndAddressOut() {
        check(
                new ConnectException(
                        "finishConnect(..) failed with error(-101): Network is unreachable: /10.77.0.21:6443"),
                Cause.UNREACHABLE,
                "connect to 10.77.0.21:6443 failed: network is unreachable");
    }

    @Test
    void tellsARefusalFromAMissingWay() {
        check(
                new ConnectException("finishConnect(..) failed with error(-111): Connection refused: /10.77.0.21:6443"),
                Cause.REFUSED,
                "connect to 10.77.0.21:6443 refused");
    }

    private static void check(Exception thrown, Cause cause, String reason) {
        CheckResult result = ConnectErrors.connect(MEMBER, thrown, 1);
        assertEquals(cause, result.cause());
        assertEquals(reason, result.reason());
    }
}
