package io.hawser.lb.daemon;

import io.hawser.sysctl.linux.FrameTap;
import io.hawser.sysctl.linux.Link;
import io.hawser.sysctl.linux.PacketSocket;
import io.hawser.sysctl.linux.RouteSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * Captures, on a client's interface, the resets that come from an address and the announcements of it. Runs on one thread, in
 * whose network namespace it captures, until it is closed.
 */
final class LinkCapture implements AutoCloseable {
    private static final int TCP = 6;
    private static final int ARP = 0x0806;
    private static final int ETHERNET = 14;
    private static final int SENDER_MAC_AT = ETHERNET + 8;
    private static final int SENDER_ADDRESS_AT = ETHERNET + 14;
    private static final int SOURCE_AT = ETHERNET + 12;
    private static final int FLAGS_AT = 13;
    private static final int RST = 0x04;
    private static final long STEP_NANOS = 200_000;

    /** A connection to the address; a client may use one port of its own for several. */
    record Ports(int server, int client) {}

    private final byte[] address;
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean isEnding;

    /** When the first reset of each connection was there. */
    final Map<Ports, Long> resets = new ConcurrentHashMap<>();
    /** When the first announcement of each MAC address was there. */
    final Map<String, Long> announcements = new ConcurrentHashMap<>();

    LinkCapture(String address) {
        this.address = InetAddress.ofLiteral(address).getAddress();
    }

    /** Captures until it is closed. */
    Void run(String interfaceName) {
        try (var route = RouteSocket.open()) {
            Link link = Objects.requireNonNull(route.link(interfaceName));
            try (var tap = FrameTap.open(link.index(), TCP, List.of());
                    var arp = PacketSocket.open(link.index(), ARP)) {
                begun.countDown();
                while (!isEnding) {
                    for (var frame = tap.receive(); frame != null; frame = tap.receive()) {
                        if (!frame.isOutgoing()) {
                            segment(frame.bytes());
                        }
                    }
                    for (ByteBuffer frame = arp.receive(); frame != null; frame = arp.receive()) {
                        announcement(frame);
                    }
                    LockSupport.parkNanos(STEP_NANOS);
                }
            }
        } finally {
            begun.countDown();
            ended.countDown();
        }
        return null;
    }

    private boolean isAddress(ByteBuffer frame, int at) {
        return Arrays.equals(bytes(frame, at, address.length), address);
    }

    private static byte[] bytes(ByteBuffer frame, int at, int length) {
        byte[] bytes = new byte[length];
        frame.get(at, bytes);
        return bytes;
    }

    private void segment(ByteBuffer frame) {
        if (isAddress(frame, SOURCE_AT)) {
            int tcp = ETHERNET + (frame.get(ETHERNET) & 0xF) * Integer.BYTES;
            if ((frame.get(tcp + FLAGS_AT) & RST) != 0) {
                Ports ports = new Ports(frame.getShort(tcp) & 0xFFFF, frame.getShort(tcp + Short.BYTES) & 0xFFFF);
                resets.putIfAbsent(ports, System.nanoTime());
            }
        }
    }

    private void announcement(ByteBuffer frame) {
        if (isAddress(frame, SENDER_ADDRESS_AT)) {
            String mac = java.util.HexFormat.ofDelimiter(":").formatHex(bytes(frame, SENDER_MAC_AT, 6));
            announcements.putIfAbsent(mac, System.nanoTime());
        }
    }

    void awaitBegin() throws InterruptedException {
        begun.await();
    }

    @Override
    public void close() throws InterruptedException {
        isEnding = true;
        ended.await();
    }
}
