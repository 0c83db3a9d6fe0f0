package io.hawser.lb.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignatureWatchTest {

    private static byte[] message(int type, int length, int first) {
        byte[] bytes = new byte[4 + length];
        bytes[0] = (byte) type;
        bytes[1] = (byte) (length >> 16);
        bytes[2] = (byte) (length >> 8);
        bytes[3] = (byte) length;
        if (length > 0) {
            bytes[4] = (byte) first;
        }
        return bytes;
    }

    /** Records of a type, of at most so many bytes each. */
    private static byte[] records(int type, int most, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int at = 0; at < content.length; at += most) {
            int length = Math.min(most, content.length - at);
            out.writeBytes(new byte[] {(byte) type, 3, 3, (byte) (length >> 8), (byte) length});
            out.write(content, at, length);
        }
        return out.toByteArray();
    }

    private static byte[] flight(int hash, int most) {
        ByteArrayOutputStream messages = new ByteArrayOutputStream();
        messages.writeBytes(message(1, 300, 2));
        messages.writeBytes(message(11, 1000, 1));
        messages.writeBytes(message(0, 0, 0));
        messages.writeBytes(message(16, 66, 2));
        messages.writeBytes(message(15, 260, hash));
        return records(22, most, messages.toByteArray());
    }

    @ParameterizedTest
    @CsvSource({"1, true", "2, true", "3, false", "4, false", "8, false"})
    void findsOldHashesHoweverTheBytesAreCut(int hash, boolean isFound) {
        for (int most : new int[] {1, 3, 7, 16_384}) {
            byte[] flight = flight(hash, most);
            for (int step : new int[] {1, 2, 5, 100_000}) {
                SignatureWatch watch = new SignatureWatch();
                boolean found = false;
                for (int at = 0; at < flight.length; at += step) {
                    found |= watch.finds(ByteBuffer.wrap(flight), at, Math.min(flight.length, at + step));
                }
                assertEquals(isFound, found, most + " a record, " + step + " a look");
            }
        }
    }

    @Test
    void looksAtNothingBehindTheFirstRecordOfAnotherType() {
        SignatureWatch watch = new SignatureWatch();
        byte[] changed = {20, 3, 3, 0, 1, 1};
        assertFalse(watch.finds(ByteBuffer.wrap(changed), 0, changed.length));
        byte[] flight = flight(2, 16_384);
        assertFalse(watch.finds(ByteBuffer.wrap(flight), 0, flight.length));
    }

    @Test
    void anyBytesAreTaken() {
        Random random = new Random(1);
        byte[] bytes = new byte[4096];
        for (int i = 0; i < 1000; i++) {
            random.nextBytes(bytes);
            bytes[0] = 22;
            var _ = new SignatureWatch().finds(ByteBuffer.wrap(bytes), 0, bytes.length);
        }
    }
}
