package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.testkit.RealTime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What this side sends, as tshark reads it. */
@Tag("netns")
@RealTime
class SecondOpinionNetnsTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String GOOD = "1";
    private static final List<String> FIELDS = List.of(
            "eth.src",
            "ip.src",
            "ip.dst",
            "ip.ttl",
            "ip.dsfield.dscp",
            "ipv6.src",
            "ipv6.dst",
            "ipv6.hlim",
            "ipv6.tclass.dscp",
            "vrrp.version",
            "vrrp.virt_rtr_id",
            "vrrp.prio",
            "vrrp.addr_count",
            "vrrp.ip_addr",
            "vrrp.ipv6_addr",
            "vrrp.adver_int",
            "vrrp.short_adver_int",
            "vrrp.auth_type",
            "vrrp.auth_string",
            "vrrp.checksum.status",
            "_ws.expert.message");

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"V3_VIRTUAL_MAC", "V3_MESSAGE_CHECKSUM"})
    void everyDialectIsReadWithoutAComplaint(Dialect dialect) throws Exception {
        assumeTrue(Lab.isInstalled("tshark"), "tshark is not installed");
        try (Lab lab = new Lab(11, 12).watching(dialect.vip())) {
            lab.speak(11, dialect.spec(11, 200, 12));
            lab.awaitOnly(11, SOON);
            boolean six = dialect == Dialect.V6;
            for (Map<String, String> packet : captured(lab, 2)) {
                assertEquals("255", packet.get(six ? "ipv6.hlim" : "ip.ttl"), "" + packet);
                assertEquals("48", packet.get(six ? "ipv6.tclass.dscp" : "ip.dsfield.dscp"), "" + packet);
                assertEquals(Integer.toString(dialect.version()), packet.get("vrrp.version"));
                assertEquals("51", packet.get("vrrp.virt_rtr_id"));
                assertEquals("200", packet.get("vrrp.prio"));
                assertEquals(GOOD, packet.get("vrrp.checksum.status"), "" + packet);
                assertEquals("", packet.get("_ws.expert.message"), "" + packet);
                if (six) {
                    assertTrue(packet.get("ipv6.src").startsWith("fe80::"), "" + packet);
                    assertEquals("ff02::12", packet.get("ipv6.dst"));
                    assertEquals("2", packet.get("vrrp.addr_count"));
                    assertEquals("fe80::99,fd00::99", packet.get("vrrp.ipv6_addr"));
                } else {
                    assertEquals("10.99.0.11", packet.get("ip.src"));
                    assertEquals(dialect == Dialect.V3_UNICAST ? "10.99.0.12" : "224.0.0.18", packet.get("ip.dst"));
                    assertEquals("1", packet.get("vrrp.addr_count"));
                    assertEquals("10.99.0.10", packet.get("vrrp.ip_addr"));
                }
                if (dialect.version() == 2) {
                    assertEquals("1", packet.get("vrrp.adver_int"));
                    assertEquals(dialect == Dialect.V2_PASSWORD ? "1" : "0", packet.get("vrrp.auth_type"));
                    assertEquals(dialect == Dialect.V2_PASSWORD ? "s3cret" : "", packet.get("vrrp.auth_string"));
                } else {
                    assertEquals("10", packet.get("vrrp.short_adver_int"));
                }
            }
        }
    }

    @Test
    void severalAddressesAreSentInTheOrderOfTheFile() throws Exception {
        assumeTrue(Lab.isInstalled("tshark"), "tshark is not installed");
        try (Lab lab = new Lab(11, 12).watching(AdvertisementTest.ip("fd00::1"))) {
            List<String> addresses = List.of("fe80::5", "fd00::2", "fd00::1", "fd00::9");
            lab.speak(
                    11,
                    VrrpSpeakerNetnsTest.six(
                            11,
                            200,
                            addresses.stream().map(AdvertisementTest::ip).toList()));
            lab.awaitOnly(11, SOON);
            Map<String, String> packet = captured(lab, 1).getFirst();
            assertEquals("4", packet.get("vrrp.addr_count"));
            assertEquals(String.join(",", addresses), packet.get("vrrp.ipv6_addr"));
            assertEquals(GOOD, packet.get("vrrp.checksum.status"));
        }
    }

    /** Packets on their way to host 12. */
    private static List<Map<String, String>> captured(Lab lab, int count) throws Exception {
        List<String> argv = new ArrayList<>(List.of("tshark", "-Q", "-l", "-i", "eth0"));
        argv.addAll(List.of("-c", Integer.toString(count), "-a", "duration:15"));
        argv.addAll(List.of("-f", "ip proto 112 or ip6 proto 112", "-T", "fields", "-E", "separator=|"));
        for (String field : FIELDS) {
            argv.addAll(List.of("-e", field));
        }
        Process tshark = lab.host(12)
                .command(argv.toArray(String[]::new))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String lines = new String(tshark.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(count, lines.lines().count(), "advertisements seen:\n" + lines);
        assertFalse(lines.toLowerCase(Locale.ROOT).contains("malformed"), lines);
        List<Map<String, String>> packets = new ArrayList<>();
        for (String line : lines.lines().toList()) {
            String[] values = line.split("\\|", -1);
            assertEquals(FIELDS.size(), values.length, line);
            Map<String, String> packet = new LinkedHashMap<>();
            for (int i = 0; i < values.length; i++) {
                packet.put(FIELDS.get(i), values[i]);
            }
            packets.add(packet);
        }
        return packets;
    }
}
