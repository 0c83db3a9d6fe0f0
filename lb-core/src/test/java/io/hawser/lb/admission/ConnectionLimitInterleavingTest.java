package io.hawser.lb.admission;

import static io.hawser.testkit.Interleavings.beside;
import static io.hawser.testkit.Interleavings.each;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The limits that all loops share, under every order that a model checker finds. */
@Tag("interleaving")
class ConnectionLimitInterleavingTest {

    @Test
    void whoFoundNoRoomIsToldOfTheRoomThatComesMeanwhile() {
        each(() -> {
            ConnectionLimit limit = new ConnectionLimit(1);
            AtomicInteger told = new AtomicInteger();
            assertTrue(limit.tryAcquire());
            beside(limit::release, () -> {
                if (limit.tryAcquire()) {
                    told.incrementAndGet();
                    limit.release();
                } else {
                    limit.await(told::incrementAndGet);
                }
            });
            assertEquals(1, told.get(), "sleeps beside a free place");
            assertEquals(0, limit.used());
        });
    }

    @Test
    void aHigherLimitIsToldToWhoBeginsToWait() {
        each(() -> {
            ConnectionLimit limit = new ConnectionLimit(1);
            AtomicInteger told = new AtomicInteger();
            assertTrue(limit.tryAcquire());
            beside(() -> limit.most(2), () -> limit.await(told::incrementAndGet));
            assertEquals(1, told.get());
        });
    }

    @Test
    void neverMoreAreInThanMayBe() {
        each(() -> {
            ConnectionLimit limit = new ConnectionLimit(2);
            AtomicInteger refused = new AtomicInteger();
            Runnable enter = () -> {
                if (!limit.tryAcquire()) {
                    refused.incrementAndGet();
                }
            };
            beside(enter, enter, enter);
            assertEquals(2, limit.used());
            assertEquals(1, refused.get());
        });
    }
}
