package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.testkit.RealTime;
import io.hawser.vrrp.election.RouterState;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Together with FRR's vrrpd on the same virtual router. */
@Tag("netns")
@RealTime
class FrrInteropNetnsTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    private static int family(Dialect dialect) {
        return dialect == Dialect.V6 ? 6 : 4;
    }

    private static String router(Dialect dialect, int priority) {
        return String.join(
                "\n",
                List.of(
                        "vrrp 51 version " + dialect.version(),
                        "vrrp 51 priority " + priority,
                        "vrrp 51 advertisement-interval " + (dialect.version() == 2 ? 1000 : 100),
                        "no vrrp 51 preempt",
                        dialect == Dialect.V6
                                ? "vrrp 51 ipv6 fe80::99\nvrrp 51 ipv6 fd00::99"
                                : "vrrp 51 ip 10.99.0.10",
                        ""));
    }

    private static RouterStatus status(VrrpSpeaker speaker) {
        return speaker.routersNow().getFirst();
    }

    private static boolean isFollowing(VrrpSpeaker speaker) {
        return status(speaker).state() == RouterState.BACKUP && status(speaker).active() != null;
    }

    private static void measured(Dialect dialect, String what, long since) {
        System.out.println(
                String.format(Locale.ROOT, "%s: %s: %.1f ms", dialect, what, (System.nanoTime() - since) / 1e6));
    }

    @ParameterizedTest
    @EnumSource(names = {"V2", "V3_MULTICAST", "V6"})
    void theActiveOneIsRespectedAndReplacedWhenItStopsOrDies(Dialect dialect) throws Exception {
        assumeTrue(Frr.isInstalled(), "frr is not installed");
        int family = family(dialect);
        try (Lab lab = new Lab(11, 13).watching(dialect.vip());
                Frr frr = Frr.start(lab, 13, router(dialect, 150))) {
            frr.awaitState(family, "Master");
            VrrpSpeaker speaker = lab.speak(11, dialect.spec(11, 200, 13));
            lab.await("it is heard", SOON, () -> isFollowing(speaker));
            lab.stays("hawser respects it", dialect.takeover(), () -> !lab.holds(11));

            long at = System.nanoTime();
            frr.stop();
            lab.await("hawser took over", dialect.takeover(), () -> lab.holds(11));
            measured(dialect, "vrrpd stopped, hawser took over", at);
            assertEquals("peer-resigned", status(speaker).cause());

            frr.restart();
            frr.awaitState(family, "Backup");
            lab.stays("vrrpd respects it", dialect.takeover(), () -> lab.holds(11));
            frr.awaitState(family, "Backup");

            at = System.nanoTime();
            assertTrue(speaker.stop(Duration.ofSeconds(1)));
            frr.awaitState(family, "Master");
            measured(dialect, "hawser stopped, vrrpd took over", at);

            VrrpSpeaker again = lab.speak(11, dialect.spec(11, 200, 13));
            lab.await("it is heard", SOON, () -> isFollowing(again));
            at = System.nanoTime();
            frr.kill();
            lab.await("hawser took over", dialect.takeover(), () -> lab.holds(11));
            measured(dialect, "vrrpd killed, hawser took over", at);
            frr.takeDown(family);
            assertEquals("adverts-stopped", status(again).cause());
            lab.stays("hawser keeps it", dialect.takeover(), () -> lab.holds(11));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"V2", "V3_MULTICAST", "V6"})
    void itTakesOverFromAKilledOne(Dialect dialect) throws Exception {
        assumeTrue(Frr.isInstalled(), "frr is not installed");
        int family = family(dialect);
        try (Lab lab = new Lab(11, 13).watching(dialect.vip())) {
            Process hawser = lab.speakInProcess(dialect, 11, 200, 13);
            lab.await("hawser is active", SOON, () -> lab.holds(11));
            try (Frr frr = Frr.start(lab, 13, router(dialect, 150))) {
                frr.awaitState(family, "Backup");
                lab.stays("vrrpd respects it", dialect.takeover(), () -> lab.holds(11));
                frr.awaitState(family, "Backup");
                long at = System.nanoTime();
                Lab.kill(hawser);
                frr.awaitState(family, "Master");
                measured(dialect, "hawser killed, vrrpd took over", at);
                lab.await("the kernel ended the lease", Duration.ofSeconds(4), () -> !lab.holds(11));
            }
        }
    }
}
