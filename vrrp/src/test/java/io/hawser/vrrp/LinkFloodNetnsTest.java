package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.linux.PacketSocket;
import io.hawser.sysctl.linux.RouteSocket;
import io.hawser.testkit.RealTime;
import io.hawser.vrrp.election.RouterState;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What one host floods a link with is said while it does so, also what the kernel keeps away from every other socket. */
@Tag("netns")
@RealTime
class LinkFloodNetnsTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Mac MAC = new Mac(0x0200_0000_0017L);
    private static final int AT_ONCE = 500;

    private static PacketSocket attacker(Lab lab) throws Exception {
        return lab.host(13).call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                return PacketSocket.open(
                        Objects.requireNonNull(routes.link("eth0")).index(), 0);
            }
        });
    }

    private static ByteBuffer advert(int vrid, String source, int damage) {
        InetAddress from = AdvertisementTest.ip(source);
        ByteBuffer message = ByteBuffer.allocate(64);
        new Advertisement(3, vrid, 100, 100_000_000L, List.of(Lab.VIP), Authentication.NONE)
                .encode(message, from, MulticastGroup.IPV4, ChecksumForm.PSEUDO_HEADER);
        message.put(6, (byte) (message.get(6) ^ damage)).flip();
        ByteBuffer frame = ByteBuffer.allocate(AdvertisementFrame.HEADERS + message.remaining());
        AdvertisementFrame.encode(frame, MAC, from, message);
        return frame.flip();
    }

    private static ByteBuffer arp(String address) {
        ByteBuffer frame = ByteBuffer.allocate(64);
        GratuitousArp.encode(frame, MAC.bytes(), (Inet4Address) AdvertisementTest.ip(address));
        return frame.flip();
    }

    private static boolean isSaid(VrrpSpeaker speaker, String... words) {
        return speaker.floods().stream()
                .map(Flood::explanation)
                .anyMatch(text -> List.of(words).stream().allMatch(text::contains));
    }

    /** Floods until it is said, and waits until it is not. */
    private static void flood(RouterSpec spec, ByteBuffer frame, Flood.Protocol protocol, String... words)
            throws Exception {
        try (Lab lab = new Lab(11, 13);
                PacketSocket socket = attacker(lab)) {
            VrrpSpeaker speaker = lab.speak(11, spec);
            lab.awaitOnly(11, SOON);
            assertEquals(List.of(), speaker.floods());
            lab.await("said", SOON, () -> {
                for (int i = 0; i < AT_ONCE; i++) {
                    socket.send(frame);
                }
                return isSaid(speaker, words);
            });
            assertTrue(speaker.status().arrived().getOrDefault(protocol, 0L) >= 10_000);
            assertEquals(RouterState.ACTIVE, speaker.routersNow().getFirst().state());
            lab.await("over", SOON, () -> speaker.floods().isEmpty());
            assertEquals(0, speaker.status().failures());
        }
    }

    @Test
    void advertisementsWithAWrongChecksum() throws Exception {
        flood(
                Lab.spec(11, 200),
                advert(51, "10.99.0.12", 0xFF),
                Flood.Protocol.VRRP,
                "VRRP packets a second are discarded on eth0: checksum (last from 10.99.0.12, MAC " + MAC);
    }

    @Test
    void advertisementsOfOthersThatNoUnicastRouterHears() throws Exception {
        flood(
                Lab.spec(11, 200, 12),
                advert(77, "10.99.0.77", 0),
                Flood.Protocol.VRRP,
                "VRRP packets a second arrive on eth0 for VRIDs that are not used here",
                "(last from 10.99.0.77, MAC " + MAC + ", VRID 77)");
    }

    @Test
    void arpForOtherAddresses() throws Exception {
        flood(
                Lab.spec(11, 200),
                arp("10.99.0.77"),
                Flood.Protocol.ARP,
                "ARP packets a second arrive on eth0 (last from 10.99.0.77, MAC " + MAC);
    }

    @Test
    void aNewInterfaceOfTheNameIsLookedAtToo() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            VrrpSpeaker speaker = lab.speak(11, Lab.spec(11, 200));
            lab.awaitOnly(11, SOON);
            lab.host(11).run("ip", "link", "delete", "eth0");
            lab.plug(11);
            lab.awaitOnly(11, SOON);
            try (PacketSocket socket = attacker(lab)) {
                ByteBuffer frame = arp("10.99.0.77");
                lab.await("said", SOON, () -> {
                    for (int i = 0; i < AT_ONCE; i++) {
                        socket.send(frame);
                    }
                    return isSaid(speaker, "ARP packets a second");
                });
            }
        }
    }
}
