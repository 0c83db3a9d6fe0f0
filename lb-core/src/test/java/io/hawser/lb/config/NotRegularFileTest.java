package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.hawser.lb.config.Finding.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A FIFO in the place of a file would hold its reader for ever: each is refused in words, and all the rest is judged. */
@Timeout(300)
class NotRegularFileTest {
    private static final List<String> NAMES =
            List.of("server.pem", "server.key", "ca.pem", "crl.pem", "client.pem", "client.key", "token", "password");

    @TempDir
    private Path directory;

    private Loaded load() {
        return ConfigLoader.load(directory.resolve("hawser.yaml"), Given.host(null, null, "lb1", "10.77.0.11/24"));
    }

    private void write() throws Exception {
        for (String name : NAMES) {
            Pem.write(directory, name, Files.readString(Pem.DIRECTORY.resolve(name)));
        }
        Files.writeString(directory.resolve("hawser.yaml"), """
                nodes: [{name: lb1, address: 10.77.0.11}]
                virtual-routers:
                  - {name: r, id: 51, addresses: [10.77.0.10], version: 2, authentication: {type: pass, password-file: password}}
                listeners:
                  - {name: l, bind: "10.77.0.11:443", pool: p, mode: tls, tls: {certificate: server.pem, key: server.key,
                     client-auth: {mode: required, ca: ca.pem, crl: crl.pem}}}
                pools:
                  - {name: p, members: ["10.77.0.31:80"], tls: {server-name: a.example, verify: false, certificate: client.pem, key: client.key},
                     health: {type: http, path: /, bearer-token-file: token}}
                """);
    }

    private static void fifo(Path file) throws Exception {
        Files.deleteIfExists(file);
        assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
    }

    @Test
    void allIsWellWhileTheyAreFiles() throws Exception {
        write();
        assertInstanceOf(Loaded.Ok.class, load(), () -> String.valueOf(load()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"server.pem", "server.key", "ca.pem", "crl.pem", "client.pem", "client.key", "token", "password"
            })
    void aFifoInThePlaceOfAFile(String name) throws Exception {
        write();
        fifo(directory.resolve(name));
        List<String> problems = assertInstanceOf(Loaded.Invalid.class, load()).problems().stream()
                .map(Problem::message)
                .toList();
        assertEquals(
                List.of("the file \"" + directory.resolve(name)
                        + "\" is not a regular file but a pipe, a socket or a device: name a file"),
                problems);
    }

    @Test
    void aFifoInThePlaceOfTheConfiguration() throws Exception {
        fifo(directory.resolve("hawser.yaml"));
        assertEquals(
                "it is not a regular file but a pipe, a socket or a device: name a file",
                assertInstanceOf(Loaded.Invalid.class, load())
                        .problems()
                        .getFirst()
                        .message());
    }
}
