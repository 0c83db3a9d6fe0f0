package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.config.Cidr;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import io.hawser.sysctl.linux.NetworkNamespace;
import io.hawser.testkit.Hosts;
import io.hawser.vrrp.VrrpSpeaker;
import io.hawser.vrrp.election.RouterState;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole node with a virtual router, in a network namespace of its own. */
@Tag("netns")
class VrrpReloadNetnsTest {
    private static final String KEPT = "10.78.0.10";

    @TempDir
    Path directory;

    private Hosts hosts;
    private NetworkNamespace namespace;

    @BeforeEach
    void prepare() {
        hosts = Hosts.open("reload");
        namespace = hosts.host("1");
        namespace.run("ip", "link", "add", "eth7", "type", "veth", "peer", "name", "eth8");
        namespace.run("ip", "link", "set", "eth8", "up");
        namespace.run("ip", "link", "set", "eth7", "up");
        namespace.run("ip", "addr", "add", "10.78.0.11/24", "dev", "eth7");
    }

    @AfterEach
    void remove() {
        if (hosts != null) {
            hosts.close();
        }
    }

    private String text(int port, EchoMember member, String addresses) {
        // Which interfaces are up is read from /sys, which here is that of the host: lo is in both.
        return """
                nodes: [{name: one, address: 10.78.0.11}]
                admin: {bind: "10.78.0.11:9100", socket: "%s"}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                limits: {drain: 1s}
                virtual-routers:
                  - {name: api, id: 51, addresses: [%s], transport: multicast, track: {interfaces: [lo]}}
                listeners:
                  - {name: api, bind: "%s:%d", pool: masters}
                pools:
                  - name: masters
                    health: {type: tcp, interval: 200ms}
                    members: [%s]
                """.formatted(directory.resolve("s"), addresses, KEPT, port, member.yaml());
    }

    private Loaded load() {
        Path file = directory.resolve("hawser.yaml");
        List<Environment.Interface> interfaces = List.of(
                new Environment.Interface("lo", List.of()),
                new Environment.Interface("eth7", List.of(new Cidr(InetAddress.ofLiteral("10.78.0.11"), 24))));
        return ConfigLoader.load(file, new Environment("one", null, "one", interfaces, host -> List.of()));
    }

    private Daemon started() {
        return switch (load()) {
            case Loaded.Invalid(var problems) -> throw new AssertionError(problems.toString());
            case Loaded.Ok(Config config, var _, var _) ->
                Daemon.start(config, List.of(), new ConfigFile(directory.resolve("hawser.yaml"), this::load));
        };
    }

    private <T> T inside(Callable<T> code) throws Exception {
        return namespace.call(code);
    }

    private static boolean isActive(Daemon daemon) {
        return daemon.routers().routersNow().stream().allMatch(router -> router.state() == RouterState.ACTIVE);
    }

    private List<String> addresses() {
        return Hosts.addresses(namespace);
    }

    @Test
    void anAddressThatStaysIsNeverAwayWhileOthersComeAndGo() throws Exception {
        Path file = directory.resolve("hawser.yaml");
        Path watched = directory.resolve("monitor");
        EchoMember member = inside(() -> new EchoMember("m1"));
        Files.writeString(file, text(6_443, member, KEPT));
        Daemon daemon = inside(this::started);
        Process monitor = namespace
                .command("ip", "monitor", "address")
                .redirectOutput(watched.toFile())
                .start();
        try (member;
                daemon;
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            TestNode.await("active", () -> isActive(daemon) && addresses().contains(KEPT));
            EchoClient kept = inside(() -> new EchoClient(KEPT, 6_443));
            CountDownLatch end = new CountDownLatch(1);
            Future<Integer> load = threads.submit(() -> {
                int requests = 0;
                while (end.getCount() > 0) {
                    kept.ping("request " + requests++);
                }
                return requests;
            });
            for (int round = 1; round <= 10; round++) {
                String others = round % 2 == 0 ? ", 10.78.0.20" : ", 10.78.0.30";
                Files.writeString(file, text(6_443, member, KEPT + others));
                ReloadResult result = daemon.reload(Reloader.Trigger.COMMAND).get();
                assertEquals("applied", result.label(), result.text());
                String wanted = others.substring(2);
                TestNode.await(wanted + " on the interface", () -> addresses().contains(wanted));
            }
            end.countDown();
            assertTrue(load.get() > 0, "no request was made");
            kept.close();
            TestNode.await(
                    "the monitor has seen the others go", () -> read(watched).contains("Deleted"));
            assertFalse(
                    read(watched).lines().anyMatch(line -> line.contains("Deleted") && line.contains(KEPT + "/")),
                    read(watched));
            assertEquals(
                    1,
                    daemon.events().after(0, 1_000).stream()
                            .filter(event -> event.kind().equals("vrrp-state")
                                    && event.text().contains("to active"))
                            .count(),
                    "the router stayed in its role");
        } finally {
            monitor.destroy();
        }
    }

