package io.hawser.lb.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.hawser.testkit.Corpus;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What anybody who can connect may send first: nothing of it may throw, what comes of it must not depend on how it was cut
 * into segments, and no byte may be looked at that has not come.
 */
@Tag("fuzz")
class FirstBytesFuzzTest {
    private static final String HELLOS = "/io/hawser/lb/inspect/FirstBytesFuzzTestInputs/hellos";
    private static final String HEADERS = "/io/hawser/lb/inspect/FirstBytesFuzzTestInputs/headers";
    // Beyond it each byte of its own would take longer than it finds.
    private static final int MOST_SINGLE_BYTES = 2_000;

    /** Where the connection's first byte lies in the buffer: not at its start, so that a forgotten offset shows. */
    private static final int START = 3;

    @FuzzTest(maxDuration = "3m")
    void hellos(byte[] bytes) {
        TlsHello verdict = read(bytes, bytes.length);
        assertEquals(verdict, read(bytes, 1 + new Random(Arrays.hashCode(bytes)).nextInt(40)), "in small pieces");
        assertEquals(verdict, read(bytes, 1_460), "in segments");
        if (bytes.length <= MOST_SINGLE_BYTES) {
            assertEquals(verdict, read(bytes, 1), "byte by byte");
        }
        switch (verdict) {
            case TlsHello.Client client -> {
                bounded(bytes, client);
                recut(bytes, client);
            }
            case TlsHello.NeedMore _ -> assertTrue(bytes.length < TlsHelloReader.MOST_BYTES, "waits for ever");
            case TlsHello.NotTls _, TlsHello.Malformed _, TlsHello.TooLarge _ -> assertTrue(bytes.length > 0);
        }
    }

    /** What a reader says at last of bytes that come so many at a time. Only those that have come are within its reach. */
    private static TlsHello read(byte[] bytes, int atATime) {
        ByteBuffer buffer = ByteBuffer.allocate(START + bytes.length).put(START, bytes);
        TlsHelloReader reader = new TlsHelloReader();
        TlsHello verdict = reader.read(buffer.limit(START), START, START);
        for (int end = 0; end < bytes.length; ) {
            end = Math.min(bytes.length, end + atATime);
            TlsHello next = reader.read(buffer.limit(START + end), START, START + end);
            assertTrue(
                    verdict instanceof TlsHello.NeedMore || next.equals(verdict),
                    () -> "no longer of that opinion: " + next);
            verdict = next;
        }
        return verdict;
    }

    private static void bounded(byte[] bytes, TlsHello.Client client) {
        assertTrue(client.length() <= Math.min(bytes.length, TlsHelloReader.MOST_BYTES), client::toString);
        assertTrue(client.alpn().size() <= TlsHelloReader.MOST_KEPT, client::toString);
        assertTrue(client.versions().size() <= TlsHelloReader.MOST_KEPT, client::toString);
        assertEquals(client, read(Arrays.copyOf(bytes, client.length()), client.length()), "without what follows");
        assertInstanceOf(
                TlsHello.NeedMore.class,
                read(Arrays.copyOf(bytes, client.length() - 1), client.length()),
                "a byte short");
        String name = client.serverName();
        if (name != null) {
            assertTrue(
                    !name.isEmpty() && name.length() <= 255 && name.chars().allMatch(c -> c > ' ' && c < 0x7F), name);
        }
    }

    /** The same message in one record means the same. */
    private static void recut(byte[] bytes, TlsHello.Client client) {
        byte[] message = new byte[0];
        for (int at = 0; at < client.length(); ) {
            int fragment = ((bytes[at + 3] & 0xFF) << 8) | (bytes[at + 4] & 0xFF);
            message = Hellos.join(message, Arrays.copyOfRange(bytes, at + 5, at + 5 + fragment));
            at += 5 + fragment;
        }
        byte[] whole = Hellos.inRecords(message, message.length);
        TlsHello.Client expected = new TlsHello.Client(
                whole.length, client.serverName(), client.alpn(), client.versions(), client.hasEarlyData());
        assertEquals(expected, read(whole, whole.length));
    }

    @FuzzTest(maxDuration = "3m")
    void headers(byte[] bytes) {
        header(bytes);
        // With the checksum made good, so that what comes after that check is reached too.
        header(mended(bytes));
    }

