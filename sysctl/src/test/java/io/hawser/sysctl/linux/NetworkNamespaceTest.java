package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("netns")
@Timeout(300)
class NetworkNamespaceTest {
    private Laboratory lab;

    @BeforeEach
    void makeHosts() {
        lab = Laboratory.open();
    }

    @AfterEach
    void removeHosts() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void existsFromCreationToRemoval() {
        String name = lab.left().name();
        assertTrue(NetworkNamespace.exists(name));
        assertEquals(List.of(name), NetworkNamespace.list(name));
        assertTrue(NetworkNamespace.delete(name));
        assertFalse(NetworkNamespace.exists(name));
        assertFalse(NetworkNamespace.delete(name));
    }

    @Test
    void socketsOpenedInsideBelongToIt() throws Exception {
        InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (ServerSocket inside = lab.left().call(() -> {
            ServerSocket server = new ServerSocket();
            server.bind(loopback);
            return server;
        })) {
            InetSocketAddress bound = (InetSocketAddress) inside.getLocalSocketAddress();
            lab.left().call(() -> {
                try (Socket client = new Socket(bound.getAddress(), bound.getPort())) {
                    return client.isConnected();
                }
            });
            assertThrows(
                    IOException.class, () -> lab.right().call(() -> new Socket(bound.getAddress(), bound.getPort())));
        }
    }

    @Test
    void callersThreadStaysWhereItWas() throws Exception {
        List<String> before = linkNames();
        assertEquals(List.of("lo"), lab.left().call(NetworkNamespaceTest::linkNames));
        assertEquals(before, linkNames());
    }

    private static List<String> linkNames() {
        try (RouteSocket route = RouteSocket.open()) {
            return route.links().stream().map(Link::name).toList();
        }
    }

    @Test
    void whatTheCodeThrowsIsThrown() {
        IllegalStateException e = assertThrows(
                IllegalStateException.class,
                () -> lab.left().call(() -> {
                    throw new IllegalStateException("inside");
                }));
        assertEquals("inside", e.getMessage());
        assertThrows(
                AssertionError.class,
                () -> lab.left().call(() -> {
                    throw new AssertionError("inside");
                }));
    }

    @Test
    void nameThatIsTakenIsAnError() {
        LinuxException e = assertThrows(
                LinuxException.class, () -> NetworkNamespace.create(lab.left().name()));
        assertTrue(e.getMessage().contains("File exists"), e.getMessage());
        assertTrue(NetworkNamespace.exists(lab.left().name()), "what another made is not removed");
    }

    @Test
    void namespaceThatIsNotThereIsNamed() {
        ErrnoException e = assertThrows(
                ErrnoException.class, () -> NetworkNamespace.of("linux-none").call(() -> 1));
        assertEquals(
                "open(/run/netns/linux-none) failed: ENOENT (2) No such file or directory; no such network namespace",
                e.getMessage());
    }

    @Test
    void failedCommandIsShownWithItsOutput() {
        LinuxException e = assertThrows(LinuxException.class, () -> lab.left().run("ip", "link", "show", "nothing"));
        assertTrue(e.getMessage().contains("exited with 1"), e.getMessage());
        assertTrue(e.getMessage().contains("\"nothing\" does not exist"), e.getMessage());
    }

    @Test
    void nameThatCouldLeaveTheDirectoryIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> NetworkNamespace.of("../x"));
        assertThrows(IllegalArgumentException.class, () -> NetworkNamespace.exists(""));
        assertThrows(IllegalArgumentException.class, () -> NetworkNamespace.create("-all"));
    }

    @Test
    void hostsOnABridgeReachEachOther() throws Exception {
        Veth.createBridge(lab.left(), "br0");
        Veth.address(lab.left(), "br0", InetAddress.ofLiteral("10.9.0.1"), 24);
        Veth.plug(lab.right(), "e0", lab.left(), "br0", "port0");
        Veth.address(lab.right(), "e0", InetAddress.ofLiteral("10.9.0.2"), 24);
        try (ServerSocket server = lab.left().call(() -> new ServerSocket(0));
                Socket client = lab.right().call(() -> new Socket("10.9.0.1", server.getLocalPort()))) {
            assertTrue(client.isConnected());
        }
    }

    @Test
    void whatIsMadeIsWhatIpMakes() {
        Veth.createBridge(lab.left(), "br0");
        Veth.plug(lab.right(), "e0", lab.left(), "br0", "port0");
        Veth.address(lab.right(), "e0", InetAddress.ofLiteral("fd09::2"), 64);
        String bridge = lab.left().run("ip", "-d", "link", "show", "br0");
        assertTrue(bridge.contains(",UP") && bridge.contains("forward_delay 0 "), bridge);
        assertTrue(bridge.contains("mcast_snooping 0 "), bridge);
        String port = lab.left().run("ip", "-d", "link", "show", "port0");
        assertTrue(port.contains(",UP") && port.contains("master br0") && port.contains(" veth "), port);
        String addresses = lab.right().run("ip", "addr", "show", "e0");
        assertTrue(addresses.contains("inet6 fd09::2/64 scope global"), addresses);
        assertFalse(addresses.contains("proto 112"), addresses);
        lab.left().setUp("port0", false);
        assertTrue(lab.right().run("ip", "link", "show", "e0").contains("NO-CARRIER"));
        assertTrue(lab.left().run("ip", "link", "show", "lo").contains(",UP"));
    }

    @Test
    void whatCannotBeMadeIsSaid() {
        Veth.create(lab.left(), "v0", lab.right(), "v0");
        LinuxException taken =
                assertThrows(LinuxException.class, () -> Veth.create(lab.left(), "v0", lab.right(), "v1"));
        assertTrue(taken.getMessage().contains("RTM_NEWLINK(v0, veth to v1) failed: EEXIST"), taken.getMessage());
        LinuxException none =
                assertThrows(LinuxException.class, () -> Veth.plug(lab.right(), "e0", lab.left(), "none", "port0"));
        assertTrue(none.getMessage().endsWith("there is no interface none"), none.getMessage());
        assertThrows(LinuxException.class, () -> Veth.createBridge(lab.left(), "sixteencharacter"));
        assertThrows(LinuxException.class, () -> lab.left().setUp("none", true));
    }

    @Test
    void aNameThatStandsForNothingIsRemoved() throws Exception {
        Path left = Path.of("/run/netns", lab.left().name() + "-half");
        Files.createFile(left);
        assertTrue(NetworkNamespace.delete(left.getFileName().toString()));
        assertFalse(Files.exists(left));
    }

    @Test
    void ipFindsAndRemovesWhatWasMadeHere() throws Exception {
        String name = lab.left().name();
        Process removal =
                new ProcessBuilder("ip", "netns", "delete", name).inheritIO().start();
        assertEquals(0, removal.waitFor());
        assertFalse(NetworkNamespace.exists(name));
    }
}
