package io.hawser.lb.proxy;

import io.hawser.lb.net.DirectMemory;

/**
 * What a process has for connections, and how many that carries: the least of what each resource allows. Immutable.
 *
 * @param openFiles the soft limit of descriptors, also when it is unlimited or absurdly large
 * @param reservedFiles how many of them are for something else; at most half of the limit is put aside
 * @param heapBytes heap for what lives long
 * @param nativeBytes native memory that buffers may take
 */
public record Capacity(long openFiles, long reservedFiles, long heapBytes, long nativeBytes) {
    /*
     * An idle connection takes 545 bytes of heap, and some more where TLS ends; what the process itself keeps there is
     * about a sixth of what is shipped. Of native memory it takes nothing; 1 KiB is a small buffer for each fifth.
     */
    private static final long HEAP_PER_CONNECTION = 1 << 10;
    private static final long NATIVE_PER_CONNECTION = 1 << 10;
    private static final int FILES_PER_CONNECTION = 2;
    private static final int MOST_CONNECTIONS = 1_000_000;

    /** What this process has, by the limits of its JVM. */
    public static Capacity ofThisProcess(long openFiles, long reservedFiles) {
        return new Capacity(openFiles, reservedFiles, OldGeneration.OF_THIS_PROCESS.most(), DirectMemory.most());
    }

    /** How many connections all of it carries: 1 to 1,000,000. */
    public int connections() {
        return Math.min(byFiles(), byMemory());
    }

    /** How many connections the descriptors are enough for; a limit that none can exceed. */
    public int byFiles() {
        long reserve = Math.min(reservedFiles, openFiles / 2);
        return Math.clamp((openFiles - reserve) / FILES_PER_CONNECTION, 1, MOST_CONNECTIONS);
    }

    /** How many idle connections the memory is enough for, besides what the process needs itself. */
    public int byMemory() {
        return Math.clamp(
                Math.min(heapBytes / HEAP_PER_CONNECTION, nativeBytes / NATIVE_PER_CONNECTION), 1, MOST_CONNECTIONS);
    }
}
