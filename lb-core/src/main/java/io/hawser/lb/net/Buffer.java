package io.hawser.lb.net;

import io.hawser.sysctl.linux.LinuxException;
import io.hawser.sysctl.linux.NativeMemory;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A piece of native memory between two sockets, with the bytes in it that still have to go. Event loop of its pool.
 *
 * <p>It is either taken, and then it has one holder, or with its pool. Who uses it when it is not taken, or gives it back
 * twice, gets an exception and not somebody else's memory: the kernel and the TLS library are given addresses, which
 * nothing else checks.
 */
public final class Buffer {
    // The kernel is given the address.
    private final NativeMemory owned;
    private final ByteBuffer memory;
    private final long address;
    private final int size;
    private boolean isTaken;

    // What TLS adds to a buffer of plain bytes: four full records, or one and tickets.
    private static final int RECORD_ROOM = 1024;

    /** Index of the first byte still to be sent; its holder's to change. */
    public int from;

    /** Index after the last byte still to be sent; its holder's to change, up to {@link #capacity}. */
    public int to;

    /*
     * For one that is held because its reader does not keep up. They are here and not with the connection, as few
     * connections hold anything.
     */
    private long heldAt;
    private long readAt;
    private long looks;
    private long acknowledged;

    private Buffer(int size, NativeMemory owned) {
        this.size = size;
        this.owned = owned;
        memory = owned.bytes();
        address = io.netty.channel.unix.Buffer.memoryAddress(memory);
    }

    /** A new one of this loop's, to be freed by it; null when there is no memory left. */
    static @Nullable Buffer allocate(int size) {
        if (!DirectMemory.take(allocated(size))) {
            return null;
        }
        try {
            return new Buffer(size, NativeMemory.ofThisThread(allocated(size)));
        } catch (LinuxException e) {
            // The connection that needs more is closed, the rest go on.
            DirectMemory.give(allocated(size));
            return null;
        }
    }

    /** How many bytes of memory a buffer for so many bytes takes. */
    public static int allocated(int size) {
        return size + RECORD_ROOM;
    }

    /** It has a holder from now on, and is empty. */
    void taken() {
        if (isTaken) {
            throw new IllegalStateException("a buffer was taken twice");
        }
        isTaken = true;
        from = 0;
        to = 0;
    }

    /** It has no holder any more. */
    void given() {
        requireTaken();
        isTaken = false;
    }

    /** Gives its memory back, at once; nobody may hold it. */
    void free() {
        if (isTaken) {
            throw new IllegalStateException("a buffer is freed that is held");
        }
        owned.close();
        DirectMemory.give(allocated(size));
    }

    private void requireTaken() {
        if (!isTaken) {
            throw new IllegalStateException("a buffer is used after it was released");
        }
    }

    long address() {
        requireTaken();
        return address;
    }

    /** The memory, for reading at absolute indexes. */
    public ByteBuffer memory() {
        requireTaken();
        return memory;
    }

    /** Adds what another one still holds; there must be room. */
    public void append(Buffer other) {
        int length = other.to - other.from;
        memory().put(to, other.memory(), other.from, length);
        to += length;
    }

    /** Adds bytes; there must be room. */
    public void append(byte[] bytes) {
        memory().put(to, bytes);
        to += bytes.length;
    }

    /** Bytes that it is for. */
    public int size() {
        return size;
    }

    /** Bytes that fit: a little more, so that a buffer of plain bytes still fits when it is encrypted. */
    public int capacity() {
        return allocated(size);
    }

    /** Whether nothing is left to be sent. */
    public boolean isDrained() {
        return from == to;
    }

    /** From now on it waits for its reader. */
    void held(long now) {
        heldAt = now;
        readAt = now;
        looks = 0;
    }

    /** The kernel took some more of it. */
    void moved(long now) {
        readAt = now;
    }

    /** What the reader has acknowledged in all, up to now: if that has grown since the last look, it reads. */
    void acknowledged(long bytes, long now) {
        if (looks > 0 && bytes != acknowledged) {
            readAt = now;
        }
        acknowledged = bytes;
        looks++;
    }

    /** Since when it waits for its reader, in monotonic nanoseconds. */
    public long heldAt() {
        return heldAt;
    }

    /** When its reader is last known to have read something; {@code now} while that is not known for sure. */
    public long readAt(long now) {
        return looks > 1 ? readAt : now;
    }
}
