package io.hawser.sysctl.linux;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Waits until one of a few descriptors can be read, a time has passed, or another thread wakes it (ppoll(2),
 * eventfd(2)). Owner's thread, except {@link #wake}.
 */
public final class Poller implements AutoCloseable {
    /* ppoll instead of epoll: a dozen descriptors at most, and a timeout in nanoseconds, where epoll_wait rounds up to
     * milliseconds. Nothing is allocated while waiting.
     *
     *  struct pollfd:  0 descriptor   4 events asked for (2 bytes)   6 events found (2 bytes)  */
    private static final int POLLFD = 8;
    private static final short POLLIN = 1;
    private static final int EFD_NONBLOCK = 0x800;
    private static final int EFD_CLOEXEC = 0x80000;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final NativeBuffer timeout = new NativeBuffer(2 * Long.BYTES);
    private final NativeBuffer counter = new NativeBuffer(Long.BYTES);
    private final NativeBuffer one = new NativeBuffer(Long.BYTES);
    private final AtomicBoolean woken = new AtomicBoolean();
    // Guards the event descriptor against a wake while it is closed: its number may belong to another file by then.
    private final Object closing = new Object();
    private final Descriptor event;
    private NativeBuffer slots = new NativeBuffer(16 * POLLFD);
    private int count;

    /**
     * Opens a poller with nothing to wait for but {@link #wake}.
     *
     * @throws ErrnoException EMFILE or ENFILE when descriptors have run out
     */
    public Poller() {
        event = Descriptor.of(Libc.eventfd(EFD_NONBLOCK | EFD_CLOEXEC), "eventfd()", "");
        one.bytes().putLong(0, 1);
        register(event.fd());
    }

    /** Waits from now on also for a descriptor, which stays its owner's; unregister it before it is closed. */
    public void register(int fd) {
        if (fd < 0) {
            throw new IllegalArgumentException("descriptor " + fd + " is negative");
        }
        if (slotOf(fd) >= 0) {
            throw new IllegalStateException("descriptor " + fd + " is registered already");
        }
        if ((count + 1) * POLLFD > slots.size()) {
            NativeBuffer larger = new NativeBuffer(slots.size() * 2);
            larger.bytes().put(0, slots.bytes(), 0, count * POLLFD);
            slots = larger;
        }
        int at = count * POLLFD;
        slots.bytes().putInt(at, fd).putShort(at + 4, POLLIN).putShort(at + 6, (short) 0);
        count++;
    }

    /** Waits no longer for a descriptor; one that was not registered is ignored. */
    public void unregister(int fd) {
        int slot = slotOf(fd);
        if (slot <= 0) {
            return;
        }
        count--;
        slots.bytes().putLong(slot * POLLFD, slots.bytes().getLong(count * POLLFD));
    }

    /**
     * Waits. It may return early without a reason (a signal), so look at the clock again.
     *
     * @param nanos how long at most; 0 or less looks without waiting, {@link Long#MAX_VALUE} waits for ever
     * @return how many registered descriptors are ready: readable, or failed so that reading tells why
     */
    public int await(long nanos) {
        if (!event.isOpen()) {
            throw new IllegalStateException("the poller is closed");
        }
        int ready = Libc.ppoll(slots, count, nanos == Long.MAX_VALUE ? null : timespec(nanos));
        if (ready < 0) {
            for (int slot = 0; slot < count; slot++) {
                slots.bytes().putShort(slot * POLLFD + 6, (short) 0);
            }
            if (ready != -Errno.EINTR) {
                throw new ErrnoException("ppoll(" + count + " descriptors)", -ready, "");
            }
            return 0;
        }
        if (slots.bytes().getShort(6) != 0) {
            // The flag last: while it is set nobody writes, so the counter is empty when it falls; and who was kept
            // from writing has put its news where our caller looks next.
            Libc.read(event.fd(), counter);
            woken.set(false);
            ready--;
        }
        return ready;
    }

    private NativeBuffer timespec(long nanos) {
        long positive = Math.max(nanos, 0);
        timeout.bytes().putLong(0, positive / NANOS_PER_SECOND).putLong(8, positive % NANOS_PER_SECOND);
        return timeout;
    }

    /** Whether the last {@link #await} found a registered descriptor ready. */
    public boolean isReady(int fd) {
        int slot = slotOf(fd);
        return slot > 0 && slots.bytes().getShort(slot * POLLFD + 6) != 0;
    }

    /** Ends the present or the next {@link #await} at once. Any thread, also after closing, when it does nothing. */
    public void wake() {
        if (!woken.compareAndSet(false, true)) {
            return;
        }
        synchronized (closing) {
            if (event.isOpen()) {
                Libc.write(event.fd(), one);
            }
        }
    }

    private int slotOf(int fd) {
        for (int slot = 0; slot < count; slot++) {
            if (slots.bytes().getInt(slot * POLLFD) == fd) {
                return slot;
            }
        }
        return -1;
    }

    @Override
    public void close() {
        synchronized (closing) {
            count = 0;
            event.close();
        }
    }

    @Override
    public String toString() {
        int[] fds = new int[Math.max(count - 1, 0)];
        Arrays.setAll(fds, i -> slots.bytes().getInt((i + 1) * POLLFD));
        return "Poller" + Arrays.toString(fds);
    }
}
