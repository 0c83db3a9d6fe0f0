package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.config.Config;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Finding.Warning;
import io.hawser.lb.config.Loaded;
import io.hawser.testkit.Ports;
import io.hawser.testkit.Seed;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One reload after the other while clients come, go and stay: none of them may notice. */
class ReloadStormTest {
    private static final int RELOADS = 50;
    private static final int LASTING = 8;
    private static final int MUTATIONS = 10_000;

    @TempDir
    Path directory;

    @Test
    void fiftyReloadsUnderLoadFailNoRequestAndCutNoConnection() throws Exception {
        int port = Ports.free();
        int second = Ports.free();
        try (var m1 = new EchoMember("m1");
                var m2 = new EchoMember("m2");
                var m3 = new EchoMember("m3");
                var node = TestNode.start(directory, configuration(0, port, second, m1, m2, m3));
                var load = new Load(port)) {
            int fitness = node.events("fitness").size();
            for (int i = 1; i <= RELOADS; i++) {
                ReloadResult result = node.reload(configuration(i, port, second, m1, m2, m3));
                assertEquals("applied", result.label(), result.text());
                load.awaitMore(20);
            }
            load.stop();
            assertEquals(List.of(), List.copyOf(load.failures));
            assertEquals(LASTING, load.lasting.get(), "connections from before the first reload that still answer");
            assertTrue(load.done.get() >= RELOADS * 20, load.done + " requests");
            assertEquals(0, node.daemon.dataPath().stats().defects());
            assertEquals(
                    fitness,
                    node.events("fitness").size(),
                    node.events("fitness").toString());
        }
    }

    private static FitnessObserver observer(TestNode node, Supplier<List<Peers.View>> peers) {
        return new FitnessObserver(
                node.daemon.current(), node.daemon.dataPath(), node.daemon::checks, () -> false, List::of, peers);
    }

    /** The address would move: who judges while a reload is applied sees neither what is taken away nor what is moved as missing. */
    @Test
    void inTheMiddleOfAReloadNoListenerIsMissed() throws Exception {
        int port = Ports.free();
        int second = Ports.free();
        int third = Ports.free();
        try (var m1 = new EchoMember("m1");
                var m2 = new EchoMember("m2");
                var m3 = new EchoMember("m3");
                var node = TestNode.start(directory, configuration(0, port, second, m1, m2, m3))) {
            FitnessObserver observer = observer(node, List::of);
            Queue<String> missed = new ConcurrentLinkedQueue<>();
            AtomicBoolean isOver = new AtomicBoolean();
            Thread judging = Thread.ofPlatform().start(() -> {
                while (!isOver.get()) {
                    FitnessMonitor.Observed seen = observer.look();
                    FitnessRules.judge(seen.facts(), seen.everything()).reasons().stream()
                            .filter(reason -> reason.contains("is not bound"))
                            .forEach(missed::add);
                }
            });
            for (int i = 1; i <= RELOADS; i++) {
                String bind = i % 3 == 0
                        ? "bind: [\"127.0.0.1:" + port + "\", \"127.0.0.1:" + third + "\"]"
                        : "bind: \"127.0.0.1:" + port + "\"";
                String text =
                        configuration(i, port, second, m1, m2, m3).replace("bind: \"127.0.0.1:" + port + "\"", bind);
                assertEquals("applied", node.reload(text).label());
            }
            isOver.set(true);
            judging.join();
            assertEquals(List.of(), List.copyOf(missed));
        }
    }

    /** However long the look takes, as where a hypervisor takes the processor away in the middle of it. */
    @Test
    void aListenerThatWentWhileSomebodyLookedIsNotMissed() throws Exception {
        int port = Ports.free();
        int second = Ports.free();
        try (var m1 = new EchoMember("m1");
                var m2 = new EchoMember("m2");
                var m3 = new EchoMember("m3");
                var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var node = TestNode.start(directory, configuration(1, port, second, m1, m2, m3))) {
            AtomicInteger looks = new AtomicInteger();
            FitnessObserver observer = observer(node, () -> {
                if (looks.incrementAndGet() == 1) {
                    assertEquals("applied", reload(node, configuration(2, port, second, m1, m2, m3)));
                    // Taken back, so that nothing tells any more what went before.
                    assertEquals("failed", reload(node, configuration(3, port, taken.getLocalPort(), m1, m2, m3)));
                }
                return List.of();
            });

            FitnessMonitor.Observed seen = observer.look();

            assertEquals(
                    List.of(),
                    FitnessRules.judge(seen.facts(), seen.everything()).reasons().stream()
                            .filter(reason -> reason.contains("is not bound"))
                            .toList());
            assertEquals(2, looks.get());
        }
    }

