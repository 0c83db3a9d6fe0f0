package io.hawser.lb.proxy;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.Comparator;

/** The old generation of this JVM's heap, as its collector tells. */
final class OldGeneration implements Heap {
    static final OldGeneration OF_THIS_PROCESS = new OldGeneration(pool());

    private final MemoryPoolMXBean pool;

    private OldGeneration(MemoryPoolMXBean pool) {
        this.pool = pool;
    }

    // "Tenured Gen", "G1 Old Gen", "PS Old Gen", "ZGC Old Generation": the one that only full collections clear.
    private static MemoryPoolMXBean pool() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .min(Comparator.comparing(pool -> !isOld(pool)))
                .orElseThrow(() -> new IllegalStateException("this JVM does not report its heap"));
    }

    private static boolean isOld(MemoryPoolMXBean pool) {
        return pool.getName().contains("Tenured") || pool.getName().contains("Old");
    }

    @Override
    public long most() {
        long most = pool.getUsage().getMax();
        return most > 0 ? most : Runtime.getRuntime().maxMemory();
    }

    @Override
    public long used() {
        return pool.getUsage().getUsed();
    }

    @Override
    public void collect() {
        System.gc();
    }
}
