package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Member;
import io.hawser.testkit.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole node whose configuration changes while it serves. */
class ReloadTest {
    @TempDir
    Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();
    private EchoMember m1;
    private EchoMember m2;
    private int port;
    private TestNode node;

    @BeforeEach
    void start() throws Exception {
        m1 = opened(new EchoMember("m1"));
        m2 = opened(new EchoMember("m2"));
        port = Ports.free();
        node = opened(TestNode.start(directory, listeners(port) + pool("masters", m1, m2)));
        TestNode.await("both members up", () -> isUp("m1") && isUp("m2"));
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

    private static String listeners(int... ports) {
        return Arrays.stream(ports)
                .mapToObj(each -> "  - {name: l" + each + ", bind: \"127.0.0.1:" + each + "\", pool: masters}\n")
                .collect(Collectors.joining("", "listeners:\n", ""));
    }

    private static String pool(String name, EchoMember... members) {
        return "pools:\n" + morePools(name, members);
    }

    private static String morePools(String name, EchoMember... members) {
        return "  - name: " + name
                + "\n    balance: round-robin\n    health: {type: tcp, interval: 200ms}\n    members: ["
                + Arrays.stream(members).map(EchoMember::yaml).collect(Collectors.joining(", "))
                + "]\n";
    }

    private boolean isUp(String member) {
        return node.daemon.active().pools().values().stream()
                .flatMap(pool -> pool.members().all().stream())
                .anyMatch(each -> each.name().equals(member) && each.health() == Member.Health.UP);
    }

    private EchoClient connected(int to) throws IOException {
        return opened(new EchoClient(to));
    }

    /** Which members answer, over enough connections to meet each. */
    private List<String> answering(int to) throws IOException {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            try (var client = new EchoClient(to)) {
                names.add(client.member());
            }
        }
        return names.stream().distinct().sorted().toList();
    }

    @Test
    void addsAndRemovesListenersAndMembersAndLeavesTheRestAlone() throws Exception {
        EchoClient kept = connected(port);
        EchoMember m3 = opened(new EchoMember("m3"));
        int second = Ports.free();

        node.reloads(listeners(port, second) + pool("masters", m1, m2, m3));
        TestNode.await("m3 up", () -> isUp("m3"));
        assertEquals(List.of("m1", "m2", "m3"), answering(port));
        assertEquals(List.of("m1", "m2", "m3"), answering(second));
        EchoClient toSecond = connected(second);
        kept.ping("still here");

        node.reloads(listeners(port) + pool("masters", m1, m2, m3));
        assertThrows(IOException.class, () -> new EchoClient(second).close());
        toSecond.ping("the listener is gone, the connection is not");
        kept.ping("still here");
    }

    @Test
    void leavesTheConnectionsOfARemovedMemberAloneAndSendsItNoNewOnes() throws Exception {
        EchoClient first = connected(port);
        EchoClient other = connected(port);
        EchoClient toM1 = first.member().equals("m1") ? first : other;
        assertEquals("m1", toM1.member());

        node.reloads(listeners(port) + pool("masters", m2));

        assertEquals(List.of("m2"), answering(port));
        toM1.ping("the member is gone from the file, and its connection is not");
    }

    @Test
    void keepsAMemberWithItsHealthAndCountsWhileNameAndAddressStay() throws Exception {
        Member before = member("m1");
        node.reloads(listeners(port) + pool("masters", m1, m2).replace("health:", "retries: 1\n    health:"));
        assertTrue(before == member("m1"), "another object, so its counts began anew");
        assertEquals(1, node.daemon.active().pool("masters").settings().retries());

        EchoMember elsewhere = opened(new EchoMember("m1"));
        node.reloads(listeners(port) + pool("masters", elsewhere, m2));
        assertFalse(before == member("m1"), "the same object at another address");
    }

