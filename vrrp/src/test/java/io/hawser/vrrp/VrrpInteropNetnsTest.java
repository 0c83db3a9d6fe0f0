package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Together with keepalived on the same virtual router, and read by tshark. */
@Tag("netns")
class VrrpInteropNetnsTest {

    private static final Duration SOON = Duration.ofSeconds(8);

    /** How the two speak with each other. */
    enum Dialect {
        V3_MULTICAST,
        V3_UNICAST,
        V2_MULTICAST,
        V2_PASSWORD;

        int version() {
            return name().startsWith("V2") ? 2 : 3;
        }

        int[] peers(int peer) {
            return this == V3_UNICAST ? new int[] {peer} : new int[0];
        }

        Optional<String> password() {
            return this == V2_PASSWORD ? Optional.of("s3cret") : Optional.empty();
        }

        RouterSpec spec(int last, int priority, int peer) {
            return Lab.spec(last, priority, version(), RouterSpec.Checksum.AUTO, password(), peers(peer));
        }

        /** What a takeover may take: the down interval and a second for a busy machine. */
        Duration takeover() {
            return version() == 3 ? Duration.ofMillis(1500) : Duration.ofSeconds(5);
        }
    }

    private static Process keepalived(Lab lab, Dialect dialect, int last, int priority, int peer) throws IOException {
        String unicast = dialect == Dialect.V3_UNICAST
                ? "unicast_src_ip 10.99.0." + last + "\n unicast_peer { 10.99.0." + peer + " }\n"
                : "";
        String authentication =
                dialect == Dialect.V2_PASSWORD ? "authentication { auth_type PASS\n auth_pass s3cret }\n" : "";
        Path config = lab.temporary(".conf");
        Files.writeString(config, """
                global_defs {
                  vrrp_version %d
                }
                vrrp_instance api {
                  state BACKUP
                  nopreempt
                  interface eth0
                  virtual_router_id 51
                  priority %d
                  advert_int %s
                  %s%s
                  virtual_ipaddress { 10.99.0.10/32 }
                }
                """.formatted(
                        dialect.version(), priority, dialect.version() == 3 ? "0.1" : "1", unicast, authentication));
        return lab.run(
                last,
                "keepalived",
                "--dont-fork",
                "--log-console",
                "--log-detail",
                "--vrrp",
                "--use-file=" + config,
                "--pid=" + lab.unused(".pid"),
                "--vrrp_pid=" + lab.unused(".vrrp.pid"));
    }

    private static void measured(Dialect dialect, String what, double millis) {
        System.out.println(String.format(Locale.ROOT, "%s: %s: %.1f ms", dialect, what, millis));
    }

    @ParameterizedTest
    @EnumSource
    void takesOverFromKeepalivedAndHandsOverToIt(Dialect dialect) throws Exception {
        assumeTrue(Lab.isInstalled("keepalived"), "keepalived is not installed");
        try (Lab lab = new Lab(11, 12)) {
            Process keepalived = keepalived(lab, dialect, 12, 150, 11);
            lab.awaitOnly(12, SOON);
            VrrpSpeaker speaker = lab.speak(11, dialect.spec(11, 200, 12));
            lab.await("it is heard", SOON, () -> speaker.routersNow().getFirst().active() != null);
            lab.stays("hawser respects it", Duration.ofSeconds(1), () -> lab.holds(12) && !lab.holds(11));

            long stopped = System.nanoTime();
            keepalived.destroy();
            lab.awaitOnly(11, dialect.takeover());
            measured(dialect, "keepalived stopped, hawser took over", (System.nanoTime() - stopped) / 1e6);
            assertTrue(keepalived.waitFor(5, TimeUnit.SECONDS));

            keepalived(lab, dialect, 12, 250, 11);
            lab.awaitWritten("(api) Entering BACKUP STATE", SOON);
            lab.stays(
                    "keepalived respects it", dialect.takeover().plusSeconds(1), () -> lab.holds(11) && !lab.holds(12));
            stopped = System.nanoTime();
            assertTrue(speaker.stop(Duration.ofSeconds(1)));
            lab.awaitOnly(12, dialect.takeover());
            measured(dialect, "hawser stopped, keepalived took over", (System.nanoTime() - stopped) / 1e6);
        }
    }

