package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.fail;

import io.hawser.sysctl.linux.NetworkNamespace;
import io.hawser.sysctl.linux.RouteSocket;
import io.hawser.sysctl.linux.Veth;
import io.hawser.testkit.Await;
import io.hawser.testkit.Hosts;
import io.hawser.vrrp.election.Fitness;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Hosts on one switch, each in a network namespace, with 10.99.0.x and fe80::x on eth0. Not thread-safe. */
final class Lab implements AutoCloseable {

    private static final Duration PATIENCE = Await.LIMIT;

    static final InetAddress VIP = AdvertisementTest.ip("10.99.0.10");

    /** What listeners were told, in words. */
    final List<String> told = new CopyOnWriteArrayList<>();

    private final Hosts namespaces = Hosts.open("vrrp");
    private InetAddress watched = VIP;
    private final NetworkNamespace bridge;
    private final Map<Integer, NetworkNamespace> hosts = new LinkedHashMap<>();
    private final Map<Integer, RouteSocket> views = new LinkedHashMap<>();
    private final List<VrrpSpeaker> speakers = new ArrayList<>();
    private final List<Process> processes = new ArrayList<>();
    private final List<Path> files = new ArrayList<>();

    Lab(int... lastBytes) throws Exception {
        bridge = namespaces.network("switch");
        for (int last : lastBytes) {
            hosts.put(last, namespaces.host(Integer.toString(last)));
            plug(last);
            views.put(last, host(last).call(RouteSocket::open));
        }
    }

    /** Looks for this address from now on, instead of {@link #VIP}. */
    Lab watching(InetAddress address) {
        watched = address;
        return this;
    }

    /** Begins to count how long nobody, and how long more than one host, has the address. */
    HolderWatch watchHolders() throws Exception {
        List<RouteSocket> sockets = new ArrayList<>();
        for (NetworkNamespace host : hosts.values()) {
            sockets.add(host.call(RouteSocket::open));
        }
        return new HolderWatch(watched, sockets);
    }

    /** Connects a host, again when its interface was deleted. */
    void plug(int last) {
        NetworkNamespace host = host(last);
        Hosts.plug(host, "eth0", bridge, "port" + last);
        Veth.address(host, "eth0", address(last), 24);
        Veth.address(host, "eth0", AdvertisementTest.ip("fe80::" + last), 64);
    }

    /** Gives a host one more interface on the same network, which gets no address. */
    void attach(int last, String name) {
        Hosts.plug(host(last), name, bridge, name + last);
    }

    NetworkNamespace host(int last) {
        NetworkNamespace host = hosts.get(last);
        if (host == null) {
            throw new IllegalStateException("no host " + last);
        }
        return host;
    }

    /** Cuts a host's cable at the switch, which its own side sees as a lost carrier, or mends it. */
    void cable(int last, boolean plugged) {
        bridge.setUp("port" + last, plugged);
    }

    static InetAddress address(int last) {
        return AdvertisementTest.ip("10.99.0." + last);
    }

    /** A router that advertises every 100 ms, on eth0, with a lease of 2 s. */
    static RouterSpec spec(int last, int priority, int... peers) {
        return spec(last, priority, 3, RouterSpec.Checksum.AUTO, Optional.empty(), peers);
    }

    static RouterSpec spec(
            int last,
            int priority,
            int version,
            RouterSpec.Checksum checksum,
            Optional<String> password,
            int... peers) {
        Duration interval = version == 3 ? Duration.ofMillis(100) : Duration.ofSeconds(1);
        List<InetAddress> others = new ArrayList<>();
        for (int peer : peers) {
            others.add(address(peer));
        }
        return new RouterSpec(
                "api",
                51,
                new RouterSpec.Protocol(
                        version,
                        others.isEmpty() ? RouterSpec.Transport.MULTICAST : RouterSpec.Transport.UNICAST,
                        checksum,
                        password.map(Password::new)),
                new RouterSpec.Carrier("eth0", false),
                new RouterSpec.Holding(
                        List.of(new VirtualAddress(VIP, 32)),
                        Optional.of(Duration.ofSeconds(2)),
                        RouterSpec.Announce.DEFAULT,
                        true),
                new RouterSpec.Nodes(address(last), priority, others, Map.of()),
                new RouterSpec.Intervals(interval, interval.multipliedBy(10)),
                new RouterSpec.Takeover(RouterSpec.Preempt.NEVER, Duration.ZERO),
                Optional.empty());
    }

    /** The same router, but it takes the addresses from a working node of lower priority. */
    static RouterSpec preempting(RouterSpec spec) {
        return spec.with(new RouterSpec.Takeover(
                new RouterSpec.Preempt(true, Duration.ZERO), spec.takeover().startDelay()));
    }

