package io.hawser.lb.config;

import static io.hawser.healthcheck.CheckPlan.OnWrongStatus.DOWN;
import static io.hawser.healthcheck.CheckPlan.OnWrongStatus.DRAIN;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.healthcheck.CheckPlan.OnWrongStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WrongStatusTest {

    @ParameterizedTest
    @CsvSource({
        "/, false, DRAIN",
        "/readyz, false, DRAIN",
        "/readyz?verbose, false, DRAIN",
        "/livez, true, DRAIN",
        "/healthz, true, DRAIN",
        "/readyz/ping, true, DRAIN",
        "/, true, DOWN",
        "/health, true, DOWN",
        "/health, false, DRAIN",
        "/primary, false, DOWN",
        "/primary?lag=1MB, false, DOWN",
        "/v1/leader, false, DOWN",
        "/replica, true, DOWN",
        "/read-write, false, DOWN",
        "/primaries, false, DRAIN",
        "/x?primary, false, DRAIN",
        "//, false, DRAIN",
    })
    void followsFromWhatIsAsked(String path, boolean hasPort, OnWrongStatus expected) {
        assertEquals(expected, WrongStatus.meaning(path, hasPort));
    }

    private static OnWrongStatus read(String health) {
        return Given.configWithWarnings(Given.KUBEADM.replace("{type: https, path: /readyz}", health))
                .pools()
                .getFirst()
                .health()
                .request()
                .onWrongStatus();
    }

    @Test
    void whatIsWrittenCounts() {
        assertEquals(DRAIN, read("{type: https, path: /readyz}"));
        assertEquals(DOWN, read("{type: https, path: /readyz, on-wrong-status: down}"));
        assertEquals(DOWN, read("{type: http, path: /primary, port: 8008}"));
        assertEquals(DRAIN, read("{type: http, path: /primary, port: 8008, on-wrong-status: drain}"));
    }

    @Test
    void meansNothingWhereThereIsNoStatus() {
        Given.refuses(
                Given.lb1(),
                Given.KUBEADM.replace("{type: https, path: /readyz}", "{type: tls, on-wrong-status: down}"),
                "11:42: pools[0].health.on-wrong-status: means nothing for type tls, only for http and https: write one of"
                        + " these types or remove it");
    }
}
