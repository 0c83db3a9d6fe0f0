package io.hawser.sysctl.linux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Builds netlink messages, mostly one, in memory that is used again. For one thread at a time. */
final class NetlinkRequest {
    static final int NLM_F_REQUEST = 0x01;
    static final int NLM_F_ACK = 0x04;
    static final int NLM_F_DUMP = 0x300;
    static final int NLM_F_REPLACE = 0x100;
    static final int NLM_F_EXCL = 0x200;
    static final int NLM_F_CREATE = 0x400;
    static final int NLM_F_APPEND = 0x800;

    /** Marks an attribute that holds attributes; strict parts of the kernel insist on it. */
    private static final int NLA_F_NESTED = 0x8000;

    private final ByteBuffer bytes;
    private int at;
    private int length;

    /** Writes into a buffer in native byte order; too long a message is our own mistake. */
    NetlinkRequest(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    NetlinkRequest start(int type, int flags) {
        length = 0;
        return header(type, flags);
    }

    /** Completes the present message and starts another one, sent with it. */
    NetlinkRequest next(int type, int flags) {
        bytes.putInt(at, length - at);
        return pad().header(type, flags);
    }

    private NetlinkRequest header(int type, int flags) {
        at = length;
        bytes.putShort(at + 4, (short) type)
                .putShort(at + 6, (short) (flags | NLM_F_REQUEST))
                .putInt(at + 8, 0)
                .putInt(at + 12, 0);
        length = at + NetlinkMessages.HEADER;
        return this;
    }

    NetlinkRequest int8(int value) {
        bytes.put(length++, (byte) value);
        return this;
    }

    NetlinkRequest int16(int value) {
        bytes.putShort(length, (short) value);
        length += Short.BYTES;
        return this;
    }

    NetlinkRequest int32(int value) {
        bytes.putInt(length, value);
        length += Integer.BYTES;
        return this;
    }

    NetlinkRequest attribute(int type, int value) {
        return attributeHeader(type, Integer.BYTES).int32(value);
    }

    NetlinkRequest attribute16(int type, int value) {
        return attributeHeader(type, Short.BYTES).int16(value).pad();
    }

    /** A number in network order. */
    NetlinkRequest attributeBig16(int type, int value) {
        return attribute(type, new byte[] {(byte) (value >> Byte.SIZE), (byte) value});
    }

    NetlinkRequest attribute(int type, byte[] value) {
        attributeHeader(type, value.length);
        bytes.put(length, value);
        length += value.length;
        return pad();
    }

    NetlinkRequest attribute(int type, String value) {
        return attribute(type, (value + '\0').getBytes(StandardCharsets.UTF_8));
    }

    /** The header of an attribute whose value of {@code size} bytes the caller writes next. */
    NetlinkRequest attributeHeader(int type, int size) {
        return int16(NetlinkAttributes.HEADER + size).int16(type);
    }

    /** An attribute of the attributes that {@code inside} writes. */
    NetlinkRequest nest(int type, Consumer<NetlinkRequest> inside) {
        int start = length;
        int16(0).int16(type | NLA_F_NESTED);
        inside.accept(this);
        bytes.putShort(start, (short) (length - start));
        return this;
    }

    /** Fills up to the alignment of the next attribute. */
    NetlinkRequest pad() {
        while ((length & 3) != 0) {
            bytes.put(length++, (byte) 0);
        }
        return this;
    }

    /** Completes the messages, which all get the same number, and returns their length together. */
    int finish(int sequence) {
        bytes.putInt(at, length - at);
        for (int each = 0; each < length; each += NetlinkMessages.aligned(bytes.getInt(each))) {
            bytes.putInt(each + 8, sequence);
        }
        return length;
    }
}
