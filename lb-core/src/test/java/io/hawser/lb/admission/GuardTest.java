package io.hawser.lb.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class GuardTest {

    @Test
    void whoComesThroughAProxyIsJudgedByTheHeaderAndTheProxyByDenyOnly() throws Exception {
        Guard guard = new Guard(
                new Access(Networks.of("10.0.0.9/32", "192.0.2.66/32"), Networks.of("192.0.2.0/24"), 1, 0),
                Networks.of("10.0.0.0/8"));
        assertEquals(Guard.NOTHING, admitPeer(guard, "10.0.0.1"));
        assertEquals(Guard.NOTHING, admitPeer(guard, "10.0.0.1"), "a proxy is not counted");
        assertEquals(Guard.DENIED, admitPeer(guard, "10.0.0.9"));
        assertEquals(Guard.DENIED, admitPeer(guard, "11.0.0.1"));
        assertTrue(guard.admit(InetAddress.getByName("192.0.2.1"), 0) >= 0);
        assertEquals(SourceTable.TOO_MANY, guard.admit(InetAddress.getByName("192.0.2.1"), 0));
        assertEquals(SourceTable.TOO_MANY, admitPeer(guard, "192.0.2.1"), "one source, whichever way it comes");
        assertEquals(Guard.DENIED, guard.admit(InetAddress.getByName("192.0.2.66"), 0));
        assertEquals(Guard.DENIED, guard.admit(InetAddress.getByName("10.0.0.1"), 0), "it names itself");
    }

    private static int admitPeer(Guard guard, String address) throws IOException {
        byte[] bytes = InetAddress.getByName(address).getAddress();
        return guard.admit(bytes, 0, bytes.length, 0);
    }

    @Test
    void saysWhyItDoesNotLetIn() {
        assertEquals(Refusal.DENIED, Guard.refusal(Guard.DENIED));
        assertEquals(Refusal.TOO_MANY, Guard.refusal(SourceTable.TOO_MANY));
        assertEquals(Refusal.TOO_FAST, Guard.refusal(Guard.TOO_FAST));
        assertNull(Guard.refusal(Guard.NOTHING));
        assertNull(Guard.refusal(0));
    }
}
