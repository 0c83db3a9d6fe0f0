package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HoldingsTest {
    private static final long BUDGET = 1000;

    private final Holdings<String> holdings = new Holdings<>();

    @Test
    void aSourceMayHoldAQuarterAndLosesWhatHasBeenUnreadLongest() {
        hold("a1", 1, "x", 100, 10, 10);
        hold("a2", 1, "x", 100, 30, 30);
        hold("a3", 1, "x", 100, 20, 20);
        hold("a4", 1, "x", 100, 11, 11);
        hold("b1", 2, "x", 100, 60, 60);
        assertEquals(List.of("a2", "a3"), holdings.beyondShares(BUDGET, false, false));
        assertEquals(List.of("b1", "a4", "a1"), holdings.worstFirst());
    }

    @Test
    void aListenerOfSeveralMayHoldHalf() {
        for (int source = 0; source < 6; source++) {
            hold("x" + source, source, "x", 100, 10 + source, 10 + source);
        }
        hold("y", 7, "y", 100, 60, 60);
        assertEquals(List.of(), holdings.beyondShares(BUDGET, false, false));
        assertEquals(List.of("x5"), holdings.beyondShares(BUDGET, true, false));
    }

    @Test
    void beyondAShareFiveSecondsAreLeftToWhoReadsNothingAndSixtyToWhoReadsSlowly() {
        hold("just now", 1, "x", 400, 4, 4);
        hold("reads", 1, "x", 400, 0, 59);
        assertEquals(List.of(), holdings.beyondShares(BUDGET, true, false));
        hold("reads hardly", 1, "x", 400, 0, 61);
        assertEquals(List.of("reads hardly"), holdings.beyondShares(BUDGET, true, false));
    }

    @Test
    void whoReadsAByteNowAndThenKeepsNoMoreThanAShareWhenMemoryIsShort() {
        for (int i = 0; i < 5; i++) {
            hold("reads a byte " + i, 1, "x", 100, 0, 6 + i);
        }
        hold("of another", 2, "x", 100, 3, 50);
        assertEquals(List.of(), holdings.beyondShares(BUDGET, true, false));
        assertEquals(
                List.of("reads a byte 4", "reads a byte 3", "reads a byte 2"),
                holdings.beyondShares(BUDGET, false, true));
        assertEquals(List.of("of another", "reads a byte 1", "reads a byte 0"), holdings.worstFirst());
    }

    @Test
    void whoReadsSlowlyGoesAfterAllWhoReadNothing() {
        hold("reads hardly", 1, "x", 1, 0, 600);
        hold("reads nothing", 2, "x", 1, 2, 2);
        hold("reads", 3, "x", 1, 0, 4);
        hold("began just now", 4, "x", 1, 0, 0);
        assertEquals(List.of("reads nothing", "reads hardly"), holdings.worstFirst());
    }

    private void hold(String who, long source, String listener, long bytes, long unreadSeconds, long heldSeconds) {
        holdings.add(new Holdings.Holding<>(
                who,
                source,
                listener,
                bytes,
                TimeUnit.SECONDS.toNanos(unreadSeconds),
                TimeUnit.SECONDS.toNanos(heldSeconds)));
    }
}
