package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.admin.Metrics;
import io.hawser.lb.admin.Samples;
import io.hawser.lb.proxy.NotAccepting;
import io.hawser.lb.proxy.Outcome;
import io.hawser.lb.proxy.ProxyStats;
import io.hawser.lb.proxy.Shortage;
import io.hawser.lb.tls.HandshakeFailure;
import io.hawser.testkit.Ports;
import io.hawser.vrrp.DiscardReason;
import io.hawser.vrrp.Flood;
import io.hawser.vrrp.RouterStatus;
import io.hawser.vrrp.SpeakerStatus;
import io.hawser.vrrp.VirtualAddress;
import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.RouterState;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which metrics a node has, with which labels and values: dashboards and alerts rely on them. */
class MetricsContractTest {
    private static final Set<String> NAMES = Set.of(
            "hawser_access_log_dropped",
            "hawser_access_log_lines",
            "hawser_admin_connections",
            "hawser_admin_connections_closed",
            "hawser_build_info",
            "hawser_bytes",
            "hawser_certificate_expiry_seconds",
            "hawser_check_seconds",
            "hawser_config_loaded_timestamp_seconds",
            "hawser_connect_seconds",
            "hawser_connections",
            "hawser_connections_active",
            "hawser_fit",
            "hawser_link_packets_estimated",
            "hawser_loop_lag_seconds",
            "hawser_member_connections",
            "hawser_member_queued",
            "hawser_member_up",
            "hawser_not_accepting_seconds",
            "hawser_notify_commands",
            "hawser_peer_config_differs",
            "hawser_peer_up",
            "hawser_reloads",
            "hawser_shortages",
            "hawser_sources_uncounted",
            "hawser_tls_files_refused",
            "hawser_tls_handshake_failures",
            "hawser_tls_handshake_seconds",
            "hawser_tls_resumed",
            "hawser_vip_conflicts",
            "hawser_vip_present",
            "hawser_vrrp_adverts_received",
            "hawser_vrrp_adverts_sent",
            "hawser_vrrp_alarms",
            "hawser_vrrp_discarded",
            "hawser_vrrp_state",
            "hawser_vrrp_tick_late_seconds",
            "hawser_vrrp_transitions");

    private static String node(int port, EchoMember member) {
        return """
                listeners: [{name: kube-api, bind: "127.0.0.1:%d", pool: masters}]
                pools: [{name: masters, health: {type: tcp}, members: [%s]}]
                """.formatted(port, member.yaml());
    }

    @Test
    void aNodeHasTheseFamiliesAndNoOthers(@TempDir Path directory) throws Exception {
        try (var member = new EchoMember("m1");
                var node = TestNode.start(directory, node(Ports.free(), member))) {
            Set<String> own = node.daemon.metrics().families().names().stream()
                    .filter(name -> name.startsWith("hawser_"))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertEquals(new TreeSet<>(NAMES), own);
        }
    }

    @Test
    void aNodeShowsItsOwnState(@TempDir Path directory) throws Exception {
        int port = Ports.free();
        try (var member = new EchoMember("m1");
                var node = TestNode.start(directory, node(port, member))) {
            TestNode.await("fit", node.daemon::isFit);
            try (var client = new EchoClient(port)) {
                client.ping("hello");
                List<String> lines = node.page("/metrics").lines().toList();
                for (String line : List.of(
                        "hawser_fit 1.0",
                        "hawser_connections_active{listener=\"kube-api\"} 1.0",
                        "hawser_member_up{member=\"m1\",pool=\"masters\"} 1.0",
                        "hawser_member_connections{member=\"m1\",pool=\"masters\"} 1.0",
                        "hawser_member_queued{member=\"m1\",pool=\"masters\"} 0.0",
                        "hawser_connect_seconds_count{pool=\"masters\"} 1",
                        "hawser_reloads_total{outcome=\"invalid\"} 0.0",
                        "hawser_access_log_lines_total 0.0",
                        "hawser_admin_connections{kind=\"socket\"} 1.0",
                        "hawser_tls_files_refused_total 0.0",
                        "hawser_not_accepting_seconds 0.0",
                        "hawser_vrrp_adverts_sent_total 0.0",
                        "hawser_vrrp_discarded_total{reason=\"checksum\"} 0.0",
                        "hawser_vrrp_alarms_total{kind=\"two-active\"} 0.0",
                        "hawser_vrrp_tick_late_seconds_count 0")) {
                    assertTrue(lines.contains(line), () -> line + " is not in\n" + String.join("\n", lines));
                }
                assertTrue(
                        lines.stream()
                                .anyMatch(line ->
                                        line.startsWith("hawser_check_seconds_count{member=\"m1\",pool=\"masters\"}")),
                        lines::toString);
            }
        }
    }

    private static List<String> rows(Consumer<MetricFamilies> register) throws Exception {
        try (var metrics = new Metrics("0.1.0")) {
            register.accept(metrics.families());
            return Samples.text(metrics).lines().toList();
        }
    }

    private static void assertHas(List<String> rows, String... expected) {
        for (String line : expected) {
            assertTrue(rows.contains(line), () -> line + " is not in\n" + String.join("\n", rows));
        }
    }

    private static ProxyStats.ConnectStats times(String name) {
        return new ProxyStats.ConnectStats(
                name, List.of(new ProxyStats.Bucket(0.001, 2), new ProxyStats.Bucket(0.005, 5)), 6, 1.5);
    }

