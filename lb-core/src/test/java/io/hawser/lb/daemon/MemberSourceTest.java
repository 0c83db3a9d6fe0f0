package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Member.Health;
import io.hawser.lb.balance.MemberPlan;
import io.hawser.lb.balance.MemberSource;
import io.hawser.lb.config.Pool;
import io.hawser.testkit.Ports;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node whose members come from a source that changes while it serves: all that is done with members goes by those the pool has now. */
class MemberSourceTest {
    /** A source that a test changes. */
    private static final class Script implements MemberSource {
        private volatile List<MemberPlan> members;
        private volatile @Nullable Runnable changed;
        private volatile boolean isClosed;

        Script(List<MemberPlan> members) {
            this.members = members;
        }

        @Override
        public List<MemberPlan> members() {
            return members;
        }

        @Override
        public void start(Runnable told) {
            assertFalse(changed != null, "started twice");
            changed = told;
        }

        @Override
        public void close() {
            isClosed = true;
        }

        void become(EchoMember... next) {
            members = plans(next);
            Runnable told = changed;
            if (told != null) {
                told.run();
            }
        }
    }

    private static List<MemberPlan> plans(EchoMember... members) {
        return Arrays.stream(members)
                .map(each -> new MemberPlan(each.name(), each.address(), 100, false, Member.UNLIMITED))
                .toList();
    }

    /** One script a pool, as long as the pool's connect timeout stays. */
    private static final class Scripts implements MemberSources {
        private final Map<String, Script> now = new ConcurrentHashMap<>();
        private final Map<Script, Pool> made = new ConcurrentHashMap<>();
        private final List<Script> all = new CopyOnWriteArrayList<>();
        private volatile List<MemberPlan> first = List.of();

        @Override
        public MemberSource of(Pool pool, @Nullable MemberSource before) {
            Pool former = before == null ? null : made.get(before);
            if (former != null
                    && former.settings().connectTimeout().equals(pool.settings().connectTimeout())) {
                return before;
            }
            Script script = new Script(first);
            made.put(script, pool);
            now.put(pool.name(), script);
            all.add(script);
            return script;
        }

        Script of(String pool) {
            return assertIsThere(now.get(pool));
        }
    }

    private static <T> T assertIsThere(@Nullable T thing) {
        assertNotNull(thing);
        return thing;
    }

    @TempDir
    Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final Scripts scripts = new Scripts();
    private EchoMember m1;
    private EchoMember m2;
    private EchoMember m3;
    private int port;
    private TestNode node;

    @BeforeEach
    void start() throws Exception {
        m1 = opened(new EchoMember("m1"));
        m2 = opened(new EchoMember("m2"));
        m3 = opened(new EchoMember("m3"));
        port = Ports.free();
        scripts.first = plans(m1, m2);
        node = opened(TestNode.start(directory, configuration("1s"), scripts));
        awaitUp("m1", "m2");
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private <T extends AutoCloseable> T opened(T thing) {
        open.add(thing);
        return thing;
    }

    /** The member that it lists is none: the file is not what members come from here. */
    private String configuration(String connectTimeout) {
        return """
                listeners: [{name: l, bind: "127.0.0.1:%d", pool: masters}]
                pools:
                  - name: masters
                    balance: round-robin
                    connect-timeout: %s
                    health: {type: tcp, interval: 200ms}
                    members: ["127.0.0.9:9"]
                """.formatted(port, connectTimeout);
    }

    private io.hawser.lb.balance.Pool pool() {
        return node.daemon.active().pool("masters");
    }

    private Member member(String name) {
        return assertIsThere(pool().member(name));
    }

    private void awaitUp(String... names) {
        for (String name : names) {
            TestNode.await(name + " up", () -> {
                Member member = pool().member(name);
                return member != null && member.health() == Health.UP;
            });
        }
    }

    private List<String> answering() throws IOException {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            try (var client = new EchoClient(port)) {
                names.add(client.member());
            }
        }
        return names.stream().distinct().sorted().toList();
    }

    @Test
    void aNodeWithoutMembersIsUnfitAndFitAgainWhenTheSourceHasBroughtSome() throws Exception {
        TestNode.await("fit", node.daemon::isFit);

        scripts.of("masters").become();

        TestNode.await("unfit", () -> !node.daemon.isFit());
        assertEquals(503, node.get("/healthz").statusCode());

        scripts.of("masters").become(m2, m3);

        awaitUp("m2", "m3");
        TestNode.await("fit", node.daemon::isFit);
        assertEquals(List.of("m2", "m3"), answering());
        String metrics = node.page("/metrics");
        assertTrue(metrics.contains("hawser_member_up{member=\"m2\",pool=\"masters\"} 1"), metrics);
        assertFalse(metrics.contains("hawser_member_up{member=\"m1\""), metrics);
    }

