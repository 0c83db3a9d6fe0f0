package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.hawser.lb.admin.Event;
import io.hawser.lb.admin.RawHttp;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Finding.Warning;
import io.hawser.lb.config.Loaded;
import io.hawser.lb.config.Names;
import io.hawser.testkit.Await;
import io.hawser.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A whole node on loopback, without VRRP, from a configuration file that a test changes. */
final class TestNode implements AutoCloseable {
    private static final long PATIENCE_SECONDS = Await.LIMIT.toSeconds();

    final Path file;
    final int admin;
    final Path socket;
    final Daemon daemon;

    private final Environment.Resolver resolver;

    private TestNode(
            Path file, int admin, Path socket, String rest, Environment.Resolver resolver, Daemon.Inputs inputs)
            throws IOException {
        this.resolver = resolver;
        this.file = file;
        this.admin = admin;
        this.socket = socket;
        write(rest);
        switch (load()) {
            case Loaded.Invalid(var problems) -> throw new AssertionError(problems.toString());
            case Loaded.Ok(Config config, List<Warning> warnings, var waits) ->
                daemon = Daemon.start(
                        config,
                        warnings.stream().map(Warning::render).toList(),
                        waits,
                        new ConfigFile(file, this::load),
                        inputs);
        }
    }

    /** Starts a node in {@code directory}; {@code rest} is the configuration without nodes, admin and kernel. */
    static TestNode start(Path directory, String rest) throws IOException {
        return start(directory, rest, new Names());
    }

    /** The same where {@code resolver} knows the names. */
    static TestNode start(Path directory, String rest, Environment.Resolver resolver) throws IOException {
        return start(directory, rest, resolver, Daemon.Inputs.OF_A_NODE);
    }

    /** The same where the pools' members come from elsewhere. */
    static TestNode start(Path directory, String rest, MemberSources members) throws IOException {
        return start(directory, rest, new Names(), Daemon.Inputs.OF_A_NODE.with(members));
    }

    private static TestNode start(Path directory, String rest, Environment.Resolver resolver, Daemon.Inputs inputs)
            throws IOException {
        return new TestNode(
                directory.resolve("hawser.yaml"), Ports.free(), directory.resolve("s"), rest, resolver, inputs);
    }

    Loaded load() {
        return ConfigLoader.load(file, Environment.ofThisHost("one", resolver));
    }

    String text(String rest) {
        return """
                nodes: [{name: one, address: 127.0.0.1}]
                admin: {bind: "127.0.0.1:%d", socket: "%s"}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                limits: {drain: 1s}
                %s""".formatted(admin, socket, rest);
    }

    /** Replaces the file as a careful writer does. */
    void write(String rest) throws IOException {
        writeRaw(text(rest));
    }

    void writeRaw(String text) throws IOException {
        Path next = file.resolveSibling("next");
        Files.writeString(next, text);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Writes the file, has it read, and gives what came of it. */
    ReloadResult reload(String rest) throws Exception {
        write(rest);
        return reload();
    }

    ReloadResult reload() throws Exception {
        return daemon.reload(Reloader.Trigger.COMMAND).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    void reloads(String rest) throws Exception {
        ReloadResult result = reload(rest);
        assertInstanceOf(ReloadResult.Applied.class, result, result.text());
    }

    HttpResponse<String> get(String path) throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    /** A page as the socket gives it, where it is made after each request; on the port it may be a second old. */
    String page(String path) throws IOException {
        try (RawHttp http = RawHttp.to(socket)) {
            return http.get(path).body();
        }
    }

    List<Event> events(String kind) {
        return daemon.events().after(0, 10_000).stream()
                .filter(event -> event.kind().equals(kind))
                .toList();
    }

    static void await(String what, BooleanSupplier condition) {
        Await.until(what, condition);
    }

    @Override
    public void close() {
        daemon.close();
    }
}