    /** The same router with another lease. */
    static RouterSpec leased(RouterSpec spec, Optional<Duration> lease) {
        RouterSpec.Holding holding = spec.holding();
        return spec.with(new RouterSpec.Holding(holding.addresses(), lease, holding.announce(), holding.accept()));
    }

    /** The same router with other addresses. */
    static RouterSpec addressed(RouterSpec spec, List<VirtualAddress> addresses) {
        RouterSpec.Holding holding = spec.holding();
        return spec.with(new RouterSpec.Holding(addresses, holding.lease(), holding.announce(), holding.accept()));
    }

    /** The same router under another name and id. */
    static RouterSpec named(RouterSpec spec, String name, int vrid) {
        return new RouterSpec(
                name,
                vrid,
                spec.protocol(),
                spec.carrier(),
                spec.holding(),
                spec.nodes(),
                spec.intervals(),
                spec.takeover(),
                spec.group());
    }

    /** Starts a fit speaker on a host. */
    VrrpSpeaker speak(int last, RouterSpec... specs) throws Exception {
        return speak(last, null, specs);
    }

    /** The same with this clock of what passes while the machine is suspended. */
    VrrpSpeaker speak(int last, @Nullable LongSupplier boot, RouterSpec... specs) throws Exception {
        VrrpListener listener = new VrrpListener() {
            @Override
            public void moved(Transition t) {
                told.add(last + " " + t.to().label() + " " + t.cause() + ": " + t.explanation());
            }

            @Override
            public void alarmed(Alarm a) {
                told.add(last + " " + a.kind().label() + ": " + a.explanation());
            }
        };
        VrrpSpeaker speaker =
                host(last).call(() -> VrrpSpeaker.start(List.of(specs), Fitness.FIT, "tested", listener, boot));
        speakers.add(speaker);
        return speaker;
    }

    /** Starts a program on a host. */
    Process run(int last, String... argv) throws IOException {
        Path output = temporary(".log");
        Process process = host(last)
                .command(argv)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        processes.add(process);
        return process;
    }

    /** The keepalived to test with: the installed one, or the one whose path {@code KEEPALIVED} is. */
    static String keepalived() {
        return System.getenv().getOrDefault("KEEPALIVED", "keepalived");
    }

    /** A keepalived on a host. */
    Process keepalived(Dialect dialect, int last, int priority, int peer, String role) throws IOException {
        Path config = temporary(".conf");
        Files.writeString(config, dialect.keepalived(last, priority, peer, role));
        return run(
                last,
                keepalived(),
                "--dont-fork",
                "--log-console",
                "--log-detail",
                "--vrrp",
                "--use-file=" + config,
                "--pid=" + unused(".pid"),
                "--vrrp_pid=" + unused(".vrrp.pid"));
    }

    /** Kills a process and its children so that none of them gets to run once more. */
    static void kill(Process process) throws Exception {
        List<ProcessHandle> family = new ArrayList<>(process.descendants().toList());
        // The parent stands still first: a child that outlives it for a moment is told so, and says good-bye.
        signal("STOP", process.pid());
        for (ProcessHandle child : family) {
            signal("KILL", child.pid());
        }
        signal("KILL", process.pid());
        process.waitFor(5, TimeUnit.SECONDS);
    }

    private static void signal(String name, long pid) throws Exception {
        new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
    }

    /** How often programs have written a text. */
    int written(String text) {
        return logs().split(java.util.regex.Pattern.quote(text), -1).length - 1;
    }

    /** A speaker with {@link #spec} in a process of its own. */
    Process speakInProcess(int last, int priority) throws IOException {
        return speakInProcess(Dialect.V3_MULTICAST, last, priority, 0);
    }

    /** A speaker of a dialect in a process of its own; {@code peer} counts for unicast alone. */
    Process speakInProcess(Dialect dialect, int last, int priority, int peer) throws IOException {
        return run(
                last,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                SpeakerProcess.class.getName(),
                dialect.name(),
                Integer.toString(last),
                Integer.toString(priority),
                Integer.toString(peer));
    }

    Path temporary(String suffix) throws IOException {
        Path file = Files.createTempFile(namespaces.prefix(), suffix);
        files.add(file);
        return file;
    }

    /** A path at which there is no file yet. */
    Path unused(String suffix) throws IOException {
        Path file = temporary(suffix);
        Files.delete(file);
        return file;
    }

    /** Waits until a program has written something. */
    void awaitWritten(String text, Duration longest) throws InterruptedException {
        await("\"" + text + "\" written", longest, () -> logs().contains(text));
    }

