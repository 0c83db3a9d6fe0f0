package io.hawser.lb.proxy;

import io.netty.channel.unix.Buffer;
import java.nio.ByteBuffer;

/** A piece of native memory between two sockets, with the bytes in it that still have to go. Event loop of its pool. */
final class Block {
    // Keeps the memory alive; the kernel is given the address.
    private final ByteBuffer memory;
    private final long address;
    private final int size;

    // What TLS adds to a block of plain bytes: four full records, or one and tickets.
    private static final int RECORD_ROOM = 1024;

    /** The first byte still to be sent, and the one after the last. */
    int from;

    int to;

    Block(int size) {
        this.size = size;
        memory = ByteBuffer.allocateDirect(size + RECORD_ROOM);
        address = Buffer.memoryAddress(memory);
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
