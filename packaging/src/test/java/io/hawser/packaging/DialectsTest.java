package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.linux.NetworkNamespace;
import io.hawser.sysctl.linux.Veth;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The packaged hawser with its file alone: two nodes with an IPv6 virtual address, and one beside Keepalived in version 2 with a password. */
@Tag("e2e")
class DialectsTest {
    private static final String PREFIX = "hawser-dia-";
    private static final Map<String, Integer> HOSTS = Map.of("lb1", 11, "lb2", 12, "m1", 21, "c", 100);
    private static final String LINK_LOCAL = "fe80::200:5eff:fe00:233";
    private static final int PORT = 6443;
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration TAKEOVER_3 = Duration.ofSeconds(3);
    private static final Duration TAKEOVER_2 = Duration.ofSeconds(6);

    @TempDir
    Path directory;

    private final Map<String, NetworkNamespace> hosts = new LinkedHashMap<>();
    private final List<AutoCloseable> closing = new ArrayList<>();

    @BeforeEach
    void connectHosts() throws Exception {
        Requirements.namespaces();
        removeHosts();
        NetworkNamespace bridge = NetworkNamespace.create(PREFIX + "sw");
        hosts.put("sw", bridge);
        Veth.createBridge(bridge, "br0");
        for (Map.Entry<String, Integer> each : HOSTS.entrySet()) {
            NetworkNamespace host = NetworkNamespace.create(PREFIX + each.getKey());
            hosts.put(each.getKey(), host);
            host.run("ip", "link", "set", "lo", "up");
            Veth.plug(host, "eth0", bridge, "br0", each.getKey());
            host.run("ip", "addr", "add", "10.77.0." + each.getValue() + "/24", "dev", "eth0");
            host.run("ip", "addr", "add", "fd77::" + each.getValue() + "/64", "dev", "eth0", "nodad");
        }
        ServerSocket server = host("m1").call(() -> new ServerSocket(PORT));
        closing.add(server);
        Thread.ofVirtual().start(() -> answer(server));
    }

    @AfterEach
    void removeHosts() throws Exception {
        for (AutoCloseable each : closing.reversed()) {
            each.close();
        }
        closing.clear();
        hosts.clear();
        NetworkNamespace.list(PREFIX).forEach(NetworkNamespace::delete);
    }

