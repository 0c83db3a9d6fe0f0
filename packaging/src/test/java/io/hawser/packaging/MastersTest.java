package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.demo.HawserNode;
import io.hawser.lb.demo.Network;
import io.hawser.lb.demo.NodeSoftware;
import io.hawser.lb.demo.Observation;
import io.hawser.lb.demo.TestBed;
import io.hawser.testkit.Tries;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Masters that are processes and die, freeze, vanish and are restarted one after the other, behind the packaged hawser, while a client begins 200 TLS
 * connections a second. What began after the fault must be served: a request that a master had begun to answer is lost with that master.
 */
@Tag("e2e")
@Tag("measured")
class MastersTest {
    private static final Duration INTERVAL = Duration.ofMillis(5);
    private static final Duration AGAIN = Duration.ofSeconds(30);
    /** Fewer requests show little; a slow machine takes longer for them. */
    private static final int ENOUGH = 300;

    private static final String VICTIM = Network.MASTERS.get(1);

    /** A request may take a second: a machine that is late by so much may cost one without anybody's fault. */
    private static final Duration SPOILING = Duration.ofMillis(250);

    @TempDir
    Path directory;

    enum Mode {
        THROUGH,
        TERMINATED;

        boolean isKept(Observation seen) {
            return this == THROUGH ? seen.lateFailures() == 0 : seen.failed() <= 2;
        }
    }

    /** Nodes that pass TLS through, or end it and begin it anew. */
    private record Software(HawserNode node, Mode mode) implements NodeSoftware {
        @Override
        public List<List<String>> prepare(String name, Path home) {
            List<List<String>> commands = node.prepare(name, home);
            if (mode == Mode.TERMINATED) {
                Path file = home.resolve("hawser.yaml");
                try {
                    String text = Files.readString(file)
                            .replace(
                                    "pool: masters}",
                                    "pool: masters, mode: tls, tls: {certificate: ../master.pem, key: ../master.key}}")
                            .replace("balance: round-robin", "balance: round-robin\n    tls: {ca: ../master.pem}");
                    Files.writeString(file, text);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            return commands;
        }

        @Override
        public boolean isReady(Network network, String name) {
            return node.isReady(network, name);
        }
    }

    private enum Fate {
        KILLED,
        FROZEN,
        GONE;

        void strike(TestBed rig) {
            switch (this) {
                case KILLED -> rig.killMaster(VICTIM);
                case FROZEN -> rig.signalMaster(VICTIM, "STOP");
                case GONE -> rig.network().silence(VICTIM);
            }
        }

        void undo(TestBed rig) {
            switch (this) {
                case KILLED -> rig.startMaster(VICTIM);
                case FROZEN -> rig.signalMaster(VICTIM, "CONT");
                case GONE -> rig.network().endSilence();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void noRequestIsLostThatBeganAfterAMasterDied(Mode mode) throws Exception {
        Requirements.namespaces();
        String prefix = "hawser-ms-" + ProcessHandle.current().pid();
        Software software = new Software(new HawserNode(Requirements.launcher()), mode);
        try (TestBed rig = TestBed.start(prefix, directory, software, INTERVAL);
                Control control = new Control(rig)) {
            for (Fate fate : Fate.values()) {
                Tries.hold(mode + ", one master " + fate, () -> attempt(rig, control, mode, fate));
            }
            if (mode == Mode.THROUGH) {
                Tries.hold("a rolling restart", () -> restartAll(rig, control));
            }
        }
    }

    private static Tries.Try attempt(TestBed rig, Control control, Mode mode, Fate fate) throws InterruptedException {
        assertTrue(rig.awaitStart(), mode + " before " + fate + ": not steady");
        long struckAt = System.nanoTime();
        fate.strike(rig);
        Thread.sleep(2_000); // a request takes a second at most
        Run.await(ENOUGH + " are served", AGAIN, () -> served(rig, struckAt) > ENOUGH);
        long seenAt = System.nanoTime();
        Observation seen = rig.probe().observe(struckAt, seenAt);
        fate.undo(rig);
        System.out.println(mode + ", one master " + fate + ": " + seen);
        return new Tries.Try(
                mode.isKept(seen) ? List.of() : List.of(seen.toString()), control.spoilt(struckAt, seenAt, SPOILING));
    }

    private static int served(TestBed rig, long since) {
        return rig.probe().observe(since, System.nanoTime()).served();
    }

    private static Tries.Try restartAll(TestBed rig, Control control) {
        assertTrue(rig.awaitStart(), "before the restarts: not steady");
        long beganAt = System.nanoTime();
        for (String master : Network.MASTERS) {
            rig.stopMaster(master);
            rig.startMaster(master);
            assertTrue(rig.awaitSteady(AGAIN), master + " did not come back");
        }
        Run.await(ENOUGH + " are served", AGAIN, () -> served(rig, beganAt) > ENOUGH);
        long seenAt = System.nanoTime();
        Observation seen = rig.probe().observe(beganAt, seenAt);
        System.out.println("rolling restart: " + seen);
        return new Tries.Try(
                seen.failed() == 0 ? List.of() : List.of(seen.toString()), control.late(beganAt, seenAt, SPOILING));
    }
}
