package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class DescriptorTest {

    @Test
    void tenThousandConnectionsLeaveNoDescriptorAndNoBufferBehind() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(Fixture.settings(100), PoolSettings.DEFAULTS, member.address())) {
            useUp(fixture, 100, 0);
            int before = descriptors();

            useUp(fixture, 10_000, 100);

            fixture.awaitActive(0);
            Peers.await(
                    "descriptors closed: " + descriptors() + " now, " + before + " before",
                    () -> descriptors() <= before);
        }
    }

    // Every way to end: by the client, by a reset, half-closed first.
    private static void useUp(Fixture fixture, int connections, int earlier) throws IOException {
        for (int i = 0; i < connections; i++) {
            try (Socket client = fixture.connect()) {
                client.getOutputStream().write(1);
                assertEquals(1, client.getInputStream().read());
                if (i % 3 == 0) {
                    client.shutdownOutput();
                    assertEquals(-1, client.getInputStream().read());
                } else if (i % 3 == 1) {
                    Peers.reset(client);
                }
            }
        }
        assertTrue(fixture.proxy.snapshot().listeners().getFirst().accepted() >= earlier + connections);
    }

    private static int descriptors() {
        String[] open = Path.of("/proc/self/fd").toFile().list();
        return open == null ? 0 : open.length;
    }

    @Test
    void aDefectWhileConnectionsEndKeepsNoneOfTheirPlaces() throws Exception {
        ProxyEvents defective = new ProxyEvents() {
            @Override
            public void connectionLost(Member member) {
                throw new IllegalStateException("a defect");
            }
        };
        try (Peers.Server server = new Peers.Server(socket -> {
                    socket.getOutputStream().write(socket.getInputStream().read());
                    Peers.reset(socket);
                });
                Proxy proxy = Proxy.start(Fixture.settings(100), defective)) {
            Pool pool = new Pool(
                    "masters", PoolSettings.DEFAULTS, List.of(new Member("masters", "m1", server.address(), 100)));
            proxy.apply(List.of(ListenerPlan.of("api", Fixture.ANY_PORT, pool)));
            for (int i = 0; i < 5; i++) {
                try (Socket client = Peers.connect(proxy.addresses("api").getFirst())) {
                    client.getOutputStream().write(1);
                    assertEquals(1, client.getInputStream().read());
                    assertTrue(Peers.endsByReset(client));
                }
            }
            Peers.await("all are counted", () -> proxy.snapshot().defects() == 5);
            assertEquals(0, proxy.snapshot().active());
        }
    }

    @Test
    void aProcessWithoutDescriptorsRecoversAndServesWhoWaited() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                // It believes in more connections than its descriptors allow.
                ProxyProcess.Forked limited =
                        ProxyProcess.Forked.start("PLAIN", member.address().getPort(), 120, "-Xmx64m")) {
            List<Socket> held = new ArrayList<>();
            List<CompletableFuture<Void>> waiting = new ArrayList<>();
            for (int i = 0; i < 150; i++) {
                Socket client = Peers.connect(limited.address);
                held.add(client);
                waiting.add(Peers.async(() -> {
                    client.getOutputStream().write(42);
                    assertEquals(42, client.getInputStream().read());
                    client.close();
                    return null;
                }));
                if (i < 60) {
                    // Whoever comes first stays until descriptors have run out.
                    held.add(Peers.connect(limited.address));
                }
            }
            Peers.await("descriptors ran out", () -> limited.statistics()[0] > 0);

            for (Socket socket : held.subList(0, 120)) {
                if (held.indexOf(socket) % 2 == 1) {
                    socket.close();
                }
            }

            for (CompletableFuture<Void> each : waiting) {
                Peers.get(each);
            }
            Peers.await("all ended", () -> limited.statistics()[1] == 0);
            assertEquals(0, limited.statistics()[2], "defects");
            try (Socket late = Peers.connect(limited.address)) {
                late.getOutputStream().write(1);
                assertEquals(1, late.getInputStream().read());
            }
        }
    }
}
