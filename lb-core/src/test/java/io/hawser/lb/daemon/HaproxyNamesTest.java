package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Ports;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HAProxy's names on the scrape of a whole node, switched on and off by a reload. */
class HaproxyNamesTest {
    @TempDir
    Path directory;

    @Test
    void dashboardsMadeForHaproxyFindTheirNamesWhenTheyAreWanted() throws Exception {
        int port = Ports.free();
        try (var m1 = new EchoMember("m1");
                var m2 = new EchoMember("m2")) {
            String rest = """
                    listeners: [{name: api, bind: "127.0.0.1:%d", pool: masters, limits: {connections: 77}}]
                    pools:
                      - name: masters
                        health: {type: tcp, interval: 200ms}
                        members: [%s, %s]
                    """.formatted(port, m1.yaml(), m2.yaml());
            try (var node = TestNode.start(directory, rest);
                    var client = new EchoClient(port)) {
                client.ping("hello");
                assertFalse(node.page("/metrics").contains("haproxy_"), "off by default");

                node.writeRaw(node.text(rest).replace("admin: {", "admin: {metrics: {haproxy-names: true}, "));
                assertTrue(node.reload() instanceof ReloadResult.Applied);
                node.daemon.operator().drain("m2");
                String scrape = node.page("/metrics");
                for (String line : List.of(
                        "haproxy_process_current_connections 1.0",
                        "haproxy_frontend_status{proxy=\"api\",state=\"UP\"} 1.0",
                        "haproxy_frontend_current_sessions{proxy=\"api\"} 1.0",
                        "haproxy_frontend_limit_sessions{proxy=\"api\"} 77.0",
                        "haproxy_frontend_sessions_total{proxy=\"api\"} 1.0",
                        "haproxy_frontend_bytes_in_total{proxy=\"api\"} 6.0",
                        "haproxy_backend_status{proxy=\"masters\",state=\"UP\"} 1.0",
                        "haproxy_backend_active_servers{proxy=\"masters\"} 1.0",
                        "haproxy_server_status{proxy=\"masters\",server=\"m2\",state=\"DRAIN\"} 1.0",
                        "haproxy_server_status{proxy=\"masters\",server=\"m1\",state=\"UP\"} 1.0",
                        "haproxy_server_weight{proxy=\"masters\",server=\"m1\"} 100.0")) {
                    assertTrue(scrape.lines().anyMatch(line::equals), line + " is not in\n" + scrape);
                }
                assertTrue(scrape.contains("hawser_connections_active"), "the own names stay");
            }
        }
    }
}
