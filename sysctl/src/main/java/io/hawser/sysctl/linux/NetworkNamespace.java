package io.hawser.sysctl.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/**
 * A named network namespace (ip-netns(8)): a network of its own in which the demo and the tests play a host. Made and
 * removed as the ip command does: a name is a mount, which other tools find. Any thread.
 */
public final class NetworkNamespace implements AutoCloseable {
    private static final Path DIRECTORY = Path.of("/run/netns");
    private static final int O_CLOEXEC = 0x80000;
    private static final int CLONE_NEWNET = 0x40000000;
    private static final int LOOPBACK = 1;
    private static final String ADVICE =
            "needs CAP_SYS_ADMIN and CAP_NET_ADMIN: run as root, or in a container with --privileged";
    private static final String NEEDS = "; " + ADVICE;

    private final String name;

    private NetworkNamespace(String name) {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9_.-]*")) {
            throw new IllegalArgumentException("\"" + name + "\" is not a name for a network namespace");
        }
        this.name = name;
    }

    /**
     * Makes a namespace with loopback up.
     *
     * @throws LinuxException when it exists, the ip command is missing on a host that has had none yet, or namespaces are not permitted
     */
    public static NetworkNamespace create(String name) {
        NetworkNamespace namespace = new NetworkNamespace(name);
        String purpose = "make network namespace " + name;
        if (isPrepared()) {
            namespace.make(purpose);
        } else {
            Command.run(purpose, List.of("ip", "netns", "add", name));
        }
        try {
            namespace.inside("switch loopback on in " + name, () -> {
                try (RouteSocket routes = RouteSocket.open()) {
                    routes.setUp(LOOPBACK, true);
                }
            });
            return namespace;
        } catch (LinuxException e) {
            delete(name);
            throw e;
        }
    }

    /* The first ip netns add on a host makes the directory a mount of its own that all mount namespaces share, so that a name goes everywhere. */
    private static boolean isPrepared() {
        try {
            return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                    // The fifth word of a line is where something is mounted (proc_pid_mountinfo(5)).
                    .anyMatch(line -> line.split(" ", 6)[4].equals(DIRECTORY.toString()));
        } catch (IOException e) {
            return false;
        }
    }

    private void make(String purpose) {
        Path file = DIRECTORY.resolve(name);
        try {
            Files.createFile(file);
        } catch (FileAlreadyExistsException e) {
            throw new LinuxException(purpose + " failed: " + file + ": File exists", e);
        } catch (IOException e) {
            throw new LinuxException(purpose + " failed: " + e.getMessage() + NEEDS, e);
        }
        try {
            onThread(() -> {
                Libc.check(NamespaceCalls.newNetwork(), "unshare(CLONE_NEWNET)", ADVICE);
                String own = "/proc/thread-self/ns/net";
                Libc.check(NamespaceCalls.bindMount(own, file.toString()), "mount(" + own + ", " + file + ")", ADVICE);
                return file;
            });
        } catch (Exception e) {
            remove(file);
            throw failed(purpose, e);
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new LinuxException("remove " + file + " failed: " + e.getMessage() + NEEDS, e);
        }
    }

    /** A namespace that someone made; whether it exists shows when it is used. */
    public static NetworkNamespace of(String name) {
        return new NetworkNamespace(name);
    }

    /** Whether a namespace of that name exists. */
    public static boolean exists(String name) {
        return Files.exists(DIRECTORY.resolve(new NetworkNamespace(name).name));
    }

    /** The names of the namespaces that start so, sorted. */
    public static List<String> list(String prefix) {
        if (!Files.isDirectory(DIRECTORY)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(DIRECTORY)) {
            return entries.map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith(prefix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new LinuxException("list network namespaces in " + DIRECTORY + " failed: " + e.getMessage(), e);
        }
    }

    /**
     * Removes a namespace by name; processes and sockets inside keep its network alive until they end.
     *
     * @return false when there was none
     */
    public static boolean delete(String name) {
        if (!exists(name)) {
            return false;
        }
        Path file = DIRECTORY.resolve(name);
        int error = NamespaceCalls.detach(file.toString());
        // A name that stands for nothing is what a killed process left between its two steps.
        if (error != -Errno.EINVAL) {
            Libc.check(error, "umount2(" + file + ")", ADVICE);
        }
        remove(file);
        return true;
    }

    public String name() {
        return name;
    }

    /** A process that will run inside, with this process's environment and directory. */
    public ProcessBuilder command(String... argv) {
        // ip(8) enters by itself, without another process and without mounting /sys anew.
        boolean entersItself = argv[0].equals("ip");
        List<String> all =
                new ArrayList<>(entersItself ? List.of("ip", "-n", name) : List.of("ip", "netns", "exec", name));
        all.addAll(List.of(argv).subList(entersItself ? 1 : 0, argv.length));
        return new ProcessBuilder(all);
    }

    /**
     * Runs a command inside and waits for it.
     *
     * @return what it wrote
     * @throws LinuxException with what it wrote, when it did not exit with 0
     */
    public String run(String... argv) {
        return Command.run("run in network namespace " + name, command(argv).command());
    }

    /**
     * Calls code on a thread of its own that has entered the namespace: sockets opened there belong to it for ever,
     * also when other threads use them later. Threads that the code starts are inside too; those of a pool started
     * before are not.
     *
     * @return what the code returned
     * @throws Exception what the code threw
     * @throws ErrnoException ENOENT when there is no such namespace, EPERM without CAP_SYS_ADMIN
     */
    public <T> T call(Callable<T> code) throws Exception {
        return onThread(() -> {
            enter();
            return code.call();
        });
    }

    private <T> T onThread(Callable<T> code) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform().name("netns-" + name).daemon().start(() -> {
            try {
                result.complete(code.call());
            } catch (Throwable t) {
                result.completeExceptionally(t);
            }
        });
        try {
            return result.get();
        } catch (ExecutionException e) {
            throw rethrown(e);
        } catch (InterruptedException e) {
            thread.interrupt();
            throw e;
        }
    }

    /** The same for what changes this network; what goes wrong is told together with {@code purpose}. */
    void inside(String purpose, Runnable code) {
        try {
            call(Executors.callable(code));
        } catch (Exception e) {
            throw failed(purpose, e);
        }
    }

    /**
     * Switches an interface inside on or off.
     *
     * @throws LinuxException when there is none of that name, or the right is missing
     */
    public void setUp(String interfaceName, boolean up) {
        inside("switch " + interfaceName + " in " + name, () -> {
            try (RouteSocket routes = RouteSocket.open()) {
                Link link = routes.link(interfaceName);
                if (link == null || !routes.setUp(link.index(), up)) {
                    throw new LinuxException("there is no interface " + interfaceName);
                }
            }
        });
    }

    private static LinuxException failed(String purpose, Exception e) {
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
            return new LinuxException(purpose + " was interrupted", e);
        }
        return new LinuxException(purpose + " failed: " + e.getMessage(), e);
    }

    private static Exception rethrown(ExecutionException e) {
        return switch (e.getCause()) {
            case Error error -> throw error;
            case Exception cause -> cause;
            case null, default -> e;
        };
    }

    private void enter() {
        try (Descriptor file = open()) {
            Libc.check(
                    Libc.setns(file.fd(), CLONE_NEWNET),
                    "setns(" + DIRECTORY.resolve(name) + ")",
                    "needs CAP_SYS_ADMIN");
        }
    }

    /** Opens the file that stands for it. */
    Descriptor open() {
        String path = DIRECTORY.resolve(name).toString();
        return Descriptor.of(Libc.open(path, O_CLOEXEC), "open(" + path + ")", "no such network namespace");
    }

    /** Removes it, as {@link #delete(String)}. */
    @Override
    public void close() {
        delete(name);
    }

    @Override
    public String toString() {
        return name;
    }

    /** Runs tools to their end. */
    static final class Command {
        private Command() {}

        static String run(String purpose, List<String> argv) {
            try {
                Process process =
                        new ProcessBuilder(argv).redirectErrorStream(true).start();
                process.getOutputStream().close();
                String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                int exit = process.waitFor();
                if (exit != 0) {
                    throw new LinuxException(purpose + " failed: \"" + String.join(" ", argv) + "\" exited with " + exit
                            + ": " + output.strip() + advice(argv, output));
                }
                return output;
            } catch (IOException e) {
                throw new LinuxException(
                        purpose + " failed: " + e.getMessage() + "; install " + argv.getFirst()
                                + (argv.getFirst().equals("ip") ? " (Debian: iproute2, RHEL: iproute)" : ""),
                        e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LinuxException(purpose + " was interrupted", e);
            }
        }

        private static String advice(List<String> argv, String output) {
            boolean refused = output.contains("Operation not permitted") || output.contains("Permission denied");
            if (!refused || !argv.getFirst().equals("ip")) {
                return "";
            }
            return NEEDS;
        }
    }
}
