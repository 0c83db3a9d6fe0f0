package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.demo.Network;
import io.hawser.lb.demo.Observation;
import io.hawser.lb.demo.TestBed;
import io.hawser.testkit.Await;
import io.hawser.testkit.Tries;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The printed manifest itself, run on two nodes: killed, restarted, upgraded under traffic. */
@Tag("e2e")
@Tag("measured")
class StaticPodTest {
    /**
     * A pod serves again, after its process was killed, within so many times what podman takes to run {@code hawser version} of the
     * same image: both are podman's work and a start of the JVM, whatever a machine is slow at. Alone on two quick processors it takes
     * 0.9 s.
     */
    private static final double RESTART = 2;

    /** Where the control takes so many times as long before as afterwards, or the other way round, it says nothing of the time between. */
    private static final double SPOILING_CHANGE = 1.5;

    private static final Duration OUTAGE = Duration.ofSeconds(2);
    private static final Duration LIMIT = Await.LIMIT;

    @ParameterizedTest(name = "least privilege {0}")
    @ValueSource(booleans = {false, true})
    void isKilledRestartedAndUpgradedUnderTraffic(boolean isLeastPrivilege, @TempDir Path directory) throws Exception {
        Requirements.namespaces();
        Requirements.tools("podman", "runc", "conmon", "catatonit", "nsenter");
        String prefix = "hawser-pod" + ProcessHandle.current().pid();
        try (Podman podman = new Podman(prefix, directory, Requirements.image(), isLeastPrivilege);
                TestBed rig = start(prefix, directory, podman)) {
            assertTrue(rig.awaitStart(), () -> "not steady: held by " + rig.holders() + "\n" + logs(podman));
            assertEquals(isLeastPrivilege, !isPrivileged(podman, rig.active()), "capabilities of the process");

            List<String> killed = killsTheActivePodWhichServesAgain(rig, podman);
            Network.NODES.forEach(node -> assertWithinMemory(podman, node, Collections.frequency(killed, node)));
            String replaced = replacesTheImageOfTheActivePod(rig, podman);
            assertWithinMemory(podman, replaced, 0);
        }
    }

    private static TestBed start(String prefix, Path directory, Podman podman) {
        podman.require();
        return TestBed.start(prefix, directory, podman);
    }

    /** A limit at what the manifest requests has killed nothing: podman started again only what the test killed. */
    private static void assertWithinMemory(Podman podman, String node, int killed) {
        String format = "'{{.HostConfig.Memory}} {{.State.OOMKilled}} {{.RestartCount}}'";
        assertEquals(
                Podman.MEMORY + " false " + killed,
                podman.ask(node, "inspect -f " + format + " hawser-hawser").strip(),
                () -> "limit, killed by it, restarts of the pod of " + node);
    }

    /** Returns the node of each pod that it has killed. */
    private static List<String> killsTheActivePodWhichServesAgain(TestBed rig, Podman podman) throws Exception {
        List<String> killed = new ArrayList<>();
        Tries.hold("a pod that is killed", () -> {
            String node = active(rig);
            killed.add(node);
            return killsThePod(rig, podman, node);
        });
        return killed;
    }

    private static Tries.Try killsThePod(TestBed rig, Podman podman, String node) {
        long pid = podman.pid(node);
        assertTrue(pid > 0, "no process");
        Duration before = podman.runVersion(node);
        long killedAt = System.nanoTime();
        kill(pid);
        // podman, like a kubelet, starts it again.
        Run.await("ready again", LIMIT, () -> {
            return !ProcessHandle.of(pid).isPresent() && podman.isReady(rig.network(), node);
        });
        Duration back = Duration.ofNanos(System.nanoTime() - killedAt);
        Duration afterwards = podman.runVersion(node);
        assertTrue(rig.awaitStart(), () -> "not steady again: held by " + rig.holders() + "\n" + logs(podman));
        Observation seen = rig.probe().observe(killedAt, System.nanoTime());
        double times = 2.0 * back.toNanos() / before.plus(afterwards).toNanos();
        String control = "`hawser version` took %d ms before and %d ms afterwards"
                .formatted(before.toMillis(), afterwards.toMillis());
        System.out.printf(
                "pod of %s killed: serves again after %d ms, %.2f times the control (%s); longest outage for clients %d ms%n",
                node, back.toMillis(), times, control, seen.outage().toMillis());
        List<String> excesses = new ArrayList<>();
        if (times > RESTART) {
            excesses.add("served again after %d ms, %.2f times the control".formatted(back.toMillis(), times));
        }
        if (seen.outage().compareTo(OUTAGE) > 0) {
            excesses.add("outage " + seen.outage());
        }
        double change = (double) Math.max(before.toNanos(), afterwards.toNanos())
                / Math.min(before.toNanos(), afterwards.toNanos());
        return new Tries.Try(excesses, change > SPOILING_CHANGE ? List.of(control) : List.of());
    }

