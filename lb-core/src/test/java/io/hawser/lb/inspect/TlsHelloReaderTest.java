package io.hawser.lb.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Seed;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TlsHelloReaderTest {

    @Test
    void readsWhatOpensslSends() {
        TlsHello.Client hello = client(Hellos.captured("openssl-tls13"));
        assertEquals("api.example", hello.serverName());
        assertEquals(List.of("h2", "http/1.1"), hello.alpn());
        assertEquals(0x0304, hello.versions().getFirst());
        assertFalse(hello.hasEarlyData());
    }

    @Test
    void readsAHelloOfTls12WithoutAName() {
        TlsHello.Client hello = client(Hellos.captured("openssl-tls12-no-name"));
        assertNull(hello.serverName());
        assertEquals(List.of(), hello.alpn());
        assertEquals(List.of(0x0303), hello.versions());
    }

    @Test
    void readsWhatCurlSends() {
        assertEquals(
                List.of("h2", "http/1.1"), client(Hellos.captured("curl-h2")).alpn());
        TlsHello.Client older = client(Hellos.captured("curl-h1-tls12"));
        assertEquals("b.example", older.serverName(), "in lower case, without the dot");
        assertEquals(List.of("http/1.1"), older.alpn());
    }

    @Test
    void readsWhatThisJdkSends() throws Exception {
        TlsHello.Client hello = client(Hellos.ofJdk("jdk.example", "h2"));
        assertEquals("jdk.example", hello.serverName());
        assertEquals(List.of("h2"), hello.alpn());
        assertTrue(hello.versions().contains(0x0304));
    }

    @Test
    void readsAHelloWithPostQuantumKeySharesAndValuesToBeIgnored() {
        byte[] bytes = Hellos.browserLike("browser.example");
        assertTrue(bytes.length > 1600, "more than a segment");
        TlsHello.Client hello = client(bytes);
        assertEquals("browser.example", hello.serverName());
        assertEquals(List.of("\u008A\u008A", "h2", "http/1.1"), hello.alpn());
        assertEquals(List.of(0x0304, 0x0303), hello.versions());
        assertEquals(bytes.length, hello.length());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 64, 1000})
    void isIndifferentToSegmentsAndRecords(int fragment) {
        byte[] whole = Hellos.browserLike("a.example");
        byte[] message = Arrays.copyOfRange(whole, 5, whole.length);
        byte[] bytes = Hellos.inRecords(message, fragment);
        TlsHelloReader reader = new TlsHelloReader();
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        for (int end = 0; end < bytes.length; end++) {
            assertEquals(TlsHello.NeedMore.INSTANCE, reader.read(buffer, 0, end), "after " + end + " bytes");
        }
        TlsHello.Client hello = assertInstanceOf(TlsHello.Client.class, reader.read(buffer, 0, bytes.length));
        assertEquals("a.example", hello.serverName());
        assertEquals(bytes.length, hello.length());
    }

    @Test
    void saysHowLongTheHelloIsWhenMoreFollows() {
        byte[] hello = Hellos.with(Hellos.serverName("a.example"), Hellos.earlyData());
        TlsHello.Client read = client(Hellos.join(hello, new byte[] {23, 3, 3, 0, 1, 9}));
        assertEquals(hello.length, read.length());
        assertTrue(read.hasEarlyData());
    }

    @Test
    void beginsAnywhereInTheBuffer() {
        byte[] hello = Hellos.browserLike("a.example");
        byte[] shifted = Hellos.join(new byte[77], hello, new byte[] {1});
        TlsHello read = new TlsHelloReader().read(ByteBuffer.wrap(shifted), 77, shifted.length - 1);
        assertEquals("a.example", assertInstanceOf(TlsHello.Client.class, read).serverName());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1",
                "SSH-2.0-x",
                "\u0000",
                "\u0016\u0002",
                "\u0016\u0003\u0007",
                "\u0080\u002e\u0001"
            })
    void tellsOtherProtocolsByTheirFirstBytes(String text) {
        assertEquals(TlsHello.NotTls.INSTANCE, read(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    @ParameterizedTest
    @CsvSource({
        "1603010000, RECORD",
        "1603014001, RECORD",
        "16030100050200, NOT_A_CLIENT_HELLO",
        "160301000101170301, RECORD",
        "160301000a010000050303000000, TRAILING_BYTES",
        "16030100060100000203 03, LENGTH",
    })
    void saysWhichRuleOfFramingIsBroken(String hex, TlsHello.Reason reason) {
        assertEquals(new TlsHello.Malformed(reason), read(HexFormat.of().parseHex(hex.replace(" ", ""))));
    }

    static Stream<Broken> broken() {
        byte[] name = Hellos.serverName("a.example");
        return Stream.of(
                new Broken(TlsHello.Reason.DUPLICATE_EXTENSION, name, name),
                new Broken(TlsHello.Reason.DUPLICATE_EXTENSION, Hellos.alpn("h2"), Hellos.alpn("http/1.1")),
                new Broken(TlsHello.Reason.SERVER_NAME, Hellos.serverName("a b")),
                new Broken(TlsHello.Reason.SERVER_NAME, Hellos.serverName("")),
                new Broken(TlsHello.Reason.SERVER_NAME, Hellos.serverName("a\u0000.example")),
                new Broken(TlsHello.Reason.SERVER_NAME, Hellos.serverName("a".repeat(256))),
                new Broken(TlsHello.Reason.EMPTY_LIST, Hellos.extension(0, Hellos.u16(0))),
                new Broken(TlsHello.Reason.EMPTY_LIST, Hellos.extension(16, Hellos.u16(0))),
                new Broken(TlsHello.Reason.EMPTY_LIST, Hellos.alpn("h2", "")),
                new Broken(TlsHello.Reason.EMPTY_LIST, Hellos.versions()),
                new Broken(TlsHello.Reason.LENGTH, Hellos.extension(0, Hellos.u16(1))),
                new Broken(TlsHello.Reason.LENGTH, Hellos.extension(0)),
                new Broken(TlsHello.Reason.LENGTH, Hellos.extension(0, Hellos.u16(5), new byte[] {0, 0, 9, 65, 65})),
                new Broken(TlsHello.Reason.LENGTH, Hellos.extension(16, Hellos.u16(3), new byte[] {9, 65, 65})),
                new Broken(TlsHello.Reason.LENGTH, Hellos.extension(43, new byte[] {3, 3, 4, 3})),
                new Broken(TlsHello.Reason.LENGTH, new byte[] {0, 0, 0, 9, 1}),
                new Broken(TlsHello.Reason.LENGTH, new byte[] {0, 0, 0}));
    }

    record Broken(TlsHello.Reason reason, byte[]... extensions) {}

    @Test
    void saysWhichRuleOfTheMessageIsBroken() {
        broken().forEach(each -> assertEquals(
                new TlsHello.Malformed(each.reason()),
                read(Hellos.with(each.extensions())),
                Arrays.deepToString(each.extensions())));
    }

    @Test
    void everyTruncationOfTheMessageIsMalformedAndNoneAHello() {
        byte[] whole = Hellos.message(Hellos.serverName("a.example"), Hellos.alpn("h2"));
        // Without its extensions it is a hello of old.
        int withoutExtensions = whole.length - 2 - Hellos.serverName("a.example").length - Hellos.alpn("h2").length;
        for (int length = 4; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            cut[1] = 0;
            cut[2] = (byte) (length - 4 >> 8);
            cut[3] = (byte) (length - 4);
            TlsHello read = read(Hellos.inRecords(cut, 1000));
            if (length != withoutExtensions) {
                assertEquals(new TlsHello.Malformed(TlsHello.Reason.LENGTH), read, "cut to " + length);
            } else {
                assertInstanceOf(TlsHello.Client.class, read);
            }
        }
    }

    @Test
    void takesAHelloOfJustTheLargestSizeAndNoneLarger() {
        byte[] empty = Hellos.with(Hellos.extension(21));
        int padding = TlsHelloReader.MOST_BYTES - empty.length;
        assertInstanceOf(TlsHello.Client.class, read(Hellos.with(Hellos.extension(21, new byte[padding]))));
        assertEquals(TlsHello.TooLarge.INSTANCE, read(Hellos.with(Hellos.extension(21, new byte[padding + 1]))));
    }

    @Test
    void saysThatAHelloIsTooLargeAsSoonAsItAnnouncesIt() {
        assertEquals(TlsHello.TooLarge.INSTANCE, read(new byte[] {22, 3, 1, 0, 4, 1, 1, 0, 0}));
    }

    @Test
    void endlessFragmentsAreTooLargeInTheEnd() {
        byte[] message = new byte[16_000];
        message[0] = 1;
        message[2] = 0x3E;
        byte[] bytes = Hellos.inRecords(message, 1);
        TlsHelloReader reader = new TlsHelloReader();
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        int end = 0;
        TlsHello verdict;
        do {
            verdict = reader.read(buffer, 0, ++end);
        } while (verdict instanceof TlsHello.NeedMore);
        assertEquals(TlsHello.TooLarge.INSTANCE, verdict);
        assertTrue(end <= TlsHelloReader.MOST_BYTES, "after " + end);
    }

    @Test
    void keepsNoMoreEntriesThanIsGoodForIt() {
        String[] many = new String[5000];
        Arrays.fill(many, "x");
        assertEquals(
                TlsHelloReader.MOST_KEPT,
                client(Hellos.with(Hellos.alpn(many))).alpn().size());
    }

    /*
     * Whatever the bytes: nothing is thrown, segments don't matter, and once there is a verdict it stays. A hello says no
     * more than the bytes hold.
     */
    @Test
    void noMutationOfAHelloThrowsOrIsJudgedByItsSegments() throws Exception {
        long seed = Seed.ofThisRun();
        Random random = new Random(seed);
        byte[][] corpus = {
            Hellos.captured("openssl-tls13"),
            Hellos.captured("openssl-tls12-no-name"),
            Hellos.captured("curl-h2"),
            Hellos.ofJdk("jdk.example", "h2"),
            Hellos.browserLike("a.example"),
            Hellos.inRecords(Hellos.message(Hellos.serverName("b.example"), Hellos.alpn("h2")), 9),
        };
        int[] verdicts = new int[4];
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = mutate(corpus[random.nextInt(corpus.length)], random);
            TlsHello whole = read(bytes);
            TlsHello pieces = inPieces(bytes, random);
            assertEquals(
                    whole, pieces, () -> "seed " + seed + ", " + HexFormat.of().formatHex(bytes));
            switch (whole) {
                case TlsHello.Client hello -> {
                    verdicts[0]++;
                    assertTrue(hello.length() <= bytes.length);
                }
                case TlsHello.Malformed _ -> verdicts[1]++;
                case TlsHello.NeedMore _ -> verdicts[2]++;
                case TlsHello.NotTls _, TlsHello.TooLarge _ -> verdicts[3]++;
            }
        }
        for (int count : verdicts) {
            assertTrue(count > 100, "mutations reach every verdict: " + Arrays.toString(verdicts) + ", seed " + seed);
        }
    }

    static byte[] mutate(byte[] original, Random random) {
        byte[] bytes = original.clone();
        for (int changes = random.nextInt(4); changes >= 0; changes--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes[at] = (byte) (random.nextBoolean() ? 0 : 0xFF);
                case 3 -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
                default -> {
                    byte[] tail = Arrays.copyOfRange(bytes, at, bytes.length);
                    bytes = Hellos.join(Arrays.copyOf(bytes, at), tail, tail);
                }
            }
        }
        return bytes;
    }

    private static TlsHello inPieces(byte[] bytes, Random random) {
        TlsHelloReader reader = new TlsHelloReader();
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        TlsHello verdict = TlsHello.NeedMore.INSTANCE;
        int end = 0;
        while (end < bytes.length) {
            end = Math.min(bytes.length, end + 1 + random.nextInt(50));
            verdict = reader.read(buffer, 0, end);
        }
        return verdict;
    }

    private static TlsHello read(byte[] bytes) {
        return new TlsHelloReader().read(ByteBuffer.wrap(bytes), 0, bytes.length);
    }

    private static TlsHello.Client client(byte[] bytes) {
        return assertInstanceOf(TlsHello.Client.class, read(bytes));
    }
}