    private static void answer(ServerSocket server) {
        while (!server.isClosed()) {
            try (Socket client = server.accept()) {
                client.getOutputStream().write("m1".getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                // The end of the test, or a health check that went away.
            }
        }
    }

    private NetworkNamespace host(String name) {
        NetworkNamespace host = hosts.get(name);
        if (host == null) {
            throw new IllegalStateException("no host " + name);
        }
        return host;
    }

    private Run hawser(String node, String configuration) throws IOException {
        Path own = Files.createDirectories(directory.resolve(node));
        Path file = own.resolve("hawser.yaml");
        Files.writeString(file, configuration.replace("SOCKET", own.resolve("hawser.sock").toString()));
        return inside(node, Requirements.launcher().toString(), "run", "--config", file.toString(), "--node", node);
    }

    private Run inside(String node, String... command) {
        Run run = Run.inside(PREFIX + node, List.of(), command);
        closing.add(run);
        return run;
    }

    private static String configuration(String nodes, String address, String router) {
        return """
                nodes:
                  - {name: lb1, address: "%1$s11"}
                  - {name: lb2, address: "%1$s12"}
                virtual-routers:
                  - {name: api, id: 51, addresses: ["%2$s"]%3$s}
                listeners:
                  - {name: l, bind: "%4$s:%5$d", pool: masters}
                pools:
                  - name: masters
                    members: ["[fd77::21]:%5$d"]
                admin: {socket: SOCKET}
                """.formatted(nodes, address, router, address.contains(":") ? "[" + address + "]" : address, PORT);
    }

    private boolean holds(String node, String address) {
        return !host(node).run("ip", "-o", "addr", "show", "dev", "eth0", "to", address).isBlank();
    }

    private boolean isHeldOnlyBy(String node, String address) {
        return holds(node, address) && !holds(node.equals("lb1") ? "lb2" : "lb1", address);
    }

    private boolean isServed(String address) {
        try {
            return host("c").call(() -> {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(InetAddress.ofLiteral(address), PORT), 300);
                    socket.setSoTimeout(300);
                    return new String(socket.getInputStream().readNBytes(2), StandardCharsets.US_ASCII).equals("m1");
                }
            });
        } catch (Exception e) {
            return false; // nobody has the address yet
        }
    }

    private void await(String what, Duration limit, BooleanSupplier condition) {
        long startedAt = System.nanoTime();
        Run.await(what, limit, condition);
        System.out.println(what + ": " + (System.nanoTime() - startedAt) / 1_000_000 + " ms");
    }

    private static void stays(String what, Duration length, BooleanSupplier condition) throws InterruptedException {
        long endAt = System.nanoTime() + length.toNanos();
        while (System.nanoTime() - endAt < 0) {
            assertTrue(condition.getAsBoolean(), "no longer: " + what);
            Thread.sleep(50);
        }
    }

    /** Nodes with IPv6 addresses advertise to each other; those with IPv4 addresses from link-local ones to the group. */
    @ParameterizedTest
    @ValueSource(strings = {"fd77::", "10.77.0."})
    void anIpv6AddressMovesAndIsServed(String nodes) throws Exception {
        String vip = "fd77::10";
        String text = configuration(nodes, vip, "");
        Run first = hawser("lb1", text);
        await("lb1 serves", START, () -> holds("lb1", vip) && isServed(vip));
        Run second = hawser("lb2", text);
        await("lb2 is ready", START, () -> isReady("lb2"));
        stays("only lb1 has the addresses", Duration.ofSeconds(2), () -> isHeldOnlyBy("lb1", vip));
        assertTrue(isHeldOnlyBy("lb1", LINK_LOCAL), "the link-local address goes along");

        first.signal("KILL");
        await("lb2 serves after a kill", TAKEOVER_3, () -> holds("lb2", vip) && isServed(vip));
        await("the kernel took the addresses from lb1", Duration.ofSeconds(4), () -> !holds("lb1", vip));
        assertTrue(isHeldOnlyBy("lb2", LINK_LOCAL));

        hawser("lb1", text);
        await("lb1 is ready", START, () -> isReady("lb1"));
        stays("only lb2 has the addresses", Duration.ofSeconds(2), () -> isHeldOnlyBy("lb2", vip));
        second.signal("TERM");
        await("lb1 serves after a stop", TAKEOVER_3, () -> isHeldOnlyBy("lb1", vip) && isServed(vip));
        assertEquals(0, second.exit(Duration.ofSeconds(40)));
    }

    private boolean isReady(String node) {
        try {
            return host(node).call(() -> {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress("127.0.0.1", 9100), 300);
                    socket.setSoTimeout(500);
                    socket.getOutputStream()
                            .write("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
                    return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII)
                            .equals("HTTP/1.1 200");
                }
            });
        } catch (Exception e) {
            return false; // not listening yet
        }
    }

    private Run keepalived(int priority, String password) throws IOException {
        Path file = Files.createTempFile(directory, "keepalived", ".conf");
        Files.writeString(file, """
                global_defs {
                  vrrp_version 2
                }
                vrrp_instance api {
                  state BACKUP
                  nopreempt
                  interface eth0
                  virtual_router_id 51
                  priority %d
                  advert_int 1
                  authentication { auth_type PASS
                    auth_pass %s }
                  virtual_ipaddress { 10.77.0.10/32 }
                }
                """.formatted(priority, password));
        return inside(
                "lb2",
                "keepalived",
                "--dont-fork",
                "--log-console",
                "--vrrp",
                "--use-file=" + file,
                "--pid=" + file + ".pid",
                "--vrrp_pid=" + file + ".vrrp");
    }

    @Test
    void versionTwoWithAPasswordSharesAnAddressWithKeepalived() throws Exception {
        Requirements.tools("keepalived");
        String vip = "10.77.0.10";
        Files.createDirectories(directory.resolve("lb1"));
        Files.writeString(directory.resolve("lb1").resolve("secret"), "s3cretpw-and-more\n");
        String text = configuration(
                "10.77.0.",
                vip,
                ", version: 2, transport: multicast, authentication: {type: pass, password-file: secret}");

        Run other = keepalived(150, "s3cretpw");
        await("keepalived has the address", START, () -> isHeldOnlyBy("lb2", vip));
        Run hawser = hawser("lb1", text);
        await("hawser is ready", START, () -> isReady("lb1"));
        stays("hawser respects keepalived", TAKEOVER_2, () -> isHeldOnlyBy("lb2", vip));
        other.signal("TERM");
        await("hawser serves after keepalived", TAKEOVER_2, () -> isHeldOnlyBy("lb1", vip) && isServed(vip));

        Run again = keepalived(250, "s3cretpw");
        await("keepalived listens", START, () -> again.output().contains("Entering BACKUP STATE"));
        stays("keepalived respects hawser", TAKEOVER_2, () -> isHeldOnlyBy("lb1", vip));
        hawser.signal("TERM");
        await("keepalived takes over from hawser", TAKEOVER_2, () -> isHeldOnlyBy("lb2", vip));
        assertTrue(hawser.output().contains("the first 8 are used"), hawser.output());
        assertFalse(hawser.output().contains("s3cret"), "the password is in the log");
    }

    @Test
    void anotherPasswordIsNotBelieved() throws Exception {
        Requirements.tools("keepalived");
        String vip = "10.77.0.10";
        Files.createDirectories(directory.resolve("lb1"));
        Files.writeString(directory.resolve("lb1").resolve("secret"), "other\n");
        keepalived(150, "s3cretpw");
        await("keepalived has the address", START, () -> isHeldOnlyBy("lb2", vip));
        hawser(
                "lb1",
                configuration(
                        "10.77.0.",
                        vip,
                        ", version: 2, transport: multicast, authentication: {type: pass, password-file: secret}"));
        await("each takes the other for a stranger", START, () -> holds("lb1", vip) && holds("lb2", vip));
    }
}
