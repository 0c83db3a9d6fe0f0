package io.hawser.lb.admin;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.buffer.PooledByteBufAllocator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;

class LeakCheckTest {
    @Test
    @SuppressWarnings("NullAway")
    void noticesALostBuffer() {
        var check = new LeakCheck();
        check.beforeAll((ExtensionContext) null);
        IntStream.range(0, 20).forEach(i -> PooledByteBufAllocator.DEFAULT.directBuffer(16));
        boolean noticed =
                IntStream.range(0, 20).anyMatch(attempt -> !check.leaks().isEmpty());
        assertFalse(!noticed, "twenty lost buffers and twenty collections, and nothing was noticed");
    }
}
