package io.hawser.sysctl.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Memory outside the heap whose address system calls take; allocated once by its owner and used again. For one thread at a time. */
final class NativeBuffer {
    private final ByteBuffer bytes;
    private final long address;

    NativeBuffer(int size) {
        bytes = ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
        address = Libc.addressOf(bytes);
    }

    /** The memory in native byte order; use absolute access or leave position and limit as found. */
    ByteBuffer bytes() {
        return bytes;
    }

    long address() {
        return address;
    }

    int size() {
        return bytes.capacity();
    }
}