    /** Whether a listener was told something that starts so; that comes a moment after it was done. */
    boolean isTold(String start) {
        return told.stream().anyMatch(line -> line.startsWith(start));
    }

    /** Whether the virtual address is on a host now. */
    boolean holds(int last) {
        RouteSocket view = views.get(last);
        return view != null
                && view.addresses().stream().anyMatch(each -> each.address().equals(watched));
    }

    /**
     * Waits until something is so, looking every millisecond. It must be so within the bound; where a machine may be too busy for that,
     * the test is {@link io.hawser.testkit.RealTime}. @return how long it took, in milliseconds
     */
    double await(String what, Duration longest, BooleanSupplier condition) throws InterruptedException {
        long start = System.nanoTime();
        long patience = Math.max(PATIENCE.toNanos(), longest.toNanos());
        boolean isSo;
        while (!(isSo = condition.getAsBoolean()) && System.nanoTime() - start <= patience) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        long took = System.nanoTime() - start;
        if (!isSo || took > longest.toNanos()) {
            fail("not within " + longest + " (" + took / 1_000_000 + " ms): " + what + "\n" + String.join("\n", told)
                    + "\n" + threads() + logs());
        }
        return took / 1e6;
    }

    /** Waits until one host holds the address and the other ones do not. */
    double awaitOnly(int holder, Duration longest) throws InterruptedException {
        return await(
                "only " + holder + " holds the address",
                longest,
                () -> hosts.keySet().stream().allMatch(last -> holds(last) == (last == holder)));
    }

    /** Waits until one host alone has held the address for 0.3 s. @return which */
    int awaitOwner(Duration longest) throws InterruptedException {
        int[] owner = new int[1];
        long[] since = new long[1];
        await("one host alone holds the address", longest, () -> {
            List<Integer> holders = hosts.keySet().stream().filter(this::holds).toList();
            int now = holders.size() == 1 ? holders.getFirst() : 0;
            if (now != owner[0]) {
                owner[0] = now;
                since[0] = System.nanoTime();
            }
            return now != 0 && System.nanoTime() - since[0] >= TimeUnit.MILLISECONDS.toNanos(300);
        });
        return owner[0];
    }

    /** Something stays so for a while, or the test fails. */
    void stays(String what, Duration length, BooleanSupplier condition) throws InterruptedException {
        long start = System.nanoTime();
        if (!lasts(length, condition)) {
            fail("no longer after " + (System.nanoTime() - start) / 1_000_000 + " ms: " + what + "\n"
                    + String.join("\n", told) + "\n" + logs());
        }
    }

    /** Whether something stays so for a while. */
    boolean lasts(Duration length, BooleanSupplier condition) throws InterruptedException {
        long start = System.nanoTime();
        while (System.nanoTime() - start < length.toNanos()) {
            if (!condition.getAsBoolean()) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(2);
        }
        return true;
    }

    /** Where the vrrp threads are: one that waits for the kernel looks like one that forgot its timer. */
    private static String threads() {
        StringBuilder all = new StringBuilder();
        Thread.getAllStackTraces().forEach((thread, frames) -> {
            if (thread.getName().equals("vrrp")) {
                all.append(thread.getState())
                        .append(' ')
                        .append(List.of(frames))
                        .append('\n');
            }
        });
        return all.toString();
    }

    private String logs() {
        StringBuilder all = new StringBuilder();
        for (Path file : files) {
            if (!file.toString().endsWith(".log")) {
                continue;
            }
            try {
                all.append(file.getFileName())
                        .append(":\n")
                        .append(Files.readString(file))
                        .append('\n');
            } catch (IOException e) {
                all.append(e.getMessage());
            }
        }
        return all.toString();
    }

    static boolean isInstalled(String program) {
        return paths(program).anyMatch(Files::isExecutable);
    }

    /** Whether a word occurs in a program, such as a keyword of its configuration. */
    static boolean contains(String program, String word) throws IOException {
        Path path = paths(program).filter(Files::isExecutable).findFirst().orElseThrow();
        return new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1).contains(word);
    }

    private static Stream<Path> paths(String program) {
        return Stream.of("/usr/sbin", "/usr/bin", "/sbin", "/bin")
                .map(directory -> Path.of(directory).resolve(program));
    }

    @Override
    public void close() throws Exception {
        speakers.forEach(VrrpSpeaker::close);
        for (Process process : processes) {
            process.destroy();
            if (!process.waitFor(3, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
        views.values().forEach(RouteSocket::close);
        namespaces.close();
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }
}
