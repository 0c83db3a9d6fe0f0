package io.hawser.lb.daemon;

import static io.hawser.lb.daemon.TwoNodes.ADDRESS;
import static io.hawser.lb.daemon.TwoNodes.holds;

import io.hawser.sysctl.linux.NetworkNamespace;
import io.hawser.testkit.Lateness;
import io.hawser.testkit.Tries;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An operator moves the address, by a drain or a stop, to and fro, while clients arrive every few milliseconds: whoever comes
 * while the address is on neither node is handed on to the one that gets it.
 */
@Tag("netns")
@Timeout(300)
class PlannedMoveNetnsTest {
    /* A lost SYN is sent again after a second (RFC 6298 2.1), and not before. */
    private static final Duration LOST = Duration.ofMillis(900);
    private static final Duration TOO_LATE = Duration.ofMillis(300);
    private static final int ROUNDS = 4;

    @TempDir
    Path directory;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private TwoNodes nodes;
    private @Nullable Daemon one;
    private @Nullable Daemon two;

    @BeforeEach
    void start() throws Exception {
        nodes = new TwoNodes(directory);
        for (NetworkNamespace node : List.of(nodes.first, nodes.second)) {
            node.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward");
        }
        one = nodes.start("one", "", "one", "two");
        two = nodes.start("two", "", "one", "two");
        awaitBoth();
    }

    private void awaitBoth() {
        TestNode.await(
                "both can serve", () -> daemon("one").isFit() && daemon("two").isFit());
        TestNode.await("held", () -> holds(nodes.first) ^ holds(nodes.second));
        // What each has heard of the other decides who takes over, so it must not be old.
        TestNode.await(
                "each hears of the other", () -> hearsOfTheOther(daemon("one")) && hearsOfTheOther(daemon("two")));
    }

    private static boolean hearsOfTheOther(Daemon daemon) {
        List<String> heard = TwoNodes.texts(daemon, "peer");
        return !heard.isEmpty() && heard.getLast().endsWith("answers, and can serve");
    }

    private Daemon daemon(String name) {
        return java.util.Objects.requireNonNull(name.equals("one") ? one : two);
    }

    @AfterEach
    void remove() throws IOException {
        threads.shutdownNow();
        if (one != null) {
            one.close();
        }
        if (two != null) {
            two.close();
        }
        if (nodes != null) {
            nodes.close();
        }
    }

    private interface Order {
        void give(String active) throws Exception;
    }

    /** Moves the address again and again; with each move nobody's first packet may be lost. */
    private void nobodyIsLost(String by, Order order, Order undo) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            Tries.hold("first packets during a " + by, () -> move(by, order, undo));
        }
    }

    private Tries.Try move(String by, Order order, Order undo) throws Exception {
        String active = holds(nodes.first) ? "one" : "two";
        NetworkNamespace next = active.equals("one") ? nodes.second : nodes.first;
        var arrivals = new Arrivals(ADDRESS, 6443);
        Future<List<Arrivals.Client>> running = threads.submit(() -> nodes.client.call(arrivals::run));
        List<String> spoilt;
        List<Arrivals.Client> clients;
        try (var lateness = new Lateness()) {
            long at = System.nanoTime();
            TestNode.await("served", () -> arrivals.served() >= 100);
            order.give(active);
            TestNode.await("moved by " + by, () -> holds(next));
            int before = arrivals.served();
            TestNode.await("served by the other", () -> arrivals.served() >= before + 100);
            spoilt = lateness.spoilt(at, TOO_LATE);
        } finally {
            arrivals.end();
            clients = running.get();
        }
        List<Arrivals.Client> lost = clients.stream()
                .filter(each -> each.connecting(System.nanoTime()).compareTo(LOST) >= 0)
                .toList();
        List<Arrivals.Client> cut =
                clients.stream().filter(each -> !each.isServed()).toList();
        System.out.printf(
                "of a %s: %d clients, %d lost, %d cut %s%n", by, clients.size(), lost.size(), cut.size(), cut);
        undo.give(active);
        awaitBoth();
        return new Tries.Try(lost.isEmpty() ? List.of() : List.of("lost by a " + by + ": " + lost), spoilt);
    }

    @Test
    void aDrainLosesNobodyWhoArrives() throws Exception {
        nobodyIsLost(
                "drain",
                active -> daemon(active).operator().drain(),
                active -> daemon(active).operator().enable());
    }

    @Test
    void aStopLosesNobodyWhoArrives() throws Exception {
        nobodyIsLost("stop", active -> daemon(active).close(), active -> {
            Daemon started = nodes.start(active, "", "one", "two");
            if (active.equals("one")) {
                one = started;
            } else {
                two = started;
            }
        });
    }
}
