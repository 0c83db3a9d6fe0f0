package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.lb.admin.Problems;
import io.hawser.sysctl.linux.PacketSocket;
import io.hawser.sysctl.linux.RouteSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node whose host lacks something: each gets its line under "wrong", with what to do. */
@Tag("netns")
@Timeout(300)
class SaidWhatIsWrongNetnsTest {
    private static final Duration KERNEL_PERIOD = Duration.ofNanos(KernelWatch.PERIOD_NANOS);

    @TempDir
    Path directory;

    private TwoNodes nodes;

    @BeforeEach
    void prepare() throws Exception {
        nodes = new TwoNodes(directory);
    }

    @AfterEach
    void remove() throws IOException {
        if (nodes != null) {
            nodes.close();
        }
    }

    private static boolean isWrong(Daemon daemon, String... words) {
        return Problems.of(daemon.status()).stream()
                .anyMatch(line -> List.of(words).stream().allMatch(line::contains));
    }

    @Test
    void thatEverySourcePortIsInUse() throws Exception {
        List<Socket> clients = new ArrayList<>();
        try (Daemon node = nodes.start("one", "", "one", "two")) {
            TestNode.await("it serves", node::isFit);
            nodes.first.run("sysctl", "-q", "-w", "net.ipv4.ip_local_port_range=40000 40007");
            for (int i = 0; i < 20; i++) {
                clients.add(nodes.client.call(() -> {
                    Socket socket = new Socket();
                    socket.connect(new InetSocketAddress(TwoNodes.FIRST, 6445), 5_000);
                    return socket;
                }));
            }
            TestNode.await("it is said", () -> isWrong(node, "every source port", "net.ipv4.ip_local_port_range"));
            assertEquals(1, TwoNodes.texts(node, "no-source-port").size());
        } finally {
            for (Socket each : clients) {
                each.close();
            }
        }
    }

    @Test
    void thatAHostFloodsTheLinkWithArp() throws Exception {
        ByteBuffer frame = ByteBuffer.wrap(HexFormat.of()
                .parseHex("ffffffffffff" + "020000000017" + "0806" + "0001080006040001" + "020000000017" + "0a4f014d"
                        + "000000000000" + "0a4f014d"));
        try (Daemon node = nodes.start("one", "", "one", "two");
                PacketSocket socket = nodes.client.call(() -> {
                    try (RouteSocket routes = RouteSocket.open()) {
                        return PacketSocket.open(
                                Objects.requireNonNull(routes.link("eth7")).index(), 0);
                    }
                })) {
            TestNode.await("it serves", node::isFit);
            TestNode.await("it is said", () -> {
                for (int i = 0; i < 500; i++) {
                    socket.send(frame);
                }
                return isWrong(node, "ARP packets a second arrive on eth7", "10.79.1.77, MAC 02:00:00:00:00:17");
            });
            TestNode.await("it is over", () -> !isWrong(node, "ARP packets a second"));
            assertEquals(1, TwoNodes.texts(node, "link-flood").size());
        }
    }

    @Test
    void thatForwardingWasSwitchedOffAgain() throws Exception {
        try (Daemon node =
                nodes.start("one", text -> text.replace("ip-forward: false", "ip-forward: true"), "", "one", "two")) {
            assertEquals(
                    "1", nodes.first.run("sysctl", "-n", "net.ipv4.ip_forward").strip());
            nodes.first.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=0");
            nodes.pass(KERNEL_PERIOD);
            TestNode.await(
                    "it is said",
                    () -> isWrong(node, "net.ipv4.ip_forward", "sysctl -w net.ipv4.ip_forward=1", "sysctl.d"));
            nodes.first.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1");
            nodes.pass(KERNEL_PERIOD);
            TestNode.await("it is over", () -> !isWrong(node, "net.ipv4.ip_forward"));
            TestNode.await(
                    "it is said",
                    () -> TwoNodes.texts(node, "kernel").stream()
                            .anyMatch(text -> text.contains("has the required value")));
        }
    }
}
