package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.hawser.lb.balance.Member;
import io.hawser.testkit.Lateness;
import io.hawser.testkit.Ports;
import io.hawser.testkit.Tries;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A PostgreSQL primary and its standby behind one listener, and a client that writes through it while the standby becomes the
 * primary. The old primary lives on and would take each write; only its role's endpoint tells that it must not.
 */
@Timeout(300)
class PostgresRolesTest {
    private static final Duration BOUND = Duration.ofMillis(500);
    private static final Duration TOO_LATE = Duration.ofMillis(100);
    private static final InetAddress ONE = InetAddress.ofLiteral("127.0.0.2");
    private static final InetAddress TWO = InetAddress.ofLiteral("127.0.0.3");

    @TempDir
    @Nullable
    Path directory;

    /** What an agent such as Patroni answers: whether a server is the primary, and whether it is still meant to be. */
    private static final class Agent implements AutoCloseable {
        private final PostgresServer server;
        private final HttpServer http;
        private final Leader leader;
        private volatile @Nullable Instant firstDenial;

        Agent(PostgresServer server, int port, Leader leader) throws IOException {
            this.server = server;
            this.leader = leader;
            http = HttpServer.create(new InetSocketAddress(server.address, port), 0);
            http.createContext("/primary", this::answer);
            http.start();
        }

        private void answer(HttpExchange exchange) throws IOException {
            try (exchange) {
                boolean isPrimary = leader.server == server
                        && server.ask("select pg_is_in_recovery()")
                                .filter("f"::equals)
                                .isPresent();
                if (!isPrimary && firstDenial == null) {
                    firstDenial = Instant.now();
                }
                exchange.sendResponseHeaders(isPrimary ? 200 : 503, -1);
            }
        }

        @Override
        public void close() {
            http.stop(0);
        }
    }

    /** Who is to be the primary, as a store that all agents look at says. */
    private static final class Leader {
        private volatile @Nullable PostgresServer server;
    }

    /** Writes and writes, on one session as long as that lives, and counts who took it. */
    private static final class Writer implements AutoCloseable {
        private final int port;
        private final ConcurrentHashMap<String, AtomicInteger> taken = new ConcurrentHashMap<>();
        private final AtomicInteger sessions = new AtomicInteger();
        private final Thread thread =
                Thread.ofPlatform().daemon().name("writer").unstarted(this::run);
        private volatile boolean isEnding;

        Writer(int port) {
            this.port = port;
            thread.start();
        }

        private void run() {
            while (!isEnding) {
                try (var session = new PostgresSession(InetAddress.getLoopbackAddress(), port)) {
                    sessions.incrementAndGet();
                    while (!isEnding) {
                        String by = session.ask("insert into writes default values returning host(inet_server_addr())");
                        taken.computeIfAbsent(String.valueOf(by), _ -> new AtomicInteger())
                                .incrementAndGet();
                        pause();
                    }
                } catch (IOException e) {
                    pause();
                }
            }
        }

        private static void pause() {
            LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
        }

        int takenBy(InetAddress server) {
            AtomicInteger count = taken.get(server.getHostAddress());
            return count == null ? 0 : count.get();
        }

        @Override
        public void close() throws InterruptedException {
            isEnding = true;
            thread.join();
        }
    }

    /** All of it, until the old primary is about to lose its role. */
    private static final class Pair implements AutoCloseable {
        private final List<AutoCloseable> open = new ArrayList<>();
        final PostgresServer one;
        final PostgresServer two;
        final Agent agentOfOne;
        final Leader leader = new Leader();
        final TestNode node;
        final Writer writer;
        private final int listener = Ports.free();

        Pair(Path directory, String health) throws Exception {
            try {
                int port = portFreeOnBoth();
                one = opened(PostgresServer.primary(directory, "one", ONE, port));
                one.await("select pg_is_in_recovery()", "f");
                leader.server = one;
                try (PostgresSession session = one.session()) {
                    session.ask("create table writes (at timestamptz not null default clock_timestamp())");
                    session.ask("insert into writes default values");
                }
                two = opened(PostgresServer.standby(directory, "two", TWO, port, one));
                two.await("select pg_is_in_recovery() and count(*) = 1 from writes", "t");
                int agents = portFreeOnBoth();
                agentOfOne = opened(new Agent(one, agents, leader));
                opened(new Agent(two, agents, leader));
                node = opened(TestNode.start(directory, """
                        listeners: [{name: db, bind: "127.0.0.1:%d", pool: db}]
                        pools:
                          - name: db
                            health: {type: http, path: /primary, port: %d%s}
                            members: [{name: one, address: "127.0.0.2:%d"}, {name: two, address: "127.0.0.3:%d"}]
                        """.formatted(listener, agents, health, port, port)));
                TestNode.await("one up", () -> healthOf("one") == Member.Health.UP);
                writer = opened(new Writer(listener));
                TestNode.await("written", () -> writer.takenBy(ONE) >= 100);
            } catch (Throwable e) {
                close();
                throw e;
            }
        }

