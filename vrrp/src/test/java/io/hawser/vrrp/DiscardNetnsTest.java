package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.hawser.sysctl.linux.PacketSocket;
import io.hawser.sysctl.linux.RouteSocket;
import io.hawser.sysctl.net.AddressText;
import io.hawser.testkit.RealTime;
import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.RouterState;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** For each reason to discard, packets that are good but for one thing, as frames on the wire. */
@Tag("netns")
@RealTime
class DiscardNetnsTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final long TENTH = 100_000_000L;
    private static final long SECOND = 1_000_000_000L;
    private static final int GROUP = 51;
    private static final int PASSWORD = 52;
    private static final int UNICAST = 53;
    private static final int STOPPED = 54;

    private static final InetAddress SELF = Lab.address(11);
    private static final InetAddress OTHER = Lab.address(13);
    private static final InetAddress SELF6 = AdvertisementTest.ip("fe80::11");
    private static final InetAddress OTHER6 = AdvertisementTest.ip("fe80::13");
    private static final InetAddress LINK_LOCAL = AdvertisementTest.ip("fe80::99");
    private static final InetAddress GLOBAL = AdvertisementTest.ip("fd00::99");
    private static final Authentication PASS = Authentication.pass(new Password("s3cret"));
    private static final Mac MAC = Mac.virtual(io.hawser.sysctl.linux.Family.IPV4, 13);

    /**
     * No packet is known to make this program fail: that is what the fuzz tests look for. A flood is more than a packet:
     * {@link HostileLinkNetnsTest}.
     */
    private static final EnumSet<DiscardReason> UNPROVOKED =
            EnumSet.of(DiscardReason.FLOOD, DiscardReason.INTERNAL_ERROR);

    private record Forged(DiscardReason reason, ByteBuffer frame) {}

    /** A router with a virtual address of its own; without peers, over multicast. */
    private static RouterSpec router(int vrid, int version, String source, Optional<String> password, int... peers) {
        RouterSpec like = Lab.spec(11, 200, version, RouterSpec.Checksum.AUTO, password, peers);
        RouterSpec.Nodes nodes = like.nodes();
        return Lab.addressed(
                Lab.named(like, "r" + vrid, vrid)
                        .with(new RouterSpec.Nodes(
                                AdvertisementTest.ip(source), nodes.priority(), nodes.peers(), nodes.names())),
                List.of(new VirtualAddress(vip(vrid), 32)));
    }

    private static InetAddress vip(int vrid) {
        return Lab.address(vrid + 100);
    }

    private static Advertisement advert(int vrid, long interval) {
        return new Advertisement(3, vrid, 100, interval, List.of(vip(vrid)), Authentication.NONE);
    }

    private static Advertisement two(Authentication authentication, long interval) {
        return new Advertisement(2, PASSWORD, 100, interval, List.of(vip(PASSWORD)), authentication);
    }

    private static Advertisement six(InetAddress first) {
        return new Advertisement(3, GROUP, 100, TENTH, List.of(first, GLOBAL), Authentication.NONE);
    }

    private static ByteBuffer message(Advertisement advert, InetAddress source) {
        boolean isSix = source.equals(OTHER6) || source.equals(SELF6);
        ByteBuffer message = ByteBuffer.allocate(128);
        InetAddress group = isSix ? MulticastGroup.IPV6 : MulticastGroup.IPV4;
        advert.encode(message, source, group, isSix ? ChecksumForm.PSEUDO_HEADER : ChecksumForm.MESSAGE);
        return message.flip();
    }

    /** A good message over IPv4 with one byte replaced and the checksum made good again. */
    private static ByteBuffer changed(int at, int value) {
        ByteBuffer message = message(advert(GROUP, TENTH), OTHER);
        message.put(at, (byte) value).putShort(6, (short) 0);
        return message.putShort(6, (short) InternetChecksum.finish(InternetChecksum.sum(message)));
    }

    /** To the group. */
    private static ByteBuffer frame(ByteBuffer message, InetAddress source) {
        ByteBuffer frame = ByteBuffer.allocate(AdvertisementFrame.HEADERS + message.remaining());
        AdvertisementFrame.encode(frame, MAC, source, message);
        return frame.flip();
    }

    private static ByteBuffer frame(Advertisement advert, InetAddress source) {
        return frame(message(advert, source), source);
    }

    /** The same IPv4 frame with another TTL and destination; in an Ethernet broadcast, which needs no MAC address. */
    private static ByteBuffer readdressed(ByteBuffer frame, int ttl, InetAddress destination) {
        frame.put(0, new byte[] {-1, -1, -1, -1, -1, -1});
        frame.put(22, (byte) ttl).putShort(24, (short) 0).put(30, destination.getAddress());
        return frame.putShort(24, (short) InternetChecksum.finish(InternetChecksum.sum(frame.slice(14, 20))));
    }

    private static ByteBuffer toSelf(Advertisement advert) {
        return readdressed(frame(advert, OTHER), 255, SELF);
    }

    private static List<Forged> forged() {
        List<Forged> all = new ArrayList<>();
        all.add(new Forged(
                DiscardReason.TTL, readdressed(frame(advert(GROUP, TENTH), OTHER), 254, MulticastGroup.IPV4)));
        all.add(new Forged(DiscardReason.TTL, readdressed(frame(two(PASS, SECOND), OTHER), 1, MulticastGroup.IPV4)));
        all.add(new Forged(DiscardReason.TTL, frame(six(LINK_LOCAL), OTHER6).put(21, (byte) 254)));
        all.add(new Forged(DiscardReason.VERSION, frame(changed(0, 0x41), OTHER)));
        all.add(new Forged(DiscardReason.VERSION, frame(changed(1, PASSWORD), OTHER)));
        all.add(new Forged(DiscardReason.TYPE, frame(changed(0, 0x32), OTHER)));
        all.add(new Forged(
                DiscardReason.TRUNCATED,
                frame(message(advert(GROUP, TENTH), OTHER).slice(0, 7), OTHER)));
        all.add(new Forged(DiscardReason.TRUNCATED, frame(changed(3, 2), OTHER)));
        ByteBuffer v2 = message(two(PASS, SECOND), OTHER);
        all.add(new Forged(DiscardReason.TRUNCATED, frame(v2.limit(v2.limit() - 1), OTHER)));
        all.add(new Forged(
                DiscardReason.CHECKSUM,
                frame(message(advert(GROUP, TENTH), OTHER).put(2, (byte) 101), OTHER)));
        all.add(new Forged(
                DiscardReason.CHECKSUM, frame(message(six(LINK_LOCAL), OTHER6).put(2, (byte) 101), OTHER6)));
        all.add(new Forged(DiscardReason.VRID, frame(advert(99, TENTH), OTHER)));
        Advertisement none = new Advertisement(3, GROUP, 100, TENTH, List.of(), Authentication.NONE);
        all.add(new Forged(DiscardReason.COUNT_ZERO, frame(none, OTHER)));
        all.add(new Forged(DiscardReason.INTERVAL_ZERO, frame(advert(GROUP, 0), OTHER)));
        all.add(new Forged(DiscardReason.INTERVAL_ZERO, frame(two(PASS, 0), OTHER)));
        all.add(new Forged(DiscardReason.INTERVAL_MISMATCH, frame(two(PASS, 3 * SECOND), OTHER)));
        all.add(new Forged(DiscardReason.FIRST_NOT_LINK_LOCAL, frame(six(GLOBAL), OTHER6)));
        all.add(new Forged(DiscardReason.AUTH_TYPE, frame(two(Authentication.NONE, SECOND), OTHER)));
        Authentication wrong = Authentication.pass(new Password("S3cret"));
        all.add(new Forged(DiscardReason.AUTH_DATA, frame(two(wrong, SECOND), OTHER)));
        // Replayed to its sender. Over IPv4 the kernel drops what comes from an address of its own.
        all.add(new Forged(DiscardReason.OWN_PACKET, frame(six(LINK_LOCAL), SELF6)));
        all.add(new Forged(DiscardReason.UNLISTED_PEER, toSelf(advert(UNICAST, TENTH))));
        all.add(new Forged(DiscardReason.DESTINATION, frame(advert(UNICAST, TENTH), OTHER)));
        all.add(new Forged(DiscardReason.DESTINATION, toSelf(advert(GROUP, TENTH))));
        all.add(new Forged(DiscardReason.NOT_LISTENING, toSelf(advert(STOPPED, TENTH))));
        return all;
    }

    private static Map<DiscardReason, Long> nothing() {
        Map<DiscardReason, Long> counts = new EnumMap<>(DiscardReason.class);
        for (DiscardReason reason : DiscardReason.values()) {
            counts.put(reason, 0L);
        }
        return counts;
    }

    private static long received(VrrpSpeaker speaker) {
        return speaker.routersNow().stream()
                .mapToLong(RouterStatus::advertsReceived)
                .sum();
    }

    private static List<RouterState> states(VrrpSpeaker speaker) {
        return speaker.routersNow().stream().map(RouterStatus::state).toList();
    }

    @Test
    void whatIsAllowedButDifferentIsAcceptedAndSaidOnce() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            VrrpSpeaker speaker = lab.speak(11, router(GROUP, 3, "10.99.0.11", Optional.empty()));
            lab.await("active", SOON, () -> states(speaker).equals(List.of(RouterState.ACTIVE)));
            int index = indexOfEth0(lab);
            Advertisement other = new Advertisement(
                    3, GROUP, 100, 4 * TENTH, List.of(vip(GROUP), Lab.address(99)), Authentication.NONE);
            try (PacketSocket socket = lab.host(13).call(() -> PacketSocket.open(index, 0))) {
                socket.send(frame(other, OTHER));
                socket.send(frame(other, OTHER));
                lab.await("both are accepted", SOON, () -> received(speaker) == 2);
            }
            for (AlarmKind kind : List.of(AlarmKind.OTHER_INTERVAL, AlarmKind.OTHER_ADDRESSES)) {
                String start = "11 " + kind.label() + ": 10.99.0.13";
                lab.await(start, SOON, () -> lab.isTold(start));
                assertEquals(2, speaker.status().alarms().get(kind), "each is counted");
                assertEquals(
                        1,
                        lab.told.stream().filter(each -> each.startsWith(start)).count(),
                        lab.told::toString);
            }
            assertEquals(nothing(), speaker.status().discarded());
        }
    }

    private static int indexOfEth0(Lab lab) throws Exception {
        return lab.host(13).call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                return Objects.requireNonNull(routes.link("eth0")).index();
            }
        });
    }

    /** What is logged of discarded packets: reason and sender of each line. */
    private static final class Said extends AppenderBase<ILoggingEvent> {
        final List<String> lines = new CopyOnWriteArrayList<>();

        @Override
        protected void append(ILoggingEvent event) {
            if (event.getMessage().equals("vrrp packet discarded")) {
                lines.add(event.getKeyValuePairs().get(0).value + " "
                        + event.getKeyValuePairs().get(1).value);
            }
        }
    }

    /** Those of other clusters, of ourselves, and of a router that is stopped say nothing that a human should look at. */
    private static List<String> expectedLines() {
        EnumSet<DiscardReason> silent =
                EnumSet.of(DiscardReason.VRID, DiscardReason.OWN_PACKET, DiscardReason.NOT_LISTENING);
        return forged().stream()
                .filter(each -> !silent.contains(each.reason()))
                .map(each -> each.reason().label() + " "
                        + AddressText.of(each.frame().get(12) == 8 ? OTHER : OTHER6))
                .distinct()
                .sorted()
                .toList();
    }

    @Test
    void thereIsAPacketForEachReason() {
        EnumSet<DiscardReason> missing = EnumSet.allOf(DiscardReason.class);
        missing.removeAll(UNPROVOKED);
        forged().forEach(each -> missing.remove(each.reason()));
        assertEquals(EnumSet.noneOf(DiscardReason.class), missing);
    }

    @Test
    void eachIsCountedOnceByItsReasonAndMovesNothing() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            VrrpSpeaker speaker = lab.speak(
                    11,
                    router(GROUP, 3, "10.99.0.11", Optional.empty()),
                    router(PASSWORD, 2, "10.99.0.11", Optional.of("s3cret")),
                    router(UNICAST, 3, "10.99.0.11", Optional.empty(), 12),
                    router(STOPPED, 3, "10.99.0.98", Optional.empty(), 13),
                    VrrpSpeakerNetnsTest.six(11, 200, List.of(LINK_LOCAL, GLOBAL)));
            RouterState active = RouterState.ACTIVE;
            List<RouterState> settled = List.of(active, active, active, RouterState.INITIALIZE, active);
            lab.await(
                    "all are settled",
                    Duration.ofSeconds(10),
                    () -> states(speaker).equals(settled));
            assertEquals(nothing(), speaker.status().discarded(), "nothing was sent yet, and every reason is there");
            int index = indexOfEth0(lab);
            Map<DiscardReason, Long> expected = nothing();
            Said said = new Said();
            Logger logger = (Logger) LoggerFactory.getLogger(PacketReceiver.class);
            logger.addAppender(said);
            said.start();
            try (PacketSocket socket = lab.host(13).call(() -> PacketSocket.open(index, 0))) {
                for (Forged each : forged()) {
                    socket.send(each.frame());
                    expected.merge(each.reason(), 1L, Long::sum);
                    lab.await(
                            each + " is counted: " + expected,
                            SOON,
                            () -> speaker.status().discarded().equals(expected));
                }
                assertEquals(0, received(speaker));
                assertEquals(settled, states(speaker));

                // What the others were before they were damaged is accepted.
                socket.send(frame(advert(GROUP, TENTH), OTHER));
                socket.send(frame(two(PASS, SECOND), OTHER));
                socket.send(frame(six(LINK_LOCAL), OTHER6));
                lab.await("the good ones are accepted", SOON, () -> received(speaker) == 3);
            } finally {
                logger.detachAppender(said);
            }
            assertEquals(expectedLines(), said.lines.stream().sorted().toList(), "a line for each reason and sender");
            assertEquals(expected, speaker.status().discarded());
            assertEquals(settled, states(speaker), "their priority is lower");
            assertEquals(0, speaker.status().failures());
        }
    }
}
