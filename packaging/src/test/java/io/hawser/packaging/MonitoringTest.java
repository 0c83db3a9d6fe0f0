package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the distribution brings for Prometheus and Grafana, and its flight recordings, against a packaged node that works. */
@Tag("e2e")
class MonitoringTest {
    private static final Duration LIMIT = Await.LIMIT;
    private static final Pattern NAME = Pattern.compile("\\b(?:hawser|jvm|process)_[a-z0-9_]+");

    /** What the contract with operators names. */
    private static final Set<String> CONTRACT = Set.of(
            "hawser_vrrp_state",
            "hawser_vrrp_transitions_total",
            "hawser_vrrp_adverts_sent_total",
            "hawser_vrrp_adverts_received_total",
            "hawser_vrrp_discarded_total",
            "hawser_vrrp_tick_late_seconds",
            "hawser_vip_present",
            "hawser_vip_conflicts_total",
            "hawser_peer_up",
            "hawser_fit",
            "hawser_connections_active",
            "hawser_connections_total",
            "hawser_bytes_total",
            "hawser_connect_seconds",
            "hawser_tls_handshake_seconds",
            "hawser_member_up",
            "hawser_member_connections",
            "hawser_check_seconds",
            "hawser_certificate_expiry_seconds",
            "hawser_loop_lag_seconds",
            "hawser_build_info");

    /** Nothing that a node alone brings about: foreign packets, alarms. */
    private static final Set<String> ONLY_WHEN_IT_HAPPENS =
            Set.of("hawser_vrrp_discarded_total", "hawser_vrrp_alarms_total");

    /** Names of the JVM's meters that promtool dislikes; they are what everybody's dashboards use. */
    private static final Pattern KNOWN_LINT = Pattern.compile("(jvm|process|system)_.*");

    private final String namespace = "hawser-mon-" + ProcessHandle.current().pid();

    @TempDir
    Path directory;

    @BeforeEach
    void requireTools() {
        Requirements.tools("promtool");
    }

    @AfterEach
    void removeNamespace() {
        try (Run run = Run.start("sh", "-c", "ip netns del " + namespace + " 2>/dev/null")) {
            run.exit(LIMIT);
        }
    }

    private static Path monitoring(String name) {
        return Requirements.launcher().getParent().resolveSibling("monitoring").resolve(name);
    }

    @Test
    void theRulesAreValidAndFireWhenTheyShould() {
        succeed("promtool", "check", "rules", monitoring("hawser-alerts.yaml").toString());
        succeed(
                "promtool",
                "test",
                "rules",
                monitoring("hawser-alerts-test.yaml").toString());
    }

    @Test
    void whatIsGraphedAndAlertedIsInARealScrapeAndRecordingsHoldWhatHappened() throws IOException {
        Requirements.namespaces();
        Requirements.tools("openssl", "curl");
        prepareNamespace();
        Path recording = directory.resolve("hawser.jfr");
        List<String> inside =
                List.of("env", "HAWSER_JVM_OPTS=-XX:StartFlightRecording:dumponexit=true,filename=" + recording);
        try (Run member = Run.start(
                        "ip",
                        "netns",
                        "exec",
                        namespace,
                        "openssl",
                        "s_server",
                        "-www",
                        "-accept",
                        "7443",
                        "-cert",
                        directory.resolve("c.pem").toString(),
                        "-key",
                        directory.resolve("k.pem").toString());
                Run node = Run.inside(namespace, inside, "run", "--config", config().toString(), "--node", "lb1")) {
            Run.await(
                    "active:\n" + member.output(),
                    LIMIT,
                    () -> scrape().contains("hawser_vrrp_state{router=\"api\"} 2"));
            for (String port : List.of("8443", "9443")) {
                request("https://10.77.0.10:" + port + "/");
            }
            Run.await("counted", LIMIT, () -> scrape().contains("hawser_connections_total{"));
            node.signal("STOP");
            pause(300);
            node.signal("CONT");
            Run.await("lateness", LIMIT, () -> scrape().contains("hawser_vrrp_tick_late_seconds_count"));
            String metrics = scrape();
            assertLintFree(metrics);
            Set<String> there = names(metrics);
            Set<String> wanted = new TreeSet<>(CONTRACT);
            for (String file : List.of("hawser-alerts.yaml", "hawser-grafana.json")) {
                NAME.matcher(Files.readString(monitoring(file)))
                        .results()
                        .map(found -> found.group().replaceFirst("_(bucket|sum|count)$", ""))
                        .forEach(wanted::add);
            }
            wanted.removeAll(there);
            wanted.removeAll(ONLY_WHEN_IT_HAPPENS);
            assertEquals(Set.of(), wanted, () -> "not in a scrape:\n" + metrics);
            node.signal("TERM");
            assertEquals(0, node.exit(LIMIT), node::output);
        }
        assertRecorded(RecordingFile.readAllEvents(recording));
    }

