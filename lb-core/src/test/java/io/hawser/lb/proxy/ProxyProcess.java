package io.hawser.lb.proxy;

import io.hawser.lb.balance.Balance;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.balance.PoolSettings.OnDown;
import io.hawser.lb.tls.Session;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A proxy in a process of its own, for tests that take something away from it or look at what it takes. Arguments: the
 * member's port, the number of connections, the {@link Transport}. Prints its port, then its statistics for each line it
 * reads, after a collection of garbage when the line is not empty; ends with its input.
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
        loadAllClasses();
        try (Proxy proxy = Proxy.start(settings, ProxyEvents.NONE);
                BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            Transport transport = Transport.valueOf(arguments[2]);
            proxy.apply(List.of(transport.plan(ListenerPlan.of("api", new InetSocketAddress("127.0.0.1", 0), pool))));
            rehearse(proxy, transport);
            System.out.println(proxy.addresses("api").getFirst().getPort());
            String line;
            while ((line = input.readLine()) != null) {
                System.out.println(statistics(proxy) + (line.isEmpty() ? "" : " " + memory(proxy)));
            }
        }
    }

    // Here the classes come from directories, and loading one takes a descriptor; a distribution's come from jars,
    // which
    // stay open. So all are loaded while there are descriptors, and all jars opened, by looking for what none has.
    private static void loadAllClasses() throws IOException, ReflectiveOperationException {
        ClassLoader loader = ProxyProcess.class.getClassLoader();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path directory = Path.of(entry);
            if (!Files.isDirectory(directory)) {
                continue;
            }
            List<Path> files;
            try (Stream<Path> walk = Files.walk(directory)) {
                files = walk.filter(file -> file.toString().endsWith(".class"))
                        .filter(file -> !file.endsWith("package-info.class") && !file.endsWith("module-info.class"))
                        .toList();
            }
            for (Path file : files) {
                String name = directory.relativize(file).toString().replace('/', '.');
                if (!entry.endsWith("test-classes") || name.startsWith(ProxyProcess.class.getPackageName())) {
                    Class.forName(name.substring(0, name.length() - ".class".length()), false, loader);
                }
            }
        }
        try {
            Class.forName("none.Such", false, loader);
        } catch (ClassNotFoundException _) {
            // Expected: all were searched.
        }
    }

    private static void rehearse(Proxy proxy, Transport transport) throws IOException {
        try (Socket client = transport.connect(proxy.addresses("api").getFirst())) {
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

    private static String memory(Proxy proxy) {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return (runtime.totalMemory() - runtime.freeMemory()) + " " + direct + " " + proxy.buffersTaken() + " "
                + Session.live();
    }

    /**
     * What a proxy takes while nobody is connected.
     *
     * @param heap bytes that are in use after a collection
     * @param direct bytes of native memory in buffers of the JVM
     * @param buffers bytes of the proxy's buffers in use
     * @param sessions TLS sessions that are open
     * @param descriptors open files and sockets
     * @param resident kB of the process in memory
     */
    record Footprint(long heap, long direct, long buffers, long sessions, int descriptors, long resident) {}

    /** Such a process, seen from the test. */
    static final class Forked implements AutoCloseable {
        private final Process process;
        private final BufferedReader output;
        private final Writer input;
        final InetSocketAddress address;

        private Forked(Process process) throws IOException {
            this.process = process;
            output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            input = process.outputWriter(StandardCharsets.UTF_8);
            address = new InetSocketAddress("127.0.0.1", Integer.parseInt(line()));
        }

        /** Starts one with so many descriptors and these options for its JVM. */
        static Forked start(String transport, int memberPort, int descriptors, String options) throws IOException {
            String java =
                    Path.of(System.getProperty("java.home"), "bin", "java").toString();
            String command = "ulimit -n " + descriptors + "; exec \"" + java
                    + "\" --enable-native-access=ALL-UNNAMED " + options + " -cp \"$0\" "
                    + ProxyProcess.class.getName() + " " + memberPort + " 1000 " + transport;
            String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
            return new Forked(new ProcessBuilder("sh", "-c", command, classPath)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start());
        }

        // Logging shares the standard output.
        private String line() throws IOException {
            String line;
            while ((line = output.readLine()) != null) {
                if (line.matches("[0-9 ]+")) {
                    return line;
                }
            }
            throw new IOException("the proxy's process has ended");
        }

        /** Shortages, active connections, defects. */
        long[] statistics() {
            return ask("");
        }

        /** What it takes, once all connections have ended. */
        Footprint footprint() throws IOException {
            Peers.await("all ended", () -> statistics()[1] == 0);
            long[] numbers = ask("memory");
            Path proc = Path.of("/proc", Long.toString(process.pid()));
            String[] open = proc.resolve("fd").toFile().list();
            long resident = Files.readAllLines(proc.resolve("status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .sum();
            return new Footprint(
                    numbers[3], numbers[4], numbers[5], numbers[6], open == null ? 0 : open.length, resident);
        }

        private long[] ask(String question) {
            try {
                input.write(question + "\n");
                input.flush();
                return List.of(line().split(" ")).stream()
                        .mapToLong(Long::parseLong)
                        .toArray();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            input.close();
            try {
                if (!process.waitFor(10, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
