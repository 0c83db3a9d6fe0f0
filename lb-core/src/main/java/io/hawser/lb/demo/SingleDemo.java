package io.hawser.lb.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The demo without root: one load balancer on loopback in front of three masters that live in this process; no VRRP. Runs on the calling thread;
 * {@link #close} may come from another.
 */
final class SingleDemo implements AutoCloseable {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final List<String> NAMES = Network.MASTERS;
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration BREAK = Duration.ofSeconds(4);
    private static final Duration BACK_LIMIT = Duration.ofSeconds(10);

    private final PrintStream out;
    private final Path directory = WorkDirectory.temporary();
    private final List<AutoCloseable> closing = new ArrayList<>();
    private final DemoCertificate certificate =
            DemoCertificate.create("hawser demo master", List.of("127.0.0.1"), Instant.now());
    private final Map<String, Master> masters = new ConcurrentHashMap<>();
    private final Map<String, InetSocketAddress> addresses = new ConcurrentHashMap<>();
    private volatile String happening = "all is well";
    private volatile boolean isClosed;

    SingleDemo(PrintStream out) {
        this.out = out;
    }

    /** One master ends and comes back; whether requests were served without it and by it again. */
    boolean runOnce() {
        Probe probe = start();
        String victim = NAMES.get(1);
        long struckAt = System.nanoTime();
        stop(victim);
        TestBed.pause(BREAK);
        long mendedAt = System.nanoTime();
        Observation during = probe.observe(struckAt, mendedAt);
        begin(victim);
        boolean isBack = awaitAll(probe, BACK_LIMIT);
        Observation back = probe.observe(mendedAt, System.nanoTime());
        out.printf(
                "one master is killed: outage %d ms, %d requests failed, %d of them after the first 100 ms, %d served by the others %s%n",
                during.outage().toMillis(), during.failed(), during.lateFailures(), during.served(), during.shares());
        out.printf(
                "it is back: outage %d ms, %d requests failed, served by %s%n",
                back.outage().toMillis(), back.failed(), back.shares());
        return during.served() > 0 && isBack;
    }

    /** Stops one master after the other and brings it back, until the process is told to end. */
    void runForever() {
        Probe probe = start();
        boolean onScreen = Screen.isPossible();
        if (onScreen) {
            closeLater(Screen.open(out, () -> page(probe)));
        }
        while (!isClosed) {
            for (String victim : NAMES) {
                TestBed.pause(BREAK);
                tell(onScreen, probe, victim + " is killed");
                stop(victim);
                TestBed.pause(BREAK);
                tell(onScreen, probe, victim + " is started again");
                begin(victim);
                TestBed.pause(BREAK);
                tell(onScreen, probe, "all is well");
            }
        }
    }

    private void tell(boolean onScreen, Probe probe, String what) {
        happening = what;
        if (!onScreen) {
            out.printf("served %s, failed %d; now: %s%n", probe.served(), probe.failed(), what);
        }
    }

    private String page(Probe probe) {
        return "%n  %shawser demo --single%s   one load balancer, three masters, one client          Ctrl-C ends%n%n"
                        .formatted(Screen.BOLD, Screen.PLAIN)
                + MasterTable.render(NAMES, masters::containsKey, probe)
                + "%n  now: %s%s%s%n".formatted(Screen.BOLD, happening, Screen.PLAIN);
    }

    private Probe start() {
        NAMES.forEach(this::begin);
        int port = free(HawserNode.PORT);
        int admin = free(HawserNode.ADMIN_PORT);
        Child node = startNode(port, admin);
        Probe probe = closeLater(
                Probe.start(new InetSocketAddress(LOOPBACK, port), certificate.certificate(), TestBed.PROBE_INTERVAL));
        if (!awaitAll(probe, START_LIMIT)) {
            long now = System.nanoTime();
            throw DemoException.failed(
                    "127.0.0.1:%d was not served by all masters within 60 s: the load balancer %s, failed requests %s:\n%s"
                            .formatted(
                                    port,
                                    node.isAlive() ? "runs" : "exited with " + node.exitValue(),
                                    probe.observe(now - BREAK.toNanos(), now).failures(),
                                    log()));
        }
        out.printf("127.0.0.1:%d is served by three masters; dashboard: http://127.0.0.1:%d/%n", port, admin);
        return probe;
    }

    private Child startNode(int port, int admin) {
        Path file = directory.resolve("hawser.yaml");
        try {
            Files.writeString(file, configuration(port, admin));
        } catch (IOException e) {
            throw DemoException.failed("write of %s: %s".formatted(file, e.getMessage()));
        }
        String mark = directory.getFileName().toString();
        Child node = Child.start(
                "hawser",
                List.of(
                        "env",
                        "HAWSER_DEMO=" + mark,
                        Launcher.find().toString(),
                        "run",
                        "--config",
                        file.toString(),
                        "--node",
                        "one"),
                directory.resolve("log"));
        closeLater(Reaper.ofProcess(node.pid(), mark));
        closeLater(node::destroy);
        return node;
    }

    private String configuration(int port, int admin) {
        StringBuilder text = new StringBuilder("""
                nodes: [{name: one, address: 127.0.0.1}]
                listeners: [{name: kube-api, bind: "127.0.0.1:%d", pool: masters}]
                admin: {bind: "127.0.0.1:%d", socket: "%s"}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                pools:
                  - name: masters
                    balance: round-robin
                    health: {type: https, path: /readyz}
                    members:
                """.formatted(port, admin, directory.resolve("hawser.sock")));
        NAMES.forEach(name -> text.append("      - {name: %s, address: \"127.0.0.1:%d\"}%n"
                .formatted(name, address(name).getPort())));
        return text.toString();
    }

    private InetSocketAddress address(String name) {
        return addresses.getOrDefault(name, new InetSocketAddress(LOOPBACK, 0));
    }

    private synchronized void begin(String name) {
        if (isClosed) {
            throw DemoException.failed("the demo is ending");
        }
        Master master = Master.start(name, address(name), certificate);
        masters.put(name, master);
        addresses.put(name, master.address());
    }

    private void stop(String name) {
        Master master = masters.remove(name);
        if (master != null) {
            master.close();
        }
    }

    private static boolean awaitAll(Probe probe, Duration limit) {
        long deadlineAt = System.nanoTime() + limit.toNanos();
        while (System.nanoTime() - deadlineAt < 0) {
            long now = System.nanoTime();
            Observation seen = probe.observe(now - Duration.ofMillis(300).toNanos(), now);
            if (seen.failed() == 0 && seen.shares().size() == NAMES.size()) {
                return true;
            }
            TestBed.pause(Duration.ofMillis(50));
        }
        return false;
    }

    private static int free(int first) {
        for (int port = first; port < first + 20; port++) {
            try (ServerSocket socket = new ServerSocket(port, 1, LOOPBACK)) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // Taken: the next one.
            }
        }
        throw DemoException.failed(
                "every port of 127.0.0.1:%d to %d is taken; free one of them".formatted(first, first + 19));
    }

    private String log() {
        try {
            List<String> lines = Files.readAllLines(directory.resolve("log"));
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
        } catch (IOException e) {
            return "no log: " + e.getMessage();
        }
    }

    private synchronized <T extends AutoCloseable> T closeLater(T resource) {
        closing.add(resource);
        return resource;
    }

    /** Whether it has been told to end. */
    boolean isClosed() {
        return isClosed;
    }

    @Override
    public synchronized void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        for (AutoCloseable each : closing.reversed()) {
            try {
                each.close();
            } catch (Exception e) {
                out.println("hawser demo: " + e.getMessage());
            }
        }
        List.copyOf(masters.keySet()).forEach(this::stop);
        WorkDirectory.delete(directory);
    }
}
