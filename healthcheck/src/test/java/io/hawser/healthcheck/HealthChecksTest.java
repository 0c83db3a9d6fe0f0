package io.hawser.healthcheck;

import static io.hawser.healthcheck.TestTls.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import io.netty.channel.epoll.Epoll;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members that are watched over time. */
class HealthChecksTest {
    private static final String UNAVAILABLE = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";

    // Intervals so long that only what the test brings about makes a check; the limits never decide.
    private static final CheckPlan SELDOM = plan(Duration.ofHours(1), Duration.ofMillis(10));
    private static final CheckPlan OFTEN = plan(Duration.ofMillis(20), Duration.ofMillis(10));

    @TempDir
    Path dir;

    private final HealthLoop loop = new HealthLoop();
    private final BlockingQueue<HealthChange> changes = new LinkedBlockingQueue<>();
    private final BlockingQueue<CheckResult> results = new LinkedBlockingQueue<>();
    private final HealthChecks checks = new HealthChecks(loop, new HealthListener() {
        @Override
        public void changed(HealthChange change) {
            changes.add(change);
        }

        @Override
        public void checked(Target target, CheckResult result) {
            results.add(result);
        }
    });

    private static CheckPlan plan(Duration interval, Duration fast) {
        return CheckPlan.of(CheckPlan.Type.HTTP)
                .with(new CheckPlan.Timing(interval, fast, Duration.ofSeconds(10), Duration.ofSeconds(10), 2, 2));
    }

    @AfterEach
    void stop() {
        checks.close();
        loop.close();
    }

    @Test
    void followsAMemberThroughItsLife() throws Exception {
        var server = TestServer.answering(TestServer.ok("ok"));
        var target = target(server.address());
        try (server) {
            checks.watch(target, OFTEN);
            assertEquals(Health.UNKNOWN, checks.snapshot().get(target).health());
            assertChange(Health.UNKNOWN, Health.UP, "status 200");
            server.treat(socket -> TestServer.answer(socket, UNAVAILABLE));
            assertChange(Health.UP, Health.DRAINING, "status 500, expected 200");
            server.treat(socket -> TestServer.answer(socket, TestServer.ok("ok")));
            assertChange(Health.DRAINING, Health.UP, "status 200");
            server.treat(socket -> TestServer.answer(socket, UNAVAILABLE));
            assertChange(Health.UP, Health.DRAINING, "status 500");
        }
        assertChange(Health.DRAINING, Health.DOWN, "refused");
        var known = checks.snapshot().get(target);
        assertEquals(Health.DOWN, known.health());
        assertInstanceOf(CheckResult.Failed.class, known.last());
    }

    @Test
    void memberThatNeverAnsweredGoesDownAfterFall() throws Exception {
        checks.watch(target(Checks.refusing()), OFTEN);
        assertChange(Health.UNKNOWN, Health.DOWN, "refused");
        assertEquals(Cause.REFUSED, results.take().cause());
        assertEquals(Cause.REFUSED, results.take().cause());
    }

    @Test
    void oneFailureDoesNotTakeAMemberDown() throws Exception {
        try (var server = TestServer.answering(TestServer.ok("ok"))) {
            var target = target(server.address());
            checks.watch(target, SELDOM);
            assertChange(Health.UNKNOWN, Health.UP, "200");
            var turn = new AtomicInteger();
            server.treat(socket -> {
                if (turn.getAndIncrement() > 0) {
                    TestServer.answer(socket, TestServer.ok("ok"));
                }
            });
            checks.checkNow(target);
            assertEquals(Verdict.SUCCESS, next().verdict());
            assertEquals(Verdict.FAILURE, next().verdict());
            // It comes by itself after the fast interval, not after an hour.
            assertEquals(Verdict.SUCCESS, next().verdict());
            assertEquals(Health.UP, checks.snapshot().get(target).health());
            assertTrue(changes.isEmpty(), changes::toString);
        }
    }

    @Test
    void failedConnectionAndFailedCheckTakeAMemberDownAtOnce() throws Exception {
        var target = new Target[1];
        try (var server = TestServer.answering(TestServer.ok("ok"))) {
            target[0] = target(server.address());
            checks.watch(target[0], SELDOM);
            assertChange(Health.UNKNOWN, Health.UP, "200");
            assertEquals(Verdict.SUCCESS, next().verdict());
        }
        checks.connectionFailed(target[0]);
        assertChange(Health.UP, Health.DOWN, "refused");
        settle();
        assertEquals(1, results.size());
    }

