package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.lb.demo.HawserNode;
import io.hawser.lb.demo.Network;
import io.hawser.lb.demo.NodeSoftware;
import io.hawser.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** hawser on a node as the pod that {@code hawser manifest} prints, run by podman in the node's network from the image of the build. */
final class Podman implements NodeSoftware, AutoCloseable {
    /*
     * Each node has a storage of its own, as two machines have. podman runs in the network namespace of its node and the mount namespace of the test:
     * ip netns exec hides the control groups. The shell that starts a pod waits for the end of its standard input, which
     * tells that the test was killed, and cleans up.
     */
    static final String IMAGE = "localhost/hawser:0.1.0";
    private static final String CONTAINER = "hawser-hawser";

    /** What the manifest asks for in memory. The pod of the test may not have more. */
    static final long MEMORY = 256L << 20;

    private static final String REQUESTS = "        requests: {cpu: 100m, memory: 256Mi}\n";
    private static final String LIMITS = "        limits: {memory: 256Mi}\n";
    private static final Duration LIMIT = Await.LIMIT;

    /** Exit status of podman when it failed itself, before anything of the container ran (podman-run(1)). */
    private static final int OWN_FAILURE = 125;

    private static final String SETTINGS = """
            [containers]
            default_ulimits=["nofile=20000:20000","nproc=8192:8192"]
            [engine]
            runtime="runc"
            cgroup_manager="cgroupfs"
            events_logger="file"
            """;

    private final String prefix;
    private final Path directory;
    private final Path archive;
    private final boolean isLeastPrivilege;
    private final Map<String, String> images = new ConcurrentHashMap<>();

    Podman(String prefix, Path directory, Path archive, boolean isLeastPrivilege) {
        this.prefix = prefix;
        this.directory = directory;
        this.archive = archive;
        this.isLeastPrivilege = isLeastPrivilege;
    }

    /** From the next start on a node runs this image. */
    void image(String node, String image) {
        images.put(node, image);
    }

