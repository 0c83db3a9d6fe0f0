package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Ipv4HeaderTest {
    // A version 3 advertisement of 10.77.0.11 with 20 bytes of link padding left away.
    private static final String ADVERT = "45c0002000010000ff70daf40a4d000be00000123133c801000a1a2e0a4d000a";
    // The same with the router alert option (IHL 6).
    private static final String WITH_OPTION =
            "46c0002400010000ff70daf40a4d000be0000012940400003133c801000a1a2e0a4d000a";

    private static ByteBuffer packet(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        return ByteBuffer.allocate(64).put(bytes).flip().clear().order(ByteOrder.nativeOrder());
    }

    private static int payloadOf(String hex) {
        return Ipv4Header.payload(packet(hex), hex.length() / 2).remaining();
    }

    @Test
    void payloadFollowsTheHeader() {
        ByteBuffer payload = Ipv4Header.payload(packet(ADVERT), 32);
        assertEquals(12, payload.remaining());
        assertEquals(0x3133c801, payload.getInt(0));
        assertTrue(payload.isReadOnly());
    }

    @Test
    void optionsAreSkipped() {
        ByteBuffer payload = Ipv4Header.payload(packet(WITH_OPTION), 36);
        assertEquals(12, payload.remaining());
        assertEquals(0x3133c801, payload.getInt(0));
    }

    @Test
    void linkPaddingIsLeftAway() {
        assertEquals(12, payloadOf(ADVERT + "0000000000000000"));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 65, version 6",
        "0, 44, header of 16 bytes",
        "0, 4f, header longer than the packet says",
        "3, 10, total shorter than the header",
        "3, 21, total longer than what was received",
        "2, ff, total far longer than what was received",
    })
    void contradictoryHeaderHasNoPayload(int at, String value, String what) {
        String hex = ADVERT.substring(0, at * 2) + value + ADVERT.substring(at * 2 + 2);
        assertEquals(0, payloadOf(hex), what);
    }

    @ParameterizedTest
    @CsvSource({"-1", "0", "1", "19", "31"})
    void shortPacketHasNoPayload(int received) {
        assertEquals(0, Ipv4Header.payload(packet(ADVERT), received).remaining());
    }

    @Test
    void mutationsAreSurvived() {
        byte[][] seeds = {HexFormat.of().parseHex(ADVERT), HexFormat.of().parseHex(WITH_OPTION)};
        Mutations.each(seeds, bytes -> {
            ByteBuffer payload = Ipv4Header.payload(ByteBuffer.wrap(bytes), bytes.length);
            assertTrue(payload.remaining() <= Math.max(bytes.length - 20, 0));
        });
    }
}