    @Test
    void failedConnectionsAloneTakeNobodyDownAndCannotStorm() throws Exception {
        try (var server = TestServer.answering(TestServer.ok("ok"))) {
            var target = target(server.address());
            // The fast interval is the least time between two checks, so at most one more can start.
            checks.watch(target, plan(Duration.ofHours(1), Duration.ofMinutes(30)));
            assertChange(Health.UNKNOWN, Health.UP, "200");
            for (int i = 0; i < 100_000; i++) {
                checks.connectionFailed(target);
                checks.checkNow(target);
            }
            settle();
            assertEquals(1, results.size());
            assertEquals(1, server.accepted.get());
            assertEquals(Health.UP, checks.snapshot().get(target).health());
            assertTrue(checks.snapshot().get(target).isChanging());
        }
    }

    @Test
    void aCheckThatWasUnderWayWhenTheMemberVanishedDoesNotHoldUpTheVerdict() throws Exception {
        // Whoever waits for the answer to the first check waits an hour.
        var timing = new CheckPlan.Timing(
                Duration.ofHours(1), Duration.ofMillis(10), Duration.ofMillis(100), Duration.ofHours(1), 2, 2);
        var accepted = new CountDownLatch(1);
        var target = new Target[1];
        try (var server = new TestServer(socket -> {
            if (accepted.getCount() == 0) {
                return;
            }
            accepted.countDown();
            socket.getInputStream().readAllBytes();
        })) {
            target[0] = target(server.address());
            checks.watch(target[0], CheckPlan.of(CheckPlan.Type.HTTP).with(timing));
            accepted.await();
            checks.connectionFailed(target[0]);
            // Answered at once with an end: the second check is the second failure.
            assertChange(Health.UNKNOWN, Health.DOWN, "closed the connection");
            assertEquals(2, server.accepted.get());
        }
    }

    @Test
    void aCheckThatWasAcceptedBeforeConnectionsHangIsMadeAnewOnceAndAtOnce() throws Exception {
        // Whoever waits for a connect timeout or for the answer waits an hour.
        var timing = new CheckPlan.Timing(
                Duration.ofHours(1), Duration.ofMillis(10), Duration.ofHours(1), Duration.ofHours(1), 2, 2);
        var answer = new CountDownLatch(1);
        try (var server = new TestServer(socket -> {
            socket.getInputStream().read();
            answer.await();
            TestServer.write(socket, TestServer.ok("ok"));
        })) {
            var target = target(server.address());
            checks.watch(target, CheckPlan.of(CheckPlan.Type.HTTP).with(timing));
            server.awaitAccepted(1);
            while (server.accepted.get() < 2) {
                checks.connectionHangs(target);
                settle();
            }
            assertEquals(Health.UNKNOWN, checks.snapshot().get(target).health(), "it counts for nothing");
            answer.countDown();
            assertChange(Health.UNKNOWN, Health.UP, "200");
        }
    }

    @Test
    void aSlowAnswerIsAwaitedInTheEndHoweverOftenConnectionsFail() throws Exception {
        var timing = new CheckPlan.Timing(
                Duration.ofHours(1), Duration.ofMillis(10), Duration.ofMillis(100), Duration.ofHours(1), 2, 2);
        var answer = new CountDownLatch(1);
        try (var server = new TestServer(socket -> {
            socket.getInputStream().read();
            answer.await();
            TestServer.write(socket, TestServer.ok("ok"));
        })) {
            var target = target(server.address());
            checks.watch(target, CheckPlan.of(CheckPlan.Type.HTTP).with(timing));
            server.awaitAccepted(1);
            checks.connectionFailed(target);
            server.awaitAccepted(2);
            checks.connectionFailed(target);
            settle();
            answer.countDown();
            assertChange(Health.UNKNOWN, Health.UP, "200");
        }
    }

    @Test
    void checksOfOneMemberNeverOverlap() throws Exception {
        var open = new AtomicInteger();
        var most = new AtomicInteger();
        try (var server = new TestServer(socket -> {
            most.accumulateAndGet(open.incrementAndGet(), Math::max);
            TestServer.readHead(socket);
            open.decrementAndGet();
            TestServer.write(socket, TestServer.ok("ok"));
        })) {
            var target = target(server.address());
            checks.watch(target, plan(Duration.ofMillis(1), Duration.ofMillis(1)));
            for (int i = 0; i < 8; i++) {
                checks.checkNow(target);
                next();
            }
            assertEquals(1, most.get());
        }
    }