    private static String reload(TestNode node, String text) {
        try {
            return node.reload(text).label();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void brokenFilesBetweenGoodOnesAreToldAndHarmNobody() throws Exception {
        int port = Ports.free();
        int second = Ports.free();
        try (var m1 = new EchoMember("m1");
                var m2 = new EchoMember("m2");
                var m3 = new EchoMember("m3");
                var node = TestNode.start(directory, configuration(0, port, second, m1, m2, m3));
                var load = new Load(port)) {
            for (int i = 1; i <= RELOADS / 2; i++) {
                String good = node.text(configuration(i, port, second, m1, m2, m3));
                Config before = node.daemon.active().config();
                node.writeRaw(broken(good, i));
                ReloadResult refused = reloadBySignal(node);
                assertEquals("invalid", refused.label(), refused.text());
                assertSame(before, node.daemon.active().config());
                String told = node.events("reload").getLast().text();
                assertTrue(told.startsWith("nothing was changed: "), told);
                load.awaitMore(10);

                node.writeRaw(good);
                ReloadResult applied = reloadBySignal(node);
                assertEquals("applied", applied.label(), applied.text());
                load.awaitMore(10);
            }
            load.stop();
            assertEquals(List.of(), List.copyOf(load.failures));
            assertEquals(LASTING, load.lasting.get(), "connections from before the first reload that still answer");
            assertEquals(0, node.daemon.dataPath().stats().defects());
        }
    }

    private static ReloadResult reloadBySignal(TestNode node) throws Exception {
        return node.daemon.reload(Reloader.Trigger.SIGNAL).get(60, TimeUnit.SECONDS);
    }

    private static String broken(String good, int round) {
        return switch (round % 4) {
            case 0 -> "";
            case 1 -> good.substring(0, good.indexOf("pools:"));
            case 2 -> good.replace("pool: masters", "pool: mistress");
            default -> good + "  - [";
        };
    }

    /**
     * Each reload changes something else: a listener, a member, a weight, a limit, a check. The checks are patient: a member
     * that is down because this machine is busy closes its connections, which is right and not what is asked here.
     */
    private static String configuration(int round, int port, int second, EchoMember m1, EchoMember m2, EchoMember m3) {
        String more = round % 2 == 0 ? "" : "  - {name: more, bind: \"127.0.0.1:" + second + "\", pool: masters}\n";
        String third = round % 3 == 0 ? "" : ", " + m3.yaml();
        String weighted = m1.yaml().replace("m1,", "m1, weight: " + (100 + round) + ",");
        return """
                listeners:
                  - {name: api, bind: "127.0.0.1:%d", pool: masters, limits: {connections: %d}}
                %spools:
                  - name: masters
                    health: {type: tcp, interval: %dms, connect-timeout: 10s, fall: 10}
                    members: [%s, %s%s]
                """.formatted(port, 500 + round % 5, more, 200 + 100 * (round % 4), weighted, m2.yaml(), third);
    }

    /** Clients that come and go, and clients that stay. */
    private static final class Load implements AutoCloseable {
        final Queue<String> failures = new ConcurrentLinkedQueue<>();
        final AtomicInteger done = new AtomicInteger();
        final AtomicInteger lasting = new AtomicInteger();
        private final AtomicBoolean stopped = new AtomicBoolean();
        private final List<Thread> threads = new ArrayList<>();

        Load(int port) throws IOException {
            for (int i = 0; i < LASTING; i++) {
                EchoClient client = new EchoClient(port);
                threads.add(Thread.ofVirtual().start(() -> stay(client)));
            }
            for (int i = 0; i < 2; i++) {
                threads.add(Thread.ofVirtual().start(() -> come(port)));
            }
        }

        private void stay(EchoClient client) {
            try (client) {
                while (!stopped.get()) {
                    client.ping("still here " + done.get());
                    done.incrementAndGet();
                    Thread.sleep(10);
                }
                client.ping("to the end");
                lasting.incrementAndGet();
            } catch (IOException | InterruptedException e) {
                failures.add("lasting connection to " + client.member() + ": " + e);
            }
        }

        private void come(int port) {
            while (!stopped.get()) {
                try (var client = new EchoClient(port)) {
                    client.ping("hello");
                    done.incrementAndGet();
                    Thread.sleep(5);
                } catch (IOException | InterruptedException e) {
                    failures.add("new connection: " + e);
                    return;
                }
            }
        }

        void awaitMore(int requests) {
            int from = done.get();
            TestNode.await(
                    requests + " more requests; " + failures,
                    () -> !failures.isEmpty() || done.get() - from >= requests);
        }

        void stop() throws InterruptedException {
            stopped.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }

        @Override
        public void close() throws InterruptedException {
            stop();
        }
    }

    /** Whatever the file becomes, the node either applies it or stays as it was. */
    @Test
    void noMutationOfTheFileHurtsARunningNode() throws Exception {
        long seed = Seed.ofThisRun();
        System.out.println("mutations with seed " + seed);
        Random random = new Random(seed);
        int port = Ports.free();
        int second = Ports.free();
        int applied = 0;
        int refused = 0;
        try (var m1 = new EchoMember("m1");
                var m2 = new EchoMember("m2");
                var m3 = new EchoMember("m3");
                var node = TestNode.start(directory, configuration(1, port, second, m1, m2, m3));
                var kept = new EchoClient(port)) {
            Environment environment = Environment.ofThisHost("one");
            String good = node.text(configuration(1, port, second, m1, m2, m3));
            for (int i = 0; i < MUTATIONS; i++) {
                String text = mutated(good, random);
                if (!(ConfigLoader.parse(node.file, text, environment)
                                instanceof Loaded.Ok(Config config, var warnings, var _))
                        || !isHarmless(config)) {
                    continue;
                }
                Config before = node.daemon.active().config();
                try {
                    node.daemon.apply(
                            config, warnings.stream().map(Warning::render).toList());
                    applied++;
                    assertEquals(config, node.daemon.active().config(), text);
                } catch (ReloadException e) {
                    refused++;
                    assertEquals(before, node.daemon.active().config(), text);
                }
                if (applied % 20 == 0) {
                    kept.ping("still here " + i);
                }
            }
            Loaded.Ok back = (Loaded.Ok) ConfigLoader.parse(node.file, good, environment);
            node.daemon.apply(back.config(), List.of());
            kept.ping("still here");
            new EchoClient(port).close();
            assertEquals(0, node.daemon.dataPath().stats().defects());
        }
        System.out.println(applied + " of " + MUTATIONS + " mutations applied, " + refused + " refused");
        assertTrue(applied > 100, applied + " applied: the mutations are too wild to show anything");
    }

    private static String mutated(String text, Random random) {
        StringBuilder changed = new StringBuilder(text);
        for (int edits = 1 + random.nextInt(2); edits > 0; edits--) {
            int at = random.nextInt(changed.length());
            switch (random.nextInt(4)) {
                case 0 -> changed.deleteCharAt(at);
                case 1 -> changed.setCharAt(at, (char) ('0' + random.nextInt(10)));
                case 2 -> changed.insert(at, (char) (' ' + random.nextInt(95)));
                default -> {
                    int end = Math.min(changed.length(), at + 1 + random.nextInt(20));
                    changed.insert(random.nextInt(changed.length()), changed.substring(at, end));
                }
            }
        }
        return changed.toString();
    }

    /** Tests stay on loopback, whatever a digit more or less makes of an address. */
    private static boolean isHarmless(Config config) {
        return config.pools().stream()
                        .flatMap(pool -> pool.members().stream())
                        .map(member -> member.address())
                        // What is no name of anything is never connected to.
                        .allMatch(member ->
                                member.isUnresolved() || member.getAddress().isLoopbackAddress())
                && config.listeners().stream()
                        .flatMap(listener -> listener.bind().stream())
                        .allMatch(bind -> bind.getAddress().isLoopbackAddress() && bind.getPort() > 1_024)
                && config.admin().bind().getAddress().isLoopbackAddress()
                && !config.kernel().ipForward()
                && !config.kernel().nonlocalBind()
                && config.virtualRouters().isEmpty();
    }
}
