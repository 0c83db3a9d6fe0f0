package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.proxy.Fruitless;
import io.hawser.lb.proxy.NotAccepting;
import io.hawser.lb.proxy.ProxyStats;
import io.hawser.lb.proxy.ProxyStats.ConnectStats;
import io.hawser.lb.proxy.ProxyStats.HandshakeStats;
import io.hawser.lb.proxy.ProxyStats.ListenerStats;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Listeners that run on different things are one node. */
class DataPathsTest {
    private static final NotAccepting FULL =
            new NotAccepting(io.hawser.lb.proxy.Shortage.NATIVE_MEMORY, Duration.ofSeconds(3));

    private final List<String> told = new ArrayList<>();

    private DataPath path(String listener, int active, @Nullable NotAccepting notAccepting) {
        ListenerStats stats = new ListenerStats(
                listener,
                "p",
                true,
                active,
                active,
                0,
                0,
                0,
                List.of(),
                new HandshakeStats(new ConnectStats(listener, List.of(), 0, 0), 0, Map.of()));
        return new DataPath() {
            @Override
            public boolean isBound(String name) {
                return name.equals(listener);
            }

            @Override
            public @Nullable NotAccepting notAccepting() {
                return notAccepting;
            }

            @Override
            public ProxyStats stats() {
                return new ProxyStats(
                        List.of(stats), List.of(), List.of(), List.of(), active, 100, notAccepting, 1, 2, 3);
            }

            @Override
            public Shortage shortage() {
                return new Shortage(active, 1, new Fruitless(2, 0, 0, null, 0));
            }

            @Override
            public void closeConnectionsTo(Set<InetAddress> addresses) {
                told.add(listener);
            }
        };
    }

    @Test
    void aListenerIsBoundWhereItRuns() {
        DataPath both = new DataPaths(List.of(() -> path("relayed", 1, null), () -> path("forwarded", 2, null)));

        assertTrue(both.isBound("relayed"));
        assertTrue(both.isBound("forwarded"));
        assertFalse(both.isBound("none"));
        assertNull(both.notAccepting());
    }

    @Test
    void whatIsCountedIsCountedTogether() {
        DataPath both = new DataPaths(List.of(() -> path("relayed", 1, null), () -> path("forwarded", 2, FULL)));

        ProxyStats stats = both.stats();

        assertEquals(
                List.of("relayed", "forwarded"),
                stats.listeners().stream().map(ListenerStats::name).toList());
        assertEquals(List.of(3, 200), List.of(stats.active(), stats.mostActive()));
        assertEquals(List.of(2L, 4L, 6L), List.of(stats.acceptPauses(), stats.shortages(), stats.defects()));
        assertEquals(FULL, stats.notAccepting());
        assertEquals(FULL, both.notAccepting());
        assertEquals(new DataPath.Shortage(3, 2, new Fruitless(4, 0, 0, null, 0)), both.shortage());
    }

    @Test
    void clientsOfEachHearThatAnAddressHasGone() throws Exception {
        new DataPaths(List.of(() -> path("relayed", 1, null), () -> path("forwarded", 2, null)))
                .closeConnectionsTo(Set.of(InetAddress.getLoopbackAddress()));

        assertEquals(List.of("relayed", "forwarded"), told);
    }

    @Test
    void whereNothingHasStartedNothingIsBound() {
        DataPath none = new DataPaths(List.of(() -> DataPath.NONE));

        assertFalse(none.isBound("relayed"));
        assertEquals(ProxyStats.NONE, none.stats());
        assertEquals(DataPath.Shortage.NONE, none.shortage());
    }
}
