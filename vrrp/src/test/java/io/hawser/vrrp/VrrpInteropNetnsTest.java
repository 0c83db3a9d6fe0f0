package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.RealTime;
import io.hawser.vrrp.election.RouterState;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Together with keepalived on the same virtual router, in every dialect. */
@Tag("netns")
@RealTime
class VrrpInteropNetnsTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String NO_PREEMPTION = "state BACKUP\nnopreempt";
    private static final String ITS_BACKUP = "(api) Entering BACKUP STATE";
    private static final String ITS_MASTER = "(api) Entering MASTER STATE";

    private static boolean isFollowing(VrrpSpeaker speaker) {
        return status(speaker).state() == RouterState.BACKUP && status(speaker).active() != null;
    }

    private static void measured(Dialect dialect, String what, double millis) {
        System.out.println(String.format(Locale.ROOT, "%s: %s: %.1f ms", dialect, what, millis));
    }

    private static RouterStatus status(VrrpSpeaker speaker) {
        return speaker.routersNow().getFirst();
    }

    /** The changes of state that a host's speaker told, such as "active peer-resigned". */
    private static List<String> transitions(Lab lab, int last) {
        return lab.told.stream()
                .filter(each -> each.matches(last + " (active|backup|initialize) .*"))
                .map(each -> each.substring(each.indexOf(' ') + 1, each.indexOf(':')))
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void takesOverFromAStoppedKeepalivedAndHandsOverToOneWhenStopped(Dialect dialect) throws Exception {
        dialect.needsKeepalived();
        try (Lab lab = new Lab(11, 12).watching(dialect.vip())) {
            Process keepalived = lab.keepalived(dialect, 12, 150, 11, NO_PREEMPTION);
            lab.awaitOnly(12, SOON);
            VrrpSpeaker speaker = lab.speak(11, dialect.spec(11, 200, 12));
            lab.await("it is heard", SOON, () -> isFollowing(speaker));
            lab.stays("hawser respects it", Duration.ofSeconds(1), () -> lab.holds(12) && !lab.holds(11));

            long stopped = System.nanoTime();
            keepalived.destroy();
            lab.awaitOnly(11, dialect.takeover());
            measured(dialect, "keepalived stopped, hawser took over", (System.nanoTime() - stopped) / 1e6);
            assertTrue(keepalived.waitFor(5, TimeUnit.SECONDS));

            lab.keepalived(dialect, 12, 250, 11, NO_PREEMPTION);
            lab.await("keepalived is a backup again", SOON, () -> lab.written(ITS_BACKUP) >= 2);
            lab.stays(
                    "keepalived respects it", dialect.takeover().plusSeconds(1), () -> lab.holds(11) && !lab.holds(12));
            stopped = System.nanoTime();
            assertTrue(speaker.stop(Duration.ofSeconds(1)));
            lab.awaitOnly(12, dialect.takeover());
            measured(dialect, "hawser stopped, keepalived took over", (System.nanoTime() - stopped) / 1e6);

            assertEquals(List.of("backup start", "active peer-resigned", "initialize shutdown"), transitions(lab, 11));
            lab.await("its view", SOON, () -> lab.written(ITS_MASTER) == 2);
        }
    }

    /** The kernel keeps the address of a killed keepalived for ever; a new one takes it off before anything else. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "V2")
    void takesOverFromAKilledKeepalivedAndIsNotDisturbedByItsReturn(Dialect dialect) throws Exception {
        dialect.needsKeepalived();
        try (Lab lab = new Lab(11, 12).watching(dialect.vip())) {
            Process keepalived = lab.keepalived(dialect, 12, 150, 11, NO_PREEMPTION);
            lab.awaitOnly(12, SOON);
            VrrpSpeaker speaker = lab.speak(11, dialect.spec(11, 200, 12));
            lab.await("it is heard", SOON, () -> isFollowing(speaker));
            long killed = System.nanoTime();
            Lab.kill(keepalived);
            lab.await("hawser holds the address", dialect.takeover(), () -> lab.holds(11));
            measured(dialect, "keepalived killed, hawser took over", (System.nanoTime() - killed) / 1e6);
            assertEquals("adverts-stopped", status(speaker).cause());

            lab.keepalived(dialect, 12, 250, 11, NO_PREEMPTION);
            lab.awaitOnly(11, SOON);
            lab.stays("keepalived respects it", dialect.takeover(), () -> lab.holds(11) && !lab.holds(12));
            assertEquals(List.of("backup start", "active adverts-stopped"), transitions(lab, 11));
            assertEquals(1, lab.written(ITS_MASTER), "keepalived became active once, before it was killed");
        }
    }

    /** The first one up has nobody to learn the checksum form from: what it sends has to be understood anyway. */
    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"V2", "V3_MESSAGE_CHECKSUM"})
    void isRespectedByALaterKeepalivedAndReplacedByItWhenKilled(Dialect dialect) throws Exception {
        dialect.needsKeepalived();
        try (Lab lab = new Lab(11, 12).watching(dialect.vip())) {
            Process hawser = lab.speakInProcess(dialect, 11, 150, 12);
            lab.awaitOnly(11, SOON);
            lab.keepalived(dialect, 12, 200, 11, NO_PREEMPTION);
            lab.awaitWritten(ITS_BACKUP, SOON);
            lab.stays("keepalived respects it", dialect.takeover(), () -> lab.holds(11) && !lab.holds(12));
            try (HolderWatch watch = lab.watchHolders()) {
                long killed = System.nanoTime();
                Lab.kill(hawser);
                lab.await("keepalived holds the address", SOON, () -> lab.holds(12));
                measured(dialect, "hawser killed, keepalived took over", (System.nanoTime() - killed) / 1e6);
                // The kernel ends the lease of 2 s up to 0.25 s late.
                lab.awaitOnly(12, Duration.ofSeconds(4));
                measured(dialect, "both had the address for", watch.togetherMillis());
                assertTrue(watch.togetherMillis() < 3_000, "two owners for " + watch.togetherMillis() + " ms");
            }
            assertEquals(1, lab.written(ITS_MASTER), "keepalived became active once");
        }
    }

    /** Both preempt: however the first moments go, the better one ends with the address, and keeps it. */
    @ParameterizedTest
    @CsvSource({"200,150", "150,200"})
    void theBetterOneHasTheAddressInTheEndWhenBothPreempt(int own, int other) throws Exception {
        Dialect dialect = Dialect.V3_MULTICAST;
        dialect.needsKeepalived();
        int winner = own > other ? 11 : 12;
        try (Lab lab = new Lab(11, 12)) {
            VrrpSpeaker speaker = lab.speak(11, Lab.preempting(dialect.spec(11, own, 12)));
            lab.keepalived(dialect, 12, other, 11, "state BACKUP");
            lab.await("both are there", SOON, () -> lab.written(ITS_BACKUP) > 0 && (lab.holds(11) || lab.holds(12)));
            lab.awaitOnly(winner, SOON);
            lab.stays("no flapping", Duration.ofSeconds(2), () -> lab.holds(winner) && lab.holds(11) != lab.holds(12));
            assertEquals(
                    winner == 11 ? RouterState.ACTIVE : RouterState.BACKUP,
                    status(speaker).state());
            assertTrue(transitions(lab, 11).size() <= 3, () -> "" + lab.told);
            assertFalse(lab.written(ITS_MASTER) > 1, "keepalived became active more than once");
        }
    }
}
