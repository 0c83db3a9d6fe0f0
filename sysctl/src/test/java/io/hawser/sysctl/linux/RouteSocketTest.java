package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("netns")
@Timeout(300)
class RouteSocketTest {
    private static final long PATIENCE_NANOS = Await.LIMIT.toNanos();

    private Laboratory lab;
    private RouteSocket route;
    private RouteMonitor monitor;
    private int index;

    @BeforeEach
    void layCable() throws Exception {
        lab = Laboratory.open().cabled();
        route = lab.left().call(RouteSocket::open);
        monitor = lab.left().call(RouteMonitor::open);
        index = Laboratory.indexOf(lab.left(), "v0");
    }

    @AfterEach
    void removeHosts() {
        if (lab != null) {
            route.close();
            monitor.close();
            lab.close();
        }
    }

    private static InetAddress ip(String address) throws Exception {
        return InetAddress.getByName(address);
    }

    private @Nullable InterfaceAddress find(InetAddress address) {
        return route.addresses().stream()
                .filter(a -> a.interfaceIndex() == index && a.address().equals(address))
                .findFirst()
                .orElse(null);
    }

    /** The next events up to the one wanted. */
    private List<RouteEvent> eventsUntil(Predicate<RouteEvent> wanted) {
        List<RouteEvent> seen = new ArrayList<>();
        try (Poller poller = new Poller()) {
            poller.register(monitor.fd());
            long start = System.nanoTime();
            while (System.nanoTime() - start < PATIENCE_NANOS) {
                RouteEvent event = monitor.receive();
                if (event == null) {
                    poller.await(PATIENCE_NANOS);
                    continue;
                }
                seen.add(event);
                if (wanted.test(event)) {
                    return seen;
                }
            }
        }
        throw new AssertionError("not among " + seen);
    }

    private static boolean removes(RouteEvent event, InetAddress address) {
        return event instanceof RouteEvent.AddressRemoved(InterfaceAddress a)
                && a.address().equals(address);
    }

    private static boolean adds(RouteEvent event, InetAddress address) {
        return event instanceof RouteEvent.AddressAdded(InterfaceAddress a)
                && a.address().equals(address);
    }

    @Test
    void linksAreListedAndFoundByNameAndIndex() throws Exception {
        List<Link> links = route.links();
        assertEquals(List.of("lo", "v0"), links.stream().map(Link::name).toList());
        Link v0 = links.get(1);
        assertTrue(v0.up());
        assertTrue(v0.running());
        assertEquals(1500, v0.mtu());
        assertEquals(6, v0.mac().length);
        assertEquals(v0, route.link("v0"));
        assertEquals(v0, route.link(v0.index()));
        assertNull(route.link("nothing"));
        assertNull(route.link("a-name-too-long-for-linux"));
        assertNull(route.link(""));
        assertNull(route.link(1_999_999));
    }

    @Test
    void manyLinksAndAddressesAreListedCompletely() throws Exception {
        StringBuilder batch = new StringBuilder();
        for (int i = 0; i < 300; i++) {
            batch.append("link add b").append(i).append(" type bridge\n");
            batch.append("addr add 10.20.")
                    .append(i / 250)
                    .append('.')
                    .append(i % 250 + 1)
                    .append("/32 dev b")
                    .append(i)
                    .append('\n');
        }
        Path file = Files.createTempFile("links", ".batch");
        Files.writeString(file, batch);
        lab.left().run("ip", "-batch", file.toString());
        Files.delete(file);
        assertEquals(302, route.links().size());
        long ours = route.addresses().stream()
                .filter(a -> a.address().getHostAddress().startsWith("10.20."))
                .count();
        assertEquals(300, ours);
    }

    @Test
    void linkWithoutCarrierIsUpButNotRunning() throws Exception {
        lab.right().run("ip", "link", "set", "v0", "down");
        Link v0 = route.link("v0");
        assertNotNull(v0);
        assertTrue(v0.up());
        assertFalse(v0.running());
        lab.left().run("ip", "link", "set", "v0", "down");
        v0 = route.link("v0");
        assertNotNull(v0);
        assertFalse(v0.up());
        assertFalse(v0.running());
    }

