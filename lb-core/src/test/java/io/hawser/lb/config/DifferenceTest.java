package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
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

        assertEquals(List.of("virtual router api: authentication.password-file"), Difference.of(before, after));
    }

    /** Values of keys that cannot be left out. */
    private static final Map<String, String> OTHERS = Map.ofEntries(
            Map.entry("id: 51 #", "id: 53 #"),
            Map.entry("addresses: [10.77.0.10/24] #", "addresses: [10.77.0.10/23] #"),
            Map.entry("delay: 90s", "delay: 91s"),
            Map.entry("10.77.0.10:6443] #", "10.77.0.10:6446] #"),
            Map.entry("mode: required #", "mode: optional #"),
            Map.entry("pool: inner #", "pool: masters #"),
            Map.entry("address: m1.example:6443 #", "address: m1.example:6445 #"),
            Map.entry("max-connections: 9 #", "max-connections: 8 #"),
            Map.entry("rate: 5 #", "rate: 6 #"),
            Map.entry("address: 10.77.0.11 #", "address: 10.77.0.13 #"),
            Map.entry("haproxy-names: true #", "haproxy-names: false #"));

    /** Keys whose value cannot be changed alone in that file: names, files that belong together, what other keys ask for. */
    private static final Set<String> ELSEWHERE = Set.of(
            "listeners[].mode",
            "listeners[].name",
            "listeners[].pool",
            "listeners[].tls.certificate",
            "listeners[].tls.certificates[].certificate",
            "listeners[].tls.certificates[].key",
            "listeners[].tls.client-auth.ca",
            "listeners[].tls.key",
            "nodes[].name",
            "pools[].affinity.by",
            "pools[].health.certificate",
            "pools[].health.key",
            "pools[].health.type",
            "pools[].name",
            "pools[].tls.certificate",
            "pools[].tls.key",
            "virtual-routers[].authentication.password-file",
            "virtual-routers[].authentication.type",
            "virtual-routers[].name",
            "virtual-routers[].version");

    @Test
    void everyKeyIsCalledByItsName() {
        Config all = EveryKey.load(EveryKey.TEXT).orElseThrow();
        Set<String> left = new TreeSet<>();
        Set<String> invalid = new TreeSet<>();
        for (String path : EveryKey.paths()) {
            Optional<Config> other = EveryKey.load(EveryKey.without(path));
            other.ifPresentOrElse(config -> names(path, all, config), () -> left.add(path));
        }
        OTHERS.forEach((written, instead) -> {
            assertTrue(EveryKey.TEXT.contains(written), written);
            Optional<Config> other = EveryKey.load(EveryKey.TEXT.replace(written, instead));
            if (other.isEmpty()) {
                invalid.add(instead);
                return;
            }
            String line = EveryKey.TEXT
                    .lines()
                    .filter(each -> each.contains(written))
                    .findFirst()
                    .orElseThrow();
            String path = line.substring(line.indexOf(" # ") + 3);
            names(path, all, other.orElseThrow());
            left.remove(path);
        });
        assertEquals(Set.of(), invalid);
        assertEquals(ELSEWHERE, left, "not shown by any file");
    }

    private static void names(String path, Config before, Config after) {
        List<String> words = Difference.of(before, after);
        boolean isNamed = false;
        for (String each : words) {
            int colon = each.indexOf(": ");
            if (colon < 0) {
                // Something with a name was added or removed.
                isNamed |= path.endsWith(".name");
                continue;
            }
            String section = each.startsWith("node ")
                    ? "nodes[]"
                    : each.startsWith("virtual router ")
                            ? "virtual-routers[]"
                            : each.startsWith("listener ")
                                    ? "listeners[]"
                                    : each.startsWith("pool ")
                                            ? "pools[]"
                                            : each.startsWith("member ")
                                                    ? "pools[].members[]"
                                                    : each.substring(0, colon);
            for (String name : each.substring(colon + 2).split(", ")) {
                String named = section + "." + name;
                assertTrue(EveryKey.isKey(named), () -> named + " is no key: " + words);
                isNamed |= path.equals(named) || path.startsWith(named + ".") || path.startsWith(named + "[");
            }
        }
        assertTrue(isNamed, () -> path + " has changed, and what is told is " + words);
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