        private <T extends AutoCloseable> T opened(T resource) {
            open.add(resource);
            return resource;
        }

        private static int portFreeOnBoth() throws IOException {
            while (true) {
                int port = Ports.free();
                try (var _ = new ServerSocket(port, 1, ONE);
                        var _ = new ServerSocket(port, 1, TWO)) {
                    return port;
                } catch (BindException e) {
                    // Somebody's; there are others.
                }
            }
        }

        Member.Health healthOf(String member) {
            return node.daemon.active().pools().values().stream()
                    .flatMap(pool -> pool.members().all().stream())
                    .filter(each -> each.name().equals(member))
                    .findFirst()
                    .orElseThrow()
                    .health();
        }

        /** The standby is to be the primary from now on; gives what comes when it is. */
        CompletableFuture<?> change() {
            leader.server = two;
            return CompletableFuture.runAsync(() -> two.ask("select pg_promote()"));
        }

        /** When the old primary took its last write, by its own table; both clocks are this machine's. */
        Instant lastWrite() {
            long micros = Long.parseLong(one.ask("select (extract(epoch from max(at)) * 1000000)::bigint from writes")
                    .orElseThrow());
            return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
        }

        /** Who serves a session that begins now. */
        String serverOfNewSession() throws IOException {
            try (var session = new PostgresSession(InetAddress.getLoopbackAddress(), listener)) {
                return String.valueOf(session.ask("select host(inet_server_addr())"));
            }
        }

        @Override
        public void close() throws Exception {
            for (AutoCloseable each : open.reversed()) {
                each.close();
            }
        }
    }

    private Path ground() {
        return java.util.Objects.requireNonNull(directory);
    }

    private Path prepared() throws Exception {
        Path made = Files.createTempDirectory(ground(), "try");
        PostgresServer.prepare(ground(), made);
        return made;
    }

    @Test
    void theOldPrimaryTakesNoWriteHalfASecondAfterItsFirstWrongAnswer() throws Exception {
        Tries.hold("the last write to the old primary", this::changesRoles);
    }

    private Tries.Try changesRoles() throws Exception {
        try (var pair = new Pair(prepared(), "");
                var lateness = new Lateness()) {
            long at = System.nanoTime();
            CompletableFuture<?> promoted = pair.change();
            TestNode.await("a wrong answer", () -> pair.agentOfOne.firstDenial != null);
            TestNode.await("the new primary is written to", () -> pair.writer.takenBy(TWO) >= 100);
            lateness.close();
            promoted.join();
            Instant denial = java.util.Objects.requireNonNull(pair.agentOfOne.firstDenial);
            Duration after = Duration.between(denial, pair.lastWrite());
            System.out.printf(
                    "the old primary took its last write %.1f ms after its first wrong answer%n",
                    after.toNanos() / 1e6);
            assertEquals(2, pair.writer.sessions.get(), "one session was cut, and the next one was right");
            assertEquals(TWO.getHostAddress(), pair.serverOfNewSession());
            assertEquals("f", pair.one.ask("select pg_is_in_recovery()").orElse("gone"), "would take more");
            return new Tries.Try(
                    after.compareTo(BOUND) <= 0 ? List.of() : List.of("last write after " + after),
                    lateness.spoilt(at, TOO_LATE));
        }
    }

    /** The proof that the other test can fail, and why a role means down: with drain nobody is kept from writing. */
    @Test
    void whereAWrongStatusOnlyDrainsTheOldPrimaryIsWrittenToOn() throws Exception {
        try (var pair = new Pair(prepared(), ", on-wrong-status: drain")) {
            CompletableFuture<?> promoted = pair.change();
            TestNode.await("a wrong answer", () -> pair.agentOfOne.firstDenial != null);
            promoted.join();
            TestNode.await("two up", () -> pair.healthOf("two") == Member.Health.UP);
            Instant denial = java.util.Objects.requireNonNull(pair.agentOfOne.firstDenial);
            TestNode.await("written to on", () -> pair.lastWrite().isAfter(denial.plus(BOUND.multipliedBy(2))));
            assertEquals(1, pair.writer.sessions.get());
            assertEquals(0, pair.writer.takenBy(TWO));
            assertEquals(TWO.getHostAddress(), pair.serverOfNewSession());
        }
    }
}