    /** The first one up has nobody to learn the checksum form from: what it sends has to be understood anyway. */
    @ParameterizedTest
    @EnumSource(names = {"V3_MULTICAST", "V3_UNICAST", "V2_MULTICAST"})
    void isRespectedByAKeepalivedThatStartsLater(Dialect dialect) throws Exception {
        assumeTrue(Lab.isInstalled("keepalived"), "keepalived is not installed");
        try (Lab lab = new Lab(11, 12)) {
            lab.speak(11, dialect.spec(11, 150, 12));
            lab.awaitOnly(11, SOON);
            keepalived(lab, dialect, 12, 200, 11);
            lab.awaitWritten("(api) Entering BACKUP STATE", SOON);
            lab.stays(
                    "keepalived respects it", dialect.takeover().plusSeconds(1), () -> lab.holds(11) && !lab.holds(12));
        }
    }

    @Test
    void takesOverFromAKeepalivedThatWasKilled() throws Exception {
        assumeTrue(Lab.isInstalled("keepalived"), "keepalived is not installed");
        try (Lab lab = new Lab(11, 12)) {
            Process keepalived = keepalived(lab, Dialect.V3_MULTICAST, 12, 150, 11);
            lab.awaitOnly(12, SOON);
            VrrpSpeaker speaker = lab.speak(11, Dialect.V3_MULTICAST.spec(11, 200, 12));
            lab.await("it is heard", SOON, () -> speaker.routersNow().getFirst().active() != null);
            List<ProcessHandle> family = keepalived.descendants().toList();
            keepalived.destroyForcibly();
            family.forEach(ProcessHandle::destroyForcibly);
            measured(
                    Dialect.V3_MULTICAST,
                    "keepalived killed, hawser took over",
                    lab.await("11 holds", SOON, () -> lab.holds(11)));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"V3_MULTICAST", "V3_UNICAST", "V2_MULTICAST", "V2_PASSWORD"})
    void isReadByTsharkWithoutAComplaint(Dialect dialect) throws Exception {
        assumeTrue(Lab.isInstalled("tshark"), "tshark is not installed");
        try (Lab lab = new Lab(11, 12)) {
            lab.speak(11, dialect.spec(11, 200, 12));
            lab.awaitOnly(11, SOON);
            String lines = captured(lab, "ip proto 112", "ip.ttl", "ip.dsfield.dscp");
            for (String line : lines.lines().toList()) {
                String destination = dialect == Dialect.V3_UNICAST ? "10.99.0.12" : "224.0.0.18";
                assertTrue(line.startsWith("255|48|200|51|1|") && line.contains(destination), line);
            }
        }
    }

    @Test
    void isReadByTsharkOverIpv6() throws Exception {
        assumeTrue(Lab.isInstalled("tshark"), "tshark is not installed");
        try (Lab lab = new Lab(11, 12)) {
            lab.speak(
                    11,
                    VrrpSpeakerNetnsTest.six(
                            11, 200, List.of(AdvertisementTest.ip("fe80::99"), AdvertisementTest.ip("fd00::99"))));
            String lines = captured(lab, "ip6 proto 112", "ipv6.hlim", "ipv6.tclass.dscp");
            for (String line : lines.lines().toList()) {
                assertTrue(line.startsWith("255|48|200|51|1|"), line);
            }
        }
    }

    /** Three advertisements as tshark reads them: TTL, DSCP, priority, VRID, checksum status, complaints, addresses. */
    private static String captured(Lab lab, String filter, String ttl, String dscp) throws Exception {
        Process tshark = lab.host(12)
                .command(
                        "tshark",
                        "-Q",
                        "-l",
                        "-i",
                        "eth0",
                        "-p",
                        "-c",
                        "3",
                        "-a",
                        "duration:15",
                        "-f",
                        filter,
                        "-o",
                        "ip.check_checksum:TRUE",
                        "-T",
                        "fields",
                        "-E",
                        "separator=|",
                        "-e",
                        ttl,
                        "-e",
                        dscp,
                        "-e",
                        "vrrp.prio",
                        "-e",
                        "vrrp.virt_rtr_id",
                        "-e",
                        "vrrp.checksum.status",
                        "-e",
                        "_ws.expert.message",
                        "-e",
                        "ip.dst")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        lab.host(12).run("ip", "maddr", "add", "01:00:5e:00:00:12", "dev", "eth0");
        String lines = new String(tshark.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(3, lines.lines().count(), "advertisements seen:\n" + lines);
        assertFalse(lines.toLowerCase(Locale.ROOT).contains("bad"), lines);
        System.out.println(lines.lines().findFirst().orElse(""));
        return lines;
    }
}
