package io.hawser.sysctl.linux;

/** Resource limits of the process (getrlimit(2)). Any thread. */
public final class Limits {
    private static final int RLIMIT_NOFILE = 7;
    private static final int RLIMIT_MEMLOCK = 8;
    private static final int RLIMIT_RTPRIO = 14;

    /**
     * A limit.
     *
     * @param soft what is enforced, {@link Long#MAX_VALUE} if nothing is
     * @param hard how far the soft one may be raised without CAP_SYS_RESOURCE, {@link Long#MAX_VALUE} if without limit
     */
    public record Limit(long soft, long hard) {}

    private Limits() {}

    /** How many descriptors the process may have open. */
    public static Limit openFiles() {
        return read(RLIMIT_NOFILE, "RLIMIT_NOFILE");
    }

    /** How many bytes of memory the process may lock without CAP_IPC_LOCK. */
    static Limit lockedMemory() {
        return read(RLIMIT_MEMLOCK, "RLIMIT_MEMLOCK");
    }

    /** The highest real-time priority that the process may ask for without CAP_SYS_NICE. */
    static Limit realtimePriority() {
        return read(RLIMIT_RTPRIO, "RLIMIT_RTPRIO");
    }

    /**
     * Raises the soft limit of open descriptors to the hard one.
     *
     * @return the limit as it then is
     */
    public static Limit raiseOpenFiles() {
        Limit limit = openFiles();
        if (limit.soft() < limit.hard()) {
            NativeBuffer memory = new NativeBuffer(2 * Long.BYTES);
            memory.bytes().putLong(0, raw(limit.hard())).putLong(8, raw(limit.hard()));
            String call = "setrlimit(RLIMIT_NOFILE, " + limit.hard() + ")";
            Libc.check(Libc.setrlimit(RLIMIT_NOFILE, memory), call, "");
        }
        return openFiles();
    }

    private static Limit read(int resource, String name) {
        NativeBuffer memory = new NativeBuffer(2 * Long.BYTES);
        Libc.check(Libc.getrlimit(resource, memory), "getrlimit(" + name + ")", "");
        return new Limit(
                number(memory.bytes().getLong(0)), number(memory.bytes().getLong(8)));
    }

    // RLIM_INFINITY is the largest unsigned number.
    private static long number(long raw) {
        return raw < 0 ? Long.MAX_VALUE : raw;
    }

    private static long raw(long number) {
        return number == Long.MAX_VALUE ? -1 : number;
    }
}
