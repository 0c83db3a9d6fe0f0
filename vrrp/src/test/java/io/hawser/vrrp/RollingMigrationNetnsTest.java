package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.testkit.RealTime;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A running keepalived pair, configured as most are (MASTER and BACKUP, priorities 101 and 100, preempting), replaced
 * node by node and brought back, as docs/migration.md describes it.
 */
@Tag("netns")
@RealTime
class RollingMigrationNetnsTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    @ParameterizedTest
    @CsvSource({"V2_PASSWORD,true", "V2_PASSWORD,false", "V3_MULTICAST,true", "V3_MULTICAST,false"})
    void theAddressIsNeverAwayLongerThanAHandover(Dialect dialect, boolean backupFirst) throws Exception {
        assumeTrue(Lab.isInstalled("keepalived"), "keepalived is not installed");
        try (Lab lab = new Lab(11, 12).watching(dialect.vip())) {
            Process first = keepalived(lab, dialect, 11);
            // Two that start in one moment may both take the address, whoever is the better one.
            lab.awaitOnly(11, SOON);
            Process second = keepalived(lab, dialect, 12);
            settle(lab, dialect, 11);
            try (HolderWatch watch = lab.watchHolders()) {
                // Whoever is replaced last hands the address over, then and on the way back.
                VrrpSpeaker one;
                VrrpSpeaker two;
                if (backupFirst) {
                    two = replace(lab, dialect, second, 12, 11);
                    one = replace(lab, dialect, first, 11, 12);
                } else {
                    one = replace(lab, dialect, first, 11, 12);
                    two = replace(lab, dialect, second, 12, 11);
                }
                giveBack(lab, dialect, one, 11, 12);
                giveBack(lab, dialect, two, 12, 11);
                String measured = String.format(
                        Locale.ROOT,
                        "%s, %s first: nobody had the address for at most %.1f ms, both for %.1f ms altogether",
                        dialect,
                        backupFirst ? "backup" : "active",
                        watch.longestWithoutMillis(),
                        watch.togetherMillis());
                System.out.println(measured);
                assertTrue(watch.longestWithoutMillis() <= dialect.handover().toMillis(), measured);
                assertTrue(watch.togetherMillis() <= 500, measured);
                long moves = lab.told.stream()
                        .filter(each -> each.matches("1[12] active .*"))
                        .count();
                assertEquals(backupFirst ? 1 : 2, moves, () -> "it moved only when its node was replaced: " + lab.told);
            }
        }
    }

    private static Process keepalived(Lab lab, Dialect dialect, int last) throws Exception {
        return last == 11
                ? lab.keepalived(dialect, 11, 101, 12, "state MASTER")
                : lab.keepalived(dialect, 12, 100, 11, "state BACKUP");
    }

    /**
     * Stops keepalived on a node, gracefully, and starts hawser there with the priority of its place in the list.
     *
     * @param holder who has the address afterwards
     */
    private static VrrpSpeaker replace(Lab lab, Dialect dialect, Process keepalived, int last, int holder)
            throws Exception {
        keepalived.destroy();
        assertTrue(keepalived.waitFor(5, TimeUnit.SECONDS), "keepalived has ended");
        VrrpSpeaker speaker = lab.speak(last, dialect.spec(last, last == 11 ? 200 : 190, 23 - last));
        settle(lab, dialect, holder);
        return speaker;
    }

    private static void giveBack(Lab lab, Dialect dialect, VrrpSpeaker speaker, int last, int holder) throws Exception {
        assertTrue(speaker.stop(Duration.ofSeconds(2)), "hawser has ended");
        keepalived(lab, dialect, last);
        settle(lab, dialect, holder);
    }

    /** One has the address, and nothing moves for longer than anybody waits. */
    private static void settle(Lab lab, Dialect dialect, int holder) throws Exception {
        lab.awaitOnly(holder, SOON);
        Duration length = Duration.ofMillis(dialect.version() == 2 ? 4_000 : 700);
        lab.stays("only " + holder + " holds the address", length, () -> lab.holds(holder) && !lab.holds(23 - holder));
    }
}
