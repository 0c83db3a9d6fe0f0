package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CapacityTest {
    private static final long MIB = 1 << 20;

    @ParameterizedTest
    @CsvSource({
        "1024, 256, 384",
        "20000, 256, 9872",
        "100, 256, 25",
        "2, 256, 1",
        "0, 256, 1",
        "1048576, 256, 524160",
        "1048576, 1256, 523660",
        "9223372036854775807, 256, 1000000",
    })
    void descriptorsAreTwoForEachAfterWhatIsPutAsideOfThem(long openFiles, long reserved, int connections) {
        Capacity capacity = new Capacity(openFiles, reserved, Long.MAX_VALUE, Long.MAX_VALUE);
        assertEquals(connections, capacity.byFiles());
        assertEquals(connections, capacity.connections());
    }

    @ParameterizedTest
    @CsvSource({
        // As shipped: -Xmx96m -Xmn4m -XX:MaxDirectMemorySize=128m, LimitNOFILE=1048576.
        "1048576, 92, 128, 94208",
        "1048576, 1024, 128, 131072",
        "1048576, 1024, 1024, 524160",
        "20000, 92, 128, 9872",
        "1048576, 8, 128, 8192",
    })
    void theScarcestDecides(long openFiles, long heapMib, long nativeMib, int connections) {
        assertEquals(connections, new Capacity(openFiles, 256, heapMib * MIB, nativeMib * MIB).connections());
    }

    @Test
    void whatIsShippedIsNotFullOfIdleConnections() {
        // Measured: an idle pair takes 545 bytes; the process itself some 16 MiB.
        int most = new Capacity(1_048_576, 256, 92 * MIB, 128 * MIB).connections();
        assertTrue(most * 545L + 16 * MIB < 92 * MIB * HeapWatch.FULL_PERCENT / 100, most + " connections");
    }

    @Test
    void thisProcessIsMeasured() {
        Capacity capacity = Capacity.ofThisProcess(20_000, 0);
        assertTrue(
                capacity.heapBytes() > 0
                        && capacity.heapBytes() <= Runtime.getRuntime().maxMemory(),
                capacity::toString);
        assertTrue(capacity.nativeBytes() > 0, capacity::toString);
        assertTrue(OldGeneration.OF_THIS_PROCESS.used() >= 0);
    }
}