    /** Neither the one that is used, nor one that a wrong file holds, also where it was written in the wrong place. */
    @Test
    void nobodyIsToldThePassword() throws Exception {
        Path file = directory.resolve("hawser.yaml");
        Path password = directory.resolve("password");
        List<String> secrets = List.of("hunter2!", "correct-horse", "battery-staple");
        Files.writeString(password, secrets.get(0) + "\n");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
        EchoMember member = inside(() -> new EchoMember("m1"));
        String right = text(6_443, member, KEPT)
                .replace(
                        "transport: multicast",
                        "transport: multicast, version: 2, authentication: {type: pass, password-file: " + password
                                + "}");
        Files.writeString(file, right);
        try (var told = new Told()) {
            Daemon daemon = inside(this::started);
            try (member;
                    daemon) {
                TestNode.await("active", () -> isActive(daemon));
                told.ask(directory.resolve("s"));
                for (String wrong : List.of(secrets.get(1) + "\n", secrets.get(1) + "\0", "\n" + secrets.get(1))) {
                    Files.writeString(password, wrong);
                    told.add(daemon.reload(Reloader.Trigger.COMMAND).get().text());
                    told.ask(directory.resolve("s"));
                }
                Files.writeString(file, right.replace("password-file: " + password, "password: " + secrets.get(2)));
                ReloadResult result = daemon.reload(Reloader.Trigger.COMMAND).get();
                assertEquals("invalid", result.label(), result.text());
                told.add(result.text());
                told.ask(directory.resolve("s"));
                told.collect(directory.resolve("s"), file);
            }
            assertTrue(told.text().contains("unknown key \"password\""), told::text);
            secrets.forEach(told::assertNothingOf);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aStuckVrrpThreadMakesTheNodeUnfitAndNotLiveUntilItRunsAgain() throws Exception {
        EchoMember member = inside(() -> new EchoMember("m1"));
        Files.writeString(directory.resolve("hawser.yaml"), text(6_443, member, KEPT));
        Daemon daemon = inside(this::started);
        var reached = new CountDownLatch(1);
        var released = new CountDownLatch(1);
        try (member;
                daemon) {
            TestNode.await("active", () -> isActive(daemon) && daemon.isFit());
            assertTrue(daemon.notLive().isEmpty());
            // Nothing that is public can block that thread, which is as it should be.
            Method post = VrrpSpeaker.class.getDeclaredMethod("post", Runnable.class);
            post.setAccessible(true);
            post.invoke(((SpeakingRouters) daemon.routers()).speaker(), (Runnable) () -> {
                reached.countDown();
                try {
                    released.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            assertTrue(reached.await(20, TimeUnit.SECONDS), "the vrrp thread takes what is posted");

            TestNode.await("not live", () -> daemon.notLive().equals(List.of("thread vrrp does not run")));
            TestNode.await("unfit", () -> !daemon.isFit());
            assertEquals(List.of(), daemon.health().routers(), "a stuck node must not claim to be active");
            TestNode.await("the kernel takes the address", () -> !addresses().contains(KEPT));

            released.countDown();
            TestNode.await("live", () -> daemon.notLive().isEmpty());
            TestNode.await(
                    "fit and active again",
                    () -> daemon.isFit() && isActive(daemon) && addresses().contains(KEPT));
        } finally {
            released.countDown();
        }
    }
}
