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
    },
    /** The one with fewer connections for its weight of two that were drawn by weight. */
    RANDOM {
        @Override
        public Balancer balancer(int seed) {
            return new TwoChoices(seed);
        }
    },
    /** The one that the client's address decides, by consistent hashing; the same on every node and in every process. */
    SOURCE_HASH {
        @Override
        public Balancer balancer(int seed) {
            return ConsistentHash.strict(new RoundRobin(seed));
        }
    },
    /** The first, in the order of the configuration, that has room. */
    FIRST {
        @Override
        public Balancer balancer(int seed) {
            return new First();
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
