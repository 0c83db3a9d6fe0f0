package io.hawser.lb.pem;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/** Writes lists that are too large to have in memory, with a signature that is none. */
public final class LargeList {
    private static final byte[] ALGORITHM = {0x30, 0x0A, 0x06, 0x08, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 4, 3, 2
    };
    private static final byte[] NAME = {
        0x30, 0x0D, 0x31, 0x0B, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 2, 'c', 'a'
    };
    private static final byte[] TIME = time("260101000000Z");
    private static final byte[] NEXT = time("491231235959Z");

    private LargeList() {}

    private static byte[] time(String text) {
        return ByteBuffer.allocate(15)
                .put((byte) 0x17)
                .put((byte) 13)
                .put(text.getBytes(US_ASCII))
                .array();
    }

    /** The serial number of an entry, in no order. */
    static BigInteger serial(int index, int length) {
        return new BigInteger(bytes(index, length));
    }

    private static byte[] bytes(int index, int length) {
        byte[] bytes = new byte[length];
        bytes[0] = 0x40;
        ByteBuffer.wrap(bytes, length - 8, 8).putInt(Integer.reverse(index)).putInt(index);
        return bytes;
    }

    private static byte[] header(int tag, int length) {
        return ByteBuffer.allocate(6)
                .put((byte) tag)
                .put((byte) 0x84)
                .putInt(length)
                .array();
    }

    /** Writes one with as many entries, whose serial numbers have as many bytes. */
    public static void write(Path file, int entries, int length) throws IOException {
        int entry = 2 + 2 + length + TIME.length;
        int list = entry * entries;
        int signed = ALGORITHM.length + NAME.length + TIME.length + NEXT.length + 6 + list;
        byte[] signature = {0x03, 0x03, 0x00, 0x01, 0x02};
        try (OutputStream text = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
            text.write("-----BEGIN X509 CRL-----\n".getBytes(US_ASCII));
            try (OutputStream der = new BufferedOutputStream(
                    Base64.getMimeEncoder(64, new byte[] {'\n'}).wrap(new StayingOpen(text)), 1 << 16)) {
                der.write(header(0x30, 6 + signed + ALGORITHM.length + signature.length));
                der.write(header(0x30, signed));
                der.write(ALGORITHM);
                der.write(NAME);
                der.write(TIME);
                der.write(NEXT);
                der.write(header(0x30, list));
                for (int i = 0; i < entries; i++) {
                    der.write(0x30);
                    der.write(entry - 2);
                    der.write(0x02);
                    der.write(length);
                    der.write(bytes(i, length));
                    der.write(TIME);
                }
                der.write(ALGORITHM);
                der.write(signature);
            }
            text.write("\n-----END X509 CRL-----\n".getBytes(US_ASCII));
        }
    }

    private static final class StayingOpen extends FilterOutputStream {
        StayingOpen(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