    /** What comes while a node starts is used by the rest of the start. */
    @Test
    void aStartThatWaitsForAMemberGoesOnWhenTheSourceHasBroughtOne() throws Exception {
        node.close();
        scripts.first = List.of();
        scripts.now.clear();
        Thread bringing = Thread.ofVirtual().start(() -> {
            TestNode.await("the source has been started", () -> {
                Script script = scripts.now.get("masters");
                return script != null && script.changed != null;
            });
            scripts.of("masters").become(m3);
        });
        node = opened(TestNode.start(directory, configuration("1s"), scripts));
        bringing.join();
        assertTrue(node.events("ready").getLast().text().endsWith("can serve"), node.events("ready")::toString);
        assertEquals(List.of("m3"), answering());
    }

    @Test
    void membersComeAndGoAndTheOthersKeepConnectionsDrainsAndWeights() throws Exception {
        Member kept = member("m1");
        node.daemon.operator().drain("masters/m2");
        node.daemon.operator().weight("masters/m1", "50");
        EchoClient client = opened(new EchoClient(port));
        assertEquals("m1", client.member());

        scripts.of("masters").become(m3, m2, m1);

        awaitUp("m3");
        assertSame(kept, member("m1"));
        assertEquals(50, member("m1").weight());
        assertTrue(member("m2").isDrained());
        assertEquals(List.of("m1", "m3"), answering());

        scripts.of("masters").become(m3);

        client.ping("a connection to a member that has gone goes on");
        assertEquals(List.of("m3"), answering());
        assertEquals(
                List.of(),
                node.page("/metrics")
                        .lines()
                        .filter(line -> line.startsWith("hawser_check_") || line.startsWith("hawser_member_"))
                        .filter(line -> line.contains("member=\"m1\""))
                        .toList());
        assertEquals(
                1,
                node.daemon.checks().snapshot().size(),
                node.daemon.checks().snapshot().toString());
    }

    @Test
    void aNodeStaysFitWhileTheMembersThatReplaceAllOthersAreNotCheckedYet() throws Exception {
        TestNode.await("fit", node.daemon::isFit);
        scripts.of("masters").become(m1);
        int fitness = node.events("fitness").size();
        for (int i = 0; i < 10; i++) {
            scripts.of("masters").become(i % 2 == 0 ? m2 : m1);
            awaitUp(i % 2 == 0 ? "m2" : "m1");
        }
        assertEquals(
                fitness, node.events("fitness").size(), node.events("fitness").toString());

        scripts.of("masters").become();
        TestNode.await("unfit, as there is nobody", () -> !node.daemon.isFit());
    }

    @Test
    void aReloadKeepsASourceThatDoesForItAndReplacesOneThatDoesNot() throws Exception {
        Script first = scripts.of("masters");
        Member kept = member("m1");

        node.reloads(configuration("1s") + "    retries: 2\n");

        assertSame(first, scripts.of("masters"));
        assertFalse(first.isClosed);
        assertSame(kept, member("m1"));
        assertEquals(2, pool().settings().retries());
        first.become(m1);
        assertEquals(List.of("m1"), answering());

        node.reloads(configuration("2s"));

        Script second = scripts.of("masters");
        assertNotSame(first, second);
        assertTrue(first.isClosed);
        second.become(m3);
        awaitUp("m3");
        first.become(m1, m2);
        assertEquals(List.of("m3"), answering());
    }

    @Test
    void aRefusedReloadStartsAndEndsNoSource() throws Exception {
        Script first = scripts.of("masters");
        try (var taken = new ServerSocket(0, 1, m1.address().getAddress())) {
            ReloadResult result = node.reload(configuration("2s")
                    .replace(
                            "pool: masters}",
                            "pool: masters}, {name: o, bind: \"127.0.0.1:" + taken.getLocalPort()
                                    + "\", pool: masters}"));
            assertEquals("failed", result.label(), result.text());
        }
        assertFalse(first.isClosed);
        assertEquals(2, scripts.all.size());
        assertEquals(null, scripts.all.getLast().changed, "never started");
        first.become(m2);
        awaitUp("m2");
        assertEquals(List.of("m2"), answering());
    }

    @Test
    void theSourcesOfPoolsThatGoAndOfANodeThatStopsAreClosed() throws Exception {
        String other = "  - {name: others, health: {type: tcp}, members: [\"127.0.0.9:10\"]}\n";
        node.reloads(configuration("1s") + other);
        Script others = scripts.of("others");
        assertNotNull(others.changed);

        node.reloads(configuration("1s"));
        assertTrue(others.isClosed);
        assertFalse(scripts.of("masters").isClosed);

        node.close();
        assertTrue(scripts.of("masters").isClosed);
        scripts.of("masters").become(m3);
        assertEquals(
                List.of("m1", "m2"),
                pool().members().all().stream().map(Member::name).toList());
    }
}
