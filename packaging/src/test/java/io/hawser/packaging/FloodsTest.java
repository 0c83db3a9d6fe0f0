package io.hawser.packaging;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.lb.demo.Network;
import io.hawser.testkit.Tries;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * One client of two packaged nodes does one thing as fast as it can: the address stays where it is, each probe of the nodes'
 * health and each other client is answered, the memory stays, and who asks is told. With {@code -Dhawser.flood.seconds=60}, on a
 * quiet machine, times are bounded as well: 100 ms for a probe, twice what it was before for other clients.
 */
@Tag("e2e")
@Tag("floods")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FloodsTest {
    private static final boolean IS_MEASURED = System.getProperty("hawser.flood.seconds") != null;
    private static final Duration WINDOW = Duration.ofSeconds(Integer.getInteger("hawser.flood.seconds", 3));

    /** As long as the flood: a p99 of a shorter time differs more from the next one than the bound allows a flood to add. */
    private static final Duration BEFORE = WINDOW;

    /** A flood goes on while the status is asked for. */
    private static final Duration AFTER = Duration.ofSeconds(20);

    private static final double MOST_HEALTH_MILLIS = 100;
    private static final double MOST_TIMES = 2;

    /** Below that a quantile says more about the timer than about anybody. */
    private static final double LEAST_MILLIS = 1;

    /** What the manifest requests, and the pod of another test is limited to. */
    private static final double MOST_MIB = 256;

    private static final double MOST_GROWTH_MIB = 32;

    /** A heap that was never full fills once in a long flood, up to its limit; the same once more must add no more than this. */
    private static final double MOST_MORE_MIB = 16;

    /*
     * What the machine itself does, beside the nodes: a thread of this process that computes a little, and a client that goes
     * straight to a member; and how much of it others take. When these wait, no time says anything about the nodes, whichever it is.
     */
    private static final double SPOILT_MILLIS = 40;

    private static final double SPOILT_TIMES = 1.5;
    private static final double MOST_OF_OTHERS_PERCENT = 10;

    // Static: one of the instance would be emptied after the first test, under the running nodes.
    @TempDir
    static @Nullable Path directory;

    private @Nullable FloodedPair pair;

    /** What the client does, and a word of what the nodes say about it. */
    enum Flood {
        ADMIN("admin", "admin port"),
        UNREAD("unread", "admin port"),
        HELLOS("hellos", "of them from 10.77.0.23"),
        RESETS("resets", "were refused by limits.fruitless-per-second-per-source"),
        /** At a listener that bounds what one source may open, as docs/security.md advises. */
        RESETS_BOUNDED("resets-bounded", "were refused by "),
        ARP("arp", "ARP packets a second arrive on eth0 (last from 10.77.0.2"),
        ADVERTS_UNLISTED("adverts-unlisted", "10.77.0.77 advertises VRID 51"),
        ADVERTS_LISTED("adverts-listed", "10.77.0.12 (MAC "),
        ADVERTS_DAMAGED(
                "adverts-damaged", "VRRP packets a second are discarded on eth0: checksum (last from 10.77.0.12, MAC "),
        ADVERTS_OTHERS("adverts-others", "VRIDs that are not used here (last from 10.77.0.77, MAC "),
        CLAIMS("claims", "10.77.0.10 is also claimed by");

        private final String kind;
        private final String said;

        Flood(String kind, String said) {
            this.kind = kind;
            this.said = said;
        }
    }

    @BeforeAll
    void start() throws Exception {
        Requirements.namespaces();
        Requirements.tools("python3", "openssl", "taskset");
        try (Run python = Run.start("sh", "-c", FloodedPair.PYTHON + " -c 'import collections, os, socket, struct'")) {
            assumeTrue(python.exit(Duration.ofSeconds(60)) == 0, () -> "needs a whole python3: " + python.output());
        }
        pair = new FloodedPair(directory);
        Thread.sleep(5_000); // what a process has to load and compile once is no flood's doing
    }

    @AfterAll
    void stop() throws Exception {
        if (pair != null) {
            pair.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Flood.class)
    void doesNoHarm(Flood flood) throws Exception {
        Tries.hold("a flood of " + flood, () -> attempt(flood));
    }

    private String log() {
        return Network.NODES.stream().map(node -> node + ":\n" + pair.log(node)).reduce("", String::concat);
    }

    private Tries.Try attempt(Flood flood) throws Exception {
        pair.settle();
        Map<String, Double> memory = new TreeMap<>();
        for (String node : Network.NODES) {
            memory.put(node, pair.resident(node));
        }
        long beforeAt = System.nanoTime();
        // Before, the same program of the same host only computes: what one processor less costs is no flood's doing.
        if (IS_MEASURED) {
            try (Run nothing = pair.flood("nothing", BEFORE)) {
                nothing.exit(BEFORE.plusSeconds(60));
            }
        }
        List<String> moves = pair.moves();
        Map<String, Map<String, Long>> ticks = new TreeMap<>();
        for (String node : Network.NODES) {
            ticks.put(node, pair.ticks(node));
        }
        Map<Long, Long> othersBefore = FloodedPair.ticksOfOthers();
        long floodAt = System.nanoTime();
        List<String> excesses = new ArrayList<>();
        List<String> spoilt = new ArrayList<>();
        String told;
        String count;
        long endAt;
        long others;
        try (Run run = pair.flood(flood.kind, WINDOW.plus(AFTER))) {
            // Nothing is waited for: this is for how long it is looked at.
            Thread.sleep(WINDOW);
            endAt = System.nanoTime();
            others = FloodedPair.ticksOfOthers().entrySet().stream()
                    .mapToLong(each -> each.getValue() - othersBefore.getOrDefault(each.getKey(), 0L))
                    .sum();
            for (String node : Network.NODES) {
                System.out.println("    " + node + " " + busiest(ticks.get(node), pair.ticks(node)));
            }
            told = pair.status(FloodedPair.HOLDER);
            run.signal("TERM");
            count = run.exit(Duration.ofSeconds(120)) + " " + run.output().replace("\n", " ");
        }
        told(flood, count, beforeAt, floodAt, endAt, told);

        if (!pair.moves().equals(moves)) {
            excesses.add("the address moved: " + pair.moves());
        }
        pair.health.forEach((who, each) -> {
            Repeated.Seen seen = each.between(floodAt, endAt);
            if (seen.failed() > 0 || (IS_MEASURED && !(seen.worst() <= MOST_HEALTH_MILLIS))) {
                excesses.add("/healthz of " + who + ": " + seen);
            }
        });
        Repeated.Seen before = pair.client.between(beforeAt, floodAt);
        Repeated.Seen during = pair.client.between(floodAt, endAt);
        double most = MOST_TIMES * Math.max(LEAST_MILLIS, before.quantile(0.99));
        if (during.failed() > 0 || (IS_MEASURED && !(during.quantile(0.99) <= most))) {
            excesses.add("the other client: " + during + ", before " + before);
        }
        boolean isAgain = false;
        for (String node : Network.NODES) {
            double now = pair.resident(node);
            double growth = now - memory.get(node);
            System.out.println("    %s has %.0f MiB, %+.1f".formatted(node, now, growth));
            if (now > MOST_MIB) {
                excesses.add("%s has %.0f MiB".formatted(node, now));
            }
            if (growth > MOST_GROWTH_MIB) {
                isAgain |= IS_MEASURED;
                if (!IS_MEASURED) {
                    excesses.add("%s has %.1f MiB more".formatted(node, growth));
                }
            }
            if (!pair.isRunning(node)) {
                excesses.add(node + " has ended");
            }
            pair.wholeCollections(node).forEach(line -> excesses.add(node + " stood still: " + line));
        }
        if (isAgain) {
            growAgain(flood, excesses);
        }
        if (!told.contains(flood.said)) {
            excesses.add("the status does not say \"" + flood.said + "\": " + told);
        }

        double work = pair.work.between(floodAt, endAt).worst();
        if (work > SPOILT_MILLIS) {
            spoilt.add("2 ms of a processor took %.0f ms".formatted(work));
        }
        Repeated.Seen straight = pair.control.between(floodAt, endAt);
        double mostStraight = SPOILT_TIMES
                * Math.max(LEAST_MILLIS, pair.control.between(beforeAt, floodAt).quantile(0.99));
        if (straight.failed() > 0 || straight.quantile(0.99) > mostStraight || straight.worst() > SPOILT_MILLIS) {
            spoilt.add("straight to a member it took " + straight);
        }
        double percent = others * 1e9 / (endAt - floodAt);
        System.out.println("    other processes took %.0f %% of a processor".formatted(percent));
        if (percent > MOST_OF_OTHERS_PERCENT) {
            spoilt.add("other processes took %.0f %% of a processor".formatted(percent));
        }
        if (!excesses.isEmpty()) {
            System.out.println(log());
        }
        return new Tries.Try(excesses, spoilt);
    }

    private void growAgain(Flood flood, List<String> excesses) throws Exception {
        Map<String, Double> before = new TreeMap<>();
        for (String node : Network.NODES) {
            before.put(node, pair.resident(node));
        }
        try (Run run = pair.flood(flood.kind, WINDOW)) {
            run.exit(WINDOW.plusSeconds(60));
        }
        for (String node : Network.NODES) {
            double growth = pair.resident(node) - before.get(node);
            System.out.println("    once more, %s has %+.1f MiB".formatted(node, growth));
            if (growth > MOST_MORE_MIB) {
                excesses.add("%s has %.1f MiB more, once more".formatted(node, growth));
            }
        }
    }

    private void told(Flood flood, String count, long beforeAt, long floodAt, long endAt, String told) {
        System.out.println(flood + ": " + count);
        pair.health.forEach((who, each) -> System.out.println("    " + who + ": " + each.between(floodAt, endAt)));
        System.out.println("    client before " + pair.client.between(beforeAt, floodAt));
        System.out.println("    client during " + pair.client.between(floodAt, endAt));
        System.out.println("    straight before " + pair.control.between(beforeAt, floodAt));
        System.out.println("    straight during " + pair.control.between(floodAt, endAt));
        System.out.println("    work before " + pair.work.between(beforeAt, floodAt) + ", during "
                + pair.work.between(floodAt, endAt));
        System.out.println(told);
    }

    private static String busiest(Map<String, Long> before, Map<String, Long> after) {
        return after.entrySet().stream()
                .map(each -> Map.entry(each.getKey(), each.getValue() - before.getOrDefault(each.getKey(), 0L)))
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .limit(6)
                .map(each -> "%s %.1f %%".formatted(each.getKey(), each.getValue() / (WINDOW.toMillis() / 1e3)))
                .toList()
                .toString();
    }
}
