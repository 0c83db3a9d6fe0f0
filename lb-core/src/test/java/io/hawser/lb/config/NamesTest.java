package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.Security;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Names as the resolver knows them now, without waiting for ever. */
class NamesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final InetAddress ONE = InetAddress.ofLiteral("10.77.0.21");
    private static final InetAddress TWO = InetAddress.ofLiteral("10.77.0.22");

    private static List<InetAddress> ask(Names names, String host) {
        names.prepare(Set.of(host));
        return names.resolve(host);
    }

    @Test
    void theJvmKeepsNoAnswer() {
        var _ = new Names();
        assertEquals("0", Security.getProperty("networkaddress.cache.ttl"));
        assertEquals("0", Security.getProperty("networkaddress.cache.negative.ttl"));
    }

    @Test
    void eachQuestionIsAskedAnew() {
        AtomicReference<InetAddress> now = new AtomicReference<>(ONE);
        Names names = new Names(_ -> new InetAddress[] {now.get()}, PATIENCE);
        assertEquals(List.of(ONE), ask(names, "m.example"));
        now.set(TWO);
        assertEquals(List.of(TWO), ask(names, "m.example"));
    }

    @Test
    void whatANameWasIsRememberedAsLongAsItIsAskedFor() {
        AtomicReference<InetAddress[]> now = new AtomicReference<>(new InetAddress[] {ONE});
        Names names = new Names(
                _ -> {
                    if (now.get().length == 0) {
                        throw new UnknownHostException();
                    }
                    return now.get();
                },
                PATIENCE);
        assertEquals(List.of(ONE), ask(names, "m.example"));
        now.set(new InetAddress[0]);
        assertEquals(List.of(), ask(names, "m.example"));
        assertEquals(List.of(ONE), names.last("m.example"));
        names.prepare(Set.of());
        assertEquals(List.of(), names.last("m.example"));
    }

    @Test
    void anAnswerThatTurnsMovesNothing() {
        AtomicReference<InetAddress[]> now = new AtomicReference<>(new InetAddress[] {ONE, TWO});
        Names names = new Names(_ -> now.get(), PATIENCE);
        assertEquals(List.of(ONE, TWO), ask(names, "m.example"));
        now.set(new InetAddress[] {TWO, ONE});
        assertEquals(List.of(ONE, TWO), ask(names, "m.example"));
        now.set(new InetAddress[] {TWO});
        assertEquals(List.of(TWO), ask(names, "m.example"));
    }

    @Test
    void aServerThatDoesNotAnswerIsAskedOnceAndItsLateAnswerCounts() throws Exception {
        CountDownLatch answers = new CountDownLatch(1);
        AtomicInteger asked = new AtomicInteger();
        Names names = new Names(
                _ -> {
                    asked.incrementAndGet();
                    try {
                        answers.await();
                    } catch (InterruptedException e) {
                        throw new UnknownHostException();
                    }
                    return new InetAddress[] {ONE};
                },
                Duration.ZERO);
        for (int i = 0; i < 100; i++) {
            assertEquals(List.of(), ask(names, "m.example"));
        }
        answers.countDown();
        List<InetAddress> found = List.of();
        long endAt = System.nanoTime() + PATIENCE.toNanos();
        while (found.isEmpty() && System.nanoTime() - endAt < 0) {
            Thread.onSpinWait();
            found = ask(names, "m.example");
        }
        assertEquals(List.of(ONE), found);
        assertEquals(1, asked.get());
    }
}
