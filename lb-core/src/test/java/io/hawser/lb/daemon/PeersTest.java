package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.healthcheck.Peer;
import io.hawser.healthcheck.PeerEvidence;
import io.hawser.healthcheck.PeerReport;
import io.hawser.lb.config.Node;
import io.hawser.lb.config.Track;
import io.hawser.lb.config.VirtualRouter;
import io.hawser.vrrp.RouterSpec;
import io.hawser.vrrp.VirtualAddress;
import io.hawser.vrrp.election.Evidence;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PeersTest {
    private static final InetAddress ADDRESS = InetAddress.ofLiteral("10.77.0.12");
    private static final Node LB2 = new Node("lb2", ADDRESS, 190, 9100);

    private final List<Evidence> told = new ArrayList<>();
    private final List<Peers.View> changes = new ArrayList<>();
    private final List<String> about = new ArrayList<>();
    private final Peers peers = new Peers(List.of(LB2), List.of(router("four", "10.77.0.10")), new Peers.Sink() {
        @Override
        public void evidence(String router, Evidence evidence) {
            about.add(router);
            told.add(evidence);
        }

        @Override
        public void changed(Peers.View before, Peers.View now) {
            changes.add(now);
        }
    });

    @Test
    void anAnswerIsEvidenceForTheRouterWithItsNumber() {
        answer(document("lb2", 51, "active", 190));
        assertEquals(List.of(new Evidence.Alive(ADDRESS, true, true, 190, 7)), told);
        assertEquals(List.of("four"), about);
        assertTrue(peers.view("lb2").isUp());
    }

    @Test
    void twoFamiliesMayShareANumberAndAreToldApart() {
        List<String> heard = new ArrayList<>();
        List<VirtualRouter> both = List.of(router("four", "10.77.0.10"), router("six", "fe80::10"));
        Peers dual = new Peers(List.of(LB2), both, new Peers.Sink() {
            @Override
            public void evidence(String router, Evidence evidence) {
                heard.add(router + " " + (evidence instanceof Evidence.Alive alive && alive.active()));
            }

            @Override
            public void changed(Peers.View before, Peers.View now) {}
        });
        String body = """
                {"node":"lb2","fit":true,"reasons":[],"routers":[
                {"name":"a","id":51,"state":"active","priority":190,"addresses":["fe80::10","fd77::10"]},
                {"name":"b","id":51,"state":"backup","priority":190,"addresses":["10.77.0.10"]}]}""";
        dual.report(new PeerReport(
                new Peer("lb2", new InetSocketAddress(ADDRESS, 9100)),
                new PeerEvidence.Answered(200, ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)), 7, 3),
                100));
        assertEquals(List.of("six true", "four false"), heard);
    }

    @Test
    void priorityOneSaysThatThePeerIsUnfitForThatRouter() {
        answer(document("lb2", 51, "backup", 1));
        assertEquals(List.of(new Evidence.Alive(ADDRESS, false, false, 1, 7)), told);
    }

    @Test
    void otherRoutersAndLeavingOnesAreNoEvidence() {
        answer(document("lb2", 52, "active", 190).replace("10.77.0.10", "10.77.0.20"));
        answer(document("lb2", 52, "active", 190).replace("10.77.0.10", "no address"));
        answer(document("lb2", 51, "active", 0));
        assertEquals(List.of(), told);
    }

    @Test
    void aRouterOfAnotherNumberWithTheSameAddressIsEvidenceThatNamesTheNumber() {
        answer(document("lb2", 52, "active", 190));
        assertEquals(List.of(new Evidence.Alive(ADDRESS, true, true, 190, 7, 52)), told);
        assertEquals(List.of("four"), about);
    }

    @Test
    void theRouterOfTheSameNumberIsTheOneThatIsHeardWhateverOthersHave() {
        answer("""
                {"node":"lb2","fit":true,"reasons":[],"routers":[
                {"name":"a","id":52,"state":"active","priority":190,"addresses":["10.77.0.10"]},
                {"name":"b","id":51,"state":"backup","priority":190,"addresses":["10.77.0.20"]}]}""");
        assertEquals(List.of(new Evidence.Alive(ADDRESS, false, true, 190, 7)), told);
    }

    @Test
    void aNodeOfAnotherNameIsNotBelieved() {
        answer(document("lb9", 51, "active", 190));
        assertEquals(List.of(), told);
        assertEquals(
                "the node that answers calls itself \"lb9\"", peers.view("lb2").problem());
    }

    @Test
    void aPageOfOtherSoftwareOnThePortIsSaidToBeOne() {
        answer("\n<html><head><title>Node Exporter</title>");
        String page = peers.view("lb2").problem();
        assertTrue(page.startsWith("its /healthz is a web page: something other than hawser"), page);
        assertTrue(page.contains("port 9100") && page.contains("node_exporter"), page);
        report(new PeerEvidence.Answered(404, ByteBuffer.allocate(0), 7, 3));
        String absent = peers.view("lb2").problem();
        assertTrue(absent.startsWith("its /healthz answers with status 404: something other"), absent);
    }

    @Test
    void garbageIsNotBelievedAndNamed() {
        answer("html");
        assertEquals(List.of(), told);
        assertFalse(peers.view("lb2").isUp());
        assertTrue(peers.view("lb2").problem().startsWith("its /healthz is not a health document"));
    }

    @Test
    void otherStatusesAreNotBelievedWhateverTheySay() {
        for (int status : new int[] {204, 302, 404, 500}) {
            ByteBuffer body = ByteBuffer.wrap(document("lb2", 51, "active", 190).getBytes(StandardCharsets.UTF_8));
            report(new PeerEvidence.Answered(status, body, 7, 3));
            assertEquals(List.of(), told);
            String problem = peers.view("lb2").problem();
            assertTrue(problem.startsWith("its /healthz answers with status " + status), problem);
        }
    }

    @Test
    void invalidAnswersAreNoEvidenceAndTakeNoneBack() {
        answer(document("lb2", 51, "active", 190));
        report(new PeerEvidence.Invalid("answer of lb2 is larger than 65536 bytes"));
        assertEquals(List.of(new Evidence.Alive(ADDRESS, true, true, 190, 7)), told);
        assertFalse(peers.view("lb2").isUp());
    }

    @Test
    void aDeadProcessIsEvidenceAndASilentOneIsNot() {
        report(new PeerEvidence.Silent("no answer", 1));
        assertEquals(List.of(), told);
        report(new PeerEvidence.Gone("refused", 90, true));
        assertEquals(List.of(new Evidence.Gone(ADDRESS, "refused", true, 90)), told);
    }

    @Test
    void aRefusalAloneIsNoEvidenceButAProblem() {
        report(new PeerEvidence.Refused("connect to 10.0.0.2:9100 refused", 90));
        assertEquals(List.of(), told);
        assertEquals("connect to 10.0.0.2:9100 refused", peers.view("lb2").problem());
    }

    @Test
    void oneLateAnswerIsNoNewsAndASecondOfSilenceIs() {
        answer(document("lb2", 51, "active", 190));
        report(new PeerEvidence.Silent("no answer", 100 - Peers.FRESH_NANOS + 1));
        assertTrue(peers.view("lb2").isUp());
        report(new PeerEvidence.Silent("no answer", 100 - Peers.FRESH_NANOS));
        assertFalse(peers.view("lb2").isUp());
        assertEquals("no answer", peers.view("lb2").problem());
    }

    @Test
    void aRefusalIsAnAnswerOfTheNetworkForASecondAndSilenceIsNone() {
        assertNull(peers.view("lb2").answeredAt());
        report(new PeerEvidence.Gone("refused", 1, false));
        report(new PeerEvidence.Silent("no answer", 100 - Peers.FRESH_NANOS));
        assertTrue(peers.view("lb2").answered(100 + Peers.FRESH_NANOS - 1));
        assertFalse(peers.view("lb2").answered(100 + Peers.FRESH_NANOS));
    }

    private void answer(String body) {
        ByteBuffer bytes = ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8));
        report(new PeerEvidence.Answered(200, bytes, 7, 3));
    }

    private void report(PeerEvidence evidence) {
        peers.report(new PeerReport(new Peer("lb2", new InetSocketAddress(ADDRESS, 9100)), evidence, 100));
    }

    private static VirtualRouter router(String name, String address) {
        InetAddress literal = InetAddress.ofLiteral(address);
        return new VirtualRouter(
                name,
                51,
                new RouterSpec.Protocol(3, RouterSpec.Transport.MULTICAST, RouterSpec.Checksum.AUTO, Optional.empty()),
                new RouterSpec.Carrier("eth0", false),
                new RouterSpec.Holding(
                        List.of(new VirtualAddress(literal, literal.getAddress().length * 8)),
                        Optional.empty(),
                        RouterSpec.Announce.DEFAULT,
                        true),
                new RouterSpec.Intervals(Duration.ofMillis(100), Duration.ofSeconds(1)),
                new RouterSpec.Takeover(RouterSpec.Preempt.NEVER, Duration.ZERO),
                Optional.empty(),
                new Track(List.of(), List.of()),
                List.of());
    }

    private static String document(String node, int vrid, String state, int priority) {
        return """
                {"node":"%s","fit":true,"reasons":[],"routers":[
                {"name":"api","id":%d,"state":"%s","priority":%d,"addresses":["10.77.0.10"]}]}""".formatted(node, vrid, state, priority);
    }
}
