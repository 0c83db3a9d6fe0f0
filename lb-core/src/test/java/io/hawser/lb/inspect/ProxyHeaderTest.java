package io.hawser.lb.inspect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Seed;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.handler.codec.haproxy.HAProxySSLTLV;
import io.netty.handler.codec.haproxy.HAProxyTLV;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyHeaderTest {
    private static final InetSocketAddress SOURCE = new InetSocketAddress("192.0.2.1", 56324);
    private static final InetSocketAddress DESTINATION = new InetSocketAddress("198.51.100.2", 443);
    private static final InetSocketAddress SOURCE6 = new InetSocketAddress("2001:db8::1", 1);
    private static final InetSocketAddress DESTINATION6 = new InetSocketAddress("2001:db8::2", 65535);
    private static final TlsFacts TLS = new TlsFacts("TLSv1.3", "TLS_AES_128_GCM_SHA256", "client name", true);

    private static ProxyHeader decode(byte[] bytes) {
        return ProxyHeader.decode(ByteBuffer.wrap(bytes), 0, bytes.length);
    }

    private static ProxyHeader decode(String text) {
        return decode(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static byte[] binary(int command, int kind, byte[]... rest) {
        byte[] all = Hellos.join(rest);
        return Hellos.join(
                HexFormat.of().parseHex("0d0a0d0a000d0a515549540a"),
                new byte[] {(byte) command, (byte) kind},
                Hellos.u16(all.length),
                all);
    }

    private static final byte[] ADDRESSES = HexFormat.of().parseHex("c0000201c6336402dc0401bb");

    @Test
    void readsALine() {
        assertEquals(
                new ProxyHeader.Known(45, SOURCE, DESTINATION),
                decode("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\nGET /"),
                "and leaves what follows");
        assertEquals(
                new ProxyHeader.Known(44, SOURCE6, DESTINATION6),
                decode("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n"));
    }

    @Test
    void aLineThatDoesNotKnowLeavesTheAddressesAsTheyAre() {
        assertEquals(new ProxyHeader.Known(15, null, null), decode("PROXY UNKNOWN\r\n"));
        assertEquals(new ProxyHeader.Known(24, null, null), decode("PROXY UNKNOWN ff 1 2 3\r\n"));
    }

    @ParameterizedTest
    @CsvSource({
        "'PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n', LINE",
        "'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 1\r\n', LINE",
        "'PROXY TCP5 192.0.2.1 198.51.100.2 56324 443\r\n', LINE",
        "'PROXY tcp4 192.0.2.1 198.51.100.2 56324 443\r\n', LINE",
        "'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n', LINE",
        "'PROXY TCP4 2001:db8::1 2001:db8::2 56324 443\r\n', ADDRESS",
        "'PROXY TCP6 192.0.2.1 198.51.100.2 56324 443\r\n', ADDRESS",
        "'PROXY TCP4 192.0.2 198.51.100.2 56324 443\r\n', ADDRESS",
        "'PROXY TCP4 host.example 198.51.100.2 56324 443\r\n', ADDRESS",
        "'PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n', ADDRESS",
        "'PROXY TCP4 192.0.2.1 198.51.100.2 -1 443\r\n', ADDRESS",
        "'PROXY TCP4 192.0.2.1 198.51.100.2 007 443\r\n', ADDRESS",
        "'PROXY TCP6 fe80::1%eth0 2001:db8::2 1 2\r\n', ADDRESS",
    })
    void saysWhatIsWrongWithALine(String line, ProxyHeader.Reason reason) {
        assertEquals(new ProxyHeader.Malformed(reason), decode(line));
    }

    @Test
    void aLineMayHave107BytesAndNoMore() {
        String rest = "x".repeat(107 - "PROXY UNKNOWN \r\n".length());
        assertEquals(new ProxyHeader.Known(107, null, null), decode("PROXY UNKNOWN " + rest + "\r\n"));
        assertEquals(new ProxyHeader.Malformed(ProxyHeader.Reason.LINE), decode("PROXY UNKNOWN x" + rest + "\r\n"));
        assertEquals(ProxyHeader.NeedMore.INSTANCE, decode("PROXY UNKNOWN " + rest));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/1.1", "PROXI", "\u0016\u0003\u0001", "\r\n\r\n\r", "proxy "})
    void otherBytesAreNoHeader(String text) {
        assertEquals(ProxyHeader.Absent.INSTANCE, decode(text));
    }

    @Test
    void readsTheBinaryForm() {
        byte[] bytes = binary(0x21, 0x11, ADDRESSES);
        assertEquals(new ProxyHeader.Known(28, SOURCE, DESTINATION), decode(Hellos.join(bytes, new byte[] {1})));
    }

    @Test
    void whoSpeaksForItselfLeavesTheAddressesAsTheyAre() {
        assertEquals(new ProxyHeader.Known(16, null, null), decode(binary(0x20, 0x00)));
        assertEquals(
                new ProxyHeader.Known(28, null, null),
                decode(binary(0x20, 0x11, ADDRESSES)),
                "LOCAL, whatever the family says");
        assertEquals(new ProxyHeader.Known(19, null, null), decode(binary(0x20, 0x11, new byte[3])));
    }

    @Test
    void otherFamiliesLeaveTheAddressesAsTheyAre() {
        assertEquals(new ProxyHeader.Known(16 + 216, null, null), decode(binary(0x21, 0x31, new byte[216])));
        assertEquals(new ProxyHeader.Known(28, null, null), decode(binary(0x21, 0x12, ADDRESSES)), "datagrams");
        assertEquals(new ProxyHeader.Known(16, null, null), decode(binary(0x21, 0x00)));
    }

    @Test
    void saysWhatIsWrongWithTheBinaryForm() {
        record Case(ProxyHeader.Reason reason, byte[] bytes) {}
        Case[] cases = {
            new Case(ProxyHeader.Reason.CODE, binary(0x11, 0x11, ADDRESSES)),
            new Case(ProxyHeader.Reason.CODE, binary(0x22, 0x11, ADDRESSES)),
            new Case(ProxyHeader.Reason.CODE, binary(0x21, 0x41, ADDRESSES)),
            new Case(ProxyHeader.Reason.CODE, binary(0x21, 0x13, ADDRESSES)),
            new Case(ProxyHeader.Reason.LENGTH, binary(0x21, 0x11, new byte[11])),
            new Case(ProxyHeader.Reason.LENGTH, binary(0x21, 0x21, ADDRESSES)),
            new Case(ProxyHeader.Reason.LENGTH, binary(0x21, 0x11, ADDRESSES, new byte[] {4, 0})),
            new Case(ProxyHeader.Reason.LENGTH, binary(0x21, 0x11, ADDRESSES, new byte[] {4, 0, 2, 1})),
            new Case(ProxyHeader.Reason.LENGTH, binary(0x21, 0x11, ADDRESSES, new byte[] {3, 0, 2, 1, 1})),
            new Case(ProxyHeader.Reason.CHECKSUM, binary(0x21, 0x11, ADDRESSES, new byte[] {3, 0, 4, 1, 2, 3, 4})),
            new Case(ProxyHeader.Reason.TOO_LARGE, binary(0x21, 0x11, new byte[ProxyHeader.MOST_BYTES - 15])),
        };
        for (Case each : cases) {
            assertEquals(
                    new ProxyHeader.Malformed(each.reason()),
                    decode(each.bytes()),
                    HexFormat.of().formatHex(each.bytes(), 0, 16));
        }
        byte[] absurd = Arrays.copyOf(binary(0x21, 0x11, ADDRESSES), 16);
        absurd[14] = (byte) 0xFF;
        absurd[15] = (byte) 0xFF;
        assertEquals(
                new ProxyHeader.Malformed(ProxyHeader.Reason.TOO_LARGE), decode(absurd), "said before it has come");
    }

    @Test
    void takesTheLargestHeader() {
        byte[] padding = new byte[ProxyHeader.MOST_BYTES - 28 - 3];
        byte[] bytes = binary(0x21, 0x11, ADDRESSES, new byte[] {4}, Hellos.u16(padding.length), padding);
        assertEquals(ProxyHeader.MOST_BYTES, bytes.length);
        assertEquals(new ProxyHeader.Known(bytes.length, SOURCE, DESTINATION), decode(bytes));
    }

    @Test
    void isIndifferentToSegments() {
        for (byte[] bytes : corpus()) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            for (int end = 0; end < bytes.length; end++) {
                assertEquals(ProxyHeader.NeedMore.INSTANCE, ProxyHeader.decode(buffer, 0, end), "after " + end);
            }
            assertEquals(
                    bytes.length,
                    assertInstanceOf(ProxyHeader.Known.class, ProxyHeader.decode(buffer, 0, bytes.length))
                            .length());
        }
    }

    private static ProxyHeaderWriter.Facts facts(
            @Nullable InetSocketAddress source, @Nullable InetSocketAddress destination, @Nullable TlsFacts tls) {
        return new ProxyHeaderWriter.Facts(source, destination, "api.example", tls == null ? null : "h2", tls);
    }

    private static byte[][] corpus() {
        return new byte[][] {
            ProxyHeaderWriter.line(facts(SOURCE, DESTINATION, null)),
            ProxyHeaderWriter.line(facts(SOURCE6, DESTINATION6, null)),
            ProxyHeaderWriter.line(facts(null, null, null)),
            ProxyHeaderWriter.binary(facts(SOURCE, DESTINATION, null)),
            ProxyHeaderWriter.binary(facts(SOURCE6, DESTINATION6, TLS)),
            ProxyHeaderWriter.binary(facts(null, null, null)),
            binary(0x21, 0x11, ADDRESSES, new byte[] {4, 0, 2, 1, 1}),
        };
    }

    @Test
    void writesWhatItReads() {
        for (byte[] bytes : new byte[][] {corpus()[0], corpus()[3]}) {
            assertEquals(new ProxyHeader.Known(bytes.length, SOURCE, DESTINATION), decode(bytes));
        }
        for (byte[] bytes : new byte[][] {corpus()[1], corpus()[4]}) {
            assertEquals(new ProxyHeader.Known(bytes.length, SOURCE6, DESTINATION6), decode(bytes));
        }
        for (byte[] bytes : new byte[][] {corpus()[2], corpus()[5]}) {
            assertEquals(new ProxyHeader.Known(bytes.length, null, null), decode(bytes));
        }
    }

    @Test
    void endpointsOfTwoFamiliesAreNotTold() {
        assertArrayEquals(
                "PROXY UNKNOWN\r\n".getBytes(StandardCharsets.US_ASCII),
                ProxyHeaderWriter.line(facts(SOURCE, DESTINATION6, null)));
        ProxyHeader.Known read = assertInstanceOf(
                ProxyHeader.Known.class, decode(ProxyHeaderWriter.binary(facts(SOURCE, DESTINATION6, null))));
        assertNull(read.source());
    }

    @Test
    void whatItWritesSaysTheSameToAnotherReader() {
        HAProxyMessage message = assertInstanceOf(HAProxyMessage.class, byNetty(corpus()[4]));
        try {
            assertEquals(HAProxyProxiedProtocol.TCP6, message.proxiedProtocol());
            assertEquals(SOURCE6.getPort(), message.sourcePort());
            assertEquals("h2", value(message, HAProxyTLV.Type.PP2_TYPE_ALPN));
            assertEquals("api.example", value(message, HAProxyTLV.Type.PP2_TYPE_AUTHORITY));
            HAProxySSLTLV ssl = (HAProxySSLTLV) message.tlvs().stream()
                    .filter(tlv -> tlv.type() == HAProxyTLV.Type.PP2_TYPE_SSL)
                    .findFirst()
                    .orElseThrow();
            assertTrue(ssl.isPP2ClientSSL());
            assertTrue(ssl.isPP2ClientCertConn());
            assertEquals(0, ssl.verify());
            assertEquals(
                    List.of("TLSv1.3", "client name", "TLS_AES_128_GCM_SHA256"),
                    ssl.encapsulatedTLVs().stream()
                            .map(tlv -> tlv.content().toString(StandardCharsets.UTF_8))
                            .toList());
        } finally {
            message.release();
        }
    }

    private static String value(HAProxyMessage message, HAProxyTLV.Type type) {
        return message.tlvs().stream()
                .filter(tlv -> tlv.type() == type)
                .map(tlv -> tlv.content().toString(StandardCharsets.UTF_8))
                .findFirst()
                .orElse("");
    }

    @Test
    void aFlippedBitInAnAddressBreaksTheChecksum() {
        byte[] good = corpus()[4];
        for (int bit = 16 * 8; bit < (16 + 36) * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            assertEquals(new ProxyHeader.Malformed(ProxyHeader.Reason.CHECKSUM), decode(bad), "bit " + bit);
        }
    }

    /*
     * The other decoder is the oracle: what both take they take alike, and what we refuse beyond it is known: checksums,
     * our limit, and a few things that it does not look at.
     */
    @Test
    void noMutationThrowsOrIsReadOtherwiseThanByAnotherDecoder() {
        long seed = Seed.ofThisRun();
        Random random = new Random(seed);
        int both = 0;
        int malformed = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = corpus()[random.nextInt(corpus().length)];
            if (random.nextInt(4) > 0) {
                bytes = TlsHelloReaderTest.mutate(bytes, random);
            }
            String context = "seed " + seed + ", " + HexFormat.of().formatHex(bytes);
            ProxyHeader ours = decode(bytes);
            Object theirs = byNetty(bytes);
            if (ours instanceof ProxyHeader.Malformed) {
                malformed++;
            }
            if (ours instanceof ProxyHeader.Known known && theirs instanceof HAProxyMessage message) {
                both++;
                InetSocketAddress source = known.source();
                if (source != null) {
                    assertEquals(source.getPort(), message.sourcePort(), context);
                    assertEquals(
                            source.getAddress(),
                            new InetSocketAddress(message.sourceAddress(), 0).getAddress(),
                            context);
                }
            }
            if (theirs instanceof HAProxyMessage message) {
                message.release();
            }
        }
        assertTrue(both > 1000 && malformed > 1000, "seed " + seed + ": both " + both + ", malformed " + malformed);
    }

    private static @Nullable Object byNetty(byte[] bytes) {
        EmbeddedChannel channel = new EmbeddedChannel(new HAProxyMessageDecoder());
        Object message = null;
        try {
            channel.writeInbound(Unpooled.wrappedBuffer(bytes));
            message = channel.readInbound();
            channel.finishAndReleaseAll();
        } catch (RuntimeException e) {
            // It throws on what it doesn't like, and again when the rest is offered to it at the end.
            channel.close();
            channel.releaseInbound();
        }
        return message;
    }
}
