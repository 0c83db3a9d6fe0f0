package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.linux.NetworkNamespace;
import io.hawser.sysctl.linux.PacketSocket;
import io.hawser.sysctl.linux.RouteSocket;
import io.hawser.sysctl.net.AddressText;
import io.hawser.testkit.RealTime;
import io.hawser.vrrp.election.Fitness;
import io.hawser.vrrp.election.RouterState;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Routers whose addresses are reached at the virtual MAC address, on a switch between network namespaces. */
@Tag("netns")
@RealTime
class VirtualMacNetnsTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String MAC = "00:00:5e:00:01:33";
    private static final String MAC_IPV6 = "00:00:5e:00:02:33";

    /** A speaker to be killed. */
    static final class Speaker {
        private Speaker() {}

        public static void main(String[] args) throws InterruptedException {
            VrrpListener silent = new VrrpListener() {
                @Override
                public void moved(Transition transition) {}

                @Override
                public void alarmed(Alarm alarm) {}
            };
            var _ = VrrpSpeaker.start(List.of(spec(11, 200)), Fitness.FIT, "tested", silent);
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    private static RouterSpec spec(int last, int priority) {
        return Lab.spec(last, priority).withVirtualMac(true);
    }

    /** The MAC address that a host has for the virtual address, as it was last told. */
    private static String neighbor(Lab lab, int host, String address) {
        String line = lab.host(host).run("ip", "neigh", "show", address).strip();
        int at = line.indexOf("lladdr ");
        return at < 0 ? line : line.substring(at + 7).split(" ", 2)[0];
    }

    /** Whether a kernel answers at an address: no port is open there, so that it refuses. */
    private static boolean answers(Lab lab, int host, String address) {
        try {
            return lab.host(host).call(() -> {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(address, 1), 500);
                    return true;
                } catch (ConnectException refused) {
                    return String.valueOf(refused.getMessage()).contains("refused");
                } catch (IOException silent) {
                    return false;
                }
            });
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** The MAC addresses that answer host 13 when it looks for an address that host 11 has. */
    private static Set<String> answering(Lab lab, String address) throws Exception {
        int index = indexOfEth0(lab, 13);
        try (PacketSocket arp = lab.host(13).call(() -> PacketSocket.open(index, 0x0806))) {
            lab.host(13).run("ip", "neigh", "flush", "all");
            assertTrue(answers(lab, 13, address));
            Set<String> answering = new HashSet<>();
            // A macvlan gets what is broadcast a moment later than the interface below it.
            lab.stays("answers are collected", Duration.ofMillis(500), () -> {
                ByteBuffer frame;
                while ((frame = arp.receive()) != null) {
                    if (NeighborObservation.ofArp(frame)
                                    instanceof NeighborObservation.Stated(var from, Mac mac, boolean isAnswer)
                            && isAnswer
                            && AddressText.of(from).equals(address)) {
                        answering.add(String.valueOf(mac));
                    }
                }
                return true;
            });
            assertFalse(answering.isEmpty(), "nobody answered for " + address);
            return answering;
        }
    }

    private static int indexOfEth0(Lab lab, int last) throws Exception {
        return lab.host(last).call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                return Objects.requireNonNull(routes.link("eth0")).index();
            }
        });
    }

    private static String setting(NetworkNamespace host, String name) {
        return host.run("sysctl", "-n", name).strip();
    }

    private static String macvlans(Lab lab, int last) {
        return lab.host(last).run("ip", "-o", "link", "show", "type", "macvlan");
    }

    @Test
    void neighboursKeepTheMacAddressWhenTheAddressMoves() throws Exception {
        try (Lab lab = new Lab(11, 12, 13)) {
            VrrpSpeaker first = lab.speak(11, spec(11, 200));
            lab.awaitOnly(11, SOON);
            VrrpSpeaker second = lab.speak(12, spec(12, 190));
            lab.await("12 follows", SOON, () -> second.routersNow().getFirst().active() != null);
            Set<String> seen = new HashSet<>();
            assertTrue(answers(lab, 13, "10.99.0.10"), () -> lab.host(11).run("ip", "addr") + lab.told);
            seen.add(neighbor(lab, 13, "10.99.0.10"));
            // The node asks for its client itself, too, and must not do so in the name of the address.
            lab.host(11).run("ip", "neigh", "flush", "all");
            assertTrue(answers(lab, 13, "10.99.0.10"));
            seen.add(neighbor(lab, 13, "10.99.0.10"));
            String own = neighbor(lab, 13, "10.99.0.11");
            assertNotEquals(MAC, own, "the node's own address stays where it is");

            assertTrue(first.stop(Duration.ofSeconds(2)));
            lab.awaitOnly(12, SOON);
            lab.await("the address is served by 12", SOON, () -> answers(lab, 13, "10.99.0.10"));
            seen.add(neighbor(lab, 13, "10.99.0.10"));
            assertEquals(Set.of(MAC), seen);
            assertEquals("", macvlans(lab, 11), "the interface is removed at the end");
            assertTrue(macvlans(lab, 12).contains("vrrp4-51-"), () -> macvlans(lab, 12));
        }
    }

    @Test
    void advertisesAndAnnouncesFromTheVirtualMacAddress() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            int index = indexOfEth0(lab, 13);
            try (PacketSocket ip = lab.host(13).call(() -> PacketSocket.open(index, 0x0800));
                    PacketSocket arp = lab.host(13).call(() -> PacketSocket.open(index, 0x0806))) {
                lab.speak(11, spec(11, 200));
                lab.awaitOnly(11, SOON);
                Set<String> sources = new HashSet<>();
                Set<String> announced = new HashSet<>();
                lab.await("advertisements and announcements", SOON, () -> {
                    ByteBuffer frame;
                    while ((frame = ip.receive()) != null) {
                        if (frame.get(23) == 112) {
                            sources.add(Mac.at(frame, 6).toString());
                        }
                    }
                    while ((frame = arp.receive()) != null) {
                        if (frame.getInt(28) == frame.getInt(38)) {
                            announced.add(Mac.at(frame, 6) + " " + Mac.at(frame, 22));
                        }
                    }
                    return !sources.isEmpty() && !announced.isEmpty();
                });
                assertEquals(Set.of(MAC), sources);
                assertEquals(Set.of(MAC + " " + MAC), announced);
            }
        }
    }

    @Test
    void eachAddressIsAnsweredForByItsOwnInterfaceAlone() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            lab.speak(11, spec(11, 200));
            lab.awaitOnly(11, SOON);
            assertEquals(Set.of(MAC), answering(lab, "10.99.0.10"));
            Set<String> own = answering(lab, "10.99.0.11");
            assertEquals(1, own.size(), own::toString);
            assertFalse(own.contains(MAC));
        }
    }

    @Test
    void hearsPeersThatSendFromTheSameMacAddress() throws Exception {
        try (Lab lab = new Lab(11, 12)) {
            lab.speak(11, spec(11, 200));
            lab.awaitOnly(11, SOON);
            VrrpSpeaker second = lab.speak(12, spec(12, 190));
            lab.await("12 follows", SOON, () -> second.routersNow().getFirst().active() != null);
            lab.stays("one holder", Duration.ofMillis(1500), () -> lab.holds(11) && !lab.holds(12));
        }
    }

    @Test
    void aKilledProcessLeavesNothingThatAnswers() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            Process first = lab.run(
                    11,
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-Xmx64m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Speaker.class.getName());
            lab.awaitOnly(11, Duration.ofSeconds(30));
            assertTrue(answers(lab, 13, "10.99.0.10"));
            first.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
            lab.await("the lease ends", SOON, () -> !lab.holds(11));
            assertTrue(macvlans(lab, 11).contains(MAC), "the interface itself stays");
            lab.host(13).run("ip", "neigh", "flush", "all");
            assertFalse(answers(lab, 13, "10.99.0.10"));
            assertFalse(answering(lab, "10.99.0.11").contains(MAC), "it answers for nothing");

            VrrpSpeaker again = lab.speak(11, Lab.spec(11, 200));
            assertEquals("", macvlans(lab, 11), "what the killed process left is removed at the start");
            lab.await("active again", SOON, () -> again.routersNow().getFirst().state() == RouterState.ACTIVE);
        }
    }

    @Test
    void putsSettingsBackAsTheyWere() throws Exception {
        try (Lab lab = new Lab(11)) {
            NetworkNamespace host = lab.host(11);
            VrrpSpeaker first = lab.speak(11, spec(11, 200));
            lab.awaitOnly(11, SOON);
            assertEquals("1", setting(host, "net.ipv4.conf.eth0.arp_ignore"));
            assertEquals("2", setting(host, "net.ipv4.conf.eth0.arp_announce"));
            String name = macvlans(lab, 11).split("[ @]+")[1];
            assertEquals("1", setting(host, "net.ipv4.conf." + name + ".arp_ignore"));
            assertEquals("2", setting(host, "net.ipv4.conf." + name + ".rp_filter"));
            assertEquals("1", setting(host, "net.ipv6.conf." + name + ".disable_ipv6"));
            assertTrue(first.stop(Duration.ofSeconds(2)));
            assertEquals("0", setting(host, "net.ipv4.conf.eth0.arp_ignore"));
            assertEquals("0", setting(host, "net.ipv4.conf.eth0.arp_announce"));
        }
    }

    @Test
    void survivesBothInterfaces() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            VrrpSpeaker first = lab.speak(11, spec(11, 200));
            lab.awaitOnly(11, SOON);
            long moves = transitions(first);
            String name = macvlans(lab, 11).split("[ @]+")[1];

            lab.host(11).run("ip", "link", "del", name);
            lab.await("the address is back on a new macvlan", SOON, () -> lab.holds(11));
            lab.await("and served", SOON, () -> answers(lab, 13, "10.99.0.10"));
            lab.host(11).run("ip", "link", "set", macvlans(lab, 11).split("[ @]+")[1], "down");
            lab.await("switched on again and served", SOON, () -> answers(lab, 13, "10.99.0.10"));
            lab.host(11)
                    .run(
                            "ip",
                            "addr",
                            "del",
                            "10.99.0.10/32",
                            "dev",
                            macvlans(lab, 11).split("[ @]+")[1]);
            lab.await("put back", SOON, () -> lab.holds(11));
            lab.host(11).run("ip", "link", "set", "eth0", "mtu", "1400");
            lab.host(11).run("ip", "link", "set", "eth0", "mtu", "1500");
            lab.await("the MTU follows", SOON, () -> macvlans(lab, 11).contains("mtu 1500"));
            assertEquals(moves, transitions(first), lab.told::toString);

            lab.host(11).run("ip", "link", "del", "eth0");
            lab.await("initialize", SOON, () -> first.routersNow().getFirst().state() == RouterState.INITIALIZE);
            lab.plug(11);
            lab.awaitOnly(11, SOON);
            lab.await("served on the new interface", SOON, () -> answers(lab, 13, "10.99.0.10"));
            assertEquals(MAC, neighbor(lab, 13, "10.99.0.10"));
            assertEquals("1", setting(lab.host(11), "net.ipv4.conf.eth0.arp_ignore"));
        }
    }

    @Test
    void isOffWhileAnotherNodeHoldsTheAddress() throws Exception {
        try (Lab lab = new Lab(11, 12)) {
            VrrpSpeaker first = lab.speak(11, spec(11, 200));
            lab.awaitOnly(11, SOON);
            VrrpSpeaker second = lab.speak(12, spec(12, 190));
            lab.await("12 follows", SOON, () -> second.routersNow().getFirst().active() != null);
            assertFalse(macvlans(lab, 12).contains(",UP"), () -> macvlans(lab, 12));
            assertTrue(macvlans(lab, 11).contains(",UP"), () -> macvlans(lab, 11));
            first.fitness("api", Fitness.UNFIT, "tested");
            lab.awaitOnly(12, SOON);
            lab.await("12 on", SOON, () -> macvlans(lab, 12).contains(",UP"));
            lab.await("11 off", SOON, () -> !macvlans(lab, 11).contains(",UP"));
        }
    }

    @Test
    void servesIpv6AtTheVirtualMacAddress() throws Exception {
        try (Lab lab = new Lab(11, 12, 13)) {
            List<java.net.InetAddress> vips =
                    List.of(AdvertisementTest.ip("fe80::99"), AdvertisementTest.ip("fd00::99"));
            for (int last : new int[] {11, 12, 13}) {
                lab.host(last).run("ip", "addr", "add", "fd00::" + last + "/64", "dev", "eth0", "nodad");
            }
            VrrpSpeaker first =
                    lab.speak(11, VrrpSpeakerNetnsTest.six(11, 200, vips).withVirtualMac(true));
            lab.await("11 active", SOON, () -> first.routersNow().getFirst().state() == RouterState.ACTIVE);
            VrrpSpeaker second =
                    lab.speak(12, VrrpSpeakerNetnsTest.six(12, 190, vips).withVirtualMac(true));
            lab.await("12 follows", SOON, () -> second.routersNow().getFirst().active() != null);
            lab.await("served by 11", SOON, () -> answers(lab, 13, "fd00::99"));
            assertEquals(MAC_IPV6, neighbor(lab, 13, "fd00::99"));
            assertTrue(first.stop(Duration.ofSeconds(2)));
            lab.await("12 active", SOON, () -> second.routersNow().getFirst().state() == RouterState.ACTIVE);
            lab.await("served by 12", SOON, () -> answers(lab, 13, "fd00::99"));
            assertEquals(MAC_IPV6, neighbor(lab, 13, "fd00::99"));
        }
    }

    private static long transitions(VrrpSpeaker speaker) {
        return speaker.routersNow().getFirst().transitions().values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }
}
