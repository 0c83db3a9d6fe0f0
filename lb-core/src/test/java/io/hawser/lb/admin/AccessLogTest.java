package io.hawser.lb.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class AccessLogTest {
    private static AccessLine line(String client) {
        return new AccessLine(
                Samples.NOW,
                "kube-api",
                new AccessLine.Client(client, "api.example", List.of("h2")),
                new AccessLine.Destination("masters", "m1"),
                new AccessLine.Bytes(517, 4_096),
                new AccessLine.Times(Duration.ofMillis(1), Duration.ofMillis(3), Duration.ofSeconds(2)),
                1,
                false,
                new AccessLine.End("completed", "both"));
    }

    @Test
    void writesALineOfJsonForEachConnection() {
        var out = new ByteArrayOutputStream();
        try (var log = new AccessLog(out, 10)) {
            log.add(line("10.0.0.1:5000"));
            log.add(line("10.0.0.2\n\"x"));
            await(log::written, 2);
        }
        assertEquals(
                "{\"kind\":\"access\",\"at\":\"2026-03-01T12:00:00Z\",\"listener\":\"kube-api\","
                        + "\"client\":\"10.0.0.1:5000\",\"serverName\":\"api.example\",\"alpn\":[\"h2\"],"
                        + "\"pool\":\"masters\",\"member\":\"m1\",\"fromClient\":517,\"fromMember\":4096,"
                        + "\"connectSeconds\":0.001,\"firstByteSeconds\":0.003,\"durationSeconds\":2.0,"
                        + "\"attempts\":1,\"hedged\":false,\"outcome\":\"completed\",\"endedBy\":\"both\"}",
                out.toString(UTF_8).lines().findFirst().orElseThrow());
        assertEquals(2, out.toString(UTF_8).lines().count(), "a foreign line's end made a line of its own");
    }

    @Test
    void dropsAndCountsWhileTheDestinationHangsAndNeverWaitsForIt() throws Exception {
        var entered = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var out = new OutputStream() {
            @Override
            public void write(int one) {
                throw new AssertionError("single bytes");
            }

            @Override
            public void write(byte[] bytes) throws IOException {
                entered.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        };
        try (var log = new AccessLog(out, 5)) {
            log.add(line("first"));
            entered.await();
            // The writer is stuck: had add waited for it, this would never end.
            for (int i = 0; i < 100; i++) {
                log.add(line("more"));
            }
            assertEquals(95, log.dropped());
            goOn.countDown();
            await(log::written, 6);
        }
    }

    @Test
    void countsWhatAFailingDestinationLoses() throws Exception {
        var out = new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        try (var log = new AccessLog(out, 100)) {
            log.add(line("lost"));
            await(log::dropped, 1);
            assertEquals(0, log.written());
        }
    }

    private static void await(LongSupplier count, long wanted) {
        long endAt = System.nanoTime() + 30_000_000_000L;
        while (count.getAsLong() < wanted && System.nanoTime() - endAt < 0) {
            Thread.onSpinWait();
        }
        assertEquals(wanted, count.getAsLong());
    }

    @Test
    void saysNothingOfWhatIsNotKnown() {
        var bare = new AccessLine(
                Samples.NOW,
                "l",
                new AccessLine.Client(null, null, List.of()),
                new AccessLine.Destination(null, null),
                new AccessLine.Bytes(0, 0),
                new AccessLine.Times(null, null, Duration.ZERO),
                0,
                false,
                new AccessLine.End("client-left", "client"));
        String json = new String(bare.json(), UTF_8);
        assertTrue(json.contains("\"client\":null,\"serverName\":null"), json);
        assertTrue(json.contains("\"connectSeconds\":null"), json);
    }
}
