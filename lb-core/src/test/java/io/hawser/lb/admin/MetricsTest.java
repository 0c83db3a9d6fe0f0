package io.hawser.lb.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MetricsTest {
    /** Every name of the contract with its labels, and the value that the sources below give. */
    private static final List<String> CONTRACT = List.of(
            "hawser_vrrp_state{router=\"api\"} 2.0",
            "hawser_vrrp_transitions_total{cause=\"timeout\",router=\"api\",to=\"active\"} 3.0",
            "hawser_vrrp_adverts_sent_total 10.0",
            "hawser_vrrp_adverts_received_total 11.0",
            "hawser_vrrp_discarded_total{reason=\"ttl\"} 4.0",
            "hawser_vrrp_tick_late_seconds_count 1",
            "hawser_vip_present{address=\"10.77.0.10\"} 1.0",
            "hawser_vip_conflicts_total 5.0",
            "hawser_vrrp_alarms_total{kind=\"same-priority\"} 6.0",
            "hawser_link_packets_estimated_total{protocol=\"arp\"} 2048.0",
            "hawser_peer_up{peer=\"lb2\"} 0.0",
            "hawser_peer_config_differs{peer=\"lb2\",section=\"pools\"} 1.0",
            "hawser_fit 1.0",
            "hawser_connections_active{listener=\"kube-api\"} 12.0",
            "hawser_connections_total{listener=\"kube-api\",member=\"m1\",outcome=\"closed\"} 6.0",
            "hawser_bytes_total{direction=\"in\",listener=\"kube-api\"} 100.0",
            "hawser_bytes_total{direction=\"out\",listener=\"kube-api\"} 200.0",
            "hawser_sources_uncounted_total{listener=\"kube-api\"} 3.0",
            "hawser_connect_seconds_count{pool=\"masters\"} 1",
            "hawser_tls_handshake_seconds_count{listener=\"kube-api\"} 1",
            "hawser_tls_resumed_total{listener=\"kube-api\"} 2.0",
            "hawser_tls_handshake_failures_total{listener=\"kube-api\",reason=\"expired-certificate\"} 3.0",
            "hawser_tls_files_refused_total 4.0",
            "hawser_member_up{member=\"m1\",pool=\"masters\"} 1.0",
            "hawser_member_connections{member=\"m1\",pool=\"masters\"} 7.0",
            "hawser_member_queued{member=\"m1\",pool=\"masters\"} 2.0",
            "hawser_check_seconds_count{member=\"m1\",pool=\"masters\"} 1",
            "hawser_certificate_expiry_seconds{file=\"api.pem\"} 86400.0",
            "hawser_loop_lag_seconds{loop=\"io-1\"} 0.002",
            "hawser_not_accepting_seconds 2.5",
            "hawser_shortages_total 7.0",
            "hawser_reloads_total{outcome=\"invalid\"} 2.0",
            "hawser_config_loaded_timestamp_seconds 1.7723664E9",
            "hawser_access_log_lines_total 8.0",
            "hawser_access_log_dropped_total 9.0",
            "hawser_admin_connections{kind=\"other\"} 5.0",
            "hawser_admin_connections_closed_total{reason=\"crowded\"} 6.0",
            "hawser_build_info{java=\"" + Runtime.version() + "\",version=\"0.1.0\"} 1.0");

    private final Metrics metrics = Samples.metrics();
    private final AtomicReference<List<Metrics.MemberSample>> members =
            new AtomicReference<>(List.of(new Metrics.MemberSample("masters", "m1", true, 7, 2)));

    @BeforeEach
    void sources() {
        metrics.routers(() -> List.of(new Metrics.RouterSample(
                "api",
                RouterState.ACTIVE,
                Map.of(new Metrics.RouterSample.Transition(RouterState.ACTIVE, "timeout"), 3L))));
        metrics.vrrp(() -> new Metrics.VrrpSample(
                10, 11, Map.of("ttl", 4L), 5, Map.of("same-priority", 6L), Map.of("arp", 2_048L)));
        metrics.addresses(() -> List.of(new Metrics.AddressSample("10.77.0.10", true)));
        metrics.peers(() -> List.of(new Metrics.PeerSample("lb2", false)));
        metrics.differences(() -> List.of(new Metrics.DifferenceSample("lb2", "pools", true)));
        metrics.fit(() -> true);
        metrics.reloads(() -> new Metrics.ReloadSample(Map.of("invalid", 2L), Samples.NOW));
        metrics.accessLog(() -> 8, () -> 9);
        metrics.listeners(() -> List.of(new Metrics.ListenerSample(
                "kube-api", 12, Map.of(new Metrics.ListenerSample.Outcome("m1", "closed"), 6L), 100, 200, 3)));
        metrics.members(members::get);
        metrics.certificates(
                () -> List.of(new Metrics.CertificateSample("api.pem", Samples.NOW.plus(Duration.ofDays(1)))));
        metrics.accepting(() -> new Metrics.AcceptingSample(Duration.ofMillis(2500), 7));
        metrics.loops(() -> List.of(new Metrics.LoopSample("io-1", Duration.ofMillis(2))));
        metrics.tickLate().record(1_000);
        metrics.connects(
                () -> List.of(new Metrics.ConnectSample("masters", List.of(0.001, 0.005), List.of(0L, 1L), 1, 0.003)));
        metrics.handshakes(() -> List.of(new Metrics.HandshakeSample(
                new Metrics.ConnectSample("kube-api", List.of(0.001), List.of(1L), 1, 0.0005),
                2,
                Map.of("expired-certificate", 3L))));
        metrics.refusedFiles(() -> 4);
        metrics.admin(() -> new Metrics.AdminSample(Map.of("other", 5L), Map.of("crowded", 6L)));
        metrics.check().of("masters", "m1").record(1);
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    private String scrape(String accept) {
        return new String(
                metrics.scrape(Views.accepts(accept, "application/openmetrics-text"))
                        .body(),
                UTF_8);
    }

    @Test
    void everyNameOfTheContractIsThereWithItsLabelsAndValue() {
        List<String> lines = scrape("").lines().toList();
        for (String line : CONTRACT) {
            assertTrue(lines.contains(line), () -> line + " is not in\n" + String.join("\n", lines));
        }
    }

    @Test
    void thereIsNothingOfOursBesideTheContract() {
        List<String> names = CONTRACT.stream()
                .map(line -> line.replaceAll("(_total|_count)?[{ ].*", ""))
                .toList();
        List<String> unknown = scrape("")
                .lines()
                .filter(line -> line.startsWith("# TYPE hawser_"))
                .map(line -> line.split(" ")[2].replaceAll("_total$", ""))
                .filter(name -> !names.contains(name))
                .toList();
        assertEquals(List.of(), unknown);
    }

    @Test
    void aCountOfZeroIsThereForARateOverIt() {
        metrics.vrrp(() -> new Metrics.VrrpSample(0, 0, Map.of("checksum", 0L), 0, Map.of("two-active", 0L), Map.of()));
        List<String> lines = scrape("").lines().toList();
        assertTrue(lines.contains("hawser_vrrp_discarded_total{reason=\"checksum\"} 0.0"), lines::toString);
        assertTrue(lines.contains("hawser_vrrp_alarms_total{kind=\"two-active\"} 0.0"), lines::toString);
    }

    @Test
    void openMetricsHasTheSameSamplesAndItsEnd() {
        String text = scrape("application/openmetrics-text;version=1.0.0");
        assertTrue(text.contains("# TYPE hawser_bytes counter\n"), text);
        assertTrue(text.contains("hawser_bytes_total{direction=\"in\",listener=\"kube-api\"} 100.0\n"), text);
        assertTrue(text.endsWith("# EOF\n"));
    }

    @Test
    void theJvmIsThere() {
        String text = scrape("");
        for (String name : List.of(
                "jvm_memory_used_bytes{",
                "jvm_gc_memory_allocated_bytes_total",
                "jvm_threads_live_threads",
                "process_files_open_files")) {
            assertTrue(text.contains("\n" + name), name);
        }
    }

    @Test
    void histogramsCountEachDurationInItsBucket() {
        metrics.check().of("masters", "m2").record(500_000);
        metrics.check().of("masters", "m2").record(500_001);
        metrics.check().of("masters", "m2").record(60_000_000_000L);
        metrics.check().of("masters", "m2").record(-5);
        String text = scrape("");
        assertTrue(
                text.contains("hawser_check_seconds_bucket{member=\"m2\",pool=\"masters\",le=\"5.0E-4\"} 2\n"), text);
        assertTrue(text.contains("hawser_check_seconds_bucket{member=\"m2\",pool=\"masters\",le=\"0.001\"} 3\n"), text);
        assertTrue(text.contains("hawser_check_seconds_bucket{member=\"m2\",pool=\"masters\",le=\"0.005\"} 3\n"), text);
        assertTrue(text.contains("hawser_check_seconds_bucket{member=\"m2\",pool=\"masters\",le=\"+Inf\"} 4\n"), text);
    }

    @Test
    void timesToConnectKeepTheirBins() {
        metrics.connects(
                () -> List.of(new Metrics.ConnectSample("masters", List.of(0.001, 0.005), List.of(2L, 5L), 6, 1.5)));
        String text = scrape("");
        assertTrue(text.contains("hawser_connect_seconds_bucket{pool=\"masters\",le=\"0.001\"} 2\n"), text);
        assertTrue(text.contains("hawser_connect_seconds_bucket{pool=\"masters\",le=\"0.005\"} 5\n"), text);
        assertTrue(text.contains("hawser_connect_seconds_bucket{pool=\"masters\",le=\"+Inf\"} 6\n"), text);
        assertTrue(text.contains("hawser_connect_seconds_sum{pool=\"masters\"} 1.5\n"), text);
    }

    @Test
    void whatAReloadRemovedIsGone() {
        assertTrue(scrape("").contains("member=\"m1\""));
        members.set(List.of(new Metrics.MemberSample("masters", "m2", false, 0, 0)));
        metrics.check().retain(values -> !values.contains("m1"));
        String text = scrape("")
                .lines()
                .filter(line -> !line.startsWith("hawser_connections_total"))
                .toList()
                .toString();
        assertFalse(text.contains("member=\"m1\""), text);
        assertTrue(text.contains("hawser_member_up{member=\"m2\",pool=\"masters\"} 0.0"), text);
    }

    @Test
    void oneBrokenSourceLeavesTheOthers() {
        metrics.loops(() -> {
            throw new IllegalStateException("broken");
        });
        String text = scrape("");
        assertTrue(text.contains("hawser_fit 1.0"));
        assertFalse(text.contains("hawser_loop_lag_seconds{"));
    }

    @Test
    void foreignLabelValuesAreEscaped() {
        metrics.peers(() -> List.of(new Metrics.PeerSample("a\"b\\c\nd", true)));
        assertTrue(scrape("").contains("hawser_peer_up{peer=\"a\\\"b\\\\c\\nd\"} 1.0"));
    }
}
