package io.hawser.vrrp.election;

/** How well this node could serve the addresses of a virtual router. Immutable. */
public enum Fitness {
    /** The node serves: it advertises its configured priority. */
    FIT("fit"),

    /**
     * The node serves badly or not at all, but clients reach it. It advertises {@link Election#UNFIT_PRIORITY}: any fit
     * node takes the addresses from it, and among unfit nodes they stay where they are.
     */
    UNFIT("unfit"),

    /**
     * The node hears nothing from anybody, not even refusals: whatever is wrong, no client can reach it. It holds no
     * address until that is over. This is the one case in which a node gives an address to nobody.
     */
    ISOLATED("isolated");

    private final String label;

    Fitness(String label) {
        this.label = label;
    }

    /** The name used in logs and status, lower case. */
    public String label() {
        return label;
    }
}