    /** Returns the node. */
    private static String replacesTheImageOfTheActivePod(TestBed rig, Podman podman) throws Exception {
        String node = active(rig);
        String other = Network.NODES.getFirst().equals(node) ? Network.NODES.getLast() : Network.NODES.getFirst();
        // Another image, such as the next version, which brings only a label.
        podman.ask(node, "commit -q --pause=false --change 'LABEL next=yes' hawser-hawser localhost/hawser:next");
        podman.image(node, "localhost/hawser:next");

        long stoppedAt = System.nanoTime();
        podman.ask(node, "stop -t 40 hawser-hawser");
        assertEquals(0, podman.exitStatus(node), "exit status after TERM");
        Run.await("the other node has the address", LIMIT, () -> rig.holders().equals(List.of(other)));
        Thread.sleep(300);
        long handedOverAt = System.nanoTime();
        rig.startNode(node);
        assertTrue(rig.awaitStart(), () -> "not steady again: held by " + rig.holders() + "\n" + logs(podman));

        Observation handover = rig.probe().observe(stoppedAt, handedOverAt);
        Observation afterwards = rig.probe().observe(handedOverAt, System.nanoTime());
        System.out.printf(
                "image of %s replaced: outage %d ms, %d failed at the handover, %d of %d afterwards%n",
                node, handover.outage().toMillis(), handover.failed(), afterwards.lateFailures(), afterwards.served());
        assertTrue(handover.outage().compareTo(OUTAGE) <= 0, () -> "outage " + handover.outage());
        // By when they began: what began before the handover may still fail a second later.
        assertEquals(
                0,
                afterwards.lateFailures(),
                () -> "after the handover: " + afterwards.failures() + ", begun after " + afterwards.lateStarts());
        assertTrue(podman.ask(node, "inspect -f '{{.ImageName}}' hawser-hawser").contains("hawser:next"));
        assertEquals(List.of(other), rig.holders(), "no second handover");
        return node;
    }

    private static String active(TestBed rig) {
        String node = rig.active();
        assertNotNull(node);
        return Objects.requireNonNull(node);
    }

    private static boolean isPrivileged(Podman podman, @Nullable String node) throws Exception {
        long pid = podman.pid(Objects.requireNonNull(node));
        String mask = Files.readString(Path.of("/proc/" + pid + "/status"))
                .lines()
                .filter(line -> line.startsWith("CapEff:"))
                .map(line -> line.substring(7).strip())
                .findFirst()
                .orElseThrow();
        // NET_BIND_SERVICE, NET_ADMIN, NET_RAW, SYS_MODULE, SYS_NICE (capability.h) and nothing else
        long least = 1L << 10 | 1L << 12 | 1L << 13 | 1L << 16 | 1L << 23;
        return (Long.parseUnsignedLong(mask, 16) & ~least) != 0;
    }

    private static void kill(long pid) {
        try (Run run = Run.start("kill", "-KILL", Long.toString(pid))) {
            run.exit(Duration.ofSeconds(5));
        }
    }

    private static String logs(Podman podman) {
        return Network.NODES.stream()
                .map(node -> node + ":\n" + podman.ask(node, "logs --tail 15 hawser-hawser 2>&1"))
                .reduce("", String::concat);
    }
}
