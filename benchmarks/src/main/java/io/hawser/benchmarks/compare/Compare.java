package io.hawser.benchmarks.compare;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs the comparison: HAProxy, hawser and no proxy in turn, on the same work, several rounds. Main thread.
 *
 * <p>Load, proxy and servers share the machine, and only loopback is used. What counts is the processor time of the proxy
 * for a unit of work, as a ratio to HAProxy's in the same round.
 */
public final class Compare {
    private static final int IDLE_CONNECTIONS = 5_000;
    private static final long LONGEST_START_NANOS = 15_000_000_000L;
    private static final int DOWNLOADS = 16;
    private static final int STARTS_A_ROUND = 3;
    // Idle is what has settled, and not what has just started.
    private static final int SETTLE_MILLIS = 15_000;

    private final Results results = new Results();
    private final Site site;
    private final Client client;
    private final Set<Work> works;
    private final int rounds;
    private final int seconds;

    private Compare(Site site, Set<Work> works, int rounds, int seconds) {
        this.site = site;
        this.client = new Client(site.directory(), seconds);
        this.works = works;
        this.rounds = rounds;
        this.seconds = seconds;
    }

    /**
     * Compares, prints the page, and leaves it and a picture in a directory.
     *
     * @param args {@code HAWSER OUTPUT-DIRECTORY [--rounds N] [--seconds N] [--work A,B] [--check]}
     */
    public static void main(String[] args) throws IOException {
        Path directory = Files.createTempDirectory("hawser-compare-");
        // nginx serves from it as another user.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        try {
            System.exit(run(directory, List.of(args)));
        } catch (CompareException e) {
            System.err.println("compare: " + e.getMessage());
            System.exit(1);
        } finally {
            remove(directory);
        }
    }

    private static int run(Path directory, List<String> args) throws IOException {
        String haproxy = System.getenv().getOrDefault("HAPROXY", "haproxy");
        String other = System.getenv("HAPROXY_OTHER");
        Set<Work> works = works(option(args, "--work"));
        Site site = new Site(
                directory,
                Ports.free(),
                haproxy,
                other,
                args.get(0),
                works.stream().anyMatch(Work::isTls));
        site.prepare();
        Compare compare = new Compare(site, works, number(args, "--rounds", 5), number(args, "--seconds", 5));
        // Nothing stays behind when it is killed in the middle.
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly)));
        try (Servers _ = Servers.start(site)) {
            compare.all();
        }
        String setting = Proc.machine() + "; " + version(site) + "; median of " + compare.rounds + " rounds, "
                + compare.seconds + " s each, one thread each; "
                + DateTimeFormatter.ISO_LOCAL_DATE.format(Instant.now().atZone(ZoneOffset.UTC));
        String page = Report.page(compare.results, setting);
        System.out.println(page);
        Path output = Files.createDirectories(Path.of(args.get(1)));
        Files.writeString(output.resolve("comparison.md"), page);
        Files.writeString(output.resolve("comparison.svg"), Picture.svg(compare.results, setting));
        List<String> missed = Report.missed(compare.results);
        if (args.contains("--check") && !missed.isEmpty()) {
            System.err.println("compare: missed: " + String.join("; ", missed));
            return 1;
        }
        return 0;
    }

    private static String version(Site site) {
        List<String> versions = new ArrayList<>();
        versions.add(firstLine(site, site.haproxy(), "-v"));
        if (site.other() != null) {
            versions.add("other: " + firstLine(site, site.other(), "-v"));
        }
        versions.add(firstLine(site, site.hawser(), "version"));
        return String.join("; ", versions);
    }

    private static String firstLine(Site site, String command, String argument) {
        return new Tool(command, argument)
                .run(site.directory())
                .lines()
                .findFirst()
                .orElse(command);
    }

    private static @Nullable String option(List<String> args, String name) {
        int at = args.indexOf(name);
        return at < 0 || at + 1 >= args.size() ? null : args.get(at + 1);
    }

    private static int number(List<String> args, String name, int otherwise) {
        String given = option(args, name);
        if (given == null) {
            return otherwise;
        }
        if (!given.matches("[1-9][0-9]{0,3}")) {
            throw new CompareException(name + " " + given + ": write a number from 1 to 9999");
        }
        return Integer.parseInt(given);
    }

    private static Set<Work> works(@Nullable String names) {
        if (names == null) {
            return EnumSet.allOf(Work.class);
        }
        Set<Work> works = EnumSet.noneOf(Work.class);
        for (String name : names.split(",", -1)) {
            works.add(Arrays.stream(Work.values())
                    .filter(each -> each.label().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new CompareException("--work " + name + ": there are "
                            + String.join(
                                    ", ",
                                    Arrays.stream(Work.values())
                                            .map(Work::label)
                                            .toList()))));
        }
        return works;
    }

    private void all() {
        for (int round = 1; round <= rounds; round++) {
            for (Contender contender : Contender.values()) {
                List<Work> due = works.stream().filter(contender::does).toList();
                if (!due.isEmpty() && contender.isAt(site)) {
                    System.err.println("compare: round " + round + " of " + rounds + ": " + contender.words());
                    one(contender, due);
                }
            }
        }
    }

    private void one(Contender contender, List<Work> due) {
        if (contender == Contender.DIRECT) {
            for (Work work : due) {
                results.add(work, contender, measured(work, null, site.ports().direct()));
            }
            return;
        }
        if (due.contains(Work.START)) {
            starts(contender);
        }
        Process process = contender.start(site);
        try {
            var _ = awaitAnswer(contender, process);
            warm(due);
            for (Work work : due) {
                if (work != Work.START) {
                    results.add(work, contender, measured(work, process.toHandle(), site.ports()));
                }
            }
        } finally {
            Proc.end(process);
        }
    }

    /** Runs a little of each work, so that what is measured is compiled and cached, for everybody alike. */
    private void warm(List<Work> due) {
        for (Work work : due) {
            if (work != Work.START && work != Work.IDLE) {
                var _ = load(work, site.ports());
            }
        }
    }

    private void starts(Contender contender) {
        List<Double> times = new ArrayList<>();
        double cpuSeconds = 0;
        long settledKib = 0;
        for (int i = 0; i < STARTS_A_ROUND; i++) {
            Process process = contender.start(site);
            try {
                times.add(awaitAnswer(contender, process));
                if (i == STARTS_A_ROUND - 1) {
                    pause(SETTLE_MILLIS);
                    cpuSeconds = Proc.cpuSeconds(process.toHandle());
                    settledKib = Proc.pssKib(process.toHandle());
                }
            } finally {
                Proc.end(process);
            }
        }
        times.sort(Comparator.naturalOrder());
        results.add(
                Work.START,
                contender,
                new Sample(1, times.get(times.size() / 2), cpuSeconds, 0, Sample.Latency.NONE, settledKib, ""));
    }

    private double awaitAnswer(Contender contender, Process process) {
        long from = System.nanoTime();
        while (!Client.isAnswered(site.ports().http())) {
            if (!process.isAlive() || System.nanoTime() - from > LONGEST_START_NANOS) {
                throw new CompareException(contender.words() + " does not serve; its log: " + log(contender));
            }
            pause(2);
        }
        return (System.nanoTime() - from) / 1e9;
    }

    private String log(Contender contender) {
        Path log = site.directory().resolve(contender.name().toLowerCase(Locale.ROOT) + ".conf.log");
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return log + " cannot be read";
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompareException("interrupted", e);
        }
    }

    private Sample measured(Work work, @Nullable ProcessHandle proxy, Ports at) {
        if (work == Work.IDLE && proxy != null) {
            return idle(proxy, at);
        }
        double proxyBefore = proxy == null ? 0 : Proc.cpuSeconds(proxy);
        double systemBefore = Proc.systemCpuSeconds();
        long from = System.nanoTime();
        Load load = load(work, at);
        double took = (System.nanoTime() - from) / 1e9;
        return new Sample(
                load.units(),
                took,
                proxy == null ? 0 : Proc.cpuSeconds(proxy) - proxyBefore,
                Proc.systemCpuSeconds() - systemBefore,
                load.latency(),
                proxy == null ? 0 : Proc.pssKib(proxy),
                load.failures());
    }

    /** Memory is what the connections add to the process. */
    private Sample idle(ProcessHandle proxy, Ports at) {
        long before = Proc.pssKib(proxy);
        long from = System.nanoTime();
        List<SocketChannel> open = Client.open(at.sink(), IDLE_CONNECTIONS);
        try {
            double took = (System.nanoTime() - from) / 1e9;
            pause(2_500);
            return new Sample(
                    IDLE_CONNECTIONS, took, 0, 0, Sample.Latency.NONE, Math.max(0, Proc.pssKib(proxy) - before), "");
        } finally {
            Client.close(open);
            pause(1_000);
        }
    }

    private Load load(Work work, Ports at) {
        return switch (work) {
            case KEEP -> client.requests("http", at.http(), true);
            case CLOSE -> client.requests("http", at.http(), false);
            case DOWNLOAD -> client.download("http", at.http(), DOWNLOADS);
            case UPLOAD -> client.upload(at.sink(), DOWNLOADS);
            case RATE -> client.fixedRate(at.http());
            case TLS_ECDSA -> Handshakes.run(at.ecdsa(), false, seconds);
            case TLS_RSA -> Handshakes.run(at.rsa(), false, seconds);
            case TLS_RESUMED -> Handshakes.run(at.ecdsa(), true, seconds);
            case TLS_KEEP -> client.requests("https", at.ecdsa(), true);
            case TLS_DOWNLOAD -> client.download("https", at.ecdsa(), DOWNLOADS / 2);
            case REENCRYPT -> client.requests("https", at.reencrypt(), true);
            case IDLE, START -> throw new IllegalStateException(work + " is no load");
        };
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(each -> {
                var _ = each.toFile().delete();
            });
        }
    }
}