    /** Skips the test where podman can run no container. An image that cannot be loaded or does not start is a failure of the test. */
    void require() {
        String node = Network.NODES.getFirst();
        try {
            Files.writeString(directory.resolve("containers.conf"), SETTINGS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try (Run info = Run.start("/bin/sh", "-c", podman(node, "info"))) {
            assumeTrue(info.exit(LIMIT) == 0, () -> "needs podman to have a storage: " + lastLine(info));
        }
        try (Run load = Run.start("/bin/sh", "-c", podman(node, "load -q -i " + archive))) {
            assertEquals(0, load.exit(LIMIT), load::output);
        }
        try (Run container = version(node)) {
            int exit = container.exit(LIMIT);
            assumeTrue(
                    exit != OWN_FAILURE,
                    () -> "needs podman to run a container with a limit of memory: " + lastLine(container));
            assertEquals(0, exit, container::output);
        }
    }

    private Run version(String node) {
        String version = podman(node, "run --rm --network host --memory " + MEMORY + " " + IMAGE + " version");
        return Run.start("/bin/sh", "-c", "cd / && " + version);
    }

    /** How long podman takes to run {@code hawser version} in a container of its own, from its start to the end of podman. */
    Duration runVersion(String node) {
        long startAt = System.nanoTime();
        try (Run container = version(node)) {
            assertEquals(0, container.exit(LIMIT), container::output);
            return Duration.ofNanos(System.nanoTime() - startAt);
        }
    }

    private static String lastLine(Run run) {
        return run.output().lines().reduce("", (_, last) -> last);
    }

    @Override
    public List<List<String>> prepare(String node, Path home) {
        try {
            Path file = home.resolve("hawser.yaml");
            Files.createDirectories(home.resolve("run"));
            Files.writeString(file, HawserNode.configuration(home.resolve("run/hawser.sock")));
            String manifest = manifest(node, file);
            Files.writeString(home.resolve("pod.yaml"), manifest);
            // The host has to have the settings that the manifest says it has to have.
            String host = manifest.lines()
                    .filter(line -> line.matches(" *#   net\\.[a-z0-9_.]+=[0-9]+"))
                    .map(line -> line.strip().substring(1).strip().split("="))
                    .map(pair -> "echo " + pair[1] + " >/proc/sys/" + pair[0].replace('.', '/') + "\n")
                    .reduce("", String::concat);
            Path script = home.resolve("start");
            Files.writeString(
                    script,
                    "trap '' INT TERM HUP\ncd " + home + "\n" + host
                            + podman(node, "pod rm -f -t 0 hawser") + " >/dev/null 2>&1\n"
                            + podman(node, "image exists " + IMAGE) + " || " + podman(node, "load -q -i " + archive)
                            + "\n"
                            + podman(node, "play kube pod.yaml") + "\n"
                            + "while read -r line; do :; done\n"
                            + removal(node)
                            + "ip netns pids " + prefix + "-" + node + " | xargs -r kill -KILL\n"
                            + "for n in $(ip netns list | grep -o '^" + prefix
                            + "-[a-z0-9]*'); do ip netns del $n; done\n");
            return List.of(List.of(
                    "nsenter",
                    "--mount=/proc/" + ProcessHandle.current().pid() + "/ns/mnt",
                    "/bin/sh",
                    script.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String manifest(String node, Path file) {
        List<String> arguments = new ArrayList<>(List.of(
                "manifest", "--config", file.toString(), "--node", node, "--image", images.getOrDefault(node, IMAGE)));
        if (isLeastPrivilege) {
            arguments.add("--least-privilege");
        }
        try (Run run = Run.inside(prefix + "-" + node, List.of(), arguments.toArray(String[]::new))) {
            int exit = run.exit(Duration.ofSeconds(30));
            if (exit != 0) {
                throw new IllegalStateException("hawser manifest: exit " + exit + ": " + run.output());
            }
            // What warns of the configuration comes first, on standard error.
            String manifest = run.output().substring(run.output().indexOf("# "));
            if (!manifest.contains(REQUESTS)) {
                throw new IllegalStateException("the manifest asks for something else:\n" + manifest);
            }
            return manifest.replace(REQUESTS, REQUESTS + LIMITS);
        }
    }

    @Override
    public boolean isReady(Network network, String node) {
        return new HawserNode(Requirements.launcher()).isReady(network, node);
    }

    /** The process of the container as the host sees it, or 0. */
    long pid(String node) {
        String text = ask(node, "inspect -f '{{.State.Pid}}' " + CONTAINER).strip();
        return text.matches("[0-9]+") ? Long.parseLong(text) : 0;
    }

    /** The exit status of the container's last process, or null while there is none. */
    @Nullable
    Integer exitStatus(String node) {
        String text = ask(node, "inspect -f '{{.State.Status}} {{.State.ExitCode}}' " + CONTAINER)
                .strip();
        return text.matches("exited [0-9]+") ? Integer.valueOf(text.substring(7)) : null;
    }

    /** Runs podman for a node and returns what it wrote to standard output. */
    String ask(String node, String arguments) {
        try (Run run = Run.start("/bin/sh", "-c", "cd / && " + podman(node, arguments) + " 2>/dev/null")) {
            run.exit(LIMIT);
            return run.output();
        }
    }

    private String podman(String node, String arguments) {
        Path storage = directory.resolve("storage-" + node);
        return "CONTAINERS_CONF=" + directory.resolve("containers.conf") + " podman --root " + storage
                + "/root --runroot " + storage + "/run --storage-driver overlay " + arguments;
    }

    private String removal(String node) {
        Path storage = directory.resolve("storage-" + node);
        // A pod whose processes were killed under podman leaves its mounts behind.
        return podman(node, "pod rm -f -t 0 -a") + " >/dev/null 2>&1\n"
                + "for m in $(grep -o ' " + storage + "/[^ ]*' /proc/mounts | sort -r); do umount -l \"$m\"; done\n"
                + "rm -rf " + storage + "\n";
    }

    /** Removes what podman runs and stores. */
    @Override
    public void close() {
        for (String node : Network.NODES) {
            try (Run run = Run.start("/bin/sh", "-c", "cd /\n" + removal(node))) {
                run.exit(LIMIT);
            }
        }
    }
}
