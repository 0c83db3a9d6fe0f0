package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.hawser.lb.config.Cidr;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DifferenceTest {
    @TempDir
    Path directory;

    @Test
    void anotherPasswordInTheSameFileIsAChangeOfWhichNoValueIsTold() throws Exception {
        Path password = Files.createFile(
                directory.resolve("password"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(password, "former\n");
        Config before = load();
        assertEquals(List.of(), Difference.of(before, load()));

        Files.writeString(password, "latter\n");
        Config after = load();

        assertEquals(List.of("virtual router api: password"), Difference.of(before, after));
        assertNotEquals(Plans.routers(before), Plans.routers(after), "so the vrrp thread is told");
    }

    private Config load() throws Exception {
        Path file = directory.resolve("hawser.yaml");
        Files.writeString(file, """
                nodes: [{name: one, address: 10.78.0.11}]
                admin: {bind: "127.0.0.1:9100", socket: "%s"}
                virtual-routers:
                  - {name: api, id: 51, version: 2, addresses: [10.78.0.10], authentication: {type: pass, password-file: password}}
                listeners: [{name: api, bind: "10.78.0.10:6443", pool: masters}]
                pools: [{name: masters, members: ["10.78.0.21:6443"]}]
                """.formatted(directory.resolve("s")));
        List<Environment.Interface> interfaces =
                List.of(new Environment.Interface("eth7", List.of(new Cidr(InetAddress.ofLiteral("10.78.0.11"), 24))));
        return switch (ConfigLoader.load(file, new Environment("one", null, "one", interfaces, host -> List.of()))) {
            case Loaded.Invalid(var problems) -> throw new AssertionError(problems.toString());
            case Loaded.Ok(Config config, var _, var _) -> config;
        };
    }
}