    @Test
    void ownLatenessIsNotTheMembersFailure() throws Exception {
        // The handshake takes our answers as well, so a member that does its part at once cannot end it while we stall.
        var accepted = new CountDownLatch(1);
        var stalled = new CountDownLatch(1);
        var own = TestTls.server(TestTls.authority("authority"));
        try (var server = new TestServer(TestTls.listening(own), socket -> {
            accepted.countDown();
            stalled.await();
            TestServer.answer(socket, TestServer.ok("ok"));
        })) {
            var timing = new CheckPlan.Timing(
                    Duration.ofHours(1), Duration.ofHours(1), Duration.ofSeconds(10), Duration.ofMillis(600), 2, 1);
            checks.watch(
                    target(server.address()), CheckPlan.of(CheckPlan.Type.HTTPS).with(timing));
            assertTrue(accepted.await(10, TimeUnit.SECONDS));
            loop.eventLoop().execute(() -> {
                stalled.countDown();
                standStill(Duration.ofMillis(1500));
            });
            assertChange(Health.UNKNOWN, Health.UP, "status 200");
        }
    }

    @Test
    void lateLoopStillFindsOutASilentMember() throws Exception {
        try (var server = new TestServer(TestServer::readToEnd)) {
            var timing = new CheckPlan.Timing(
                    Duration.ofHours(1), Duration.ofHours(1), Duration.ofSeconds(10), Duration.ofMillis(100), 2, 1);
            checks.watch(target(server.address()), SELDOM.with(timing));
            server.awaitAccepted(1);
            loop.eventLoop().execute(() -> standStill(Duration.ofMillis(300)));
            assertChange(Health.UNKNOWN, Health.DOWN, "no complete answer");
        }
    }

    @Test
    void lagGrowsWhileTheLoopStandsStill() throws Exception {
        var now = new AtomicLong(System.nanoTime());
        var go = new CountDownLatch(1);
        try (var late = new HealthLoop(Epoll.isAvailable(), now::get)) {
            var isHeldUp = new CountDownLatch(1);
            late.eventLoop().execute(() -> {
                isHeldUp.countDown();
                awaitQuietly(go);
            });
            isHeldUp.await();
            long before = late.lagNanos();
            now.addAndGet(Duration.ofSeconds(3).toNanos());
            assertEquals(
                    before + Duration.ofSeconds(3).toNanos(),
                    late.lagNanos(),
                    Duration.ofMillis(100).toNanos());
            go.countDown();
            // Its own ticks find out that it goes on.
            Await.until(() -> late.lagNanos() <= 0);
        }
    }

    @Test
    void firstChecksComeSoonButNotTogether() {
        long now = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        long step = Duration.ofMillis(20).toNanos();
        assertEquals(now, checks.firstAt(now));
        assertEquals(now + step, checks.firstAt(now));
        assertEquals(now + 2 * step, checks.firstAt(now + 5));
        assertEquals(now + 10 * step, checks.firstAt(now + 10 * step));
    }

    @Test
    void unwatchEndsTheCheckUnderWay() throws Exception {
        var ended = new CountDownLatch(1);
        try (var server = new TestServer(socket -> {
            try {
                TestServer.readToEnd(socket);
            } finally {
                ended.countDown();
            }
        })) {
            var target = target(server.address());
            checks.watch(target, SELDOM);
            server.awaitAccepted(1);
            checks.unwatch(target);
            assertTrue(ended.await(10, TimeUnit.SECONDS));
            assertTrue(checks.snapshot().isEmpty());
            settle();
            assertTrue(results.isEmpty());
            checks.checkNow(target);
            checks.connectionFailed(target);
            settle();
            assertEquals(1, server.accepted.get());
        }
    }

    @Test
    void anotherPlanKeepsTheHealth() throws Exception {
        try (var server = TestServer.answering(TestServer.ok("ok"))) {
            var target = target(server.address());
            checks.watch(target, SELDOM);
            assertChange(Health.UNKNOWN, Health.UP, "200");
            checks.update(target, OFTEN.with(new CheckPlan.Request("/other", null, Set.of(204), null)));
            assertChange(Health.UP, Health.DRAINING, "status 200, expected 204");
            checks.watch(target, OFTEN);
            assertChange(Health.DRAINING, Health.UP, "200");
        }
    }

