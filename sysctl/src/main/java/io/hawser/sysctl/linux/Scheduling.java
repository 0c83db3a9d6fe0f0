package io.hawser.sysctl.linux;

/** Keeps a thread on time: real-time priority and memory that is not paged out. */
public final class Scheduling {
    private static final int SCHED_FIFO = 1;
    private static final int SCHED_RESET_ON_FORK = 0x40000000;
    private static final int MCL_CURRENT = 1;
    private static final int MCL_FUTURE = 2;
    private static final int MCL_ONFAULT = 4;
    // Locking the address space that a JVM reserves at once would make all of it resident.
    private static final int ON_FAULT = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;

    private static boolean isLocked;

    /** Whether the kernel granted what was asked; refused, the process runs on without it. */
    public sealed interface Result {
        /** It is so now. */
        record Granted() implements Result {}

        /** It is as before; the reason says which right or limit is missing. */
        record Refused(String reason) implements Result {}
    }

    private Scheduling() {}

    /**
     * Gives the calling thread real-time priority (SCHED_FIFO, sched(7)). Threads that it starts run at normal
     * priority.
     *
     * @param priority 1, the lowest, to 99
     */
    public static Result setRealtime(int priority) {
        if (priority < 1 || priority > 99) {
            throw new IllegalArgumentException("real-time priority " + priority + " is not within 1 to 99");
        }
        NativeBuffer parameter = new NativeBuffer(Integer.BYTES);
        parameter.bytes().putInt(0, priority);
        int result = Libc.setScheduler(SCHED_FIFO | SCHED_RESET_ON_FORK, parameter);
        if (result == 0) {
            return new Result.Granted();
        }
        String advice = result == -Errno.EPERM ? realtimeAdvice(priority) : "";
        return refused("sched_setscheduler(SCHED_FIFO, " + priority + ")", result, advice);
    }

    private static String realtimeAdvice(int priority) {
        boolean entitled = Capabilities.ofThisProcess().has(Capability.SYS_NICE)
                || Limits.realtimePriority().soft() >= priority;
        return entitled
                ? "the control group has no real-time budget (cpu.rt_runtime_us)"
                : "needs CAP_SYS_NICE, or a real-time limit of at least " + priority + " (LimitRTPRIO=, ulimit -r)";
    }

    /** Keeps every page that the process touches in memory from now on (mlockall(2)). Any thread. */
    public static synchronized Result lockMemory() {
        // Without the right, MCL_FUTURE would let later allocations of the JVM fail at the limit: worse than paging.
        boolean entitled = Capabilities.ofThisProcess().has(Capability.IPC_LOCK)
                || Limits.lockedMemory().soft() == Long.MAX_VALUE;
        if (!entitled) {
            return new Result.Refused("mlockall not tried: needs CAP_IPC_LOCK, or unlimited locked memory"
                    + " (LimitMEMLOCK=infinity, ulimit -l unlimited)");
        }
        int result = Libc.mlockall(ON_FAULT);
        isLocked = result == 0;
        return isLocked ? new Result.Granted() : refused("mlockall(MCL_ONFAULT)", result, "");
    }

    /**
     * Gives back to the kernel what malloc keeps of freed memory (malloc_trim(3)): after a start much of it, as the JVM's compilers have done most of
     * their work by then. The kernel takes no locked pages back, so a lock is off meanwhile. Takes some milliseconds, in which other threads that
     * allocate native memory may wait. Any thread.
     *
     * @return false: there was nothing to give back, the lock could not be taken off, or this C library cannot
     * @throws ErrnoException if memory that was locked cannot be locked again
     */
    public static synchronized boolean releaseFreedMemory() {
        if (isLocked && Libc.munlockall() != 0) {
            return false;
        }
        try {
            return Libc.mallocTrim(0) == 1;
        } catch (UnsatisfiedLinkError e) {
            return false;
        } finally {
            if (isLocked) {
                isLocked = false;
                Libc.check(Libc.mlockall(ON_FAULT), "mlockall(MCL_ONFAULT)", "memory can be paged out from now on");
                isLocked = true;
            }
        }
    }

    private static Result refused(String call, int result, String advice) {
        return new Result.Refused(new ErrnoException(call, -result, advice).getMessage());
    }

    /** The number of the calling thread as the kernel and top(1) show it. */
    public static long threadId() {
        return Libc.check(Libc.gettid(), "gettid()", "");
    }
}
