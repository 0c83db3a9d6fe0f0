package io.hawser.lb.pem;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** Reads DER (X.690) from a stream, one element after the other, and hands on what it passes. One thread. */
final class DerReader {
    static final int INTEGER = 0x02;
    static final int BIT_STRING = 0x03;
    static final int OCTET_STRING = 0x04;
    static final int OBJECT_IDENTIFIER = 0x06;
    static final int UTC_TIME = 0x17;
    static final int GENERALIZED_TIME = 0x18;
    static final int SEQUENCE = 0x30;
    static final int BOOLEAN = 0x01;

    /** What any element may have that is kept as a whole; names, times, extensions and signatures are far smaller. */
    private static final int MOST_KEPT = (64 << 10) - 1;

    private final InputStream in;
    private long position;
    private Passed passed = _ -> {};

    DerReader(InputStream in) {
        this.in = in;
    }

    /** Bytes passed so far. */
    long position() {
        return position;
    }

    /** Is given what passes. */
    @FunctionalInterface
    interface Passed {
        /** Some bytes, whole headers and contents. */
        void take(byte[] bytes) throws IOException;
    }

    /** From now on what passes goes here. */
    void passTo(Passed to) {
        passed = to;
    }

    /** The tag and length of an element, which lie before its content. */
    record Element(int tag, long length) {}

    private int next() throws IOException {
        int read = in.read();
        if (read < 0) {
            throw new EOFException("it ends early");
        }
        position++;
        return read;
    }

    Element element() throws IOException {
        int tag = next();
        int first = next();
        if ((tag & 0x1F) == 0x1F) {
            throw new IOException("a tag of several bytes");
        }
        if (first < 0x80) {
            passed.take(new byte[] {(byte) tag, (byte) first});
            return new Element(tag, first);
        }
        int count = first & 0x7F;
        if (count == 0 || count > 4) {
            throw new IOException("a length that DER does not allow");
        }
        byte[] written = new byte[2 + count];
        written[0] = (byte) tag;
        written[1] = (byte) first;
        long length = 0;
        for (int i = 0; i < count; i++) {
            int each = next();
            written[2 + i] = (byte) each;
            length = (length << 8) | each;
        }
        passed.take(written);
        return new Element(tag, length);
    }

    /** An element that has to have this tag. */
    Element element(int tag) throws IOException {
        Element element = element();
        if (element.tag() != tag) {
            throw new IOException("element 0x%02x where 0x%02x is expected".formatted(element.tag(), tag));
        }
        return element;
    }

    /** The content of an element whose header was read. */
    byte[] content(Element element) throws IOException {
        if (element.length() > MOST_KEPT) {
            throw new IOException("an element of " + element.length() + " bytes");
        }
        byte[] content = new byte[(int) element.length()];
        if (in.readNBytes(content, 0, content.length) < content.length) {
            throw new EOFException("it ends early");
        }
        position += content.length;
        passed.take(content);
        return content;
    }
}
