package io.hawser.vrrp;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Holds the kernel's rtnl lock, which every change of an interface or address anywhere on the machine waits for, until
 * it is closed. One thread.
 */
final class RtnlLock implements AutoCloseable {

    /*
     * SIOCGIFCONF copies its answer to the caller under the lock. The caller's page is not there, and userfaultfd(2)
     * says who is to provide it: this object, when it is closed, or a thread of its own after a limit, as who holds the
     * lock and then asks the kernel for an address waits for itself. The end of the process ends it too.
     */

    private static final int SYS_USERFAULTFD = System.getProperty("os.arch").equals("aarch64") ? 282 : 323;
    private static final int O_CLOEXEC_NONBLOCK = 0x80800;
    private static final long UFFDIO_API = 0xC018AA3FL;
    private static final long UFFDIO_REGISTER = 0xC020AA00L;
    private static final long UFFDIO_ZEROPAGE = 0xC020AA04L;
    private static final long UFFD_API = 0xAA;
    private static final long MISSING = 1;
    private static final int PAGE = 65_536;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM = 2;
    private static final long SIOCGIFCONF = 0x8912;
    private static final int FAULT_MESSAGE = 32;
    private static final long LONGEST_MILLIS = 4_000;

    private static final MethodHandle SYSCALL = function("syscall", 1, long.class, long.class, int.class, int.class);
    private static final MethodHandle MMAP =
            function("mmap", 6, long.class, long.class, long.class, int.class, int.class, int.class, long.class);
    private static final MethodHandle MUNMAP = function("munmap", 2, int.class, long.class, long.class);
    private static final MethodHandle IOCTL =
            function("ioctl", 2, int.class, int.class, long.class, MemorySegment.class);
    private static final MethodHandle SOCKET = function("socket", 3, int.class, int.class, int.class, int.class);
    private static final MethodHandle READ =
            function("read", 3, long.class, int.class, MemorySegment.class, long.class);
    private static final MethodHandle CLOSE = function("close", 1, int.class, int.class);

    private final Arena arena = Arena.ofShared();
    private final int faults;
    private final int socket;
    private final long page;
    private final Thread holder;
    private final Thread guard;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final long longestMillis;
    private volatile boolean isOverdue;

    private RtnlLock(int faults, long longestMillis) throws Throwable {
        this.faults = faults;
        this.longestMillis = longestMillis;
        MemorySegment api = arena.allocate(24);
        api.set(ValueLayout.JAVA_LONG, 0, UFFD_API);
        check((int) IOCTL.invoke(faults, UFFDIO_API, api), "UFFDIO_API");
        page = (long) MMAP.invoke(0L, (long) PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
        MemorySegment register = arena.allocate(32);
        register.set(ValueLayout.JAVA_LONG, 0, page);
        register.set(ValueLayout.JAVA_LONG, 8, PAGE);
        register.set(ValueLayout.JAVA_LONG, 16, MISSING);
        check((int) IOCTL.invoke(faults, UFFDIO_REGISTER, register), "UFFDIO_REGISTER");
        socket = (int) SOCKET.invoke(AF_INET, SOCK_DGRAM, 0);
        check(socket, "socket");
        holder = Thread.ofPlatform().name("rtnl-lock").daemon().start(this::ask);
        guard = Thread.ofPlatform().name("rtnl-lock-guard").daemon().start(this::guard);
    }

    /** Takes the lock, and is back when it is held. Where the kernel does not let it, the test is skipped. */
    static RtnlLock hold() throws Exception {
        return hold(Duration.ofMillis(LONGEST_MILLIS));
    }

    /** The same, and frees it after {@code longest} at the latest: everything else on the machine waits that long. */
    static RtnlLock hold(Duration longest) throws Exception {
        try {
            int faults = (int) (long) SYSCALL.invoke((long) SYS_USERFAULTFD, O_CLOEXEC_NONBLOCK, 0);
            assumeTrue(faults >= 0, "needs userfaultfd(2) to hold the kernel's rtnl lock");
            RtnlLock lock = new RtnlLock(faults, longest.toMillis());
            assumeTrue(lock.isReached(), "SIOCGIFCONF did not stop under the lock");
            return lock;
        } catch (Exception | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private void ask() {
        // struct ifconf: length, padding, pointer.
        MemorySegment request = arena.allocate(16);
        request.set(ValueLayout.JAVA_INT, 0, PAGE);
        request.set(ValueLayout.JAVA_LONG, 8, page);
        try {
            int ignored = (int) IOCTL.invoke(socket, SIOCGIFCONF, request);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean isReached() throws Throwable {
        MemorySegment message = arena.allocate(FAULT_MESSAGE);
        long start = System.nanoTime();
        while ((long) READ.invoke(faults, message, (long) FAULT_MESSAGE) <= 0) {
            if (System.nanoTime() - start > LONGEST_MILLIS * 1_000_000) {
                close();
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
        return true;
    }

    private void guard() {
        try {
            if (!closed.await(longestMillis, TimeUnit.MILLISECONDS)) {
                isOverdue = true;
                release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void release() {
        MemorySegment fill = arena.allocate(32);
        fill.set(ValueLayout.JAVA_LONG, 0, page);
        fill.set(ValueLayout.JAVA_LONG, 8, PAGE);
        try {
            check((int) IOCTL.invoke(faults, UFFDIO_ZEROPAGE, fill), "UFFDIO_ZEROPAGE");
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Lets go of the lock.
     *
     * @throws IllegalStateException when it was held for so long that it had to be taken away
     */
    @Override
    public void close() throws Exception {
        closed.countDown();
        guard.join();
        if (!isOverdue) {
            release();
        }
        holder.join(LONGEST_MILLIS);
        try {
            int ignored =
                    (int) CLOSE.invoke(socket) + (int) CLOSE.invoke(faults) + (int) MUNMAP.invoke(page, (long) PAGE);
        } catch (Exception | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
        arena.close();
        if (isOverdue) {
            throw new IllegalStateException("the lock was held for " + longestMillis + " ms and had to be freed");
        }
    }

    private static void check(int result, String call) {
        if (result < 0) {
            throw new IllegalStateException(call + " failed");
        }
    }

    private static MethodHandle function(String name, int fixed, Class<?> result, Class<?>... arguments) {
        MemoryLayout[] layouts = new MemoryLayout[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            layouts[i] = layout(arguments[i]);
        }
        Linker linker = Linker.nativeLinker();
        FunctionDescriptor descriptor = FunctionDescriptor.of(layout(result), layouts);
        boolean isVariadic = fixed < arguments.length;
        MemorySegment address = linker.defaultLookup().find(name).orElseThrow();
        return isVariadic
                ? linker.downcallHandle(address, descriptor, Linker.Option.firstVariadicArg(fixed))
                : linker.downcallHandle(address, descriptor);
    }

    private static MemoryLayout layout(Class<?> type) {
        if (type == int.class) {
            return ValueLayout.JAVA_INT;
        }
        return type == long.class ? ValueLayout.JAVA_LONG : ValueLayout.ADDRESS;
    }
}
