package io.hawser.healthcheck;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import io.netty.buffer.ByteBufAllocator;
import org.junit.jupiter.api.Test;

/** Shows that a leak would be found, so that its absence means something. */
class LeakExtensionTest {

    @Test
    void findsALeakedBuffer() {
        leak();
        Await.until(() -> !LeakExtension.found().isEmpty());
        assertTrue(LeakExtension.found().isEmpty());
    }

    private static void leak() {
        assertFalse(ByteBufAllocator.DEFAULT.directBuffer(64).refCnt() == 0);
    }
}