    @Test
    void missingTokenFileNamesTheFileAndIsPickedUpWhenItComes() throws Exception {
        try (var server = new TestServer(socket -> {
            var head = TestServer.readHead(socket);
            TestServer.write(socket, head.contains("authorization: Bearer one") ? TestServer.ok("ok") : UNAVAILABLE);
        })) {
            var token = dir.resolve("token");
            var plan = OFTEN.with(new CheckPlan.Request("/readyz", null, Set.of(200), token));
            checks.watch(target(server.address()), plan);
            assertChange(Health.UNKNOWN, Health.DRAINING, token + "\" cannot be used: no such file");
            assertEquals(0, server.accepted.get());
            write(dir, "token", "one\n");
            assertChange(Health.DRAINING, Health.UP, "200");
            write(dir, "token", "two\n");
            assertChange(Health.UP, Health.DRAINING, "500");
            write(dir, "token", "one");
            assertChange(Health.DRAINING, Health.UP, "200");
            // What cannot be used any more leaves in use what was there.
            Files.delete(token);
            int before = server.accepted.get();
            server.awaitAccepted(before + 81);
            assertTrue(changes.isEmpty(), changes::toString);
        }
    }

    @Test
    void brokenFilesNeverEndTheChecks() throws Exception {
        var garbage = write(dir, "garbage.pem", "no certificate");
        for (var tls : new CheckPlan.Tls[] {
            new CheckPlan.Tls(garbage, null, null, null), new CheckPlan.Tls(null, null, garbage, garbage)
        }) {
            var target = new Target("p", tls.toString(), Checks.refusing());
            checks.watch(target, new CheckPlan(CheckPlan.Type.HTTPS, OFTEN.timing(), OFTEN.request(), tls, 0));
            assertChange(Health.UNKNOWN, Health.DRAINING, "garbage.pem\" cannot be used");
            checks.unwatch(target);
        }
    }

    @Test
    void listenerThatThrowsChangesNothing() throws Exception {
        try (var server = TestServer.answering(TestServer.ok("ok"));
                var fragile = new HealthChecks(loop, change -> {
                    throw new IllegalStateException("on purpose");
                })) {
            var target = target(server.address());
            fragile.watch(target, OFTEN);
            server.awaitAccepted(4);
            assertEquals(Health.UP, fragile.snapshot().get(target).health());
        }
    }

    @Test
    void refusesAnUnresolvedAddress() {
        var address = InetSocketAddress.createUnresolved("api.example", 6443);
        assertThrows(IllegalArgumentException.class, () -> new Target("p", "m", address));
    }

    @Test
    void leavesNoDescriptorBehind() throws Exception {
        try (var server = TestServer.answering(TestServer.ok("ok"))) {
            var often = plan(Duration.ofMillis(1), Duration.ofMillis(1));
            var good = target(server.address());
            var bad = new Target("p", "bad", Checks.refusing());
            checks.watch(good, often);
            checks.watch(bad, often);
            awaitResults(100);
            long before = descriptors();
            awaitResults(2000);
            checks.close();
            settle();
            Await.until(() -> descriptors() <= before);
        }
    }

    private static long descriptors() {
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            return list.count();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void awaitResults(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            next();
        }
    }

    /** Returns when everything asked of the loop so far has been carried out. */
    private void settle() throws Exception {
        loop.eventLoop().submit(() -> {}).get(10, TimeUnit.SECONDS);
        loop.eventLoop().submit(() -> {}).get(10, TimeUnit.SECONDS);
    }

    private CheckResult next() throws Exception {
        var result = results.poll(20, TimeUnit.SECONDS);
        assertFalse(result == null, "no check within 20 s");
        return result;
    }

    private void assertChange(Health from, Health to, String words) throws Exception {
        var change = changes.poll(20, TimeUnit.SECONDS);
        assertFalse(change == null, "no change within 20 s");
        assertEquals(from + " to " + to, change.from() + " to " + change.to(), change::toString);
        assertTrue(change.why().reason().contains(words), change::toString);
    }

    private static void standStill(Duration howLong) {
        LockSupport.parkNanos(howLong.toNanos());
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Target target(InetSocketAddress address) {
        return new Target("p", "m", address);
    }
}