    private static void assertRecorded(List<RecordedEvent> events) {
        Set<String> names =
                events.stream().map(each -> each.getEventType().getName()).collect(Collectors.toSet());
        assertTrue(
                events.stream()
                        .anyMatch(each -> each.getEventType().getName().equals("hawser.StateChange")
                                && each.getString("router").equals("api")
                                && each.getString("to").equals("active")
                                && !each.getString("explanation").isEmpty()),
                names::toString);
        for (String late : List.of("hawser.LateTick", "hawser.LoopLag")) {
            assertTrue(
                    events.stream()
                            .anyMatch(each -> each.getEventType().getName().equals(late)
                                    && each.getDuration("late").compareTo(Duration.ofMillis(100)) > 0),
                    () -> late + " of the frozen process in " + names);
        }
    }

    private static Set<String> names(String metrics) {
        return metrics.lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("[{ ]", 2)[0])
                .map(name -> name.replaceFirst("_(bucket|sum)$", "").replaceFirst("(seconds)_count$", "$1"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private void assertLintFree(String metrics) throws IOException {
        Path file = Files.writeString(directory.resolve("metrics"), metrics);
        try (Run run = Run.start("sh", "-c", "promtool check metrics <" + file)) {
            int code = run.exit(LIMIT);
            assertTrue(code == 0 || code == 3, run::output);
            assertEquals(
                    List.of(),
                    run.output()
                            .lines()
                            .filter(line ->
                                    !line.isBlank() && !KNOWN_LINT.matcher(line).matches())
                            .toList());
        }
    }

    private void prepareNamespace() {
        succeed("ip", "netns", "add", namespace);
        for (String command : List.of(
                "ip link set lo up",
                "ip link add eth0 type veth peer name other",
                "ip address add 10.77.0.11/24 dev eth0",
                "ip link set eth0 up",
                "ip link set other up")) {
            succeed(in(command.split(" ", -1)));
        }
        succeed(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "30",
                "-subj",
                "/CN=api.example",
                "-addext",
                "subjectAltName=DNS:api.example",
                "-keyout",
                directory.resolve("k.pem").toString(),
                "-out",
                directory.resolve("c.pem").toString());
    }

    private Path config() throws IOException {
        return Files.writeString(directory.resolve("hawser.yaml"), """
                nodes: [{name: lb1, address: 10.77.0.11}, {name: lb2, address: 10.77.0.12}]
                virtual-routers: [{name: api, id: 51, addresses: [10.77.0.10]}]
                listeners:
                  - {name: through, bind: "10.77.0.10:8443", pool: masters}
                  - {name: ended, bind: "10.77.0.10:9443", pool: again, mode: tls, tls: {certificate: "%1$s/c.pem", key: "%1$s/k.pem"}}
                pools:
                  - {name: masters, members: ["127.0.0.1:7443"], health: {type: tcp}}
                  - {name: again, members: ["127.0.0.1:7443"], health: {type: tcp}, tls: {verify: false}}
                admin: {bind: "0.0.0.0:9100", socket: "%1$s/s"}
                """.formatted(directory));
    }

    /** The server of OpenSSL ends without close_notify, which hawser passes on as a reset: only the counts are looked at. */
    private void request(String url) {
        try (Run run = Run.start(in("curl", "-sk", "--max-time", "10", url))) {
            run.exit(LIMIT);
        }
    }

    private String scrape() {
        try (Run run = Run.start(in("curl", "-s", "--max-time", "5", "http://127.0.0.1:9100/metrics"))) {
            run.exit(LIMIT);
            return run.output();
        }
    }

    private String[] in(String... command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        all.addAll(List.of(command));
        return all.toArray(String[]::new);
    }

    private static void succeed(String... command) {
        try (Run run = Run.start(command)) {
            assertEquals(0, run.exit(LIMIT), () -> String.join(" ", command) + "\n" + run.output());
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
