package io.hawser.lb.balance;

/** How a pool spreads its connections. */
public enum Balance {
    /** The member with the fewest connections for its weight; between equals, in turn by weight. */
    LEAST_CONNECTIONS {
        @Override
        public Balancer balancer(int seed) {
            return new LeastConnections(seed);
        }
    },
    /** In turn, by weight, interleaved as evenly as weights allow. */
    ROUND_ROBIN {
        @Override
        public Balancer balancer(int seed) {
            return new RoundRobin(seed);
        }
    };

    /**
     * Creates the balancer of one event loop.
     *
     * @param seed how many turns to skip first; different for each loop, so that loops don't all begin with the first
     *     member
     */
    public abstract Balancer balancer(int seed);
}
