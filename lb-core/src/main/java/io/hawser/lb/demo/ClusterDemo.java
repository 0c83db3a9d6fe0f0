package io.hawser.lb.demo;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The demo with two nodes in network namespaces. Runs on the calling thread; {@link #close} may come from another. */
final class ClusterDemo implements AutoCloseable {
    private static final String NAMESPACES = "hawser-demo-";
    private static final Duration BETWEEN = Duration.ofSeconds(3);

    private final PrintStream out;
    private final Path directory;
    private final List<AutoCloseable> closing = new ArrayList<>();
    private final Map<Fault, FaultRun.Result> results = Collections.synchronizedMap(new EnumMap<>(Fault.class));
    private volatile String happening = "";
    private volatile boolean isClosed;
    private boolean keepsFiles;

    ClusterDemo(PrintStream out) {
        this.out = out;
        Path run = Path.of("/run");
        Path parent = Files.isWritable(run) ? run : Path.of(System.getProperty("java.io.tmpdir"));
        this.directory = parent.resolve("hawser-demo");
    }

    /** One round without a terminal; whether the address was served again after every fault. */
    boolean runOnce() {
        TestBed rig = start();
        out.println();
        out.println(Report.head());
        for (Fault fault : Fault.values()) {
            FaultRun.Result result = FaultRun.run(rig, fault, FaultRun.Listener.none());
            results.put(fault, result);
            out.println(Report.row(result));
            if (!result.isWholeAgain()) {
                break; // what follows would measure this fault once more
            }
        }
        List<FaultRun.Result> all = List.copyOf(results.values());
        out.println();
        out.print(Report.notes(all));
        boolean servedAgain =
                all.size() == Fault.values().length && all.stream().allMatch(FaultRun.Result::isServedAgain);
        keepsFiles = all.stream().anyMatch(r -> !r.isWithin());
        if (keepsFiles) {
            out.println("logs of the nodes: " + directory);
        }
        all.stream()
                .filter(result -> !result.isServedAgain())
                .forEach(result -> out.println(Network.VIRTUAL_ADDRESS + " was not served again after: "
                        + result.fault().label()));
        return servedAgain;
    }

    /** Round after round until the process is told to end; a page in a terminal, else a line an event. */
    void runForever() {
        TestBed rig = start();
        Forwarder forwarder = closeLater(Forwarder.start(rig, HawserNode.ADMIN_PORT));
        boolean onScreen = Screen.isPossible();
        if (onScreen) {
            closeLater(Screen.open(out, () -> page(rig, forwarder.port())));
        } else {
            out.println("dashboard of the active node: http://127.0.0.1:" + forwarder.port() + "/");
            out.println(Report.head());
        }
        while (!isClosed) {
            for (Fault fault : Fault.values()) {
                happening = "all is well";
                TestBed.pause(BETWEEN);
                FaultRun.Result result = FaultRun.run(rig, fault, new Announcer());
                results.put(fault, result);
                if (!onScreen) {
                    out.println(Report.row(result));
                }
                if (!result.isServedAgain()) {
                    keepsFiles = true;
                    throw DemoException.failed("%s was not served again after: %s; logs of the nodes: %s"
                            .formatted(Network.VIRTUAL_ADDRESS, fault.label(), directory));
                }
            }
        }
    }

    private TestBed start() {
        Rights.require();
        closeLater(OnlyOne.take(directory.resolveSibling("hawser-demo.lock")));
        int leftovers = Network.removeAll(NAMESPACES);
        if (leftovers > 0) {
            out.println("removed " + leftovers + " network namespaces that an earlier demo left");
        }
        Path files = WorkDirectory.fresh(directory);
        String prefix = NAMESPACES + ProcessHandle.current().pid();
        closeLater(Reaper.ofNamespaces(prefix));
        out.println(
                "two nodes, three masters and a client are starting, each in a network namespace (" + prefix + "-...)");
        long startedAt = System.nanoTime();
        TestBed rig = closeLater(TestBed.start(prefix, files, new HawserNode(Launcher.find())));
        if (!rig.awaitStart()) {
            keepsFiles = true;
            throw DemoException.failed(whatIsMissing(rig));
        }
        out.printf(
                "%s:%d is served by %s after %.1f s; the client begins an HTTPS connection every %d ms%n",
                Network.VIRTUAL_ADDRESS,
                HawserNode.PORT,
                rig.active(),
                (System.nanoTime() - startedAt) / 1e9,
                TestBed.PROBE_INTERVAL.toMillis());
        return rig;
    }

    private String whatIsMissing(TestBed rig) {
        long now = System.nanoTime();
        Observation seen = rig.probe().observe(now - Duration.ofSeconds(2).toNanos(), now);
        return "%s:%d was not in full service within 60 s: held by %s, nodes running %s, requests of the last 2 s: %d served %s, failed %s; logs: %s"
                .formatted(
                        Network.VIRTUAL_ADDRESS,
                        HawserNode.PORT,
                        rig.holders(),
                        Network.NODES.stream().filter(rig::isRunning).toList(),
                        seen.served(),
                        seen.shares(),
                        seen.failures(),
                        directory);
    }

    private String page(TestBed rig, int dashboard) {
        List<String> holders = rig.holders();
        StringBuilder text = new StringBuilder();
        text.append(
                "%n  %shawser demo%s   two nodes, three masters, one client                          Ctrl-C ends%n%n"
                        .formatted(Screen.BOLD, Screen.PLAIN));
        text.append("  %s:%d is held by %s%s%s      dashboard: http://127.0.0.1:%d/%n%n"
                .formatted(
                        Network.VIRTUAL_ADDRESS,
                        HawserNode.PORT,
                        holders.size() == 1 ? Screen.GREEN : Screen.RED,
                        holders.isEmpty() ? "nobody" : String.join(" and ", holders),
                        Screen.PLAIN,
                        dashboard));
        for (String node : Network.NODES) {
            text.append("  %-6s %s %s%n"
                    .formatted(
                            node,
                            rig.isRunning(node) ? "runs" : Screen.RED + "dead" + Screen.PLAIN,
                            holders.contains(node) ? "◄ holds " + Network.VIRTUAL_ADDRESS : ""));
        }
        text.append('\n').append(MasterTable.render(Network.MASTERS, rig::isMasterRunning, rig.probe()));
        text.append("%n  now: %s%s%s%n%n".formatted(Screen.BOLD, happening, Screen.PLAIN));
        Collection<FaultRun.Result> rows;
        synchronized (results) {
            rows = List.copyOf(results.values());
        }
        if (!rows.isEmpty()) {
            text.append(Screen.DIM).append(Report.head()).append(Screen.PLAIN).append('\n');
            rows.forEach(row -> text.append(Report.row(row)).append('\n'));
        }
        return text.toString();
    }

    private final class Announcer implements FaultRun.Listener {
        @Override
        public void struck(Fault fault, String node) {
            happening = fault.label() + " (" + (fault == Fault.MASTER_KILLED ? Fault.VICTIM : node) + ")";
        }

        @Override
        public void mended(Fault fault, String node, Observation during) {
            happening = "restored after: " + fault.label();
        }
    }

    private synchronized <T extends AutoCloseable> T closeLater(T resource) {
        if (isClosed) {
            closeQuietly(resource);
            throw DemoException.failed("the demo is ending");
        }
        closing.add(resource);
        return resource;
    }

    /** Whether it has been told to end. */
    boolean isClosed() {
        return isClosed;
    }

    /** Ends everything and removes what was made, except the logs when something went wrong; may be called twice. */
    @Override
    public synchronized void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        closing.reversed().forEach(this::closeQuietly);
        if (!keepsFiles && !closing.isEmpty()) {
            WorkDirectory.delete(directory);
        }
    }

    private void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            out.println("hawser demo: " + e.getMessage());
        }
    }
}
