package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.config.Cidr;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import io.hawser.sysctl.linux.NetworkNamespace;
import io.hawser.sysctl.linux.Veth;
import io.hawser.testkit.Hosts;
import io.hawser.vrrp.election.RouterState;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A whole node whose peer never advertises and says on /healthz what it likes, each in a network namespace. */
@Tag("netns")
class LyingPeerNetnsTest {
    private static final String ADDRESS = "10.79.0.10";
    private static final String CLAIM = """
            {"node": "two", "fit": true, "reasons": [],
             "routers": [{"name": "api", "id": 51, "state": "active", "priority": 250, "addresses": ["10.79.0.10"]}]}
            """;

    @TempDir
    Path directory;

    private Hosts hosts;
    private NetworkNamespace own;
    private NetworkNamespace peer;

    @BeforeEach
    void prepare() {
        hosts = Hosts.open("lie");
        own = hosts.host("1");
        peer = hosts.host("2");
        Veth.create(own, "eth7", peer, "eth7");
        int last = 11;
        for (NetworkNamespace each : List.of(own, peer)) {
            each.run("ip", "addr", "add", "10.79.0." + last++ + "/24", "dev", "eth7");
        }
    }

    @AfterEach
    void remove() {
        if (hosts != null) {
            hosts.close();
        }
    }

    /** How a /healthz may answer. */
    enum Manner {
        CLAIMS {
            @Override
            void answer(Liar liar, OutputStream out) throws IOException {
                byte[] body = CLAIM.getBytes(StandardCharsets.UTF_8);
                liar.write(out, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n".formatted(body.length));
                out.write(body);
            }
        },
        HANGS {
            @Override
            void answer(Liar liar, OutputStream out) {}
        },
        SENDS_GARBAGE {
            @Override
            void answer(Liar liar, OutputStream out) throws IOException {
                byte[] garbage = new byte[4_096];
                new Random(1).nextBytes(garbage);
                out.write(garbage);
            }
        },
        SENDS_MEGABYTES {
            @Override
            void answer(Liar liar, OutputStream out) throws IOException {
                liar.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
                String block = " ".repeat(65_536);
                while (true) {
                    liar.write(out, block);
                }
            }
        },
        NEVER_ENDS_ITS_HEADERS {
            @Override
            void answer(Liar liar, OutputStream out) throws IOException {
                liar.write(out, "HTTP/1.1 200 OK\r\n");
                for (int i = 0; true; i++) {
                    liar.write(out, "X-%d: %s\r\n".formatted(i, "x".repeat(1_000)));
                }
            }
        };

        /** Answers one question. */
        abstract void answer(Liar liar, OutputStream out) throws IOException;
    }

    /** A server of /healthz that is none of hawser's. */
    private static final class Liar implements AutoCloseable {
        private final ServerSocket server;
        private final Manner manner;
        private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        final AtomicInteger questions = new AtomicInteger();
        final AtomicInteger connections = new AtomicInteger();
        final AtomicLong written = new AtomicLong();

        Liar(Manner manner) throws IOException {
            this.manner = manner;
            server = new ServerSocket(9100, 50, InetAddress.ofLiteral("10.79.0.12"));
            threads.submit(this::accept);
        }

        private Object accept() throws IOException {
            while (true) {
                Socket client = server.accept();
                connections.incrementAndGet();
                threads.submit(() -> serve(client));
            }
        }

        private Object serve(Socket client) throws IOException {
            try (client) {
                InputStream in = client.getInputStream();
                int matched = 0;
                int next;
                while ((next = in.read()) >= 0) {
                    matched = next == "\r\n\r\n".charAt(matched) ? matched + 1 : next == '\r' ? 1 : 0;
                    if (matched == 4) {
                        matched = 0;
                        questions.incrementAndGet();
                        manner.answer(this, client.getOutputStream());
                    }
                }
                return null;
            }
        }

        void write(OutputStream out, String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.ISO_8859_1));
            written.addAndGet(text.length());
        }

