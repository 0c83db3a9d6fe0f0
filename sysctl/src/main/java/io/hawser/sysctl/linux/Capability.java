package io.hawser.sysctl.linux;

/** A right that a thread may have, see capabilities(7). Immutable. */
public enum Capability {
    NET_BIND_SERVICE(10),
    NET_ADMIN(12),
    NET_RAW(13),
    IPC_LOCK(14),
    SYS_MODULE(16),
    SYS_ADMIN(21),
    SYS_NICE(23),
    SYS_RESOURCE(24);

    private final int bit;

    Capability(int bit) {
        this.bit = bit;
    }

    int bit() {
        return bit;
    }

    /** The name as capabilities(7) and container manifests write it, such as {@code CAP_NET_ADMIN}. */
    @Override
    public String toString() {
        return "CAP_" + name();
    }
}
