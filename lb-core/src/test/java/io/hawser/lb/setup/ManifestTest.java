package io.hawser.lb.setup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.config.Cidr;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The pod is YAML with what the configuration needs, and no more. */
class ManifestTest {
    private static final Path FILE = Path.of("/etc/hawser/hawser.yaml");
    private static final Manifest.Options PRIVILEGED = new Manifest.Options(null, false, null);
    private static final Manifest.Options LEAST = new Manifest.Options("registry/hawser:1", true, "lb1");

    @TempDir
    private Path directory;

    private static Config config(String more) {
        String yaml = """
                nodes: [{name: lb1, address: 10.77.0.11}]
                virtual-routers: [{name: api, id: 51, addresses: [10.77.0.10]}]
                listeners: [{name: api, bind: "10.77.0.10:6443", pool: p}]
                """ + more;
        if (!yaml.contains("pools:")) {
            yaml += "pools: [{name: p, members: [\"10.77.0.21:6443\"], health: {type: https}}]\n";
        }
        var eth0 = new Environment.Interface("eth0", List.of(new Cidr(InetAddress.ofLiteral("10.77.0.11"), 24)));
        Loaded loaded =
                ConfigLoader.parse(FILE, yaml, new Environment(null, null, "lb1", List.of(eth0), host -> List.of()));
        return assertInstanceOf(Loaded.Ok.class, loaded, loaded::toString).config();
    }

    /** What the YAML says at a path of keys and indices. */
    private static Object at(String yaml, Object... path) {
        Object found = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
        for (Object step : path) {
            found = step instanceof Integer index ? ((List<?>) found).get(index) : ((Map<?, ?>) found).get(step);
            assertNotNull(found, () -> step + " is missing in\n" + yaml);
        }
        return found;
    }

    private static Object inContainer(String yaml, Object... path) {
        List<Object> whole = new ArrayList<>(List.of("spec", "containers", 0));
        whole.addAll(List.of(path));
        return at(yaml, whole.toArray());
    }

    private static List<?> each(Object list, String key) {
        return ((List<?>) list).stream().map(one -> ((Map<?, ?>) one).get(key)).toList();
    }

    @Test
    void theDistributionOfTheHostRunsPrivileged() {
        String pod = Manifest.of(config(""), FILE, PRIVILEGED);
        assertEquals(true, at(pod, "spec", "hostNetwork"));
        assertEquals("system-node-critical", at(pod, "spec", "priorityClassName"));
        assertEquals(40, at(pod, "spec", "terminationGracePeriodSeconds"), "the drain and a margin");
        assertEquals(Map.of("privileged", true, "readOnlyRootFilesystem", true), inContainer(pod, "securityContext"));
        assertEquals(
                List.of("/opt/hawser/bin/hawser", "run", "--config", "/etc/hawser/hawser.yaml"),
                inContainer(pod, "command"));
        assertEquals("/livez", inContainer(pod, "livenessProbe", "httpGet", "path"));
        assertEquals("/readyz", inContainer(pod, "readinessProbe", "httpGet", "path"));
        assertEquals(9100, inContainer(pod, "readinessProbe", "httpGet", "port"));
        assertEquals("127.0.0.1", inContainer(pod, "readinessProbe", "httpGet", "host"));
        assertEquals(
                List.of("/opt/hawser", "/etc/hawser", "/lib/modules", "/run/hawser"),
                each(inContainer(pod, "volumeMounts"), "mountPath"));
        assertEquals(
                each(inContainer(pod, "volumeMounts"), "name"),
                each(at(pod, "spec", "volumes"), "name"),
                "each is there");
        assertFalse(pod.contains("${"), pod);
    }

    @Test
    void theLeastPrivilegeIsFourCapabilitiesAndOneForIpvs() {
        String pod = Manifest.of(config(""), FILE, LEAST);
        assertEquals(List.of("ALL"), inContainer(pod, "securityContext", "capabilities", "drop"));
        assertEquals(
                List.of("NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE", "SYS_NICE", "SYS_MODULE"),
                inContainer(pod, "securityContext", "capabilities", "add"));
        assertEquals(false, inContainer(pod, "securityContext", "allowPrivilegeEscalation"));
        assertEquals(true, inContainer(pod, "securityContext", "readOnlyRootFilesystem"));
        assertTrue(pod.contains("#   net.ipv4.ip_forward=1\n"), pod);
        String without =
                Manifest.of(config("kernel: {ipvs: off, ip-forward: false, nonlocal-bind: false}\n"), FILE, LEAST);
        assertEquals(
                List.of("NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE", "SYS_NICE"),
                inContainer(without, "securityContext", "capabilities", "add"));
        assertFalse(without.contains("/proc/sys") || without.contains("/lib/modules"), without);
    }

    @Test
    void anImageIsStartedByItsEntryPoint() {
        String pod = Manifest.of(config(""), FILE, LEAST);
        assertEquals("registry/hawser:1", inContainer(pod, "image"));
        assertEquals(List.of("run", "--config", "/etc/hawser/hawser.yaml", "--node", "lb1"), inContainer(pod, "args"));
        assertFalse(pod.contains("/opt/hawser"), pod);
    }

    @Test
    void whatTheConfigurationNamesElsewhereIsMountedOnce() throws IOException {
        Files.writeString(directory.resolve("token"), "t");
        Files.createDirectory(directory.resolve("below"));
        Files.writeString(directory.resolve("below/token"), "t");
        String pools = """
                pools:
                  - {name: p, members: ["10.77.0.21:6443"], health: {type: https, bearer-token-file: %1$s/token}}
                  - {name: q, members: ["10.77.0.22:6443"], health: {type: https, bearer-token-file: %1$s/below/token}}
                admin: {bind: "10.77.0.11:9109", socket: /var/run/h/s.sock}
                limits: {drain: 1m}
                """.formatted(directory);
        String pod = Manifest.of(config(pools), FILE, LEAST);
        assertEquals(
                List.of("/etc/hawser", directory.toString(), "/lib/modules", "/var/run/h"),
                each(inContainer(pod, "volumeMounts"), "mountPath"));
        assertEquals("10.77.0.11", inContainer(pod, "livenessProbe", "httpGet", "host"));
        assertEquals(9109, inContainer(pod, "livenessProbe", "httpGet", "port"));
        assertEquals(70, at(pod, "spec", "terminationGracePeriodSeconds"));
    }
}
