package io.hawser.sysctl.linux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Walks netlink attributes, nested ones too. Whatever the bytes, it never throws and never reads outside its region:
 * what is malformed ends the walk, and a value that is too short reads as the fallback. For one thread at a time.
 */
final class NetlinkAttributes {
    /*  struct nlattr, native byte order:  0 length, header included (2)   2 type and two flags (2)   4 value, padded to 4  */
    static final int HEADER = 4;

    private static final int TYPE_MASK = 0x3FFF;

    private final ByteBuffer bytes;
    private int end;
    private int next;
    private int at;
    private int length;

    NetlinkAttributes(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    /** Starts at the first attribute of a region; one outside the buffer is cut to it. */
    NetlinkAttributes over(int start, int size) {
        next = Math.clamp(start, 0, bytes.capacity());
        end = next + Math.clamp(size, 0, bytes.capacity() - next);
        return this;
    }

    /** Starts at the attributes of the present message, after the fixed part of its payload. */
    NetlinkAttributes of(NetlinkMessages message, int fixed) {
        return over(message.payloadAt() + fixed, message.payloadLength() - fixed);
    }

    /** A walk over the attributes inside the present one. */
    NetlinkAttributes nested() {
        return new NetlinkAttributes(bytes).over(at + HEADER, size());
    }

    boolean next() {
        at = next;
        if (end - at < HEADER) {
            return false;
        }
        length = bytes.getShort(at) & 0xFFFF;
        if (length < HEADER || length > end - at) {
            next = end;
            return false;
        }
        next = at + Math.min(NetlinkMessages.aligned(length), end - at);
        return true;
    }

    int type() {
        return bytes.getShort(at + 2) & TYPE_MASK;
    }

    /** The length of the value. */
    int size() {
        return length - HEADER;
    }

    /** Where the value starts in the buffer. */
    int valueAt() {
        return at + HEADER;
    }

    int int32(int fallback) {
        return size() < Integer.BYTES ? fallback : bytes.getInt(valueAt());
    }

    /** A number without sign in native byte order. */
    int int16(int fallback) {
        return size() < Short.BYTES ? fallback : bytes.getShort(valueAt()) & 0xFFFF;
    }

    /** A number without sign in network order. */
    int bigInt16(int fallback) {
        return size() < Short.BYTES
                ? fallback
                : (bytes.get(valueAt()) & 0xFF) << Byte.SIZE | (bytes.get(valueAt() + 1) & 0xFF);
    }

    long int64(long fallback) {
        return size() < Long.BYTES ? fallback : bytes.getLong(valueAt());
    }

    int int8(int fallback) {
        return size() < 1 ? fallback : bytes.get(valueAt()) & 0xFF;
    }

    /** The number at an offset of the value. */
    int int32At(int offset, int fallback) {
        return size() < offset + Integer.BYTES ? fallback : bytes.getInt(valueAt() + offset);
    }

    byte[] value() {
        byte[] copy = new byte[size()];
        bytes.get(valueAt(), copy);
        return copy;
    }

    /** A text up to its terminating zero. */
    String string() {
        byte[] copy = value();
        int size = 0;
        while (size < copy.length && copy[size] != 0) {
            size++;
        }
        return new String(copy, 0, size, StandardCharsets.UTF_8);
    }
}
