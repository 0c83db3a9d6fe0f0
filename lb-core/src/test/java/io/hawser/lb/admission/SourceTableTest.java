package io.hawser.lb.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class SourceTableTest {
    private static final long SECOND = 1_000_000_000L;
    // Monotonic time may be negative.
    private static final long START = -5 * SECOND;

    private final SourceTable table = new SourceTable();

    @Test
    void aSourceHasAsManyConnectionsAsItMay() {
        long key = key("192.0.2.1");
        List<Integer> entries = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int entry = table.enter(key, 3, 0, START);
            assertTrue(entry >= 0);
            entries.add(entry);
        }
        assertEquals(SourceTable.TOO_MANY, table.enter(key, 3, 0, START));
        assertTrue(table.enter(key("192.0.2.2"), 3, 0, START) >= 0, "another is not concerned");
        table.left(entries.getFirst());
        assertTrue(table.enter(key, 3, 0, START) >= 0);
        assertEquals(SourceTable.TOO_MANY, table.enter(key, 3, 0, START));
    }

    @Test
    void aSecondsWorthMayComeAtOnceAndThenSoManyASecond() {
        long key = key("192.0.2.1");
        assertEquals(10, admitted(key, 10, START));
        assertEquals(0, admitted(key, 10, START));
        assertEquals(0, admitted(key, 10, START + SECOND / 10 - 1));
        assertEquals(1, admitted(key, 10, START + SECOND / 10));
        assertEquals(5, admitted(key, 10, START + 6 * SECOND / 10));
        assertEquals(10, admitted(key, 10, START + 100 * SECOND), "no more than a second's worth is saved up");
    }

    @Test
    void whoIsRefusedIsNotHeldBackByThat() {
        long key = key("192.0.2.1");
        assertEquals(10, admitted(key, 10, START));
        for (int i = 0; i < 1000; i++) {
            assertEquals(0, admitted(key, 10, START + 1));
        }
        assertEquals(10, admitted(key, 10, START + SECOND));
    }

    @Test
    void refusalForTooManyDoesNotCountTowardsTheRate() {
        long key = key("192.0.2.1");
        int entry = table.enter(key, 1, 10, START);
        for (int i = 0; i < 100; i++) {
            assertEquals(SourceTable.TOO_MANY, table.enter(key, 1, 10, START));
        }
        table.left(entry);
        assertTrue(table.enter(key, 1, 10, START) >= 0);
    }

    @Test
    void anIpv6SourceIsANetworkOf64Bits() {
        assertEquals(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assertNotEquals(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        byte[] mapped = new byte[16];
        mapped[10] = -1;
        mapped[11] = -1;
        mapped[12] = (byte) 192;
        mapped[14] = 2;
        mapped[15] = 1;
        assertEquals(key("192.0.2.1"), table.key(mapped, 0, 16));
        assertNotEquals(key("192.0.2.1"), key("192.0.2.2"));
    }

    @Test
    void twoProcessesHashDifferently() {
        byte[] address = {(byte) 192, 0, 2, 1};
        assertNotEquals(new SourceTable().key(address, 0, 4), new SourceTable().key(address, 0, 4));
    }

    @Test
    void whoSaysNothingAnyMoreMakesRoomAndMemoryStaysTheSame() {
        Random random = new Random(1);
        for (int i = 0; i < 1_000_000; i++) {
            int entry = table.enter(random.nextLong(), 10, 10, START + i * SECOND);
            assertTrue(entry >= 0, "no room after " + i);
            table.left(entry);
        }
    }

    @Test
    void aTableThatIsFullLetsNewSourcesInUncountedAndForgetsNobody() {
        Random random = new Random(2);
        List<Long> counted = new ArrayList<>();
        List<Integer> entries = new ArrayList<>();
        int uncounted = 0;
        for (int i = 0; i < 200_000; i++) {
            long key = random.nextLong();
            int entry = table.enter(key, 1, 0, START);
            if (entry >= 0) {
                counted.add(key);
                entries.add(entry);
            } else {
                assertEquals(SourceTable.UNCOUNTED, entry);
                uncounted++;
            }
        }
        assertTrue(counted.size() > 60_000 && counted.size() <= 65_536, counted.size() + " counted");
        assertEquals(200_000 - counted.size(), uncounted);
        counted.forEach(key -> assertEquals(SourceTable.TOO_MANY, table.enter(key, 1, 0, START)));
        entries.forEach(table::left);
        counted.forEach(key -> assertEquals(0, table.connections(key)));
        assertTrue(table.enter(random.nextLong(), 1, 0, START) >= 0);
    }

    @Test
    void aSourceThatIsTooFastIsNotForgottenForTheSakeOfOthers() {
        long key = key("192.0.2.1");
        assertEquals(10, admitted(key, 10, START));
        Random random = new Random(3);
        for (int i = 0; i < 500_000; i++) {
            table.left(table.enter(random.nextLong(), 0, 10, START));
        }
        assertEquals(0, admitted(key, 10, START));
    }

    @Test
    void threadsThatRaceLoseNoConnection() throws Exception {
        int threads = 4;
        AtomicInteger refused = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(threads);
        for (int t = 0; t < threads; t++) {
            int seed = t;
            Thread.ofPlatform().start(() -> {
                Random random = new Random(seed);
                for (int i = 0; i < 100_000; i++) {
                    int entry = table.enter(key("192.0.2." + random.nextInt(4)), 2, 0, START + i);
                    if (entry >= 0) {
                        table.left(entry);
                    } else {
                        refused.incrementAndGet();
                    }
                }
                done.countDown();
            });
        }
        done.await();
        for (int i = 0; i < 4; i++) {
            assertEquals(0, table.connections(key("192.0.2." + i)), "of " + i + ", refused " + refused);
        }
    }

    @Test
    void connectionsThatEndMeanwhileCostASourceNothing() throws Exception {
        long key = key("192.0.2.1");
        AtomicBoolean isDone = new AtomicBoolean();
        Thread others = Thread.ofPlatform().start(() -> {
            while (!isDone.get()) {
                table.left(table.enter(key, 0, 0, START));
            }
        });
        assertEquals(1_000_000, admitted(key, 1_000_000, START));
        isDone.set(true);
        others.join();
    }

    private int admitted(long key, int perSecond, long now) {
        int admitted = 0;
        for (int i = 0; i < 2 * perSecond; i++) {
            int entry = table.enter(key, 0, perSecond, now);
            if (entry >= 0) {
                admitted++;
                table.left(entry);
            } else {
                assertEquals(SourceTable.TOO_FAST, entry);
            }
        }
        return admitted;
    }

    private long key(String address) {
        try {
            byte[] bytes = InetAddress.getByName(address).getAddress();
            return table.key(bytes, 0, bytes.length);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(address, e);
        }
    }
}
