package io.hawser.benchmarks;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/**
 * What a request costs the proxy's event loop, in processor time, beside what the same request costs the event loop of the
 * server behind it, which answers with what it was sent. Both loops run side by side for the same requests, so whatever
 * else the machine does slows both, and counts for neither.
 */
class ThroughputGuardTest {

    /*
     * The server is a plain one on Netty's channels. The bounds leave a quarter above what was measured (0.85 and 1.85);
     * three more of the cheapest system calls for each read are more than that. The bytes leave a tenth above 991 to 1008.
     */
    private static final double RELAY = 1.1;
    private static final double CONNECTION = 2.3;
    private static final double RELAY_BYTES = 40;
    private static final double CONNECTION_BYTES = 1_100;

    private static final int ROUNDS = 21;
    private static final int ABREAST = 16;
    private static final int BATCHES = 60;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Sixteen requests at once, so that the loops have something to do and do not fall asleep after each. */
    private interface Batch {
        void run() throws IOException;
    }

    private record Cost(double ratio, double bytes) {}

    private record Reading(long proxyNanos, long serverNanos, long proxyBytes) {
        static Reading take() {
            long proxyNanos = 0;
            long serverNanos = 0;
            long proxyBytes = 0;
            for (long id : THREADS.getAllThreadIds()) {
                var thread = THREADS.getThreadInfo(id);
                String name = thread == null ? "" : thread.getThreadName();
                if (name.startsWith("io-")) {
                    proxyNanos += THREADS.getThreadCpuTime(id);
                    proxyBytes += THREADS.getThreadAllocatedBytes(id);
                } else if (name.startsWith("echo-")) {
                    serverNanos += THREADS.getThreadCpuTime(id);
                }
            }
            return new Reading(proxyNanos, serverNanos, proxyBytes);
        }

        Cost until(Reading after, int requests) {
            return new Cost(
                    (double) (after.proxyNanos - proxyNanos) / (after.serverNanos - serverNanos),
                    (double) (after.proxyBytes - proxyBytes) / requests);
        }
    }

    @Test
    void aRequestOnAnOpenConnectionStaysWithinItsBounds() throws IOException {
        try (Loopback way = Loopback.proxied(EchoServer.Afterwards.KEEPS_OPEN)) {
            guard("a request on an open connection", onOpenConnections(way), RELAY, RELAY_BYTES);
        }
    }

    @Test
    void aConnectionForOneRequestStaysWithinItsBounds() throws IOException {
        try (Loopback way = Loopback.proxied(EchoServer.Afterwards.CLOSES)) {
            Cost cost = cost(() -> {
                List<SocketChannel> open = open(way);
                exchange(way, open);
                for (SocketChannel each : open) {
                    way.awaitEnd(each);
                    each.close();
                }
            });
            guard("a connection for one request", cost, CONNECTION, CONNECTION_BYTES);
        }
    }

    @Test
    void theGuardSeesARelayThatDoesItsWorkTwice() throws IOException {
        try (Loopback way = Loopback.proxiedTwice(EchoServer.Afterwards.KEEPS_OPEN)) {
            Cost cost = onOpenConnections(way);
            assertThrows(AssertionError.class, () -> guard("two relays", cost, RELAY, RELAY_BYTES), cost::toString);
        }
    }

    private static Cost onOpenConnections(Loopback way) throws IOException {
        List<SocketChannel> open = open(way);
        try {
            return cost(() -> exchange(way, open));
        } finally {
            for (SocketChannel each : open) {
                each.close();
            }
        }
    }

    private static List<SocketChannel> open(Loopback way) throws IOException {
        List<SocketChannel> open = new ArrayList<>();
        for (int i = 0; i < ABREAST; i++) {
            open.add(way.connect());
        }
        return open;
    }

    private static void exchange(Loopback way, List<SocketChannel> open) throws IOException {
        for (SocketChannel each : open) {
            way.send(each);
        }
        for (SocketChannel each : open) {
            way.receive(each);
        }
    }

    private static void guard(String what, Cost cost, double ratio, double bytes) {
        System.out.printf(
                Locale.ROOT,
                "%s: %.2f times the processor time of the server (bound %.2f), %.0f bytes (bound %.0f)%n",
                what,
                cost.ratio(),
                ratio,
                cost.bytes(),
                bytes);
        assertTrue(
                cost.ratio() <= ratio,
                () -> what + " costs the proxy " + cost.ratio() + " times what it costs the server, bound " + ratio);
        assertTrue(
                cost.bytes() <= bytes,
                () -> what + " allocates " + cost.bytes() + " bytes in the proxy, bound " + bytes);
    }

    private static Cost cost(Batch batch) throws IOException {
        List<Cost> rounds = new ArrayList<>();
        // The first half is for the compiler, which has seen it all after some thousand times.
        for (int round = 0; round < 2 * ROUNDS; round++) {
            Reading before = Reading.take();
            for (int i = 0; i < BATCHES; i++) {
                batch.run();
            }
            rounds.add(before.until(Reading.take(), BATCHES * ABREAST));
        }
        List<Cost> compiled = rounds.subList(ROUNDS, rounds.size());
        return new Cost(median(compiled, Cost::ratio), median(compiled, Cost::bytes));
    }

    private static double median(List<Cost> costs, ToDoubleFunction<Cost> figure) {
        return costs.stream()
                .mapToDouble(figure)
                .sorted()
                .skip(costs.size() / 2)
                .findFirst()
                .orElseThrow();
    }
}
