package io.hawser.lb.admission;

import static io.hawser.testkit.Interleavings.beside;
import static io.hawser.testkit.Interleavings.each;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The counts of sources, which loops change without a lock, under every order that a model checker finds. */
@Tag("interleaving")
class SourceTableInterleavingTest {
    private static final byte[] SOURCE = {10, 0, 0, 1};

    @Test
    void aKnownSourceNeverHasMoreThanItMayAndLeavesNothingBehind() {
        each(() -> {
            SourceTable table = new SourceTable(1, 2);
            long key = table.key(SOURCE, 0, 4);
            int first = table.enter(key, 2, 0, 1);
            AtomicInteger let = new AtomicInteger();
            AtomicInteger refused = new AtomicInteger();
            Runnable enter = () -> {
                int entry = table.enter(key, 2, 0, 1);
                if (entry >= 0) {
                    let.incrementAndGet();
                } else {
                    assertEquals(SourceTable.TOO_MANY, entry);
                    refused.incrementAndGet();
                }
            };
            beside(enter, enter);
            assertEquals(1, let.get());
            assertEquals(1, refused.get());
            table.left(first);
            table.left(first);
            assertEquals(0, table.connections(key));
        });
    }

    @Test
    void whoComesAsAnotherLeavesIsCountedRight() {
        each(() -> {
            SourceTable table = new SourceTable(1, 2);
            long key = table.key(SOURCE, 0, 4);
            int first = table.enter(key, 1, 0, 1);
            AtomicInteger second = new AtomicInteger();
            beside(() -> table.left(first), () -> second.set(table.enter(key, 1, 0, 1)));
            assertTrue(second.get() == SourceTable.TOO_MANY || second.get() >= 0, second::toString);
            assertEquals(second.get() >= 0 ? 1 : 0, table.connections(key));
        });
    }

    @Test
    void aSecondsWorthIsLetInOnceHoweverManyAskAtOnce() {
        each(() -> {
            SourceTable table = new SourceTable(1, 2);
            long key = table.key(SOURCE, 0, 4);
            table.enter(key, 0, 2, 1);
            AtomicInteger let = new AtomicInteger();
            Runnable enter = () -> {
                if (table.enter(key, 0, 2, 1) >= 0) {
                    let.incrementAndGet();
                }
            };
            beside(enter, enter);
            assertEquals(1, let.get(), "two in a second, and one was there");
        });
    }
}
