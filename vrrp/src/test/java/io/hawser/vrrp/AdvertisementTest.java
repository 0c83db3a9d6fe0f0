package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.hawser.testkit.Seed;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AdvertisementTest {

    private static final InetAddress GROUP4 = ip("224.0.0.18");
    private static final InetAddress GROUP6 = ip("ff02::12");
    private static final InetAddress SELF4 = ip("10.77.0.11");
    private static final InetAddress SELF6 = ip("fe80::11");
    private static final Decoded.Context IPV4 = new Decoded.Context(SELF4, GROUP4, 255);
    private static final Decoded.Context IPV6 = new Decoded.Context(SELF6, GROUP6, 255);
    private static final Advertisement V3 = new Advertisement(
            3, 51, 200, 100_000_000L, List.of(ip("10.77.0.10"), ip("10.77.0.9")), Authentication.NONE);
    private static final Advertisement V6 = new Advertisement(
            3, 51, 200, 40_950_000_000L, List.of(ip("fe80::10"), ip("fd00::10")), Authentication.NONE);
    private static final Advertisement V2 = new Advertisement(
            2, 51, 100, 1_000_000_000L, List.of(ip("10.77.0.10")), Authentication.pass(new Password("secret")));

    static InetAddress ip(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(literal, e);
        }
    }

    private static ByteBuffer encode(Advertisement advert, Decoded.Context context, ChecksumForm form) {
        ByteBuffer out = ByteBuffer.allocate(advert.length());
        advert.encode(out, context.source(), context.destination(), form);
        return out.flip();
    }

    private static void assertRead(Advertisement advert, Decoded.Context context, ChecksumForm form) {
        assertEquals(new Decoded.Ok(advert, form), Advertisement.decode(encode(advert, context, form), context));
    }

    private static void assertBad(DiscardReason reason, ByteBuffer message, Decoded.Context context) {
        assertEquals(new Decoded.Bad(reason), Advertisement.decode(message, context));
    }

    /** The version 3 message with one byte replaced and the checksum made good again. */
    private static ByteBuffer changed(int at, int value) {
        ByteBuffer message = encode(V3, IPV4, ChecksumForm.MESSAGE);
        message.put(at, (byte) value).putShort(6, (short) 0);
        return message.putShort(6, (short) InternetChecksum.finish(InternetChecksum.sum(message)));
    }

    @Test
    void readsWhatItWrites() {
        assertRead(V3, IPV4, ChecksumForm.MESSAGE);
        assertRead(V3, IPV4, ChecksumForm.PSEUDO_HEADER);
        assertRead(V6, IPV6, ChecksumForm.PSEUDO_HEADER);
        assertRead(V2, IPV4, ChecksumForm.MESSAGE);
    }

    @Test
    void writesTheBytesOfTheStandard() {
        ByteBuffer v3 = encode(V3, IPV4, ChecksumForm.MESSAGE);
        // 3133+c802+000a+0a4d+000a+0a4d+0009 summed by hand is 10dec, folded 0ded, complemented f212.
        assertEquals("3133c802000af2120a4d000a0a4d0009", HexFormat.of().formatHex(v3.array()));
        ByteBuffer v2 = encode(V2, IPV4, ChecksumForm.MESSAGE);
        assertEquals("2133640101", HexFormat.of().formatHex(v2.array(), 0, 5));
        assertEquals("7365637265740000", HexFormat.of().formatHex(v2.array(), 12, 20));
    }

    @Test
    void ignoresReservedBitsAndPadding() {
        assertInstanceOf(Decoded.Ok.class, Advertisement.decode(changed(4, 0xF0), IPV4));
        ByteBuffer padded = ByteBuffer.allocate(46)
                .put(encode(V3, IPV4, ChecksumForm.MESSAGE))
                .rewind();
        assertInstanceOf(Decoded.Ok.class, Advertisement.decode(padded, IPV4));
    }

    @Test
    void discardsByRule() {
        ByteBuffer good = encode(V3, IPV4, ChecksumForm.MESSAGE);
        assertBad(DiscardReason.TTL, good, new Decoded.Context(SELF4, GROUP4, 254));
        assertBad(DiscardReason.VERSION, changed(0, 0x41), IPV4);
        assertBad(DiscardReason.TYPE, changed(0, 0x32), IPV4);
        assertBad(DiscardReason.TRUNCATED, good.slice(0, 7), IPV4);
        assertBad(DiscardReason.TRUNCATED, good.slice(0, 15), IPV4);
        assertBad(DiscardReason.TRUNCATED, changed(3, 3), IPV4);
        assertBad(DiscardReason.CHECKSUM, encode(V3, IPV4, ChecksumForm.MESSAGE).put(2, (byte) 201), IPV4);
        assertBad(DiscardReason.INTERVAL_ZERO, changed(5, 0), IPV4);
        Advertisement none = new Advertisement(3, 51, 200, 100_000_000L, List.of(), Authentication.NONE);
        ByteBuffer empty = ByteBuffer.allocate(64);
        none.encode(empty, SELF4, GROUP4, ChecksumForm.MESSAGE);
        assertBad(DiscardReason.COUNT_ZERO, empty.flip(), IPV4);
        Advertisement global =
                new Advertisement(3, 51, 200, 100_000_000L, List.of(ip("fd00::10")), Authentication.NONE);
        assertBad(DiscardReason.FIRST_NOT_LINK_LOCAL, encode(global, IPV6, ChecksumForm.PSEUDO_HEADER), IPV6);
        assertBad(DiscardReason.CHECKSUM, encode(V6, IPV6, ChecksumForm.MESSAGE), IPV6);
        assertBad(DiscardReason.CHECKSUM, encode(V2, IPV4, ChecksumForm.PSEUDO_HEADER), IPV4);
        assertBad(DiscardReason.VERSION, encode(V2, IPV4, ChecksumForm.MESSAGE), IPV6);
    }

    @Test
    void comparesPasswords() {
        Decoded.Ok ok =
                assertInstanceOf(Decoded.Ok.class, Advertisement.decode(encode(V2, IPV4, ChecksumForm.MESSAGE), IPV4));
        assertEquals(true, ok.advertisement().authentication().sameData(Authentication.pass(new Password("secret"))));
        assertEquals(false, ok.advertisement().authentication().sameData(Authentication.pass(new Password("Secret"))));
        assertEquals(Authentication.pass(new Password("12345678")), Authentication.pass(new Password("123456789")));
    }

    @Test
    void survivesArbitraryBytes() {
        long seed = Seed.ofThisRun();
        Random random = new Random(seed);
        List<ByteBuffer> seeds = List.of(
                encode(V3, IPV4, ChecksumForm.MESSAGE),
                encode(V6, IPV6, ChecksumForm.PSEUDO_HEADER),
                encode(V2, IPV4, ChecksumForm.MESSAGE));
        EnumSet<DiscardReason> seen = EnumSet.noneOf(DiscardReason.class);
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = mutate(random, seeds.get(random.nextInt(3)).array());
            try {
                Decoded decoded = Advertisement.decode(ByteBuffer.wrap(bytes), random.nextBoolean() ? IPV4 : IPV6);
                if (decoded instanceof Decoded.Bad(DiscardReason reason)) {
                    seen.add(reason);
                }
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + HexFormat.of().formatHex(bytes), e);
            }
        }
        EnumSet<DiscardReason> expected = EnumSet.of(
                DiscardReason.VERSION,
                DiscardReason.TYPE,
                DiscardReason.TRUNCATED,
                DiscardReason.CHECKSUM,
                DiscardReason.COUNT_ZERO);
        assertEquals(
                expected,
                EnumSet.copyOf(seen.stream().filter(expected::contains).toList()),
                "seed " + seed);
    }

    private static byte[] mutate(Random random, byte[] good) {
        byte[] bytes = java.util.Arrays.copyOf(good, random.nextInt(good.length + 8));
        for (int flips = random.nextInt(4); flips > 0 && bytes.length > 0; flips--) {
            // A count of zero must come up for certain.
            bytes[random.nextInt(bytes.length)] = (byte) (random.nextInt(4) == 0 ? 0 : random.nextInt());
        }
        if (bytes.length >= 8 && random.nextBoolean()) {
            // With a good checksum, so that what comes after that check is reached too.
            ByteBuffer message = ByteBuffer.wrap(bytes).putShort(6, (short) 0);
            int length = Math.min(bytes.length, 8 + (bytes[3] & 0xFF) * 4);
            message.limit(length);
            message.putShort(6, (short) InternetChecksum.finish(InternetChecksum.sum(message)));
        }
        return bytes;
    }

    @Test
    void announcesWithAnArpRequest() {
        ByteBuffer out = ByteBuffer.allocate(GratuitousArp.LENGTH);
        byte[] mac = {2, 0, 0, 0, 0, 1};
        GratuitousArp.encode(out, mac, (Inet4Address) ip("10.77.0.10"));
        assertEquals(
                "ffffffffffff0200000000010806" + "0001080006040001" + "0200000000010a4d000a" + "0000000000000a4d000a"
                        + "00".repeat(18),
                HexFormat.of().formatHex(out.array()));
    }

    @Test
    void announcesWithANeighbourAdvertisement() {
        ByteBuffer out = ByteBuffer.allocate(UnsolicitedNeighborAdvertisement.LENGTH);
        byte[] mac = {2, 0, 0, 0, 0, 1};
        UnsolicitedNeighborAdvertisement.encode(out, mac, (Inet6Address) ip("fd00::10"), true);
        assertEquals(UnsolicitedNeighborAdvertisement.LENGTH, out.position());
        assertEquals("88", HexFormat.of().toHexDigits(out.get(54)));
        assertEquals(0xA0000000, out.getInt(58));
        ByteBuffer icmp = out.slice(54, 32);
        long sum = InternetChecksum.pseudoHeader(ip("fd00::10"), ip("ff02::1"), 58, 32) + InternetChecksum.sum(icmp);
        assertEquals(0, InternetChecksum.finish(sum));
    }
}
