package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.hawser.testkit.Corpus;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the kernel hands over, some of it written by others: nothing of it may throw or be read past its end. */
@Tag("fuzz")
class KernelBytesFuzzTest {
    private static final String NETLINK = "KernelBytesFuzzTestInputs/netlink";
    private static final String IPV4_HEADER = "KernelBytesFuzzTestInputs/ipv4Header";

    @FuzzTest(maxDuration = "3m")
    void netlink(byte[] bytes) {
        walk(bytes);
    }

    /** Everything that is found in one datagram, in a buffer as full as the datagram. */
    private static List<Object> walk(byte[] bytes) {
        ByteBuffer datagram =
                ByteBuffer.allocate(bytes.length).order(ByteOrder.nativeOrder()).put(bytes);
        NetlinkMessages messages = new NetlinkMessages(datagram);
        NetlinkAttributes attributes = new NetlinkAttributes(datagram);
        RouteDecoder decoder = new RouteDecoder(attributes);
        List<Object> found = new ArrayList<>();
        int count = 0;
        messages.rewind(bytes.length);
        while (messages.next()) {
            count++;
            Link link = decoder.link(messages);
            if (link != null) {
                found.add(link);
            }
            InterfaceAddress address = decoder.address(messages);
            if (address != null) {
                found.add(address);
            }
            IpvsService service = IpvsMessages.service(messages, attributes);
            if (service != null) {
                found.add(service);
            }
            IpvsDestination destination = IpvsMessages.destination(messages, attributes, Family.IPV6);
            if (destination != null) {
                found.add(destination);
            }
            IpvsMessages.daemon(messages, attributes);
            IpvsMessages.timeouts(messages, attributes);
            IpvsMessages.info(messages, attributes);
            GenericNetlink.familyId(messages, attributes);
            messages.error();
            int start = messages.acknowledgementAttributesAt();
            if (start >= 0) {
                readAll(attributes.of(messages, start), bytes.length, 0);
            }
            readAll(attributes.of(messages, 16), bytes.length, 0);
        }
        assertTrue(count <= bytes.length / NetlinkMessages.HEADER, "the walk ends");
        return found;
    }

    private static void readAll(NetlinkAttributes attributes, int size, int depth) {
        int count = 0;
        while (attributes.next()) {
            count++;
            attributes.type();
            attributes.int8(0);
            attributes.int16(0);
            attributes.bigInt16(0);
            attributes.int32(0);
            attributes.int64(0);
            attributes.int32At(4, 0);
            attributes.string();
            assertTrue(attributes.valueAt() + attributes.size() <= size, "a value ends within the datagram");
            if (depth < 3) {
                readAll(attributes.nested(), size, depth + 1);
            }
        }
        assertTrue(count <= size / NetlinkAttributes.HEADER, "the walk ends");
    }

    @FuzzTest(maxDuration = "3m")
    void ipv4Header(byte[] bytes) {
        ByteBuffer packet = ByteBuffer.wrap(bytes);
        for (int length : new int[] {bytes.length, bytes.length / 2, bytes.length + 1}) {
            ByteBuffer payload = Ipv4Header.payload(packet, length);
            assertTrue(payload.remaining() <= Math.max(0, Math.min(length, bytes.length) - 20));
        }
    }

    @Test
    void whatTheKernelSaidIsUnderstood() {
        List<Object> found = new ArrayList<>();
        Corpus.read(KernelBytesFuzzTest.class, NETLINK).forEach(bytes -> found.addAll(walk(bytes)));
        assertTrue(found.stream()
                .anyMatch(each -> each instanceof Link link && link.name().equals("mv0")));
        assertTrue(found.stream()
                .anyMatch(each -> each instanceof InterfaceAddress address
                        && address.address().getHostAddress().equals("10.99.0.10")));
        assertTrue(found.stream()
                .anyMatch(each -> each instanceof IpvsService service
                        && service.scheduler().equals("mh")));
        assertTrue(found.stream()
                .anyMatch(each -> each instanceof IpvsDestination destination
                        && destination.forwarding() == IpvsForwarding.DIRECT));
        for (byte[] bytes : Corpus.read(KernelBytesFuzzTest.class, IPV4_HEADER)) {
            assertFalse(Ipv4Header.payload(ByteBuffer.wrap(bytes), bytes.length).remaining() < 12);
        }
    }

    @Test
    void damagedDatagramsAreRead() {
        Mutations.each(Corpus.read(KernelBytesFuzzTest.class, NETLINK).toArray(byte[][]::new), this::netlink);
    }

    @Test
    void damagedHeadersAreRead() {
        Mutations.each(Corpus.read(KernelBytesFuzzTest.class, IPV4_HEADER).toArray(byte[][]::new), this::ipv4Header);
    }
}
