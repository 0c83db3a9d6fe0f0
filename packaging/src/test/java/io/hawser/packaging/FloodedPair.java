package io.hawser.packaging;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.hawser.lb.demo.HawserNode;
import io.hawser.lb.demo.Network;
import io.hawser.sysctl.linux.NetworkNamespace;
import io.hawser.testkit.Await;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Two packaged nodes on one switch, two members that echo, a client that goes through the address and one that goes straight
 * to a member, what asks for the nodes' health as kubelet and the peer do, and a host that floods.
 */
final class FloodedPair implements AutoCloseable {
    /** Debian's own where it is: a wrapper in front of another one would be what is held to one processor. */
    static final String PYTHON = "$([ -x /usr/bin/python3 ] && echo /usr/bin/python3 || echo python3)";

    /** Who has the address, and is what the forged advertisements are aimed at. */
    static final String HOLDER = "lb1";

    private static final String FLOODER = "m3";
    private static final int TLS_PORT = 6444;
    private static final int BOUNDED_PORT = 6445;
    private static final long KERNEL_THREADS = 2;
    private static final long MILLI = 1_000_000;
    private static final int PATIENCE_MILLIS = 1_000;
    private static final Duration LIMIT = Await.LIMIT;

    final Map<String, Repeated> health = new LinkedHashMap<>();
    final Repeated client;
    final Repeated control;

    final Repeated work;

    private final Path directory;
    private final Network network;
    private final Map<String, Run> nodes = new LinkedHashMap<>();
    private final List<AutoCloseable> closing = new ArrayList<>();
    private final List<String> moves = Collections.synchronizedList(new ArrayList<>());

    FloodedPair(Path directory) throws Exception {
        this.directory = directory;
        network = Network.create("hawser-flood" + ProcessHandle.current().pid());
        closing.add(network);
        try {
            for (String member : List.of("m1", "m2")) {
                closing.add(in(member, FloodedPair::echo));
            }
            certificate();
            for (String node : Network.NODES) {
                watch(node);
            }
            for (String node : Network.NODES) {
                start(node);
                Run.await("lb1 has the address", LIMIT, () -> HOLDER.equals(holder()));
            }
            Run.await("both nodes are fit", LIMIT, this::isSteady);
            pinAddress();
            for (String node : Network.NODES) {
                String other = node.equals("lb1") ? "lb2" : "lb1";
                health.put(node + " asked by kubelet", asking(node, "127.0.0.1"));
                health.put(node + " asked by " + other, askingAsPeer(other, Network.address(node)));
            }
            client = in(Network.CLIENT, () -> new Repeated("client", 10 * MILLI, () -> ask(Network.VIRTUAL_ADDRESS)));
            control = in(Network.CLIENT, () -> new Repeated("control", 10 * MILLI, () -> ask(Network.address("m1"))));
            work = Repeated.work();
            closing.addAll(health.values());
            closing.addAll(List.of(client, control, work));
        } catch (Exception | Error e) {
            close();
            throw e;
        }
    }

    private <T> T in(String host, Callable<T> code) throws Exception {
        return NetworkNamespace.of(network.namespace(host)).call(code);
    }

