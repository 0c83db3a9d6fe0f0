package io.hawser.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hawser.sysctl.linux.NetworkNamespace;
import java.util.List;
import org.junit.jupiter.api.Test;

class HostsTest {
    private static final String KIND = "leftover";

    @Test
    void whatAKilledProcessLeftGoesAndNothingElse() throws Exception {
        Process dead = new ProcessBuilder("true").start();
        dead.waitFor();
        try (Hosts first = Hosts.open(KIND)) {
            NetworkNamespace kept = first.host("kept");
            NetworkNamespace left = NetworkNamespace.create("hawser-" + KIND + "-" + dead.pid() + "-1-left");
            try (Hosts second = Hosts.open(KIND)) {
                NetworkNamespace another = second.host("another");
                assertEquals(List.of(kept.name(), another.name()), NetworkNamespace.list("hawser-" + KIND + "-"));
            } finally {
                if (NetworkNamespace.list(left.name()).contains(left.name())) {
                    left.close();
                }
            }
            assertEquals(List.of(kept.name()), NetworkNamespace.list("hawser-" + KIND + "-"));
        }
        assertEquals(List.of(), NetworkNamespace.list("hawser-" + KIND + "-"));
    }

    /** ./verify takes the first number in a name for the process that made it. */
    @Test
    void aKindHasNoNumber() {
        assertThrows(IllegalArgumentException.class, () -> Hosts.open("two2"));
    }
}
