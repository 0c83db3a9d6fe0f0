package io.hawser.lb.setup;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.config.Config;
import io.hawser.sysctl.net.AddressText;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A static pod that runs a configuration. Pure but for its template; any thread. */
public final class Manifest {
    /** What a pod needs to stop after the drain: connections are cut, addresses are away already. */
    private static final int STOP_SECONDS = 10;

    private static final Path DISTRIBUTION = Path.of("/opt/hawser");
    private static final Path MODULES = Path.of("/lib/modules");

    /**
     * Options of the pod.
     *
     * @param image an image whose entry point is hawser; null: the distribution in /opt/hawser of the host, in an image that has
     *     only a C library and a shell
     * @param isLeastPrivilege whether it gets the capabilities that it uses, instead of all of the host
     * @param node which of the nodes it is; null: it finds out by the addresses of its host
     */
    public record Options(
            @Nullable String image,
            boolean isLeastPrivilege,
            @Nullable String node) {}

    private Manifest() {}

    /**
     * The pod, as YAML.
     *
     * @param config what it runs
     * @param file where that is on the host; absolute
     */
    public static String of(Config config, Path file, Options options) {
        String image = options.image();
        Path directory = requireNonNull(file.getParent(), "parent");
        String arguments = "run, --config, " + ConfigurationText.value(file.toString())
                + (options.node() == null ? "" : ", --node, " + ConfigurationText.value(options.node()));
        Volumes volumes = new Volumes();
        if (image == null) {
            volumes.add("hawser", DISTRIBUTION, "Directory", true);
        }
        volumes.add("config", directory, "Directory", true);
        int number = 1;
        for (Path outside : outside(config, directory)) {
            volumes.add("files-" + number++, outside, "Directory", true);
        }
        if (config.kernel().usesIpvs()) {
            volumes.add("modules", MODULES, "DirectoryOrCreate", true);
        }
        volumes.add("run", requireNonNull(config.admin().socket().getParent(), "parent"), "DirectoryOrCreate", false);
        return template()
                .replace("${grace}", Long.toString(config.limits().drain().toSeconds() + STOP_SECONDS))
                .replace("${image}", ConfigurationText.value(image == null ? "debian:12-slim" : image))
                .replace(
                        "${start}",
                        image == null
                                ? "command: [" + DISTRIBUTION.resolve("bin/hawser") + ", " + arguments + "]"
                                : "args: [" + arguments + "]")
                .replace(
                        "${security}",
                        options.isLeastPrivilege()
                                ? capabilities(config)
                                : "      securityContext: {privileged: true, readOnlyRootFilesystem: true}\n")
                .replace(
                        "${host}",
                        ConfigurationText.value(probed(config.admin().bind().getAddress())))
                .replace("${port}", Integer.toString(config.admin().bind().getPort()))
                .replace("${mounts}", volumes.mounts())
                .replace("${volumes}", volumes.volumes());
    }

    private static String probed(InetAddress bind) {
        return bind.isAnyLocalAddress() ? "127.0.0.1" : AddressText.of(bind);
    }

    private static String capabilities(Config config) {
        String module = config.kernel().usesIpvs() ? ", SYS_MODULE" : "";
        StringBuilder text = new StringBuilder();
        List<String> settings = new ArrayList<>();
        if (config.kernel().ipForward()) {
            settings.add("net.ipv4.ip_forward=1");
        }
        if (config.kernel().nonlocalBind()) {
            settings.add("net.ipv4.ip_nonlocal_bind=1");
            settings.add("net.ipv6.ip_nonlocal_bind=1");
        }
        if (!settings.isEmpty()) {
            text.append(
                    "      # /proc/sys cannot be written in this pod, so the host has to have these already, in /etc/sysctl.d:\n");
            settings.forEach(
                    setting -> text.append("      #   ").append(setting).append('\n'));
        }
        return text + """
                      securityContext:
                        allowPrivilegeEscalation: false
                        readOnlyRootFilesystem: true
                        capabilities:
                          drop: [ALL]
                          add: [NET_ADMIN, NET_RAW, NET_BIND_SERVICE, SYS_NICE%s]
                """.formatted(module);
    }

    /** Directories, other than that of the configuration, that hold files which it names; none inside another. */
    private static List<Path> outside(Config config, Path directory) {
        Set<Path> found = new TreeSet<>();
        for (Path each : config.files()) {
            Path parent = requireNonNull(each.normalize().getParent(), "parent");
            if (!parent.startsWith(directory)) {
                found.add(parent);
            }
        }
        return found.stream()
                .filter(path -> found.stream().noneMatch(other -> !other.equals(path) && path.startsWith(other)))
                .toList();
    }

    private static String template() {
        try (InputStream in = Manifest.class.getResourceAsStream("static-pod.yaml")) {
            return new String(requireNonNull(in, "static-pod.yaml").readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("reading the template of this program failed", e);
        }
    }

    /** What is mounted, at the same place as on the host. */
    private static final class Volumes {
        private final List<String> mounts = new ArrayList<>();
        private final List<String> volumes = new ArrayList<>();

        private void add(String name, Path path, String type, boolean isReadOnly) {
            String shown = ConfigurationText.value(path.toString());
            mounts.add("        - {name: %s, mountPath: %s%s}\n"
                    .formatted(name, shown, isReadOnly ? ", readOnly: true" : ""));
            volumes.add("    - {name: %s, hostPath: {path: %s, type: %s}}\n".formatted(name, shown, type));
        }

        private String mounts() {
            return mounts.stream().collect(Collectors.joining());
        }

        private String volumes() {
            return volumes.stream().collect(Collectors.joining());
        }
    }
}
