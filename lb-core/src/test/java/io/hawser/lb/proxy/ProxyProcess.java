package io.hawser.lb.proxy;

import io.hawser.lb.balance.Balance;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.balance.PoolSettings.OnDown;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * A proxy in a process of its own, for tests that take something away from it. Arguments: the member's port, the number of
 * connections. Prints its port, then its statistics for each line it reads; ends with its input.
 */
final class ProxyProcess {
    private ProxyProcess() {}

    public static void main(String[] arguments) throws Exception {
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0]));
        Pool pool = new Pool(
                "masters",
                new PoolSettings(Balance.LEAST_CONNECTIONS, Duration.ofSeconds(30), 3, OnDown.CLOSE),
                List.of(new Member("masters", "m1", address, 100)));
        ProxySettings settings = new ProxySettings(2, Integer.parseInt(arguments[1]), 8 << 20);
        try (Proxy proxy = Proxy.start(settings, ProxyEvents.NONE);
                BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            proxy.apply(List.of(ListenerPlan.of("api", new InetSocketAddress("127.0.0.1", 0), pool)));
            rehearse(proxy);
            System.out.println(proxy.addresses("api").getFirst().getPort());
            while (input.readLine() != null) {
                System.out.println(statistics(proxy));
            }
        }
    }

    // The classes of this test come from directories, and loading one takes a descriptor; so all of it happens once
    // while there are some.
    private static void rehearse(Proxy proxy) throws IOException {
        try (Socket client = Peers.connect(proxy.addresses("api").getFirst())) {
            client.getOutputStream().write(1);
            client.getInputStream().read();
        }
        Peers.await(
                "ended",
                () -> !proxy.snapshot().listeners().getFirst().endings().isEmpty());
        if (!statistics(proxy).equals("0 0 0")) {
            throw new IllegalStateException(statistics(proxy));
        }
    }

    private static String statistics(Proxy proxy) {
        ProxyStats stats = proxy.snapshot();
        return stats.shortages() + " " + stats.active() + " " + stats.defects();
    }
}
