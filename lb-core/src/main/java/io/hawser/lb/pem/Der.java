package io.hawser.lb.pem;

import java.io.IOException;
import java.util.Arrays;

/** A small piece of DER (X.690) in memory, read from front to back. One thread. */
final class Der {
    private final byte[] bytes;
    private final int end;
    private int at;
    private int start;
    private int stop;

    Der(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    private Der(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    boolean hasMore() {
        return at < end;
    }

    /** The tag of the next element; -1: there is none. */
    int tag() {
        return at < end ? bytes[at] & 0xFF : -1;
    }

    /** Passes an element of any tag. */
    void next() throws IOException {
        if (end - at < 2) {
            throw new IOException("it ends early");
        }
        int length = bytes[at + 1] & 0xFF;
        start = at + 2;
        if (length >= 0x80) {
            int count = length & 0x7F;
            if (count == 0 || count > 3 || end - start < count) {
                throw new IOException("a length that DER does not allow");
            }
            length = 0;
            for (int i = 0; i < count; i++) {
                length = (length << 8) | (bytes[start++] & 0xFF);
            }
        }
        if (length > end - start) {
            throw new IOException("an element that is longer than the one that holds it");
        }
        stop = start + length;
        at = stop;
    }

    /** Passes an element of this tag, and gives its content. */
    byte[] content(int tag) throws IOException {
        pass(tag);
        return Arrays.copyOfRange(bytes, start, stop);
    }

    /** Passes an element of this tag, and gives what is in it. */
    Der inside(int tag) throws IOException {
        pass(tag);
        return new Der(bytes, start, stop);
    }

    /** Passes an element of any tag, and gives it as a whole. */
    byte[] whole() throws IOException {
        int from = at;
        next();
        return Arrays.copyOfRange(bytes, from, stop);
    }

    private void pass(int tag) throws IOException {
        if (tag() != tag) {
            throw new IOException("element 0x%02x where 0x%02x is expected".formatted(tag(), tag));
        }
        next();
    }
}
