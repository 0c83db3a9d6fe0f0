package io.hawser.lb.proxy;

import io.hawser.lb.net.DirectMemory;

/**
 * What is fixed for the life of a proxy. Immutable.
 *
 * @param loops event loops; 0 for one a processor
 * @param connections how many connections may be open at once; see {@link Capacity}
 * @param bufferBytes about how much memory data on its way to slow readers may take, over all loops; beyond it
 *     connections go on with 4 KiB buffers
 */
public record ProxySettings(int loops, int connections, long bufferBytes) {
    private static final long MOST_BUFFER_BYTES = 64L << 20;

    public ProxySettings {
        if (loops < 0) {
            throw new IllegalArgumentException("number of loops " + loops + " is negative");
        }
        if (connections < 1) {
            throw new IllegalArgumentException("connection limit " + connections + " is not positive");
        }
        if (bufferBytes < 0) {
            throw new IllegalArgumentException("buffer memory " + bufferBytes + " is negative");
        }
    }

    /** Settings with one loop a processor, and half of the native memory for buffers, or 64 MiB if that is less. */
    public static ProxySettings withConnections(int connections) {
        return new ProxySettings(0, connections, Math.min(DirectMemory.most() / 2, MOST_BUFFER_BYTES));
    }
}
