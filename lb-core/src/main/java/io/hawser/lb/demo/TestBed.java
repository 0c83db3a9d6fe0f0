package io.hawser.lb.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The whole stage: the network, three masters, two nodes, the client and a watch on each node's address. One thread breaks and mends; any thread may
 * look.
 */
public final class TestBed implements AutoCloseable {
    /** How often the client begins a connection. */
    public static final Duration PROBE_INTERVAL = Duration.ofMillis(10);

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration MASTERS_LIMIT = Duration.ofSeconds(10);
    private static final Duration STEADY = Duration.ofMillis(500);

    private final Network network;
    private final Path directory;
    private final NodeSoftware software;
    private final DemoCertificate certificate;
    private final Map<String, Child> masters = new ConcurrentHashMap<>();
    private final Map<String, List<Child>> nodes = new ConcurrentHashMap<>();
    private final Map<String, AddressWatch> watches = new TreeMap<>();
    private final List<AutoCloseable> closing = Collections.synchronizedList(new ArrayList<>());
    private final Probe probe;
    private boolean isClosed;

    private TestBed(String prefix, Path directory, NodeSoftware software, Duration probeInterval) {
        this.directory = directory;
        this.software = software;
        List<String> addresses =
                new ArrayList<>(Network.MASTERS.stream().map(Network::address).toList());
        addresses.add(Network.VIRTUAL_ADDRESS);
        this.certificate = DemoCertificate.create("hawser demo master", addresses, Instant.now());
        this.network = Network.create(prefix);
        closing.add(network);
        try {
            Files.createDirectories(directory);
            Files.writeString(directory.resolve("master.pem"), certificate.certificatePem());
            Files.writeString(directory.resolve("master.key"), certificate.keyPem());
            Network.MASTERS.forEach(this::startMaster);
            for (String node : Network.NODES) {
                AddressWatch watch = AddressWatch.start(network, node, Network.VIRTUAL_ADDRESS);
                closing.add(watch);
                watches.put(node, watch);
            }
            network.callIn(Network.CLIENT, TestBed::awaitMasters);
            Network.NODES.forEach(this::startNode);
            this.probe = network.callIn(
                    Network.CLIENT,
                    () -> Probe.start(
                            new InetSocketAddress(InetAddress.ofLiteral(Network.VIRTUAL_ADDRESS), HawserNode.PORT),
                            certificate.certificate(),
                            probeInterval));
            closing.add(probe);
        } catch (IOException e) {
            close();
            throw DemoException.failed("files in %s: %s".formatted(directory, e.getMessage()));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Until each master accepts, or it has taken too long: one that is down at a node's first check gets its share slowly. */
    private static boolean awaitMasters() throws InterruptedException {
        long deadline = System.nanoTime() + MASTERS_LIMIT.toNanos();
        for (String master : Network.MASTERS) {
            while (!accepts(new InetSocketAddress(Network.address(master), HawserNode.PORT))) {
                if (System.nanoTime() - deadline > 0) {
                    return false;
                }
                Thread.sleep(20);
            }
        }
        return true;
    }

    private static boolean accepts(InetSocketAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(address, 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Sets everything up in namespaces named {@code prefix-...}; {@link #awaitSteady} tells when it serves.
     *
     * @param directory for configuration and logs; made when it is not there, and not removed
     */
    public static TestBed start(String prefix, Path directory, NodeSoftware software) {
        return start(prefix, directory, software, PROBE_INTERVAL);
    }

    /** The same with a client that begins a connection each {@code probeInterval}. */
    public static TestBed start(String prefix, Path directory, NodeSoftware software, Duration probeInterval) {
        return new TestBed(prefix, directory, software, probeInterval);
    }

    /** The network, to break. */
    public Network network() {
        return network;
    }

    /** The client. */
    public Probe probe() {
        return probe;
    }

    /**
     * Starts a client of the same host that goes straight to a master, past the nodes: what it sees is what the machine and that master do.
     * It ends with this rig.
     *
     * @param interval from one connection to the next
     */
    public Probe straight(String master, Duration interval) {
        Probe straight = network.callIn(
                Network.CLIENT,
                () -> Probe.start(
                        new InetSocketAddress(InetAddress.ofLiteral(Network.address(master)), HawserNode.PORT),
                        certificate.certificate(),
                        interval));
        closing.add(straight);
        return straight;
    }

    /** The nodes whose kernel holds the virtual address now. */
    public List<String> holders() {
        return Network.NODES.stream().filter(node -> watch(node).holds()).toList();
    }

    /** The one node that took the address last, or null when none has it. */
    public @Nullable String active() {
        String latest = null;
        long latestAt = 0;
        for (String node : Network.NODES) {
            Long since = watch(node).since();
            if (since != null && (latest == null || since - latestAt > 0)) {
                latest = node;
                latestAt = since;
            }
        }
        return latest;
    }

    /** How long both nodes had the address between two moments on the {@link System#nanoTime()} scale. */
    public Duration together(long fromAt, long toAt) {
        return AddressWatch.together(watch(Network.NODES.get(0)), watch(Network.NODES.get(1)), fromAt, toAt);
    }

    private AddressWatch watch(String node) {
        AddressWatch watch = watches.get(node);
        if (watch == null) {
            throw new IllegalArgumentException("\"" + node + "\" is not a node");
        }
        return watch;
    }

    /** Starts a node's software; what still runs of it is killed first. */
    public synchronized void startNode(String node) {
        requireOpen();
        nodes.getOrDefault(node, List.of()).forEach(Child::destroy);
        Path home = directory.resolve(node);
        try {
            Files.createDirectories(home);
        } catch (IOException e) {
            throw DemoException.failed("directory %s: %s".formatted(home, e.getMessage()));
        }
        nodes.put(
                node,
                software.prepare(node, home).stream()
                        .map(command -> Child.start(node, network.exec(node, command), home.resolve("log")))
                        .toList());
    }

    private void requireOpen() {
        if (isClosed) {
            throw DemoException.failed("the network is being removed");
        }
    }

    /** Sends a signal to everything that runs on a node; TERM only to what was started there, which passes it on. */
    public void signal(String node, String signal) {
        for (Child child : nodes.getOrDefault(node, List.of())) {
            if (signal.equals("TERM")) {
                child.signal(signal);
            } else {
                child.signalAll(signal);
            }
        }
    }

    /** The processes of a node are all running (or frozen). */
    public boolean isRunning(String node) {
        List<Child> children = nodes.getOrDefault(node, List.of());
        return !children.isEmpty() && children.stream().allMatch(Child::isAlive);
    }

    /** Starts a master as a process of its own; a no-op while it runs. */
    public synchronized void startMaster(String master) {
        requireOpen();
        Child present = masters.get(master);
        if (present != null && present.isAlive()) {
            return;
        }
        masters.put(
                master,
                Child.start(
                        master,
                        network.exec(
                                master,
                                JavaCommand.of(
                                        Master.class,
                                        master,
                                        Network.address(master),
                                        Integer.toString(HawserNode.PORT),
                                        directory.resolve("master.pem").toString(),
                                        directory.resolve("master.key").toString())),
                        directory.resolve(master + ".log")));
    }

    /** Kills a master's process. */
    public void killMaster(String master) {
        Child child = masters.get(master);
        if (child != null) {
            child.signal("KILL");
            child.awaitEnd(1_000);
        }
    }

    /** Has a master stop as an API server does: its port refuses at once, and it ends when its requests are answered. */
    public void stopMaster(String master) {
        Child child = masters.get(master);
        if (child != null) {
            child.endInput();
            child.awaitEnd(10_000);
        }
    }

    /** Sends a signal to a master's process. */
    public void signalMaster(String master, String signal) {
        Child child = masters.get(master);
        if (child != null) {
            child.signalAll(signal);
        }
    }

    /** Whether a master's process runs. */
    public boolean isMasterRunning(String master) {
        Child child = masters.get(master);
        return child != null && child.isAlive();
    }

    /**
     * Waits until for half a second without a break exactly one node has held the address, both could, and every request was served, by all three
     * masters. A node that has only just become ready may not have heard the other yet.
     *
     * @return whether it came to that within {@code limit}
     */
    public boolean awaitSteady(Duration limit) {
        long deadlineAt = System.nanoTime() + limit.toNanos();
        long steadySince = System.nanoTime();
        while (System.nanoTime() - deadlineAt < 0 && !Thread.currentThread().isInterrupted()) {
            pause(Duration.ofMillis(50));
            if (!isWhole()) {
                steadySince = System.nanoTime();
            } else if (System.nanoTime() - steadySince > STEADY.toNanos()) {
                return true;
            }
        }
        return false;
    }

    private boolean isWhole() {
        long now = System.nanoTime();
        Observation seen = probe.observe(now - STEADY.toNanos(), now);
        return seen.failed() == 0
                && seen.shares().size() == Network.MASTERS.size()
                && holders().size() == 1
                && Network.NODES.stream().allMatch(node -> isRunning(node) && software.isReady(network, node));
    }

    /** Waits for the first time that everything works; longer, as all JVMs start at once. */
    public boolean awaitStart() {
        return awaitSteady(START_LIMIT);
    }

    /** Sleeps; an interrupt ends the sleep and stays set. */
    static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends everything and removes the namespaces; what is already gone is no failure. May be called twice and from another thread. */
    @Override
    public synchronized void close() {
        isClosed = true;
        nodes.values().forEach(children -> children.forEach(Child::destroy));
        masters.values().forEach(Child::destroy);
        for (AutoCloseable each : List.copyOf(closing).reversed()) {
            closing.remove(each);
            try {
                each.close();
            } catch (Exception e) {
                System.err.println("hawser demo: " + e.getMessage());
            }
        }
    }
}