    @Test
    void theRelaysCountsHaveTheirNames() throws Exception {
        ProxyStats stats = new ProxyStats(
                List.of(new ProxyStats.ListenerStats(
                        "kube-api",
                        "masters",
                        true,
                        12,
                        20,
                        100,
                        200,
                        3,
                        List.of(new ProxyStats.Ending("m1", Outcome.COMPLETED, 6)),
                        new ProxyStats.HandshakeStats(
                                times("kube-api"), 2, Map.of(HandshakeFailure.EXPIRED_CERTIFICATE, 3L)))),
                List.of(new ProxyStats.LoopStats(1, 0.002, 0, 0)),
                List.of(times("masters")),
                List.of(),
                12,
                1_000,
                new NotAccepting(Shortage.values()[0], Duration.ofMillis(2_500)),
                0,
                7,
                0);
        assertHas(
                rows(families -> RelayFamilies.register(families, () -> stats)),
                "hawser_connections_active{listener=\"kube-api\"} 12.0",
                "hawser_connections_total{listener=\"kube-api\",member=\"m1\",outcome=\"completed\"} 6.0",
                "hawser_bytes_total{direction=\"in\",listener=\"kube-api\"} 100.0",
                "hawser_bytes_total{direction=\"out\",listener=\"kube-api\"} 200.0",
                "hawser_sources_uncounted_total{listener=\"kube-api\"} 3.0",
                "hawser_connect_seconds_bucket{pool=\"masters\",le=\"0.001\"} 2",
                "hawser_connect_seconds_bucket{pool=\"masters\",le=\"0.005\"} 5",
                "hawser_connect_seconds_bucket{pool=\"masters\",le=\"+Inf\"} 6",
                "hawser_connect_seconds_sum{pool=\"masters\"} 1.5",
                "hawser_tls_handshake_seconds_count{listener=\"kube-api\"} 6",
                "hawser_tls_resumed_total{listener=\"kube-api\"} 2.0",
                "hawser_tls_handshake_failures_total{listener=\"kube-api\",reason=\"expired-certificate\"} 3.0",
                "hawser_loop_lag_seconds{loop=\"io-1\"} 0.002",
                "hawser_not_accepting_seconds 2.5",
                "hawser_shortages_total 7.0");
    }

    private static SpeakerStatus speaker(Map<DiscardReason, Long> discarded, Map<AlarmKind, Long> alarms)
            throws Exception {
        RouterStatus router = new RouterStatus(
                "api",
                51,
                RouterState.ACTIVE,
                Instant.EPOCH,
                200,
                List.of(new RouterStatus.Held(new VirtualAddress(InetAddress.ofLiteral("10.77.0.10"), 24), true)),
                null,
                null,
                "timeout",
                "",
                10,
                11,
                Map.of(new RouterStatus.Change(RouterState.ACTIVE, "timeout"), 3L));
        return new SpeakerStatus(
                List.of(router), discarded, 5, alarms, List.of(), Map.of(Flood.Protocol.ARP, 2_048L), 0, "", "");
    }

    @Test
    void theRoutersCountsHaveTheirNamesAndEveryReasonAndKindItsOwn() throws Exception {
        Map<DiscardReason, Long> discarded = Stream.of(DiscardReason.values())
                .collect(Collectors.toMap(reason -> reason, reason -> 10L + reason.ordinal()));
        Map<AlarmKind, Long> alarms =
                Stream.of(AlarmKind.values()).collect(Collectors.toMap(kind -> kind, kind -> 100L + kind.ordinal()));
        SpeakerStatus busy = speaker(discarded, alarms);
        List<String> rows = rows(families -> VrrpFamilies.register(families, () -> busy));
        assertHas(
                rows,
                "hawser_vrrp_state{router=\"api\"} 2.0",
                "hawser_vrrp_transitions_total{cause=\"timeout\",router=\"api\",to=\"active\"} 3.0",
                "hawser_vrrp_adverts_sent_total 10.0",
                "hawser_vrrp_adverts_received_total 11.0",
                "hawser_vip_present{address=\"10.77.0.10\"} 1.0",
                "hawser_vip_conflicts_total 5.0",
                "hawser_link_packets_estimated_total{protocol=\"arp\"} 2048.0");
        discarded.forEach((reason, count) ->
                assertHas(rows, "hawser_vrrp_discarded_total{reason=\"" + reason.label() + "\"} " + count + ".0"));
        alarms.forEach((kind, count) ->
                assertHas(rows, "hawser_vrrp_alarms_total{kind=\"" + kind.label() + "\"} " + count + ".0"));
    }

    /** A rate over a counter that appears with its first increment misses that one. */
    @Test
    void everyReasonAndKindIsZeroUntilItIsSeen() throws Exception {
        for (SpeakerStatus status : List.of(VirtualRouters.NONE.status(), speaker(Map.of(), Map.of()))) {
            List<String> rows = rows(families -> VrrpFamilies.register(families, () -> status));
            for (DiscardReason reason : DiscardReason.values()) {
                assertHas(rows, "hawser_vrrp_discarded_total{reason=\"" + reason.label() + "\"} 0.0");
            }
            for (AlarmKind kind : AlarmKind.values()) {
                assertHas(rows, "hawser_vrrp_alarms_total{kind=\"" + kind.label() + "\"} 0.0");
            }
            assertHas(rows, "hawser_link_packets_estimated_total{protocol=\"neighbor-discovery\"} 0.0");
        }
    }
}
