package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.linux.GenericNetlink.Body;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What was asked of a Linux 6.1 and what it answered (ipvs-messages.hex): the same bytes are sent, and all of the answers is understood. */
class IpvsMessagesTest {
    private static final int FAMILY = 0x20;
    private static final int ACK = NetlinkRequest.NLM_F_ACK;
    private static final int DUMP = NetlinkRequest.NLM_F_DUMP;
    private static final List<byte[]> SENT = new ArrayList<>();
    private static final List<byte[]> RECEIVED = new ArrayList<>();

    private static final IpvsService.Key KEY = new IpvsService.Address(6, ip("10.0.0.100"), 80);

    private final ByteBuffer memory = ByteBuffer.allocate(4_096).order(ByteOrder.LITTLE_ENDIAN);
    private final NetlinkMessages messages = new NetlinkMessages(memory);
    private final NetlinkAttributes attributes = new NetlinkAttributes(memory);

    @BeforeAll
    static void read() throws IOException {
        try (InputStream in = IpvsMessagesTest.class.getResourceAsStream("ipvs-messages.hex")) {
            String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII);
            for (String line : text.lines().toList()) {
                if (!line.startsWith("#")) {
                    (line.startsWith(">") ? SENT : RECEIVED).add(HexFormat.of().parseHex(line.substring(2)));
                }
            }
        }
    }

    private static InetAddress ip(String text) {
        return InetAddress.ofLiteral(text);
    }

    private static IpvsDestination direct(String address, int weight) {
        return new IpvsDestination(ip(address), 80, IpvsForwarding.DIRECT, weight);
    }

    /** The request with the number that it had. */
    private static byte[] sent(int sequence) {
        return SENT.stream()
                .filter(each -> sequenceOf(each) == sequence)
                .findFirst()
                .orElseThrow();
    }

    private static int sequenceOf(byte[] message) {
        return ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getInt(8);
    }

    private void load(int sequence) {
        load(RECEIVED.stream()
                .filter(each -> sequenceOf(each) == sequence)
                .findFirst()
                .orElseThrow());
    }

    private void load(byte[] datagram) {
        memory.put(0, new byte[memory.capacity()]).put(0, datagram);
        messages.rewind(datagram.length);
        assertTrue(messages.next());
    }

    private static void assertSent(int sequence, int command, int flags, Body body) {
        ByteBuffer out = ByteBuffer.allocate(4_096).order(ByteOrder.LITTLE_ENDIAN);
        NetlinkRequest request = GenericNetlink.header(new NetlinkRequest(out), FAMILY, command, flags);
        body.write(request);
        int length = request.finish(sequence);
        byte[] bytes = new byte[length];
        out.get(0, bytes);
        assertEquals(HexFormat.of().formatHex(sent(sequence)), HexFormat.of().formatHex(bytes));
    }

    private @Nullable IpvsService service() {
        return IpvsMessages.service(messages, attributes);
    }

    private @Nullable IpvsDestination destination() {
        return IpvsMessages.destination(messages, attributes, Family.IPV4);
    }

    // --- requests

    @Test
    void requestsWithoutContent() {
        assertSent(3, IpvsMessages.GET_INFO, ACK, request -> {});
        assertSent(4, IpvsMessages.GET_CONFIG, ACK, request -> {});
        assertSent(21, IpvsMessages.GET_SERVICE, DUMP, request -> {});
    }

    @Test
    void services() {
        assertSent(
                5,
                IpvsMessages.NEW_SERVICE,
                ACK,
                request -> IpvsMessages.service(request, new IpvsService(KEY, "mh", 0)));
        var stays = new IpvsService(KEY, "mh", IpvsService.PERSISTENT, 300, 32, IpvsCounters.NONE);
        assertSent(20, IpvsMessages.SET_SERVICE, ACK, request -> IpvsMessages.service(request, stays));
        var six = new IpvsService(new IpvsService.Address(6, ip("2001:db8::100"), 80), "wlc", 0);
        assertSent(25, IpvsMessages.NEW_SERVICE, ACK, request -> IpvsMessages.service(request, six));
        assertSent(36, IpvsMessages.DEL_SERVICE, ACK, request -> IpvsMessages.serviceKey(request, KEY));
    }

    @Test
    void destinations() {
        assertSent(
                9,
                IpvsMessages.NEW_DEST,
                ACK,
                request -> IpvsMessages.destination(request, KEY, direct("10.0.0.21", 1)));
        assertSent(
                13,
                IpvsMessages.SET_DEST,
                ACK,
                request -> IpvsMessages.destination(request, KEY, direct("10.0.0.22", 0)));
        assertSent(
                35,
                IpvsMessages.DEL_DEST,
                ACK,
                request -> IpvsMessages.destinationKey(request, KEY, direct("10.0.0.21", 1)));
        assertSent(23, IpvsMessages.GET_DEST, DUMP, request -> IpvsMessages.serviceKey(request, KEY));
    }

    @Test
    void daemonsAndTimeouts() {
        assertSent(
                29,
                IpvsMessages.NEW_DAEMON,
                ACK,
                request -> IpvsMessages.daemon(request, new IpvsDaemon(IpvsDaemon.Role.BACKUP, "d0", 51)));
        assertSent(
                34,
                IpvsMessages.SET_CONFIG,
                ACK,
                request -> IpvsMessages.timeouts(request, new IpvsTimeouts(900, 120, 300)));
    }

    @Test
    void netmaskOfPersistence() {
        for (int prefix : new int[] {0, 1, 24, 32}) {
            var service = new IpvsService(KEY, "rr", IpvsService.PERSISTENT, 60, prefix, IpvsCounters.NONE);
            assertEquals(
                    service, answered(IpvsMessages.NEW_SERVICE, request -> IpvsMessages.service(request, service)));
        }
    }

    /** What is sent, read as if it were answered. */
    private @Nullable IpvsService answered(int command, Body body) {
        NetlinkRequest request = GenericNetlink.header(new NetlinkRequest(memory), FAMILY, command, ACK);
        body.write(request);
        messages.rewind(request.finish(1));
        assertTrue(messages.next());
        return service();
    }

    @Test
    void marksOfOthers() {
        var marked = new IpvsService(new IpvsService.Mark(Family.IPV6, 7), "wlc", 0);
        assertEquals(marked, answered(IpvsMessages.NEW_SERVICE, request -> IpvsMessages.service(request, marked)));
    }

    // --- answers

    @Test
    void familyIsRead() {
        byte[] whole = java.util.Arrays.copyOf(RECEIVED.getFirst(), 388);
        load(whole);
        assertEquals(FAMILY, GenericNetlink.familyId(messages, attributes));
        load(3);
        assertEquals(0, GenericNetlink.familyId(messages, attributes));
    }

    @Test
    void infoAndTimeoutsAreRead() {
        load(3);
        assertEquals(new IpvsInfo("1.2.1", 4_096), IpvsMessages.info(messages, attributes));
        assertNull(IpvsMessages.timeouts(messages, attributes));
        load(4);
        assertEquals(new IpvsTimeouts(900, 120, 300), IpvsMessages.timeouts(messages, attributes));
        assertNull(IpvsMessages.info(messages, attributes));
    }

    @Test
    void aServiceIsReadWithoutWhatTheKernelAdds() {
        load(21);
        assertEquals(new IpvsService(KEY, "mh", IpvsService.PERSISTENT, 300, 32, IpvsCounters.NONE), service());
        assertNull(destination());
    }

    @Test
    void aDestinationIsRead() {
        load(23);
        assertEquals(direct("10.0.0.100", 1), destination());
        assertNull(service());
    }

    @Test
    void rolesAreRead() {
        load(31);
        assertEquals(new IpvsDaemon(IpvsDaemon.Role.MASTER, "lo", 51), IpvsMessages.daemon(messages, attributes));
        assertTrue(messages.next());
        assertEquals(new IpvsDaemon(IpvsDaemon.Role.BACKUP, "d0", 51), IpvsMessages.daemon(messages, attributes));
        assertFalse(messages.next());
    }

    /** In the answers above the kernel had counted nothing. */
    @Test
    void countersOf64BitsAreTakenBeforeThoseOf32() {
        NetlinkRequest request = GenericNetlink.header(new NetlinkRequest(memory), FAMILY, IpvsMessages.NEW_DEST, 0);
        request.nest(2, inside -> {
            inside.attribute(1, new byte[] {10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
                    .attributeBig16(2, 8_080)
                    .attribute(3, 0x100)
                    .attribute(7, -1)
                    .attribute(8, 2)
                    .attribute(9, 3);
            inside.nest(10, old -> old.attribute(1, 5).attribute(2, -1));
            inside.nest(12, now -> {
                for (int type = 1; type <= 5; type++) {
                    now.attributeHeader(type, Long.BYTES).int32(type).int32(1);
                }
            });
            inside.nest(10, old -> old.attribute(1, 6));
        });
        messages.rewind(request.finish(1));
        assertTrue(messages.next());
        long more = 1L << 32;
        assertEquals(
                new IpvsDestination(
                        ip("10.0.0.1"),
                        8_080,
                        IpvsForwarding.NAT,
                        0,
                        0,
                        0,
                        new IpvsDestination.Connections(0xFFFF_FFFFL, 2, 3),
                        new IpvsCounters(more + 1, more + 2, more + 3, more + 4, more + 5)),
                destination());
    }

    @Test
    void anAnswerThatLacksSomethingIsNone() {
        for (int sequence : new int[] {21, 23, 31}) {
            load(sequence);
            int size = messages.payloadLength();
            for (int cut = 0; cut < size; cut += 4) {
                byte[] shorter = new byte[NetlinkMessages.HEADER + cut];
                memory.get(0, shorter);
                ByteBuffer.wrap(shorter).order(ByteOrder.LITTLE_ENDIAN).putInt(0, shorter.length);
                load(shorter);
                assertNull(service());
                assertNull(destination());
                assertNull(IpvsMessages.daemon(messages, attributes));
                load(sequence);
            }
        }
    }

    // --- records

    @Test
    void likenessLeavesOutWhatIsCounted() {
        IpvsDestination one = direct("10.0.0.1", 1);
        var counted = new IpvsDestination(
                one.address(),
                80,
                IpvsForwarding.DIRECT,
                1,
                0,
                0,
                new IpvsDestination.Connections(1, 2, 3),
                new IpvsCounters(1, 2, 3, 4, 5));
        assertTrue(one.isLike(counted));
        assertFalse(one.isLike(direct("10.0.0.1", 2)));
        assertTrue(one.isSame(direct("10.0.0.1", 2)));
        assertFalse(one.isSame(direct("10.0.0.2", 1)));
        var service = new IpvsService(KEY, "mh", 0x2 | IpvsService.PORT);
        assertTrue(service.isLike(new IpvsService(KEY, "mh", IpvsService.PORT, 300, 24, IpvsCounters.NONE)));
        assertFalse(service.isLike(new IpvsService(KEY, "mh", 0)));
        assertFalse(service.isLike(new IpvsService(KEY, "rr", IpvsService.PORT)));
        var stays = new IpvsService(KEY, "rr", IpvsService.PERSISTENT, 300, 32, IpvsCounters.NONE);
        assertFalse(stays.isLike(new IpvsService(KEY, "rr", IpvsService.PERSISTENT, 301, 32, IpvsCounters.NONE)));
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new IpvsService.Address(6, ip("::1"), 65_536));
        assertThrows(IllegalArgumentException.class, () -> new IpvsService(KEY, "0123456789abcdef", 0));
        assertThrows(IllegalArgumentException.class, () -> new IpvsDestination(ip("::1"), -1, IpvsForwarding.NAT, 1));
        for (String name : List.of("", "0123456789abcdef")) {
            assertThrows(IllegalArgumentException.class, () -> new IpvsDaemon(IpvsDaemon.Role.MASTER, name, 1));
        }
        assertThrows(IllegalArgumentException.class, () -> new IpvsDaemon(IpvsDaemon.Role.MASTER, "lo", 256));
    }
}
