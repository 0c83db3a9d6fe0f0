package io.hawser.lb.proxy;

/**
 * What is fixed for the life of a proxy. Immutable.
 *
 * @param loops event loops; 0 for one a processor
 * @param connections how many connections may be open at once; each takes two descriptors, see
 *     {@link #connectionsFor(long)}
 * @param bufferBytes about how much memory data on its way to slow readers may take, over all loops; beyond it
 *     connections go on with 4 KiB buffers
 */
public record ProxySettings(int loops, int connections, long bufferBytes) {
    /** Descriptors left for everything that is not a proxied connection: listeners, checks, admin, files, jars. */
    public static final int RESERVED_DESCRIPTORS = 256;

    private static final int DESCRIPTORS_PER_CONNECTION = 2;
    private static final int MOST_CONNECTIONS = 1_000_000;
    private static final long DEFAULT_BUFFER_BYTES = 64L << 20;

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

    /** Settings with one loop a processor and the default buffer memory. */
    public static ProxySettings withConnections(int connections) {
        return new ProxySettings(0, connections, DEFAULT_BUFFER_BYTES);
    }

    /**
     * How many connections a process with this RLIMIT_NOFILE can carry: two descriptors each, after
     * {@value #RESERVED_DESCRIPTORS} (at most half of the limit) are put aside.
     *
     * @param openFiles the soft limit, also when it is unlimited or absurdly large
     * @return 1 to 1,000,000
     */
    public static int connectionsFor(long openFiles) {
        long reserve = Math.min(RESERVED_DESCRIPTORS, openFiles / 2);
        long connections = (openFiles - reserve) / DESCRIPTORS_PER_CONNECTION;
        return Math.clamp(connections, 1, MOST_CONNECTIONS);
    }
}