    @Test
    void leasedAddressesStayWhileRenewedAndGoWhenNot() throws Exception {
        Map<InetAddress, Integer> leased = new HashMap<>();
        leased.put(ip("10.9.0.10"), 32);
        leased.put(ip("10.9.0.11"), 24);
        leased.put(ip("fd09::10"), 128);
        leased.put(ip("fd09::11"), 64);
        long renewed;
        try (Poller poller = new Poller()) {
            long start = System.nanoTime();
            do {
                renewed = System.nanoTime();
                leased.forEach((address, prefix) -> route.putAddress(index, address, prefix, 2));
                poller.await(200_000_000L);
                leased.forEach(this::assertLeased);
            } while (System.nanoTime() - start < 3_000_000_000L);
        }
        long renewedAt = renewed;
        Set<InetAddress> left = new HashSet<>(leased.keySet());
        eventsUntil(event -> {
            if (event instanceof RouteEvent.AddressRemoved(InterfaceAddress gone) && left.remove(gone.address())) {
                long millis = (System.nanoTime() - renewedAt) / 1_000_000;
                assertTrue(millis >= 1_500 && millis <= 3_200, gone.address() + " gone after " + millis + " ms");
            }
            return left.isEmpty();
        });
        leased.forEach((address, prefix) -> assertNull(find(address)));
    }

    private void assertLeased(InetAddress address, int prefix) {
        InterfaceAddress there = find(address);
        assertNotNull(there);
        assertEquals(prefix, there.prefix());
        assertFalse(there.permanent());
        assertTrue(there.validSeconds() <= 2, there::toString);
        assertFalse(there.tentative());
    }

    @Test
    void leaseEndsAlthoughTheSocketIsClosed() throws Exception {
        InetAddress vip = ip("10.9.0.10");
        try (RouteSocket other = lab.left().call(RouteSocket::open)) {
            other.putAddress(index, vip, 32, 1);
        }
        eventsUntil(event -> removes(event, vip));
    }

    @Test
    void addressWithoutLifetimeIsPermanentAndCanBecomeLeasedAndBack() throws Exception {
        InetAddress vip = ip("10.9.0.10");
        route.putAddress(index, vip, 32, 0);
        InterfaceAddress forever = find(vip);
        assertNotNull(forever);
        assertTrue(forever.permanent());
        assertEquals(Long.MAX_VALUE, forever.validSeconds());
        route.putAddress(index, vip, 32, 100);
        InterfaceAddress leased = find(vip);
        assertNotNull(leased);
        assertFalse(leased.permanent());
        route.putAddress(index, vip, 32, 0);
        assertEquals(forever, find(vip));
        assertEquals(
                1,
                route.addresses().stream().filter(a -> a.address().equals(vip)).count());
    }

    @Test
    void ipv6HostAddressIsNotChosenAsSourceUnlessWished() throws Exception {
        route.putAddress(index, ip("fd09::10"), 128, 100);
        route.putAddress(index, ip("fd09::11"), 128, 100, Integer.MAX_VALUE);
        route.putAddress(index, ip("fd09::12"), 128, 100, 50);
        String shown = lab.left().run("ip", "-6", "-o", "addr", "show", "dev", "v0");
        assertTrue(line(shown, "fd09::10/128").contains("deprecated"), shown);
        assertFalse(line(shown, "fd09::11/128").contains("deprecated"), shown);
        assertTrue(line(shown, "fd09::12/128").contains("preferred_lft 50sec"), shown);
        // No host route of its own on the interface that would have to be renewed too.
        String routes = lab.left().run("ip", "-6", "route", "show", "dev", "v0");
        assertFalse(routes.contains("fd09::10"), routes);
    }

    private static String line(String text, String part) {
        return text.lines().filter(l -> l.contains(part)).findFirst().orElseThrow();
    }

