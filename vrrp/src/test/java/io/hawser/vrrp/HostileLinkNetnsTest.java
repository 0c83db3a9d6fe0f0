package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.hawser.sysctl.linux.PacketSocket;
import io.hawser.sysctl.linux.RouteSocket;
import io.hawser.testkit.RealTime;
import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.RouterState;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What somebody on the same network can do with frames that are made up. */
@Tag("netns")
@RealTime
class HostileLinkNetnsTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final long TENTH = 100_000_000L;
    private static final int FRAGMENT = 1_480;
    private static final Mac MAC = Mac.virtual(io.hawser.sysctl.linux.Family.IPV4, 13);

    private static PacketSocket attacker(Lab lab) throws Exception {
        return lab.host(13).call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                return PacketSocket.open(
                        Objects.requireNonNull(routes.link("eth0")).index(), 0);
            }
        });
    }

    private static ByteBuffer advert(int priority, String source, ChecksumForm form) {
        InetAddress from = AdvertisementTest.ip(source);
        ByteBuffer message = ByteBuffer.allocate(64);
        new Advertisement(3, 51, priority, 4 * TENTH, List.of(Lab.address(99)), Authentication.NONE)
                .encode(message, from, MulticastGroup.IPV4, form);
        message.flip();
        ByteBuffer frame = ByteBuffer.allocate(AdvertisementFrame.HEADERS + message.remaining());
        AdvertisementFrame.encode(frame, MAC, from, message);
        return frame.flip();
    }

    private static ByteBuffer claim(int machine) {
        ByteBuffer frame = ByteBuffer.allocate(64);
        byte[] mac = {2, 0, 0, 0, (byte) (machine >> 8), (byte) machine};
        GratuitousArp.encode(frame, mac, (Inet4Address) Lab.VIP);
        return frame.flip();
    }

    private static long told(Lab lab, AlarmKind kind) {
        return lab.told.stream()
                .filter(each -> each.startsWith("11 " + kind.label()))
                .count();
    }

    private static long received(VrrpSpeaker speaker) {
        return speaker.routersNow().getFirst().advertsReceived();
    }

    @Test
    void strangersThatAreMadeUpSilenceNoOtherAlarmAndAreCounted() throws Exception {
        try (Lab lab = new Lab(11, 13);
                PacketSocket socket = attacker(lab)) {
            VrrpSpeaker speaker = lab.speak(11, Lab.spec(11, 200));
            lab.awaitOnly(11, SOON);
            // Claims count only when the takeover is over.
            lab.await("a claim counts", SOON, () -> {
                socket.send(claim(0));
                return speaker.status().conflicts() > 0;
            });
            for (int i = 1; i <= 300; i++) {
                socket.send(advert(100, "10.99.1." + i % 256, ChecksumForm.PSEUDO_HEADER));
            }
            lab.await("more are counted", SOON, () -> {
                return lab.told.stream()
                        .anyMatch(
                                each -> each.matches(
                                        "11 other-interval: [0-9]+ more from other senders.*; the last one listed: 10\\.99\\.1\\..*"));
            });
            socket.send(claim(777));
            lab.await("the claim is told", SOON, () -> {
                return lab.told.stream()
                        .anyMatch(each -> each.startsWith("11 address-claimed") && each.contains("02:00:00:00:03:09"));
            });
            for (AlarmKind kind : List.of(AlarmKind.OTHER_INTERVAL, AlarmKind.OTHER_ADDRESSES)) {
                assertTrue(told(lab, kind) <= RateLimitedLog.MOST + 1, kind + ": " + told(lab, kind));
            }
        }
    }

    @Test
    void twoChecksumFormsAreSaidOnceAndDoNotChangeWhatIsSent() throws Exception {
        AtomicInteger lines = new AtomicInteger();
        AppenderBase<ILoggingEvent> said = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                if (event.getMessage().startsWith("sending the checksum form")) {
                    lines.incrementAndGet();
                }
            }
        };
        Logger logger = (Logger) LoggerFactory.getLogger(AdvertSender.class);
        logger.addAppender(said);
        said.start();
        try (Lab lab = new Lab(11, 13);
                PacketSocket socket = attacker(lab)) {
            VrrpSpeaker speaker = lab.speak(11, Lab.spec(11, 200));
            lab.awaitOnly(11, SOON);
            for (int i = 0; i < 8; i++) {
                socket.send(advert(120, "10.99.0.14", ChecksumForm.MESSAGE));
                socket.send(advert(110, "10.99.0.15", ChecksumForm.PSEUDO_HEADER));
            }
            lab.await("all are heard", SOON, () -> received(speaker) == 16);
            lab.await("told", SOON, () -> told(lab, AlarmKind.OTHER_CHECKSUM) > 0);
            assertEquals(1, lines.get());
            assertEquals(1, told(lab, AlarmKind.OTHER_CHECKSUM));
        } finally {
            logger.detachAppender(said);
        }
    }

    /** A router on another id, with another address. */
    private static RouterSpec other(int vrid, String address) {
        return Lab.addressed(
                Lab.named(Lab.spec(11, 200), "r" + vrid, vrid),
                List.of(new VirtualAddress(AdvertisementTest.ip(address), 32)));
    }

    private static ByteBuffer advert(int vrid, int priority, String source, ChecksumForm form) {
        ByteBuffer frame = advert(priority, source, form);
        int at = frame.limit() - 12;
        frame.put(at + 1, (byte) vrid).putShort(at + 6, (short) 0);
        long sum = InternetChecksum.sum(frame.slice(at, frame.limit() - at));
        return frame.putShort(at + 6, (short) InternetChecksum.finish(sum));
    }

    private static ByteBuffer claim(int machine, String address) {
        ByteBuffer frame = ByteBuffer.allocate(64);
        byte[] mac = {2, 0, 0, 0, (byte) (machine >> 8), (byte) machine};
        GratuitousArp.encode(frame, mac, (Inet4Address) AdvertisementTest.ip(address));
        return frame.flip();
    }

    private static long discarded(VrrpSpeaker speaker, DiscardReason reason) {
        return speaker.status().discarded().getOrDefault(reason, 0L);
    }

    @Test
    void arpForOtherHostsDoesNotWakeTheThread() throws Exception {
        try (Lab lab = new Lab(11, 13);
                PacketSocket socket = attacker(lab)) {
            VrrpSpeaker speaker = lab.speak(11, Lab.spec(11, 200));
            lab.awaitOnly(11, SOON);
            lab.await("a claim counts", SOON, () -> {
                socket.send(claim(0));
                return speaker.status().conflicts() > 0;
            });
            long before = speaker.packetsReceived();
            for (int i = 0; i < 2_000; i++) {
                socket.send(claim(i, "10.99.0.77"));
            }
            long claims = speaker.status().conflicts();
            lab.await("what was sent last has arrived", SOON, () -> {
                socket.send(claim(1));
                return speaker.status().conflicts() > claims;
            });
            long found = speaker.packetsReceived() - before;
            assertTrue(found < 500, "found " + found);
        }
    }

    @Test
    void aFloodForOtherRoutersIsLookedAtInPartAndHidesNothing() throws Exception {
        try (Lab lab = new Lab(11, 13);
                PacketSocket socket = attacker(lab)) {
            VrrpSpeaker speaker = lab.speak(11, Lab.spec(11, 200));
            lab.awaitOnly(11, SOON);
            long start = System.nanoTime();
            long before = speaker.packetsReceived();
            int sent = 0;
            while (sent < 3_000 || System.nanoTime() - start < 1_000_000_000L) {
                socket.send(advert(99, 100, "10.99.0.13", ChecksumForm.MESSAGE));
                sent++;
            }
            long heard = received(speaker);
            AtomicInteger wanted = new AtomicInteger();
            lab.await("what is for this router is heard", SOON, () -> {
                wanted.incrementAndGet();
                socket.send(advert(51, 100, "10.99.0.14", ChecksumForm.MESSAGE));
                return received(speaker) > heard;
            });
            double seconds = (System.nanoTime() - start) / 1e9;
            long found = speaker.packetsReceived() - before - wanted.get();
            assertTrue(found <= 120 + 250 * seconds, found + " of " + sent + " found in " + seconds + " s");
            lab.await("counted", SOON, () -> discarded(speaker, DiscardReason.FLOOD) > 0);
            assertTrue(discarded(speaker, DiscardReason.VRID) > 0);
        }
    }

    @Test
    void forgedResignationsReachTheEngineInPartAndThePeerIsHeardAllTheTime() throws Exception {
        try (Lab lab = new Lab(11, 12, 13);
                PacketSocket socket = attacker(lab)) {
            VrrpSpeaker active = lab.speak(11, Lab.spec(11, 200));
            lab.awaitOnly(11, SOON);
            VrrpSpeaker backup = lab.speak(12, Lab.spec(12, 190));
            lab.await("12 follows", SOON, () -> backup.routersNow().getFirst().active() != null);
            long start = System.nanoTime();
            long before = received(active);
            long turnsBefore = active.packetTurns();
            int sent = 0;
            while (sent < 6_000 || System.nanoTime() - start < 1_000_000_000L) {
                socket.send(advert(0, "10.99.2." + sent % 250, ChecksumForm.MESSAGE));
                sent++;
                if (sent % 500 == 0) {
                    assertEquals(
                            RouterState.BACKUP, backup.routersNow().getFirst().state());
                }
            }
            lab.await("the last have arrived", SOON, () -> received(active) > before);
            double seconds = (System.nanoTime() - start) / 1e9;
            long turns = active.packetTurns() - turnsBefore;
            assertTrue(turns <= 200 + 1_500 * seconds, turns + " turns for " + sent + " in " + seconds + " s");
            long steps = received(active) - before;
            double most = Allowances.STRANGERS * (Allowances.STRANGER_BURST + Allowances.STRANGER_PER_SECOND * seconds);
            assertTrue(steps <= most + 1, steps + " of " + sent + " in " + seconds + " s");
            lab.await("counted", SOON, () -> discarded(active, DiscardReason.FLOOD) > 1_000);
            assertEquals(RouterState.ACTIVE, active.routersNow().getFirst().state());
            assertEquals(RouterState.BACKUP, backup.routersNow().getFirst().state());
        }
    }

    @Test
    void whatIsHeardFollowsAReload() throws Exception {
        try (Lab lab = new Lab(11, 13);
                PacketSocket socket = attacker(lab)) {
            VrrpSpeaker speaker = lab.speak(11, Lab.spec(11, 200));
            lab.awaitOnly(11, SOON);
            speaker.apply(List.of(other(52, "10.99.0.20"))).get();
            lab.await(
                    "52 is active", SOON, () -> speaker.routersNow().getFirst().state() == RouterState.ACTIVE);
            socket.send(advert(52, 100, "10.99.0.14", ChecksumForm.MESSAGE));
            lab.await("52 is heard", SOON, () -> received(speaker) == 1);
            socket.send(advert(51, 100, "10.99.0.14", ChecksumForm.MESSAGE));
            lab.await("51 is nobody's", SOON, () -> discarded(speaker, DiscardReason.VRID) == 1);
            lab.await("a claim of the new address counts", SOON, () -> {
                socket.send(claim(1, "10.99.0.20"));
                return speaker.status().conflicts() > 0;
            });
        }
    }

    /** What an IPv4 packet of protocol 112 to the group consists of when its payload fits into no frame. */
    private static List<ByteBuffer> fragments(byte[] payload, String source, int id) {
        List<ByteBuffer> all = new ArrayList<>();
        for (int at = 0; at < payload.length; at += FRAGMENT) {
            int length = Math.min(FRAGMENT, payload.length - at);
            ByteBuffer frame = ByteBuffer.allocate(14 + 20 + length);
            frame.put(new byte[] {1, 0, 0x5E, 0, 0, 0x12}).put(MAC.bytes()).putShort((short) 0x0800);
            frame.put((byte) 0x45).put((byte) 0).putShort((short) (20 + length)).putShort((short) id);
            frame.putShort((short) ((at + length < payload.length ? 0x2000 : 0) | at / 8));
            frame.put((byte) 255).put((byte) Advertisement.PROTOCOL).putShort((short) 0);
            frame.put(AdvertisementTest.ip(source).getAddress()).put(MulticastGroup.IPV4.getAddress());
            frame.putShort(24, (short) InternetChecksum.finish(InternetChecksum.sum(frame.slice(14, 20))));
            frame.put(payload, at, length);
            all.add(frame.flip());
        }
        return all;
    }

    @Test
    void tenTimesTheLargestPacketIsJudgedAndMovesNothing() throws Exception {
        try (Lab lab = new Lab(11, 13);
                PacketSocket socket = attacker(lab)) {
            VrrpSpeaker speaker = lab.speak(11, Lab.spec(11, 200));
            lab.awaitOnly(11, SOON);
            // 255 IPv6 addresses are the most that a message can have.
            byte[] payload = new byte[10 * (8 + 255 * 16)];
            ByteBuffer message = ByteBuffer.wrap(payload);
            message.put((byte) 0x31)
                    .put((byte) 51)
                    .put((byte) 250)
                    .put((byte) 255)
                    .putShort((short) 10);
            message.putShort(6, (short) InternetChecksum.finish(InternetChecksum.sum(message.clear())));
            AtomicInteger sent = new AtomicInteger();
            lab.await("one has arrived and is judged", SOON, () -> {
                fragments(payload, "10.99.0.13", sent.incrementAndGet()).forEach(socket::send);
                return speaker.packetsReceived() > 0;
            });
            byte[] claim = new byte[10 * 28];
            ByteBuffer whole = claim(1);
            whole.get(14, claim, 0, 28);
            ByteBuffer frame = ByteBuffer.allocate(14 + claim.length);
            frame.put(whole.slice(0, 14)).put(claim).flip();
            lab.await("a claim ten times as long is read as one", SOON, () -> {
                socket.send(frame);
                return speaker.status().conflicts() > 0;
            });
            assertEquals(RouterState.ACTIVE, speaker.routersNow().getFirst().state());
            assertEquals(0, speaker.status().failures());
            assertTrue(
                    lab.host(11).run("ip", "-4", "addr", "show", "dev", "eth0").contains("10.99.0.10/"));
        }
    }
}
