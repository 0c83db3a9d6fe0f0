package io.hawser.lb.proxy;

import io.hawser.sysctl.linux.LinuxException;
import io.hawser.sysctl.linux.NativeMemory;
import io.netty.channel.unix.Buffer;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A piece of native memory between two sockets, with the bytes in it that still have to go. Event loop of its pool. */
final class Block {
    // The kernel is given the address.
    private final NativeMemory owned;
    private final ByteBuffer memory;
    private final long address;
    private final int size;

    // What TLS adds to a block of plain bytes: four full records, or one and tickets.
    private static final int RECORD_ROOM = 1024;

    /** The first byte still to be sent, and the one after the last. */
    int from;

    int to;

    private Block(int size, NativeMemory owned) {
        this.size = size;
        this.owned = owned;
        memory = owned.bytes();
        address = Buffer.memoryAddress(memory);
    }

    /** A new one of this loop's, to be freed by it; null when there is no memory left. */
    static @Nullable Block allocate(int size) {
        if (!DirectMemory.take(allocated(size))) {
            return null;
        }
        try {
            return new Block(size, NativeMemory.ofThisThread(allocated(size)));
        } catch (LinuxException e) {
            // The connection that needs more is closed, the rest go on.
            DirectMemory.give(allocated(size));
            return null;
        }
    }

    /** Gives its memory back, at once; it must not be used any more. */
    void free() {
        owned.close();
        DirectMemory.give(allocated(size));
    }

    /** How many bytes of memory a block for so many bytes takes. */
    static int allocated(int size) {
        return size + RECORD_ROOM;
    }

    long address() {
        return address;
    }

    /** The memory, for reading at absolute indexes. */
    ByteBuffer memory() {
        return memory;
    }

    /** Adds what another one still holds; there must be room. */
    void append(Block other) {
        int length = other.to - other.from;
        memory.put(to, other.memory, other.from, length);
        to += length;
    }

    /** Adds bytes; there must be room. */
    void append(byte[] bytes) {
        memory.put(to, bytes);
        to += bytes.length;
    }

    /** Bytes that it is for. */
    int size() {
        return size;
    }

    /** Bytes that fit: a little more, so that a block of plain bytes still fits when it is encrypted. */
    int capacity() {
        return memory.capacity();
    }

    boolean isDrained() {
        return from == to;
    }
}
