package io.hawser.lb.net;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The native memory that buffers may take, which has a limit of its own (-XX:MaxDirectMemorySize). That of buffers is
 * freed by hand, and so it is counted here and not by the JVM. Any thread.
 */
public final class DirectMemory {
    private static final BufferPoolMXBean POOL = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("this JVM has no pool of direct buffers"));
    private static final long MOST = limit();

    private static final AtomicLong TAKEN = new AtomicLong();

    private DirectMemory() {}

    /** How many bytes may be taken yet. */
    public static long free() {
        return MOST - POOL.getMemoryUsed() - TAKEN.get();
    }

    /** How many bytes buffers have. */
    public static long taken() {
        return TAKEN.get();
    }

    /** Counts bytes as taken, if there are so many. */
    static boolean take(int bytes) {
        TAKEN.addAndGet(bytes);
        if (free() < 0) {
            TAKEN.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    /** Counts bytes as free again. */
    static void give(int bytes) {
        TAKEN.addAndGet(-bytes);
    }

    /** How many bytes may be taken in all. */
    public static long most() {
        return MOST;
    }

    private static long limit() {
        String set = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue();
        long bytes = Long.parseLong(set);
        // 0, which is what nobody set, stands for as much as the heap may have.
        return bytes > 0 ? bytes : Runtime.getRuntime().maxMemory();
    }
}