    @Test
    void addressIsRemovedOnce() throws Exception {
        InetAddress vip = ip("10.9.0.10");
        route.putAddress(index, vip, 32, 0);
        assertFalse(route.removeAddress(index, vip, 24), "another prefix is another address");
        assertTrue(route.removeAddress(index, vip, 32));
        assertFalse(route.removeAddress(index, vip, 32));
        assertFalse(route.removeAddress(1_999_999, vip, 32));
        assertFalse(route.removeAddress(index, ip("fd09::10"), 128));
    }

    @Test
    void neighborIsForgottenOnce() throws Exception {
        for (String address : List.of("10.9.0.77", "fd09::77")) {
            lab.left().run("ip", "neigh", "add", address, "lladdr", "02:00:00:00:00:77", "nud", "stale", "dev", "v0");
            assertEquals(0x77, java.util.Objects.requireNonNull(route.neighbor(index, ip(address)))[5]);
            assertTrue(route.forgetNeighbor(index, ip(address)), address);
            assertFalse(route.forgetNeighbor(index, ip(address)), address);
            assertFalse(lab.left().run("ip", "neigh", "show", "dev", "v0").contains(address));
            assertFalse(route.forgetNeighbor(1_999_999, ip(address)));
        }
    }

    @Test
    void missingInterfaceIsExplainedInTheKernelsWords() throws Exception {
        InetAddress vip = ip("10.9.0.10");
        ErrnoException e = assertThrows(ErrnoException.class, () -> route.putAddress(1_999_999, vip, 32, 2));
        assertEquals("ENODEV", e.symbol());
        assertTrue(
                e.getMessage().startsWith("RTM_NEWADDR(10.9.0.10/32, interface 1999999) failed: ENODEV (19)"),
                e.getMessage());
        assertTrue(e.getMessage().endsWith("Device not found; the interface is gone"), e.getMessage());
        // The socket still works after an error.
        route.putAddress(index, vip, 32, 2);
    }

    @Test
    void ipv6DisabledOnTheInterfaceNamesTheSetting() throws Exception {
        lab.left().run("sysctl", "-q", "-w", "net.ipv6.conf.v0.disable_ipv6=1");
        ErrnoException e = assertThrows(ErrnoException.class, () -> route.putAddress(index, ip("fd09::10"), 128, 2));
        assertTrue(e.getMessage().endsWith("set net.ipv6.conf.NAME.disable_ipv6 to 0"), e.getMessage());
    }

    @Test
    void impossibleArgumentsAreOurOwnMistake() throws Exception {
        InetAddress vip = ip("10.9.0.10");
        assertThrows(IllegalArgumentException.class, () -> route.putAddress(index, vip, 33, 2));
        assertThrows(IllegalArgumentException.class, () -> route.putAddress(index, vip, -1, 2));
        assertThrows(IllegalArgumentException.class, () -> route.putAddress(index, vip, 32, -1));
        assertThrows(IllegalArgumentException.class, () -> route.putAddress(index, vip, 32, 2, 3));
    }

    @Test
    void someoneElsesChangeOfAnAddressIsHeard() throws Exception {
        InetAddress other = ip("10.9.0.30");
        lab.left().run("ip", "addr", "add", "10.9.0.30/32", "dev", "v0");
        eventsUntil(event -> adds(event, other));
        lab.left().run("ip", "addr", "delete", "10.9.0.30/32", "dev", "v0");
        eventsUntil(event -> removes(event, other));
    }

    @Test
    void linkIsHeardToComeChangeAndGo() throws Exception {
        lab.left().run("ip", "link", "add", "x0", "type", "bridge");
        eventsUntil(event ->
                event instanceof RouteEvent.LinkChanged(Link l) && l.name().equals("x0") && !l.up());
        lab.left().run("ip", "link", "set", "x0", "up");
        eventsUntil(event ->
                event instanceof RouteEvent.LinkChanged(Link l) && l.name().equals("x0") && l.up());
        lab.left().run("ip", "link", "delete", "x0");
        eventsUntil(event -> event instanceof RouteEvent.LinkRemoved(int i, String name) && name.equals("x0"));
    }

    @Test
    void lossOfCarrierIsHeard() throws Exception {
        lab.right().run("ip", "link", "set", "v0", "down");
        eventsUntil(event ->
                event instanceof RouteEvent.LinkChanged(Link l) && l.name().equals("v0") && l.up() && !l.running());
    }

