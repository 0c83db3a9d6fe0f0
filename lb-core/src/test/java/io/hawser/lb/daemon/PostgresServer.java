package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.testkit.Await;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A PostgreSQL server that runs on an address of loopback until it is closed. A test without PostgreSQL is skipped, and so is
 * one of root without an unprivileged user to run it as.
 */
final class PostgresServer implements AutoCloseable {
    private static final String UNPRIVILEGED = "nobody";
    private static final Path OF_DEBIAN = Path.of("/usr/lib/postgresql");
    private static final long PATIENCE_SECONDS = Await.LIMIT.toSeconds();

    final InetAddress address;
    final int port;
    private final Path data;
    private final Path log;
    private final Process process;

    private PostgresServer(Path data, InetAddress address, int port, List<String> settings) throws IOException {
        this.data = data;
        this.address = address;
        this.port = port;
        log = data.resolveSibling(data.getFileName() + ".log");
        List<String> command = new ArrayList<>(List.of(program("postgres"), "-D", data.toString()));
        List<String> all = new ArrayList<>(List.of(
                "listen_addresses=" + address.getHostAddress(),
                "port=" + port,
                "fsync=off",
                "shared_buffers=16MB",
                "dynamic_shared_memory_type=mmap",
                "unix_socket_directories=",
                "wal_keep_size=64MB"));
        all.addAll(settings);
        all.forEach(setting -> command.addAll(List.of("-c", setting)));
        process = run(log, command);
    }

    /**
     * Makes the data of a cluster in {@code directory}. Servers that start from it are of one cluster: one may follow another.
     *
     * @param parent the test's own directory, that of {@code directory}
     */
    static void prepare(Path parent, Path directory) throws Exception {
        assumeTrue(
                find("initdb").isPresent() && find("postgres").isPresent(),
                "needs postgresql to be installed: initdb and postgres");
        if (isRoot()) {
            assumeTrue(find("setpriv").isPresent(), "needs setpriv to be installed: PostgreSQL refuses to run as root");
            Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwx--x--x"));
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
            assumeTrue(
                    run(directory.resolve("test.log"), List.of("test", "-w", directory.toString()))
                                    .waitFor()
                            == 0,
                    "needs a directory for temporary files that the user " + UNPRIVILEGED
                            + " can reach: PostgreSQL refuses to run as root");
        }
        end(
                directory,
                program("initdb"),
                "--no-sync",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--username=" + PostgresSession.USER,
                "--pgdata=" + directory.resolve("cluster"));
    }

    /** Starts a primary from what was prepared in {@code directory}. */
    static PostgresServer primary(Path directory, String name, InetAddress address, int port) throws Exception {
        return new PostgresServer(copy(directory, name), address, port, List.of());
    }

    /** Starts a server that follows {@code primary}, from what was prepared in {@code directory}. */
    static PostgresServer standby(Path directory, String name, InetAddress address, int port, PostgresServer primary)
            throws Exception {
        Path copy = copy(directory, name);
        end(directory, "touch", copy.resolve("standby.signal").toString());
        return new PostgresServer(
                copy,
                address,
                port,
                List.of("primary_conninfo=host=%s port=%d user=%s"
                        .formatted(primary.address.getHostAddress(), primary.port, PostgresSession.USER)));
    }

    private static Path copy(Path directory, String name) throws Exception {
        Path copy = directory.resolve(name);
        end(directory, "cp", "-r", "-p", directory.resolve("cluster").toString(), copy.toString());
        return copy;
    }

    /** A session of its own, without anything between. */
    PostgresSession session() throws IOException {
        return new PostgresSession(address, port);
    }

    /** What the server answers; empty when there is none to ask. */
    Optional<String> ask(String query) {
        try (PostgresSession session = session()) {
            return Optional.ofNullable(session.ask(query));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Waits until the server answers {@code query} with {@code answer}. */
    void await(String query, String answer) {
        TestNode.await(query + " is " + answer + " (" + log + ")", () -> {
            if (!process.isAlive()) {
                throw new AssertionError("the server has ended: " + read(log));
            }
            return ask(query).filter(answer::equals).isPresent();
        });
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static String program(String name) {
        return find(name).orElseThrow().toString();
    }

    /** Where a program is: Debian keeps those of a server in a directory for each version, out of the way of PATH. */
    private static Optional<Path> find(String name) {
        List<Path> places = new ArrayList<>();
        for (String place : System.getenv("PATH").split(File.pathSeparator, -1)) {
            places.add(Path.of(place));
        }
        String[] versions = OF_DEBIAN.toFile().list();
        Stream.of(versions == null ? new String[0] : versions)
                .sorted((a, b) -> b.compareTo(a))
                .forEach(version -> places.add(OF_DEBIAN.resolve(version, "bin")));
        return places.stream()
                .map(place -> place.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static void end(Path directory, String... command) throws Exception {
        Path output = directory.resolve(Path.of(command[0]).getFileName() + ".log");
        Process running = run(output, Arrays.asList(command));
        if (!running.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || running.exitValue() != 0) {
            running.destroyForcibly();
            throw new AssertionError(String.join(" ", command) + " failed: " + read(output));
        }
    }

    private static Process run(Path output, List<String> command) throws IOException {
        List<String> all = new ArrayList<>();
        if (isRoot()) {
            all.addAll(List.of("setpriv", "--reuid=" + UNPRIVILEGED, "--regid=65534", "--clear-groups", "--"));
        }
        all.addAll(command);
        return new ProcessBuilder(all)
                .directory(output.getParent().toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    @Override
    public void close() {
        // Its processes notice that the first of them has gone, and end.
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public String toString() {
        return data.getFileName() + " at " + address.getHostAddress() + ":" + port;
    }
}
