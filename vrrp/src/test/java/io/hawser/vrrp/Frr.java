package io.hawser.vrrp;

import io.hawser.sysctl.linux.NetworkNamespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * FRR's vrrpd on a host of a {@link Lab}, with the zebra that it needs, without systemd. It wants a macvlan interface
 * with the virtual MAC address and the virtual addresses for each family: it takes that down as a backup, up as master.
 */
final class Frr implements AutoCloseable {
    private static final Path DAEMONS = Path.of("/usr/lib/frr");
    private static final Duration SOON = Duration.ofSeconds(30);

    private final Lab lab;
    private final int last;
    private final NetworkNamespace host;
    private final Path directory;
    private Process vrrpd;

    private Frr(Lab lab, int last, Path directory, Process vrrpd) {
        this.lab = lab;
        this.last = last;
        this.host = lab.host(last);
        this.directory = directory;
        this.vrrpd = vrrpd;
    }

    static boolean isInstalled() {
        return Files.isExecutable(DAEMONS.resolve("vrrpd")) && Files.isExecutable(DAEMONS.resolve("zebra"));
    }

    /** Starts both daemons; {@code router} holds the lines of the interface. */
    static Frr start(Lab lab, int last, String router) throws Exception {
        NetworkNamespace host = lab.host(last);
        macvlan(host, "vrrp4", "00:00:5e:00:01:33", "10.99.0.10/32");
        macvlan(host, "vrrp6", "00:00:5e:00:02:33", "fd00::99/128");
        Path directory = Files.createTempDirectory("hawser-frr-");
        Files.writeString(directory.resolve("zebra.conf"), "hostname zebra\n");
        Files.writeString(directory.resolve("vrrpd.conf"), "interface eth0\n" + router.indent(1));
        // The daemons give up root before they make their sockets.
        run("chown", "-R", "frr:frr", directory.toString());
        lab.run(last, daemon(directory, "zebra"));
        lab.await("zebra serves", SOON, () -> Files.exists(directory.resolve("zserv.api")));
        return new Frr(lab, last, directory, lab.run(last, daemon(directory, "vrrpd")));
    }

    private static void macvlan(NetworkNamespace host, String name, String mac, String address) {
        // Its link-local address would be tentative for seconds each time the interface goes up, and nothing be sent.
        host.run("sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0");
        host.run("ip", "link", "add", name, "link", "eth0", "address", mac, "type", "macvlan", "mode", "bridge");
        host.run("ip", "addr", "add", address, "dev", name);
        host.run("ip", "link", "set", name, "up");
    }

    private static String[] daemon(Path directory, String name) {
        return new String[] {
            DAEMONS.resolve(name).toString(),
            "-f",
            directory.resolve(name + ".conf").toString(),
            "-i",
            directory.resolve(name + ".pid").toString(),
            "-z",
            directory.resolve("zserv.api").toString(),
            "--vty_socket",
            directory.toString(),
            "-A",
            "127.0.0.1",
            "-P",
            "0"
        };
    }

    private static String run(String... argv) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(argv).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }

    /** What it says of its router: the text of "show vrrp". */
    String view() throws Exception {
        return run("vtysh", "--vty_socket", directory.toString(), "-d", "vrrpd", "-c", "show vrrp");
    }

    /** Waits until it says that its router of a family, 4 or 6, is Master, Backup or Initialize. */
    void awaitState(int family, String state) throws Exception {
        long start = System.nanoTime();
        String pattern = "(?s).*Status \\(v" + family + "\\)\\s+" + state + "\\s.*";
        String view = view();
        while (!view.matches(pattern)) {
            if (System.nanoTime() - start > SOON.toNanos()) {
                throw new AssertionError("not " + state + " within " + SOON + ":\n" + view + lab.told);
            }
            Thread.sleep(20);
            view = view();
        }
    }

    /** Stops vrrpd gracefully. */
    void stop() throws Exception {
        vrrpd.destroy();
        vrrpd.waitFor();
    }

    /** Kills vrrpd. Its interfaces stay as they are: up, if it was master. */
    void kill() throws Exception {
        Lab.kill(vrrpd);
    }

    /** Starts vrrpd again. */
    void restart() throws Exception {
        vrrpd = lab.run(last, daemon(directory, "vrrpd"));
    }

    /** Takes the interface of a family down, as nobody else does after a kill. */
    void takeDown(int family) {
        host.run("ip", "link", "set", "vrrp" + family, "down");
    }

    @Override
    public void close() throws IOException {
        vrrpd.destroy();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(directory);
    }
}