        @Override
        public void close() throws IOException {
            server.close();
            threads.shutdownNow();
        }
    }

    private Daemon started(EchoMember member) throws IOException {
        Path file = directory.resolve("hawser.yaml");
        Files.writeString(file, """
                nodes: [{name: one, address: 10.79.0.11}, {name: two, address: 10.79.0.12}]
                admin: {bind: "10.79.0.11:9100", socket: "%s"}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                limits: {drain: 1s}
                virtual-routers:
                  - {name: api, id: 51, addresses: [%s], track: {interfaces: [lo]}}
                listeners:
                  - {name: api, bind: "%s:6443", pool: masters}
                pools:
                  - name: masters
                    health: {type: tcp, interval: 200ms}
                    members: [%s]
                """.formatted(directory.resolve("s"), ADDRESS, ADDRESS, member.yaml()));
        return switch (load()) {
            case Loaded.Invalid(var problems) -> throw new AssertionError(problems.toString());
            case Loaded.Ok(Config config, var _, var _) ->
                Daemon.start(config, List.of(), new ConfigFile(file, this::load));
        };
    }

    private Loaded load() {
        List<Environment.Interface> interfaces = List.of(
                new Environment.Interface("lo", List.of()),
                new Environment.Interface("eth7", List.of(new Cidr(InetAddress.ofLiteral("10.79.0.11"), 24))));
        return ConfigLoader.load(
                directory.resolve("hawser.yaml"), new Environment("one", null, "one", interfaces, host -> List.of()));
    }

    private static RouterState state(Daemon daemon) {
        return daemon.routers().routersNow().getFirst().state();
    }

    private boolean holds(NetworkNamespace host) {
        return Hosts.addresses(host).contains(ADDRESS);
    }

    private static List<String> texts(Daemon daemon, String kind) {
        return daemon.events().after(0, 10_000).stream()
                .filter(event -> event.kind().equals(kind))
                .map(io.hawser.lb.admin.Event::text)
                .toList();
    }

    @Test
    void isBelievedOnlyWhileSomebodyAnswersForTheAddress() throws Exception {
        peer.run("ip", "addr", "add", ADDRESS + "/32", "dev", "eth7");
        try (Liar liar = peer.call(() -> new Liar(Manner.CLAIMS));
                EchoMember member = own.call(() -> new EchoMember("m1"));
                Daemon daemon = own.call(() -> started(member))) {
            TestNode.await(
                    "the filtered protocol is found",
                    () -> !texts(daemon, "vrrp-vrrp-filtered").isEmpty());
            String mac = peer.run("cat", "/sys/class/net/eth7/address").strip();
            String found = texts(daemon, "vrrp-vrrp-filtered").getFirst();
            assertTrue(found.contains(mac) && found.contains("two (10.79.0.12)"), found);
            // Some twenty questions to the peer are four or more on the link: each has to be answered.
            int asked = liar.questions.get();
            TestNode.await("twenty more answers", () -> liar.questions.get() >= asked + 20);
            assertEquals(RouterState.BACKUP, state(daemon), "the peer holds the address, whatever is filtered");

            peer.run("ip", "addr", "del", ADDRESS + "/32", "dev", "eth7");
            TestNode.await("takeover", () -> state(daemon) == RouterState.ACTIVE && holds(own));
            TestNode.await(
                    "it is told", () -> !texts(daemon, "vrrp-false-claim").isEmpty());
            String lie = texts(daemon, "vrrp-false-claim").getFirst();
            assertTrue(lie.contains("two (10.79.0.12)") && lie.contains("asked 3 times in 300 ms"), lie);

            // It goes on lying, with a higher priority.
            int more = liar.questions.get();
            TestNode.await("twenty more lies", () -> liar.questions.get() >= more + 20);
            assertEquals(RouterState.ACTIVE, state(daemon), "nobody else on the link answers for the address");
            assertTrue(holds(own));

            // Now it tells the truth: of two owners the lower one yields.
            peer.run("ip", "addr", "add", ADDRESS + "/32", "dev", "eth7");
            TestNode.await("yields", () -> state(daemon) == RouterState.BACKUP && !holds(own));
            TestNode.await("it is told", () -> !texts(daemon, "vrrp-two-active").isEmpty());
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CLAIMS")
    void costsNothingWhenIt(Manner manner) throws Exception {
        try (Liar liar = peer.call(() -> new Liar(manner));
                EchoMember member = own.call(() -> new EchoMember("m1"));
                Daemon daemon = own.call(() -> started(member))) {
            TestNode.await("active", () -> state(daemon) == RouterState.ACTIVE && holds(own));
            TestNode.await("asked", () -> liar.questions.get() >= 2);
            TestNode.await(
                    "told", () -> texts(daemon, "vrrp-state").stream().anyMatch(text -> text.contains("active")));
            String taken = texts(daemon, "vrrp-state").stream()
                    .filter(text -> text.contains("to active"))
                    .findFirst()
                    .orElseThrow();
            assertTrue(taken.contains("nobody advertises"), taken);
            assertEquals(List.of(), texts(daemon, "vrrp-vrrp-filtered"), "it is no evidence");
            assertEquals(List.of(), texts(daemon, "vrrp-false-claim"), "it is no evidence");
            // What fits into the buffers of both kernels, which grow up to 6 MB and 4 MB, is taken from it and no more.
            assertTrue(
                    liar.written.get() < 12_000_000L * liar.connections.get(),
                    liar.written + " bytes on " + liar.connections + " connections");
            assertEquals(RouterState.ACTIVE, state(daemon));
        }
    }
}