    /** A member; its threads are of the network of the calling one. */
    private static ServerSocket echo() throws IOException {
        ServerSocket server = new ServerSocket(HawserNode.PORT, 1_000);
        Thread.ofPlatform().daemon().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket accepted = server.accept();
                    Thread.ofVirtual().start(() -> {
                        try (accepted) {
                            accepted.getInputStream().transferTo(accepted.getOutputStream());
                        } catch (IOException e) {
                            // A client that was reset.
                        }
                    });
                } catch (IOException e) {
                    // Closed, or a connection that ended before it was accepted.
                }
            }
        });
        return server;
    }

    private void certificate() throws Exception {
        try (Run made = Run.start(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "30",
                "-subj",
                "/CN=api.example",
                "-addext",
                "subjectAltName=DNS:api.example",
                "-keyout",
                file("server.key"),
                "-out",
                file("server.pem"))) {
            if (made.exit(LIMIT) != 0) {
                throw new IllegalStateException(made.output());
            }
        }
        Files.setPosixFilePermissions(directory.resolve("server.key"), PosixFilePermissions.fromString("rw-------"));
    }

    private String file(String name) {
        return directory.resolve(name).toString();
    }

    private void start(String node) throws IOException {
        Path config = directory.resolve(node + ".yaml");
        Files.writeString(config, """
                nodes: [{name: lb1, address: %1$s}, {name: lb2, address: %2$s}]
                virtual-routers: [{name: api, id: 51, addresses: [%3$s]}]
                listeners:
                  - {name: kube-api, bind: "%3$s:%4$d", pool: masters}
                  - {name: bounded, bind: "%3$s:%10$d", pool: masters, limits: {new-per-second-per-source: 500}}
                  - {name: tls, bind: "%3$s:%5$d", pool: masters, mode: tls, tls: {certificate: server.pem, key: server.key}}
                pools:
                  - {name: masters, health: {type: tcp, interval: 1s}, members: [{name: m1, address: "%6$s:%4$d"}, {name: m2, address: "%7$s:%4$d"}]}
                admin: {bind: "0.0.0.0:%8$d", socket: "%9$s"}
                """.formatted(
                        Network.address("lb1"),
                        Network.address("lb2"),
                        Network.VIRTUAL_ADDRESS,
                        HawserNode.PORT,
                        TLS_PORT,
                        Network.address("m1"),
                        Network.address("m2"),
                        HawserNode.ADMIN_PORT,
                        file(node + ".sock"),
                        BOUNDED_PORT));
        Run run = Run.inside(
                network.namespace(node),
                List.of("env", "HAWSER_JVM_OPTS=-Xlog:gc:file=" + file(node + ".gc") + ":uptime"),
                "run",
                "--config",
                config.toString(),
                "--node",
                node);
        nodes.put(node, run);
        closing.add(run);
    }

    /** What a node's collector said of collections of the whole heap, for which every thread stands still. */
    List<String> wholeCollections(String node) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of(file(node + ".gc")))) {
            return lines.filter(line -> line.contains("Pause Full")).toList();
        }
    }

    /** Notes each time that a node gets or loses the address, from its kernel. */
    private void watch(String node) throws IOException {
        Process monitor = new ProcessBuilder(
                        "ip", "netns", "exec", network.namespace(node), "ip", "-o", "monitor", "address")
                .redirectErrorStream(true)
                .start();
        closing.add(monitor::destroyForcibly);
        Thread.ofPlatform().daemon().start(() -> {
            boolean holds = false;
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(monitor.getInputStream(), ISO_8859_1))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    boolean isThere = !line.startsWith("Deleted");
                    // A renewal looks like a new address.
                    if (line.contains(" " + Network.VIRTUAL_ADDRESS + "/") && isThere != holds) {
                        holds = isThere;
                        moves.add(node + (holds ? " has the address" : " has lost the address"));
                    }
                }
            } catch (IOException e) {
                // The monitor was ended.
            }
        });
    }

    /** What the nodes' kernels said of the address so far. */
    List<String> moves() {
        synchronized (moves) {
            return List.copyOf(moves);
        }
    }

    /** The address is where it was in the beginning, also when a try that was spoilt has moved it. */
    void settle() throws IOException {
        if (!HOLDER.equals(holder())) {
            Run other = nodes.get("lb2");
            other.signal("TERM");
            other.exit(LIMIT);
            Run.await("lb1 has the address again", LIMIT, () -> HOLDER.equals(holder()));
            start("lb2");
        }
        Run.await("both nodes are fit", LIMIT, this::isSteady);
    }

    private boolean isSteady() {
        for (String node : Network.NODES) {
            try {
                in(node, () -> {
                    healthz("127.0.0.1");
                    return node;
                });
            } catch (Exception e) {
                return false;
            }
        }
        return HOLDER.equals(holder());
    }

    @Nullable
    String holder() {
        @Nullable String holder = null;
        for (String move : moves()) {
            String node = move.split(" ", 2)[0];
            holder = move.endsWith("has the address") ? node : node.equals(holder) ? null : holder;
        }
        return holder;
    }

    /**
     * The client knows for good behind which MAC address the virtual one is: that a false claim misleads hosts that believe it is
     * not what is looked at here, and nothing on the nodes could prevent it.
     */
    private void pinAddress() throws IOException {
        String mac = command("ip", "-n", network.namespace(HOLDER), "-br", "link", "show", "eth0")
                .split("\\s+", 4)[2];
        command(
                "ip",
                "-n",
                network.namespace(Network.CLIENT),
                "neigh",
                "replace",
                Network.VIRTUAL_ADDRESS,
                "lladdr",
                mac,
                "dev",
                "eth0",
                "nud",
                "permanent");
    }

    private static String command(String... command) throws IOException {
        try (Run run = Run.start(command)) {
            if (run.exit(LIMIT) != 0) {
                throw new IOException(String.join(" ", command) + ": " + run.output());
            }
            return run.output();
        }
    }

    private Repeated asking(String host, String node) throws Exception {
        return in(host, () -> new Repeated("health", 20 * MILLI, () -> healthz(node)));
    }

    /** Over one connection, which is made anew only when it has ended. */
    private Repeated askingAsPeer(String host, String node) throws Exception {
        @Nullable Socket[] kept = new Socket[1];
        return in(
                host,
                () -> new Repeated("health", 20 * MILLI, () -> {
                    Socket socket = kept[0];
                    try {
                        if (socket == null) {
                            socket = new Socket();
                            kept[0] = socket;
                            socket.setTcpNoDelay(true);
                            socket.connect(new InetSocketAddress(node, HawserNode.ADMIN_PORT), PATIENCE_MILLIS);
                            socket.setSoTimeout(PATIENCE_MILLIS);
                        }
                        socket.getOutputStream()
                                .write(("GET /healthz HTTP/1.1\r\nHost: " + node + "\r\n\r\n").getBytes(ISO_8859_1));
                        answered(socket.getInputStream());
                    } catch (IOException e) {
                        kept[0] = null;
                        socket.close();
                        throw e;
                    }
                }));
    }

    private static void answered(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("ended after \"" + head + "\"");
            }
            head.append((char) next);
        }
        int length = head.toString()
                .lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                .mapToInt(line -> Integer.parseInt(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
        if (in.readNBytes(length).length < length || head.indexOf("HTTP/1.1 200 ") != 0) {
            throw new IOException("answered " + head);
        }
    }

    private static void healthz(String node) throws IOException {
        String answer = get(node, "/healthz");
        if (!answer.startsWith("HTTP/1.1 200 ")) {
            throw new IOException("answered " + answer.lines().findFirst().orElse("nothing"));
        }
    }

    private static String get(String node, String path) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(node, HawserNode.ADMIN_PORT), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: " + node + "\r\nConnection: close\r\n\r\n")
                            .getBytes(ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        }
    }

    private static void ask(String server) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoLinger(true, 0);
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(server, HawserNode.PORT), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(7);
            if (socket.getInputStream().read() != 7) {
                throw new IOException("no echo");
            }
        }
    }

    /** Starts a flood for so long, on one processor and behind all others: it has a machine of its own in life. */
    Run flood(String kind, Duration duration) throws IOException {
        Path script = directory.resolve("flood.py");
        Files.copy(FloodedPair.class.getResourceAsStream("flood.py"), script, StandardCopyOption.REPLACE_EXISTING);
        Run run = Run.start(
                "ip",
                "netns",
                "exec",
                network.namespace(FLOODER),
                "sh",
                "-c",
                "ulimit -n 20000; exec taskset -c 0 nice -n 19 " + PYTHON + " " + script + " " + kind + " "
                        + duration.toMillis() / 1e3);
        Run.await("the flood begins", LIMIT, () -> run.output().contains("begins"));
        return run;
    }

    /** What {@code hawser status} says on a node. */
    String status(String node) {
        try (Run run = Run.inside(network.namespace(node), List.of(), "status", "--socket", file(node + ".sock"))) {
            run.exit(LIMIT);
            return run.output();
        }
    }

    /** What {@code hawser events} says on a node. */
    String events(String node) throws Exception {
        return in(node, () -> get("127.0.0.1", "/events"));
    }

    /** What a node's process has in memory, in MiB. */
    double resident(String node) throws IOException {
        Run run = nodes.get(node);
        return Files.readString(Path.of("/proc/" + run.pid() + "/status"))
                        .lines()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .findFirst()
                        .orElseThrow()
                / 1024.0;
    }

    /** How long each thread of a node has run, in clock ticks of 10 ms, by its name. */
    Map<String, Long> ticks(String node) throws IOException {
        Map<String, Long> ticks = new LinkedHashMap<>();
        try (var tasks = Files.list(Path.of("/proc/" + nodes.get(node).pid() + "/task"))) {
            for (Path task : tasks.toList()) {
                String stat;
                try {
                    stat = Files.readString(task.resolve("stat"));
                } catch (IOException e) {
                    continue; // A thread that has just ended.
                }
                ticks.merge(stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')')), ticksIn(stat), Long::sum);
            }
        }
        return ticks;
    }

    /** How long each process that is none of this test's, nor the kernel's, has run, in clock ticks of 10 ms. */
    static Map<Long, Long> ticksOfOthers() {
        Set<Long> own =
                ProcessHandle.current().descendants().map(ProcessHandle::pid).collect(Collectors.toSet());
        own.add(ProcessHandle.current().pid());
        Map<Long, Long> ticks = new LinkedHashMap<>();
        for (ProcessHandle each : ProcessHandle.allProcesses().toList()) {
            long parent = each.parent().map(ProcessHandle::pid).orElse(0L);
            if (!own.contains(each.pid()) && each.pid() != KERNEL_THREADS && parent != KERNEL_THREADS) {
                try {
                    ticks.put(each.pid(), ticksIn(Files.readString(Path.of("/proc/" + each.pid() + "/stat"))));
                } catch (IOException e) {
                    // It has just ended.
                    ticks.remove(each.pid());
                }
            }
        }
        return ticks;
    }

    /** The user and system time in a line of /proc. */
    private static long ticksIn(String stat) {
        String[] after = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(after[11]) + Long.parseLong(after[12]);
    }

    /** A node's process runs. */
    boolean isRunning(String node) {
        return nodes.get(node).isAlive();
    }

    String log(String node) {
        return nodes.get(node).output();
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable each : closing.reversed()) {
            each.close();
        }
    }
}
