package io.hawser.sysctl.linux;

/** A clock that runs while the machine is suspended (CLOCK_BOOTTIME), when {@link System#nanoTime} stands still. One thread. */
public final class BootClock {
    private static final int CLOCK_BOOTTIME = 7;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final NativeBuffer time = new NativeBuffer(2 * Long.BYTES);

    /** Nanoseconds since the machine was booted. */
    public long nanos() {
        Libc.check(Libc.clock_gettime(CLOCK_BOOTTIME, time), "clock_gettime(CLOCK_BOOTTIME)", "");
        return time.bytes().getLong(0) * NANOS_PER_SECOND + time.bytes().getLong(Long.BYTES);
    }
}
