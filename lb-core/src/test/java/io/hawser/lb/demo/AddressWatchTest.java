package io.hawser.lb.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.lb.demo.AddressWatch.Held;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class AddressWatchTest {
    @Test
    void twoOwnersCountOnlyWhileBothHoldTheAddressWithinTheStretch() {
        List<Held> one = List.of(new Held(0, 100L), new Held(300, 400L));
        List<Held> other = List.of(new Held(50, 350L));

        assertEquals(Duration.ofNanos(100), AddressWatch.together(one, other, 0, 1_000));
        assertEquals(Duration.ofNanos(70), AddressWatch.together(one, other, 80, 1_000));
    }

    @Test
    void anAddressThatIsStillThereCountsToTheEnd() {
        List<Held> one = List.of(new Held(0, null));
        List<Held> other = List.of(new Held(200, null));

        assertEquals(Duration.ofNanos(800), AddressWatch.together(one, other, 0, 1_000));
    }

    @Test
    void oneOwnerAfterTheOtherIsNeverTwo() {
        assertEquals(
                Duration.ZERO,
                AddressWatch.together(List.of(new Held(0, 100L)), List.of(new Held(100, null)), 0, 1_000));
    }
}