    private Member member(String name) {
        return node.daemon.active().pool("masters").members().all().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void changesAWeightInPlaceAndKeepsWhatAnOperatorHasSaid() throws Exception {
        node.daemon.operator().weight("masters/m1", "7");
        node.daemon.operator().drain("m2");
        node.reloads(listeners(port) + pool("masters", m1, m2).replace("health:", "retries: 2\n    health:"));
        assertEquals(7, member("m1").weight());
        assertTrue(member("m2").isDrained());
        assertEquals(List.of("m1"), answering(port));

        String heavier = pool("masters", m1, m2).replace("{name: m1,", "{name: m1, weight: 55,");
        node.reloads(listeners(port) + heavier);
        assertEquals(55, member("m1").weight());

        node.daemon.operator().enable("m2");
        assertFalse(member("m2").isDrained());
        assertEquals(2, node.daemon.active().pool("masters").members().usable());
    }

    @Test
    void changesNothingForAnInvalidFileAndSaysEveryProblem() throws Exception {
        EchoClient kept = connected(port);
        String broken = (listeners(port) + pool("masters", m1, m2))
                .replace("round-robin", "roundabout")
                .replace("interval: 200ms", "interval: 200");

        ReloadResult result = node.reload(broken);

        ReloadResult.Invalid invalid = assertInstanceOf(ReloadResult.Invalid.class, result);
        assertEquals(2, invalid.problems().size(), result.text());
        kept.ping("untouched");
        assertEquals(List.of("m1", "m2"), answering(port));
        assertTrue(node.page("/status").contains("the configuration file was not applied"), "status");
        assertTrue(node.page("/metrics").contains("hawser_reloads_total{outcome=\"invalid\"} 1.0"), "metric");
        assertTrue(node.events("reload").getLast().text().startsWith("nothing was changed: "), "event");

        // The file as it was: nothing to do, and nothing left to complain of.
        assertInstanceOf(ReloadResult.Unchanged.class, node.reload(listeners(port) + pool("masters", m1, m2)));
        assertFalse(node.page("/status").contains("the configuration file was not applied"), "status");
    }

    @Test
    void changesNothingAtAllWhenAPortCannotBeHad() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int free = Ports.free();
            ReloadResult result = node.reload(listeners(free, taken.getLocalPort())
                    + pool("masters", m1).replace("round-robin", "least-connections"));

            assertInstanceOf(ReloadResult.Failed.class, result);
            assertTrue(result.text().contains("another process listens there"), result.text());
            assertEquals(List.of("m1", "m2"), answering(port));
            assertThrows(IOException.class, () -> new EchoClient(free).close());
            assertEquals(2, node.daemon.active().pool("masters").members().all().size());
        }
    }

    @Test
    void takesListenersBackWhenALaterStepFails() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int second = Ports.free();
            node.writeRaw(node.text(listeners(port, second) + pool("masters", m1, m2))
                    .replace("bind: \"127.0.0.1:" + node.admin, "bind: \"127.0.0.1:" + taken.getLocalPort()));
            ReloadResult result = node.reload();

            assertInstanceOf(ReloadResult.Failed.class, result, result.text());
            assertThrows(IOException.class, () -> new EchoClient(second).close());
            assertEquals(List.of("m1", "m2"), answering(port));
            assertEquals(200, node.get("/healthz").statusCode());
        }
    }

    @Test
    void refusesWhatOnlyARestartCanChange() throws Exception {
        node.writeRaw(node.text(listeners(port) + pool("masters", m1, m2))
                .replace(node.socket.toString(), node.socket + "2"));
        ReloadResult result = node.reload();
        assertInstanceOf(ReloadResult.Refused.class, result);
        assertTrue(result.text().contains("admin.socket") && result.text().contains("restart"), result.text());
    }

    @Test
    void movesTheAdminPort() throws Exception {
        int moved = Ports.free();
        node.writeRaw(node.text(listeners(port) + pool("masters", m1, m2))
                .replace("127.0.0.1:" + node.admin, "127.0.0.1:" + moved));
        assertInstanceOf(ReloadResult.Applied.class, node.reload());
        assertThrows(IOException.class, () -> node.get("/healthz"));
        node.writeRaw(node.text(listeners(port) + pool("masters", m1, m2))
                .replace("127.0.0.1:" + node.admin, "0.0.0.0:" + moved));
        assertInstanceOf(ReloadResult.Applied.class, node.reload(), "the same port on all addresses");
    }

    @Test
    void staysFitWhileTheMembersOfANewPoolAreNotCheckedYet() throws Exception {
        int fitness = node.events("fitness").size();
        EchoMember m3 = opened(new EchoMember("m3"));
        int second = Ports.free();
        String more = "  - {name: more, bind: \"127.0.0.1:" + second + "\", pool: others}\n";
        node.reloads(listeners(port) + more + pool("masters", m1, m2) + morePools("others", m3));
        assertEquals(200, node.get("/healthz").statusCode());
        TestNode.await("m3 up", () -> isUp("m3"));
        assertEquals(
                fitness, node.events("fitness").size(), node.events("fitness").toString());
    }

    @Test
    void becomesUnfitWhenTheMembersOfANewPoolFailTheirChecks() throws Exception {
        EchoMember dead = new EchoMember("dead");
        dead.close();
        int second = Ports.free();
        String more = "  - {name: more, bind: \"127.0.0.1:" + second + "\", pool: others}\n";
        node.reloads(listeners(port) + more + pool("masters", m1, m2) + morePools("others", dead));
        TestNode.await("unfit", () -> node.events("fitness").getLast().text().contains("pool others has no member up"));
    }

    @Test
    void followsTheFileByItselfAlsoThroughTheSwapOfALinkAboveIt() throws Exception {
        // As a mounted ConfigMap: hawser.yaml -> ..data/hawser.yaml, ..data -> ..1, and ..data is swapped.
        Path one = Files.createDirectory(directory.resolve("..1"));
        Path two = Files.createDirectory(directory.resolve("..2"));
        Files.copy(node.file, one.resolve("hawser.yaml"));
        Files.writeString(two.resolve("hawser.yaml"), node.text(listeners(port) + pool("masters", m2)));
        Files.createSymbolicLink(directory.resolve("..data"), one.getFileName());
        Files.delete(node.file);
        Files.createSymbolicLink(node.file, Path.of("..data", "hawser.yaml"));

        Files.createSymbolicLink(directory.resolve("..next"), two.getFileName());
        Files.move(
                directory.resolve("..next"),
                directory.resolve("..data"),
                java.nio.file.StandardCopyOption.ATOMIC_MOVE,
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);

        TestNode.await(
                "m1 gone",
                () -> node.daemon.active().pool("masters").members().all().size() == 1);
        assertEquals(List.of("m2"), answering(port));
    }

    @Test
    void saysOnceThatAChangedFileIsInvalidAndTakesTheNextOne() throws Exception {
        node.writeRaw("nodes: [");
        TestNode.await("refusal", () -> !node.events("reload").isEmpty());
        node.write(listeners(port) + pool("masters", m2));
        TestNode.await(
                "m1 gone",
                () -> node.daemon.active().pool("masters").members().all().size() == 1);
        TestNode.await("both events", () -> node.events("reload").size() >= 2);
        assertEquals(2, node.events("reload").size(), node.events("reload").toString());
    }

    @Test
    void aDrainedNodeSaysSoAndGoesOnServing() throws Exception {
        EchoClient kept = connected(port);
        node.daemon.operator().drain();
        TestNode.await("unfit", () -> !node.daemon.isFit());
        var health = node.get("/healthz");
        assertEquals(503, health.statusCode());
        assertTrue(health.body().contains("drained by operator"), health.body());
        assertEquals(200, node.get("/readyz").statusCode());
        assertEquals(200, node.get("/livez").statusCode());
        kept.ping("existing connections stay");

        node.reloads(listeners(port) + pool("masters", m2));
        assertEquals(503, node.get("/healthz").statusCode(), "kept over a reload");

        node.daemon.operator().enable();
        TestNode.await("fit", node.daemon::isFit);
    }

    @Test
    void aNodeIsFitOnlyWhileEachPoolThatAListenerRoutesToHasAMember() throws Exception {
        EchoMember routed = opened(new EchoMember("routed"));
        String listener = "listeners:\n  - {name: l, bind: \"127.0.0.1:" + port
                + "\", routes: [{sni: [a.example], pool: front}, {pool: masters}]}\n";
        node.reloads(listener + pool("masters", m1, m2) + morePools("front", routed));
        TestNode.await("routed up", () -> isUp("routed") && node.daemon.isFit());

        routed.close();
        TestNode.await("unfit", () -> !node.daemon.isFit());
        assertEquals(
                List.of("pool front has no member up"), node.daemon.health().reasons());

        node.reloads(listeners(port) + pool("masters", m1, m2) + morePools("front", routed));
        TestNode.await("fit, as nothing leads there any more", node.daemon::isFit);
    }
}
