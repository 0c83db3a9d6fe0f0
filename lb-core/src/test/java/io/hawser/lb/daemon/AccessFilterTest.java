package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admin.AccessLine;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import io.hawser.lb.proxy.ConnectionRecord;
import io.hawser.lb.proxy.Outcome;
import io.hawser.testkit.Ports;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessFilterTest {
    @TempDir
    Path directory;

    private static final String REST = """
            listeners:
              - {name: none, bind: "127.0.0.1:7001", pool: p}
              - {name: errors, bind: "127.0.0.1:7002", pool: p, access-log: errors}
              - {name: all, bind: "127.0.0.1:7003", pool: p, access-log: all}
              - {name: some, bind: "127.0.0.1:7004", pool: p, access-log: 1/10}
            pools: [{name: p, members: ["127.0.0.1:7005"], health: {type: tcp}}]
            """;

    private static Config config(String text) {
        Loaded loaded = ConfigLoader.parse(
                Path.of("hawser.yaml"),
                "nodes: [{name: one, address: 127.0.0.1}]\n" + text,
                Environment.ofThisHost("one"));
        return ((Loaded.Ok) loaded).config();
    }

    private static ConnectionRecord ended(String listener, Outcome outcome) {
        return new ConnectionRecord(
                listener,
                new InetSocketAddress("127.0.0.1", 5000),
                new ConnectionRecord.Hello(null, List.of()),
                new ConnectionRecord.Destination("p", "m"),
                new ConnectionRecord.Bytes(1, 2),
                new ConnectionRecord.Times(-1, 3_000_000, 4_000_000_000L),
                2,
                true,
                outcome);
    }

    @Test
    void takesWhatTheListenerWants() {
        var filter = new AccessFilter(config(REST).listeners());
        assertTrue(filter.isNeeded());
        for (Outcome outcome : List.of(Outcome.COMPLETED, Outcome.MEMBER_RESET)) {
            boolean isError = outcome == Outcome.MEMBER_RESET;
            assertFalse(filter.takes(ended("none", outcome), of -> 0));
            assertFalse(filter.takes(ended("gone by a reload", outcome), of -> 0));
            assertEquals(isError, filter.takes(ended("errors", outcome), of -> 0));
            assertTrue(filter.takes(ended("all", outcome), of -> of - 1));
            assertTrue(filter.takes(ended("some", outcome), of -> 0));
            assertEquals(isError, filter.takes(ended("some", outcome), of -> of - 1));
        }
        assertFalse(new AccessFilter(
                        config(REST.replaceAll(", access-log: [a-z0-9/]+", "")).listeners())
                .isNeeded());
    }

    @Test
    void saysNothingInsteadOfMinusOne() {
        var line = AccessFilter.line(ended("all", Outcome.MEMBER_RESET), Instant.EPOCH);
        assertEquals("127.0.0.1:5000", line.client().address());
        assertEquals(new AccessLine.Destination("p", "m"), line.destination());
        assertEquals(new AccessLine.Bytes(1, 2), line.bytes());
        assertEquals(null, line.times().connect());
        assertEquals(3, line.times().firstByte().toMillis());
        assertEquals(4, line.times().duration().toSeconds());
        assertEquals("member-reset", line.end().outcome());
        assertEquals("member", line.end().by());
    }

    @Test
    void aWholeNodeWritesALineForEachConnectionUntilAReloadSaysOtherwise() throws Exception {
        int port = Ports.free();
        try (var member = new EchoMember("m1")) {
            String rest = """
                    listeners: [{name: api, bind: "127.0.0.1:%d", pool: p, access-log: all}]
                    pools: [{name: p, members: [%s], health: {type: tcp, interval: 200ms}}]
                    """.formatted(port, member.yaml());
            try (var node = TestNode.start(directory, rest)) {
                for (int i = 0; i < 3; i++) {
                    new EchoClient(port).close();
                }
                TestNode.await("three lines", () -> lines(node).equals("hawser_access_log_lines_total 3.0"));
                node.reloads(rest.replace("access-log: all", "access-log: \"off\""));
                new EchoClient(port).close();
                TestNode.await(
                        "the fourth has ended",
                        () -> node.daemon.dataPath().stats().listeners().getFirst().endings().stream()
                                        .mapToLong(ending -> ending.count())
                                        .sum()
                                == 4);
                assertEquals("hawser_access_log_lines_total 3.0", lines(node));
            }
        }
    }

    private static String lines(TestNode node) {
        try {
            return node.page("/metrics")
                    .lines()
                    .filter(line -> line.startsWith("hawser_access_log_lines_total"))
                    .findFirst()
                    .orElse("none");
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
