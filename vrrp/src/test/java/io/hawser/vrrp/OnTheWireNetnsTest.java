package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.linux.PacketSocket;
import io.hawser.sysctl.linux.RouteSocket;
import io.hawser.sysctl.net.AddressText;
import io.hawser.testkit.RealTime;
import io.hawser.vrrp.election.RouterState;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What RFC 9568 says of frames that only the wire shows: who answers for an address, and how. */
@Tag("netns")
@RealTime
class OnTheWireNetnsTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration ANSWERS = Duration.ofMillis(600);
    private static final int ARP = 0x0806;
    private static final int IPV6 = 0x86DD;
    private static final int VRRP = 112;
    private static final int ICMPV6 = 58;
    private static final int SOLICITATION = 135;
    private static final int ADVERTISEMENT = 136;
    private static final InetAddress LINK_LOCAL = AdvertisementTest.ip("fe80::99");
    private static final InetAddress GLOBAL = AdvertisementTest.ip("fd00::99");
    private static final List<InetAddress> VIPS = List.of(LINK_LOCAL, GLOBAL);
    private static final String MAC = "00:00:5e:00:02:33";

    private static RouterState state(VrrpSpeaker speaker) {
        return speaker.routersNow().getLast().state();
    }

    private static String mac(Lab lab, int last) throws Exception {
        return Mac.of(lab.host(last).call(() -> {
                    try (RouteSocket routes = RouteSocket.open()) {
                        return Objects.requireNonNull(routes.link("eth0")).mac();
                    }
                }))
                .toString();
    }

    private static PacketSocket listen(Lab lab, int last, int etherType) throws Exception {
        return lab.host(last).call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                return PacketSocket.open(
                        Objects.requireNonNull(routes.link("eth0")).index(), etherType);
            }
        });
    }

    /** Makes a host look for an address anew, and find it: no port is open there, so that its kernel refuses. */
    private static void ask(Lab lab, int last, String address) throws Exception {
        lab.host(last).run("ip", "neigh", "flush", "all");
        lab.host(last).call(() -> {
            try (Socket socket = new Socket()) {
                ConnectException refused = assertThrows(
                        ConnectException.class, () -> socket.connect(new InetSocketAddress(address, 1), 2_000));
                assertTrue(String.valueOf(refused.getMessage()).contains("refused"), refused::toString);
            }
            return null;
        });
    }

    private static String address(ByteBuffer frame, int at) {
        byte[] bytes = new byte[16];
        frame.get(at, bytes);
        try {
            return AddressText.of(InetAddress.getByAddress(bytes));
        } catch (java.net.UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static boolean isIcmpv6(ByteBuffer frame, int type) {
        return frame.remaining() >= 78 && frame.get(20) == ICMPV6 && (frame.get(54) & 0xFF) == type;
    }

    @Test
    void onlyTheActiveNodeAnswersForTheAddresses() throws Exception {
        try (Lab lab = new Lab(11, 12, 13)) {
            for (int last : new int[] {11, 12, 13}) {
                lab.host(last).run("ip", "addr", "add", "fd00::" + last + "/64", "dev", "eth0", "nodad");
            }
            VrrpSpeaker first = lab.speak(11, Lab.spec(11, 200), VrrpSpeakerNetnsTest.six(11, 200, VIPS));
            lab.await("11 active", SOON, () -> lab.holds(11) && state(first) == RouterState.ACTIVE);
            VrrpSpeaker second = lab.speak(12, Lab.spec(12, 190), VrrpSpeakerNetnsTest.six(12, 190, VIPS));
            lab.await("12 follows", SOON, () -> second.routersNow().stream().allMatch(each -> each.active() != null));
            try (PacketSocket arp = listen(lab, 13, ARP);
                    PacketSocket six = listen(lab, 13, IPV6)) {
                Set<String> answering = new HashSet<>();
                ask(lab, 13, "10.99.0.10");
                ask(lab, 13, "fd00::99");
                lab.stays("answers are collected", ANSWERS, () -> {
                    ByteBuffer frame;
                    while ((frame = arp.receive()) != null) {
                        if (NeighborObservation.ofArp(frame)
                                        instanceof NeighborObservation.Stated(var from, Mac mac, boolean isAnswer)
                                && isAnswer
                                && from.equals(Lab.VIP)) {
                            answering.add("IPv4 " + mac);
                        }
                    }
                    while ((frame = six.receive()) != null) {
                        if (isIcmpv6(frame, ADVERTISEMENT)
                                && address(frame, 62).equals(AddressText.of(GLOBAL))
                                && (frame.get(58) & 0x40) != 0) {
                            answering.add("IPv6 " + Mac.at(frame, 6));
                        }
                    }
                    return true;
                });
                String own = mac(lab, 11);
                assertEquals(Set.of("IPv4 " + own, "IPv6 " + own), answering);
            }
            lab.host(12).run("ip", "addr", "add", "fd00::99/64", "dev", "eth0", "nodad");
            lab.await(
                    "a stray one is taken off the backup",
                    SOON,
                    () -> !lab.host(12)
                            .run("ip", "-6", "addr", "show", "dev", "eth0")
                            .contains("fd00::99"));
            assertEquals(RouterState.BACKUP, state(second));
        }
    }

    @Test
    void anAddressIsAnnouncedOnceItIsThere() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            Set<String> announced = new HashSet<>();
            try (PacketSocket six = listen(lab, 13, IPV6)) {
                VrrpSpeaker speaker = lab.speak(11, announcedOnce(VrrpSpeakerNetnsTest.six(11, 200, VIPS)));
                String macvlan = lab.host(11)
                        .run("ip", "-o", "link", "show", "type", "macvlan")
                        .split("[ @]+")[1];
                String refusing = "net.ipv6.conf." + macvlan + ".disable_ipv6=";
                lab.host(11).run("sysctl", "-qw", refusing + 1);
                assertEquals(RouterState.BACKUP, state(speaker), "the kernel refuses before it is active");
                lab.await("active", SOON, () -> state(speaker) == RouterState.ACTIVE);
                lab.await("it is refused", SOON, () -> lab.isTold("11 cannot-change-address"));
                lab.stays("frames are collected", ANSWERS, () -> {
                    collect(six, new HashSet<>(), announced, new HashSet<>());
                    return true;
                });
                assertEquals(Set.of(), announced);

                lab.host(11).run("sysctl", "-qw", refusing + 0);
                lab.await("both are announced", SOON, () -> {
                    collect(six, new HashSet<>(), announced, new HashSet<>());
                    return announced.size() == VIPS.size();
                });
            }
        }
    }

    /** With its virtual MAC address, and one burst when the addresses move. */
    private static RouterSpec announcedOnce(RouterSpec like) {
        RouterSpec.Holding holding = like.holding();
        return like.with(new RouterSpec.Holding(
                        holding.addresses(),
                        holding.lease(),
                        new RouterSpec.Announce(2, Optional.empty(), Optional.empty()),
                        holding.accept()))
                .with(new RouterSpec.Takeover(like.takeover().preempt(), Duration.ofSeconds(1)))
                .withVirtualMac(true);
    }

    @Test
    void anIpv6RouterSpeaksFromItsVirtualMacAddressAndMakesNoAddressOfIt() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            for (int last : new int[] {11, 13}) {
                lab.host(last).run("ip", "addr", "add", "fd00::" + last + "/64", "dev", "eth0", "nodad");
            }
            Set<String> adverts = new HashSet<>();
            Set<String> announced = new HashSet<>();
            Set<String> askedBy = new HashSet<>();
            try (PacketSocket six = listen(lab, 13, IPV6)) {
                VrrpSpeaker speaker =
                        lab.speak(11, VrrpSpeakerNetnsTest.six(11, 200, VIPS).withVirtualMac(true));
                lab.await("active", SOON, () -> state(speaker) == RouterState.ACTIVE);
                lab.stays("frames are collected", ANSWERS, () -> {
                    collect(six, adverts, announced, askedBy);
                    return true;
                });
                assertEquals(Set.of(MAC + " fe80::11 ff02::12 255"), adverts);
                // R and O set, S clear; the address itself, to all nodes; its MAC address in the option.
                String flags = " ff02::1 a0000000 ";
                assertEquals(
                        Set.of(
                                MAC + flags + AddressText.of(LINK_LOCAL) + " " + MAC,
                                MAC + flags + AddressText.of(GLOBAL) + " " + MAC),
                        announced);

                // Answering a client, the node looks for it: in its own name, or the client would learn the wrong MAC.
                ask(lab, 13, "fd00::99");
                lab.host(11).run("ip", "neigh", "flush", "all");
                ask(lab, 13, "fd00::99");
                lab.stays("frames are collected", ANSWERS, () -> {
                    collect(six, adverts, announced, askedBy);
                    return true;
                });
                String physical = mac(lab, 11);
                assertFalse(askedBy.isEmpty(), "the node looks for its client");
                askedBy.forEach(each -> assertTrue(
                        each.endsWith(physical) && !each.contains(AddressText.of(GLOBAL)), askedBy::toString));

                String macvlan = lab.host(11).run("sh", "-c", "ip -o -6 addr show | grep vrrp6-51 || true");
                assertEquals(2, macvlan.lines().count(), macvlan);
                assertTrue(macvlan.contains("fd00::99/128"), macvlan);
                assertTrue(macvlan.contains("fe80::99/128"), macvlan);
                assertFalse(macvlan.contains("forever preferred_lft forever"), macvlan);
                assertFalse(lab.isTold("11 address-corrected"), lab.told::toString);
            }
        }
    }

    private static void collect(PacketSocket socket, Set<String> adverts, Set<String> announced, Set<String> askedBy) {
        ByteBuffer frame;
        while ((frame = socket.receive()) != null) {
            if (frame.get(20) == VRRP) {
                adverts.add(Mac.at(frame, 6) + " " + address(frame, 22) + " " + address(frame, 38) + " "
                        + (frame.get(21) & 0xFF));
            } else if (isIcmpv6(frame, ADVERTISEMENT) && frame.remaining() >= 86 && frame.get(38) == -1) {
                announced.add(Mac.at(frame, 6) + " " + address(frame, 38) + " " + Integer.toHexString(frame.getInt(58))
                        + " " + address(frame, 62) + " " + Mac.at(frame, 80));
            } else if (isIcmpv6(frame, SOLICITATION) && frame.remaining() >= 86 && frame.get(22) != 0) {
                // Not from ::, which is the kernel looking whether an own address is taken.
                askedBy.add(address(frame, 22) + " " + Mac.at(frame, 80));
            }
        }
    }

    @Test
    void twoOwnersAreSaidToBeTwoAndOneGivesWay() throws Exception {
        try (Lab lab = new Lab(11, 12)) {
            lab.speak(11, Lab.spec(11, 255));
            lab.awaitOnly(11, SOON);
            lab.speak(12, Lab.spec(12, 255));
            lab.awaitOnly(12, SOON);
            lab.await("told", SOON, () -> lab.isTold("11 same-priority"));
            String told = lab.told.stream()
                    .filter(each -> each.startsWith("11 same-priority"))
                    .findFirst()
                    .orElseThrow();
            assertTrue(told.contains("10.99.0.12") && told.contains("only one may be"), told);
        }
    }
}
