package io.hawser.lb.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hawser.lb.config.Secrets;
import io.hawser.sysctl.files.FileReads;
import io.hawser.sysctl.files.UnreadableFileException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/** {@code hawser support}: a support bundle in one file, without secrets. Main thread. */
final class SupportCommand {
    /** Longest part, in characters; of a longer one the end is kept. */
    private static final int MOST = 4 << 20;

    private static final int SECONDS = 10;
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    /** What the node says of itself. */
    private static final Map<String, String> PATHS = Map.of(
            "status.json", "/status",
            "events.jsonl", "/events",
            "metrics.txt", "/metrics",
            "healthz.json", "/healthz",
            "livez.json", "/livez",
            "readyz.json", "/readyz");

    /** What the host says; a tool that is missing is named in its place. */
    private static final Map<String, List<String>> COMMANDS = Map.of(
            "addresses.txt", List.of("ip", "-details", "address", "show"),
            "link-statistics.txt", List.of("ip", "-statistics", "link", "show"),
            "routes.txt", List.of("ip", "route", "show", "table", "all"),
            "rules.txt", List.of("ip", "rule", "show"),
            "neighbours.txt", List.of("ip", "neighbour", "show"),
            "sockets.txt", List.of("ss", "-ltnp"),
            "log.txt", List.of("journalctl", "--unit=hawser", "--lines=1000", "--no-pager", "--output=short-iso"));

    private static final List<String> KERNEL = List.of(
            "/proc/version",
            "/proc/loadavg",
            "/proc/meminfo",
            "/proc/pressure/cpu",
            "/proc/sys/net/ipv4/ip_forward",
            "/proc/sys/net/ipv4/ip_nonlocal_bind",
            "/proc/sys/net/ipv6/ip_nonlocal_bind",
            "/proc/sys/net/ipv6/conf/all/forwarding",
            "/proc/sys/net/ipv4/ip_local_port_range",
            "/proc/sys/net/ipv4/conf/all/rp_filter",
            "/proc/sys/net/ipv4/conf/all/arp_ignore",
            "/proc/sys/net/ipv4/conf/all/arp_announce",
            "/proc/sys/net/ipv4/tcp_max_syn_backlog",
            "/proc/sys/net/core/somaxconn",
            "/proc/sys/fs/file-nr",
            "/proc/sys/kernel/sched_rt_runtime_us");

    private final AdminClient client;
    private final Path config;
    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> parts = new LinkedHashMap<>();

    SupportCommand(AdminClient client, Path config, PrintStream out, PrintStream err) {
        this.client = client;
        this.config = config;
        this.out = out;
        this.err = err;
    }

    /**
     * Writes the file.
     *
     * @param output where to; null: into the current folder, by the time
     */
    int run(@Nullable Path output) {
        Path file = output != null ? output : Path.of("hawser-support-" + STAMP.format(Instant.now()) + ".zip");
        collect();
        try {
            write(file);
        } catch (IOException e) {
            err.println("hawser support: cannot write " + file + ": " + e
                    + "; name a file that is not there yet in a folder that you may write to, with -o");
            return ExitCode.FAILED;
        }
        out.println("written to " + file + " (readable by you only):");
        parts.forEach((name, text) -> out.println("  " + name + "  "
                + (text.startsWith(MISSING) ? text.lines().findFirst().orElse("") : text.length() + " characters")));
        out.println(
                "Passwords, tokens and anything in PEM are left out, and no key or certificate file was read. Addresses and"
                        + " names are in it: look through it before you send it.");
        return ExitCode.DONE;
    }

    private static final String MISSING = "not available: ";

    private void collect() {
        parts.put("version.txt", Version.words() + "\ncollected " + Instant.now() + "\n");
        parts.put("configuration.yaml", configuration());
        PATHS.keySet().stream().sorted().forEach(name -> parts.put(name, answer(String.valueOf(PATHS.get(name)))));
        parts.put("jvm.txt", processes());
        parts.put(
                "kernel.txt",
                KERNEL.stream().map(name -> name + ":\n" + read(Path.of(name))).collect(Collectors.joining("\n")));
        COMMANDS.keySet().stream()
                .sorted()
                .forEach(name -> parts.put(name, output(COMMANDS.getOrDefault(name, List.of()))));
        parts.replaceAll(
                (name, text) -> Secrets.maskedIn(text.length() <= MOST ? text : text.substring(text.length() - MOST)));
    }

    private String answer(String path) {
        return switch (client.get(path)) {
            case AdminClient.Answer.Ok(var body) -> new String(body.bytes(), UTF_8);
            case AdminClient.Answer.Failed(String problem, int _) -> MISSING + problem + "\n";
        };
    }

    /** The processes that run hawser: how they were started, and what they may use. */
    private static String processes() {
        String found = ProcessHandle.allProcesses()
                .filter(process -> process.pid() != ProcessHandle.current().pid())
                .filter(process -> process.info().commandLine().orElse("").contains("io.hawser.lb.daemon.Main"))
                .map(process -> "process " + process.pid() + ": "
                        + process.info().commandLine().orElse("") + "\n"
                        + read(Path.of("/proc/" + process.pid() + "/status"))
                        + read(Path.of("/proc/" + process.pid() + "/limits")))
                .collect(Collectors.joining("\n"));
        return found.isEmpty() ? MISSING + "no hawser runs in this process namespace\n" : found;
    }

    private String configuration() {
        try {
            return new String(FileReads.standard().bytes(config), UTF_8);
        } catch (UnreadableFileException e) {
            return MISSING + config + ": " + e.getMessage() + "\n";
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return MISSING + e + "\n";
        }
    }

    private static String output(List<String> command) {
        Path file = null;
        try {
            file = Files.createTempFile("hawser-support-", ".txt");
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(file.toFile())
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return new String(Files.readAllBytes(file), UTF_8);
        } catch (IOException e) {
            return MISSING + e.getMessage() + "\n";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return MISSING + "interrupted\n";
        } finally {
            if (file != null) {
                var _ = file.toFile().delete();
            }
        }
    }

    private void write(Path file) throws IOException {
        // Nobody else may read it, and nothing that is there is replaced or followed.
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (OutputStream bytes = Files.newOutputStream(file, StandardOpenOption.WRITE);
                ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, String> part : parts.entrySet()) {
                zip.putNextEntry(new ZipEntry("hawser-support/" + part.getKey()));
                zip.write(part.getValue().getBytes(UTF_8));
                zip.closeEntry();
            }
        }
    }
}
