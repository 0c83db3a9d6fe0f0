package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.linux.InterfaceAddress;
import io.hawser.sysctl.linux.Link;
import io.hawser.sysctl.linux.PacketSocket;
import io.hawser.sysctl.linux.RouteSocket;
import io.hawser.testkit.RealTime;
import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.Fitness;
import io.hawser.vrrp.election.RouterState;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What keeps an address on one node, and whole: other holders, other hands, and an interface that changes. */
@Tag("netns")
@RealTime
class AddressGuardNetnsTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    /** The lease, what lies beyond it, and some time for a busy machine. */
    private static final Duration ASKED = Duration.ofSeconds(10);

    private static final List<InetAddress> SIX =
            List.of(AdvertisementTest.ip("fe80::99"), AdvertisementTest.ip("fd00::99"));

    private static RouterState state(VrrpSpeaker speaker) {
        return speaker.routersNow().getFirst().state();
    }

    private static boolean told(Lab lab, String... parts) {
        return lab.told.stream().anyMatch(line -> List.of(parts).stream().allMatch(line::contains));
    }

    private static Link link(Lab lab, int last) throws Exception {
        return lab.host(last).call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                return Objects.requireNonNull(routes.link("eth0"));
            }
        });
    }

    private static String mac(Lab lab, int last) throws Exception {
        return Mac.of(link(lab, last).mac()).toString();
    }

    private static List<InterfaceAddress> found(Lab lab, int last) {
        try {
            return lab.host(last).call(() -> {
                try (RouteSocket routes = RouteSocket.open()) {
                    return routes.addresses().stream()
                            .filter(each -> each.address().equals(Lab.VIP))
                            .toList();
                }
            });
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void findsASecondHolderThatNeverAnnouncedItself() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            lab.host(13).run("ip", "addr", "add", "10.99.0.10/32", "dev", "eth0");
            VrrpSpeaker speaker = lab.speak(11, Lab.spec(11, 200));
            String other = mac(lab, 13);
            lab.await("an alarm", ASKED, () -> told(lab, "address-claimed", "10.99.0.10", other));
            assertTrue(speaker.status().conflicts() > 0);
            assertTrue(speaker.status().alarms().get(AlarmKind.ADDRESS_CLAIMED) > 0);
            assertEquals(RouterState.ACTIVE, state(speaker), "it is said, not acted on");
        }
    }

    @Test
    void callsAListedNodeThatHasTheAddressByItsName() throws Exception {
        try (Lab lab = new Lab(11, 12)) {
            lab.host(12).run("ip", "addr", "add", "10.99.0.10/32", "dev", "eth0");
            // As the probes of the daemon do: the kernel knows where the other node is.
            lab.host(11).call(() -> {
                try (DatagramSocket socket = new DatagramSocket()) {
                    socket.send(new DatagramPacket(new byte[1], 1, Lab.address(12), 9));
                }
                return true;
            });
            lab.speak(11, with(Lab.spec(11, 200), List.of(Lab.address(12)), Optional.of(Duration.ofSeconds(2))));
            lab.await("an alarm", ASKED, () -> told(lab, "address-claimed", "claimed by node", "10.99.0.12"));
        }
    }

    @Test
    void anOwnSecondInterfaceOnTheSameNetworkIsNoStranger() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            lab.attach(11, "own1");
            lab.host(11).run("ip", "addr", "add", "10.99.0.111/24", "dev", "own1");
            lab.speak(11, Lab.spec(11, 200));
            lab.await("an alarm", ASKED, () -> told(lab, "address-claimed", "own interface own1", "arp_ignore=1"));
            assertFalse(told(lab, "address-claimed", "by the machine with"));
        }
    }

    @Test
    void namesANodeThatSpeaksAnotherVersion() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            VrrpSpeaker speaker = lab.speak(11, Lab.spec(11, 200));
            lab.speak(13, Lab.spec(13, 100, 2, RouterSpec.Checksum.AUTO, Optional.empty()));
            lab.await(
                    "it is named",
                    ASKED,
                    () -> told(lab, "11 other-version", "10.99.0.13", "in VRRP version 2", "vrrp_version 3"));
            lab.await("and there", ASKED, () -> told(lab, "13 other-version", "10.99.0.11", "in VRRP version 3"));
            assertTrue(speaker.status().alarms().get(AlarmKind.OTHER_VERSION) > 0);
        }
    }

    @Test
    void findsASecondHolderWithTheSameVirtualMacAddress() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            String mac = "00:00:5e:00:01:33";
            lab.host(13)
                    .run(
                            "ip", "link", "add", "link", "eth0", "m0", "address", mac, "type", "macvlan", "mode",
                            "bridge");
            lab.host(13).run("ip", "link", "set", "m0", "up");
            lab.host(13).run("ip", "addr", "add", "10.99.0.10/32", "dev", "m0");
            VrrpSpeaker speaker = lab.speak(11, Lab.spec(11, 200).withVirtualMac(true));
            lab.await("an alarm", ASKED, () -> told(lab, "address-claimed", "10.99.0.10", mac));
            assertTrue(speaker.status().conflicts() > 0);
        }
    }

    @Test
    void findsASecondHolderOfAnIpv6Address() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            lab.host(13).run("ip", "addr", "add", "fd00::99/128", "dev", "eth0", "nodad");
            VrrpSpeaker speaker = lab.speak(11, VrrpSpeakerNetnsTest.six(11, 200, SIX));
            String other = mac(lab, 13);
            lab.await("an alarm", ASKED, () -> told(lab, "address-claimed", "fd00::99", other));
            assertTrue(speaker.status().conflicts() > 0);
        }
    }

    @Test
    void hearsWhoAnnouncesAnIpv6AddressThatIsHeldHere() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            VrrpSpeaker speaker = lab.speak(11, VrrpSpeakerNetnsTest.six(11, 200, SIX));
            lab.await("11 active", SOON, () -> state(speaker) == RouterState.ACTIVE);
            byte[] mac = {2, 0, 0, 0, 0, 0x13};
            ByteBuffer frame = ByteBuffer.allocate(UnsolicitedNeighborAdvertisement.LENGTH);
            UnsolicitedNeighborAdvertisement.encode(frame, mac, (Inet6Address) SIX.get(1), false);
            int index = link(lab, 13).index();
            try (PacketSocket socket = lab.host(13).call(() -> PacketSocket.open(index, 0))) {
                lab.await("an alarm", ASKED, () -> {
                    socket.send(frame.duplicate().flip());
                    return told(lab, "address-claimed", "fd00::99", "02:00:00:00:00:13");
                });
            }
            assertTrue(speaker.status().conflicts() > 0);
        }
    }

    @Test
    void namesANodeThatIsMissingFromTheList() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            lab.speak(13, Lab.spec(13, 200));
            lab.awaitOnly(13, SOON);
            VrrpSpeaker speaker = lab.speak(
                    11, with(Lab.spec(11, 200), List.of(Lab.address(12)), Optional.of(Duration.ofSeconds(2))));
            lab.await("foreign sender", SOON, () -> told(lab, "11 foreign-sender", "10.99.0.13"));
            lab.await("same priority", SOON, () -> told(lab, "11 same-priority", "10.99.0.13"));
            assertTrue(speaker.status().alarms().get(AlarmKind.SAME_PRIORITY) > 0);
            assertTrue(speaker.status().alarms().get(AlarmKind.FOREIGN_SENDER) > 0);
        }
    }

    private static RouterSpec with(RouterSpec spec, List<InetAddress> peers, Optional<Duration> lease) {
        RouterSpec.Nodes nodes = spec.nodes();
        return Lab.leased(spec, lease).with(new RouterSpec.Nodes(nodes.own(), nodes.priority(), peers, nodes.names()));
    }

    @Test
    void setsAnAddressRightThatSomebodyChanged() throws Exception {
        try (Lab lab = new Lab(11)) {
            VrrpSpeaker speaker = lab.speak(11, Lab.spec(11, 200));
            lab.awaitOnly(11, SOON);
            lab.host(11)
                    .run(
                            "ip",
                            "addr",
                            "change",
                            "10.99.0.10/32",
                            "dev",
                            "eth0",
                            "valid_lft",
                            "forever",
                            "preferred_lft",
                            "forever");
            lab.await(
                    "the lease is back",
                    SOON,
                    () -> found(lab, 11).stream().noneMatch(each -> each.permanent() || each.validSeconds() > 2));
            lab.await("and told", SOON, () -> told(lab, "address-corrected", "longer than its lease"));

            lab.host(11).run("ip", "addr", "add", "10.99.0.10/24", "dev", "eth0");
            lab.await(
                    "the other prefix is gone",
                    SOON,
                    () -> found(lab, 11).stream()
                            .map(InterfaceAddress::prefix)
                            .toList()
                            .equals(List.of(32)));
            assertEquals(RouterState.ACTIVE, state(speaker));
        }
    }

    @Test
    void heldConnectionsSurviveADeletedAddress() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            VrrpSpeaker speaker = lab.speak(11, Lab.spec(11, 200));
            lab.awaitOnly(11, SOON);
            try (ServerSocket server = lab.host(11).call(() -> new ServerSocket(7000, 10, Lab.VIP));
                    Socket client = lab.host(13).call(() -> new Socket(Lab.VIP, 7000));
                    Socket accepted = server.accept()) {
                client.setSoTimeout(5_000);
                accepted.setSoTimeout(5_000);
                long longest = 0;
                for (int i = 0; i < 300; i++) {
                    if (i % 100 == 50) {
                        lab.host(11).run("ip", "addr", "del", "10.99.0.10/32", "dev", "eth0");
                    }
                    long start = System.nanoTime();
                    client.getOutputStream().write(i & 0x7F);
                    assertEquals(i & 0x7F, accepted.getInputStream().read());
                    accepted.getOutputStream().write(1);
                    assertEquals(1, client.getInputStream().read());
                    longest = Math.max(longest, System.nanoTime() - start);
                }
                System.out.println("longest echo while the address was deleted three times: " + longest / 1e6 + " ms");
            }
            lab.await("all is told", SOON, () -> speaker.status().alarms().get(AlarmKind.ADDRESS_CORRECTED) == 3);
            assertEquals(RouterState.ACTIVE, state(speaker));
        }
    }

    @Test
    void setsAnIpv6PrefixRight() throws Exception {
        try (Lab lab = new Lab(11)) {
            VrrpSpeaker speaker = lab.speak(11, VrrpSpeakerNetnsTest.six(11, 200, SIX));
            lab.await("11 active", SOON, () -> state(speaker) == RouterState.ACTIVE);
            lab.host(11).run("ip", "addr", "del", "fd00::99/128", "dev", "eth0");
            lab.await("back", SOON, () -> addresses6(lab).contains("fd00::99/128"));
            // Whoever is quicker: with the other prefix it is taken off, or it was never put on.
            lab.host(11)
                    .run(
                            "sh",
                            "-c",
                            "ip addr del fd00::99/128 dev eth0; ip addr add fd00::99/64 dev eth0 nodad || true");
            lab.await(
                    "the right prefix",
                    SOON,
                    () -> addresses6(lab).contains("fd00::99/128")
                            && !addresses6(lab).contains("fd00::99/64"));
            assertTrue(addresses6(lab)
                    .lines()
                    .filter(line -> line.contains("::99/"))
                    .noneMatch(line -> line.contains("tentative") || line.contains("dadfailed")));
        }
    }

    private static String addresses6(Lab lab) {
        return lab.host(11).run("ip", "-6", "addr", "show", "dev", "eth0");
    }

    @Test
    void aRenamedInterfaceLosesTheAddress() throws Exception {
        try (Lab lab = new Lab(11, 12)) {
            VrrpSpeaker first = lab.speak(11, with(Lab.spec(11, 200), List.of(), Optional.empty()));
            lab.awaitOnly(11, SOON);
            VrrpSpeaker second = lab.speak(12, Lab.spec(12, 190));
            lab.await("12 follows", SOON, () -> second.routersNow().getFirst().active() != null);
            // Kernels before 6.2 rename only what is switched off.
            lab.host(11)
                    .run(
                            "sh",
                            "-c",
                            "ip link set eth0 name lan0 2>/dev/null || (ip link set eth0 down"
                                    + " && ip link set eth0 name lan0 && ip link set lan0 up)");
            lab.awaitOnly(12, SOON);
            lab.await("initialize", SOON, () -> state(first) == RouterState.INITIALIZE);
            lab.host(11).run("sh", "-c", "ip link set lan0 down && ip link set lan0 name eth0 && ip link set eth0 up");
            lab.await("back as a backup", SOON, () -> state(first) == RouterState.BACKUP);
        }
    }

    @Test
    void takesANewPrimaryAddressAndMtuWithoutATransition() throws Exception {
        try (Lab lab = new Lab(11, 12)) {
            VrrpSpeaker first = lab.speak(11, Lab.spec(11, 200));
            lab.awaitOnly(11, SOON);
            VrrpSpeaker second = lab.speak(12, Lab.spec(12, 190));
            lab.await("12 follows", SOON, () -> second.routersNow().getFirst().active() != null);
            lab.host(11).run("ip", "link", "set", "eth0", "mtu", "1400");
            // As systemd sets it; without it the removal of the first address takes the others along.
            lab.host(11).run("sysctl", "-qw", "net.ipv4.conf.eth0.promote_secondaries=1");
            lab.host(11).run("ip", "addr", "add", "10.99.0.77/24", "dev", "eth0");
            lab.host(11).run("ip", "addr", "del", "10.99.0.11/24", "dev", "eth0");
            lab.await(
                    "12 hears the new address",
                    SOON,
                    () -> AdvertisementTest.ip("10.99.0.77")
                            .equals(second.routersNow().getFirst().active()));
            lab.stays(
                    "11 stays active",
                    Duration.ofMillis(700),
                    () -> state(first) == RouterState.ACTIVE && state(second) == RouterState.BACKUP);
            lab.await("the address is there", SOON, () -> lab.holds(11) && !lab.holds(12));
        }
    }

    @Test
    void survivesAFlappingLink() throws Exception {
        try (Lab lab = new Lab(11, 12)) {
            VrrpSpeaker first = lab.speak(11, Lab.spec(11, 200));
            lab.awaitOnly(11, SOON);
            VrrpSpeaker second = lab.speak(12, Lab.spec(12, 190));
            lab.await("12 follows", SOON, () -> second.routersNow().getFirst().active() != null);
            lab.host(11)
                    .run(
                            "sh",
                            "-c",
                            "for i in 1 2 3 4 5 6 7 8 9 10; do ip link set eth0 down; ip link set eth0 up; done");
            lab.await(
                    "one active, one backup",
                    ASKED,
                    () -> (state(first) == RouterState.ACTIVE && state(second) == RouterState.BACKUP)
                            || (state(first) == RouterState.BACKUP && state(second) == RouterState.ACTIVE));
            int holder = state(first) == RouterState.ACTIVE ? 11 : 12;
            lab.awaitOnly(holder, SOON);
            lab.stays("it stays so", Duration.ofMillis(700), () -> lab.holds(holder) && !lab.holds(23 - holder));
            assertEquals(0, first.status().failures());
        }
    }

    @Test
    void aListenerThatHangsDelaysNoTakeover() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        VrrpListener hanging = new VrrpListener() {
            @Override
            public void moved(Transition transition) {
                try {
                    end.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }

            @Override
            public void alarmed(Alarm alarm) {
                moved(new Transition("", RouterState.BACKUP, RouterState.BACKUP, 1, "", ""));
            }
        };
        try (Lab lab = new Lab(11, 12)) {
            VrrpSpeaker first = lab.speak(11, Lab.spec(11, 200));
            lab.awaitOnly(11, SOON);
            VrrpSpeaker second = lab.host(12)
                    .call(() -> VrrpSpeaker.start(List.of(Lab.spec(12, 190)), Fitness.FIT, "tested", hanging));
            try {
                lab.await(
                        "12 follows", SOON, () -> second.routersNow().getFirst().active() != null);
                assertTrue(first.stop(Duration.ofSeconds(2)));
                lab.awaitOnly(12, SOON);
                lab.stays(
                        "it goes on",
                        Duration.ofMillis(500),
                        () -> second.stalledFor().toMillis() < 1000);
                long sent = second.routersNow().getFirst().advertsSent();
                lab.await(
                        "it advertises",
                        SOON,
                        () -> second.routersNow().getFirst().advertsSent() > sent + 3);
            } finally {
                end.countDown();
                second.close();
            }
            assertFalse(lab.holds(12));
        }
    }
}