    @Test
    void leavingABridgeIsNotHeardAsRemoval() throws Exception {
        Veth.createBridge(lab.left(), "x0");
        lab.left().run("ip", "link", "set", "v0", "master", "x0");
        lab.left().run("ip", "link", "set", "v0", "nomaster");
        lab.left().run("ip", "link", "delete", "x0");
        List<RouteEvent> seen =
                eventsUntil(event -> event instanceof RouteEvent.LinkRemoved(int i, String name) && name.equals("x0"));
        assertFalse(seen.stream()
                .anyMatch(event -> event instanceof RouteEvent.LinkRemoved(int i, String name) && name.equals("v0")));
    }

    @Test
    void interfaceDeletedTakesItsAddressesAlong() throws Exception {
        InetAddress vip = ip("10.9.0.10");
        route.putAddress(index, vip, 32, 0);
        lab.left().run("ip", "link", "delete", "v0");
        List<RouteEvent> seen =
                eventsUntil(event -> event instanceof RouteEvent.LinkRemoved(int i, String name) && i == index);
        assertTrue(seen.stream().anyMatch(event -> removes(event, vip)));
        assertNull(route.link(index));
        assertThrows(ErrnoException.class, () -> route.putAddress(index, vip, 32, 2));
    }

    @Test
    void lossOfEventsIsToldAndWhatIsStaleIsDropped() throws Exception {
        InetAddress vip = ip("10.9.0.10");
        try (RouteMonitor small = lab.left().call(() -> RouteMonitor.open(4096))) {
            for (int i = 0; i < 1000; i++) {
                route.putAddress(index, vip, 32, 100);
            }
            assertInstanceOf(RouteEvent.Lost.class, small.receive());
            assertNull(small.receive(), "what waited is older than what will be read anew");
            route.removeAddress(index, vip, 32);
            RouteEvent event = small.receive();
            assertTrue(event != null && removes(event, vip), () -> "heard " + event);
        }
    }

    @Test
    void macIsThatOfTheInterface() throws Exception {
        Link v0 = route.link("v0");
        assertNotNull(v0);
        byte[] shown = HexFormat.ofDelimiter(":")
                .parseHex(lab.left().run("cat", "/sys/class/net/v0/address").strip());
        assertArrayEquals(shown, v0.mac());
    }

    @Test
    void macvlansAreMadeSetAndRemoved() throws Exception {
        Link under = Objects.requireNonNull(route.link("v0"));
        byte[] mac = {0, 0, 0x5e, 0, 1, 0x33};
        int made = route.createMacvlan("vmac", under.index(), mac);
        Link found = Objects.requireNonNull(route.link(made));
        assertEquals(new Link(made, "vmac", false, false, mac, under.mtu(), "macvlan", under.index()), found);
        assertTrue(route.setUp(made, true));
        assertTrue(Objects.requireNonNull(route.link(made)).up());
        assertEquals(
                List.of(),
                route.addresses(made).stream()
                        .filter(each -> each.address() instanceof Inet6Address)
                        .toList(),
                "no link-local address of its own");
        assertTrue(route.setMtu(made, 1400));
        assertEquals(1400, Objects.requireNonNull(route.link(made)).mtu());
        assertEquals(OptionalInt.of(0), route.ipv4Setting(made, Ipv4Setting.ARP_IGNORE));
        assertTrue(route.setIpv4(made, Ipv4Setting.ARP_IGNORE, 1));
        assertEquals(OptionalInt.of(1), route.ipv4Setting(made, Ipv4Setting.ARP_IGNORE));
        assertTrue(route.setUp(made, false));
        assertTrue(route.removeLink(made));
        assertFalse(route.removeLink(made));
        assertFalse(route.setUp(made, true));
        assertEquals(OptionalInt.empty(), route.ipv4Setting(made, Ipv4Setting.ARP_IGNORE));
        assertEquals(List.of(), route.addresses(made));
        assertNull(route.neighbor(under.index(), ip("10.9.0.77")));
    }
}