    private static void header(byte[] bytes) {
        ProxyHeader verdict = decode(bytes, bytes.length);
        // Each end has its own turn: where few bytes tell, more of them must not tell otherwise.
        for (int end = 0; end < Math.min(bytes.length, 300); end++) {
            ProxyHeader earlier = decode(bytes, end);
            assertTrue(
                    earlier instanceof ProxyHeader.NeedMore || earlier.equals(verdict),
                    () -> earlier + " became " + verdict);
        }
        switch (verdict) {
            case ProxyHeader.Known known -> {
                assertInstanceOf(ProxyHeader.NeedMore.class, decode(bytes, known.length() - 1), "a byte short");
                wellFormed(bytes, known);
                writtenAgain(known);
            }
            case ProxyHeader.NeedMore _ -> assertTrue(bytes.length < ProxyHeader.MOST_BYTES, "waits for ever");
            case ProxyHeader.Absent _, ProxyHeader.Malformed _ -> assertTrue(bytes.length > 0);
        }
    }

    private static ProxyHeader decode(byte[] bytes, int end) {
        ByteBuffer buffer = ByteBuffer.allocate(START + bytes.length).put(START, bytes);
        return ProxyHeader.decode(buffer.limit(START + end), START, START + end);
    }

    private static void wellFormed(byte[] bytes, ProxyHeader.Known known) {
        assertEquals(known.source() == null, known.destination() == null);
        if (bytes[0] == 'P') {
            String line = new String(bytes, 0, known.length(), StandardCharsets.ISO_8859_1);
            assertTrue(line.length() <= 107 && line.indexOf('\n') == line.length() - 1, line);
            String words = known.source() == null
                    ? "(?s)PROXY UNKNOWN( .*)?\r\n"
                    : "PROXY (TCP4 [0-9.]+ [0-9.]+|TCP6 [0-9A-Fa-f:.]+ [0-9A-Fa-f:.]+) [0-9]{1,5} [0-9]{1,5}\r\n";
            assertTrue(line.matches(words), line);
        } else {
            assertEquals(16 + (((bytes[14] & 0xFF) << 8) | (bytes[15] & 0xFF)), known.length());
            assertTrue(known.length() <= ProxyHeader.MOST_BYTES);
        }
    }

    /** What a member is told of what was heard is what was heard. */
    private static void writtenAgain(ProxyHeader.Known known) {
        InetSocketAddress source = known.source();
        InetSocketAddress destination = known.destination();
        // An IPv4 address written as IPv6 is one of IPv4, and there is no header for one of each.
        boolean isTold = source != null && destination != null && isIp4(source) == isIp4(destination);
        ProxyHeaderWriter.Facts facts = new ProxyHeaderWriter.Facts(
                source, destination, "api.example", "h2", new TlsFacts("TLSv1.3", "TLS_AES_128_GCM_SHA256", "c", true));
        for (byte[] again : new byte[][] {ProxyHeaderWriter.binary(facts), ProxyHeaderWriter.line(facts)}) {
            assertEquals(
                    new ProxyHeader.Known(again.length, isTold ? source : null, isTold ? destination : null),
                    decode(again, again.length));
        }
    }

    private static boolean isIp4(InetSocketAddress address) {
        return address.getAddress() instanceof Inet4Address;
    }

    /** With the first checksum that has its place and length made good; the same bytes when there is none. */
    private static byte[] mended(byte[] bytes) {
        int[] addresses = {0, 12, 36, 216};
        if (bytes.length < 16 || bytes[0] != '\r' || (bytes[13] & 0xFF) >> 4 >= addresses.length) {
            return bytes;
        }
        int length = 16 + (((bytes[14] & 0xFF) << 8) | (bytes[15] & 0xFF));
        int at = 16 + addresses[(bytes[13] & 0xFF) >> 4];
        while (length <= bytes.length && at + 7 <= length) {
            int value = ((bytes[at + 1] & 0xFF) << 8) | (bytes[at + 2] & 0xFF);
            if (bytes[at] == 3 && value == 4) {
                ByteBuffer mended = ByteBuffer.wrap(bytes.clone()).putInt(at + 3, 0);
                CRC32C sum = new CRC32C();
                sum.update(mended.array(), 0, length);
                return mended.putInt(at + 3, (int) sum.getValue()).array();
            }
            at += 3 + value;
        }
        return bytes;
    }

    @Test
    void damagedHellosAreRead() {
        Corpus.damaged(FirstBytesFuzzTest.class, HELLOS, this::hellos);
    }

    @Test
    void damagedHeadersAreRead() {
        Corpus.damaged(FirstBytesFuzzTest.class, HEADERS, this::headers);
    }

    @Test
    void theInputsHoldEveryVerdict() {
        assertEquals(
                5,
                Corpus.read(FirstBytesFuzzTest.class, HELLOS).stream()
                        .map(bytes -> read(bytes, bytes.length).getClass())
                        .distinct()
                        .count());
        // All but Absent, of which the hellos are.
        assertEquals(
                3,
                Corpus.read(FirstBytesFuzzTest.class, HEADERS).stream()
                        .map(bytes -> decode(bytes, bytes.length).getClass())
                        .distinct()
                        .count());
    }
}
