package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.healthcheck.Peer;
import io.hawser.healthcheck.PeerEvidence;
import io.hawser.healthcheck.PeerReport;
import io.hawser.lb.config.Node;
import io.hawser.vrrp.Evidence;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PeersTest {
    private static final InetAddress ADDRESS = InetAddress.ofLiteral("10.77.0.12");
    private static final Node LB2 = new Node("lb2", ADDRESS, 190, 9100);

    private final List<Evidence> told = new ArrayList<>();
    private final List<Peers.View> changes = new ArrayList<>();
    private final Peers peers = new Peers(List.of(LB2), List.of(51), new Peers.Sink() {
        @Override
        public void evidence(int vrid, Evidence evidence) {
            assertEquals(51, vrid);
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
        assertTrue(peers.view("lb2").isUp());
    }

    @Test
    void priorityOneSaysThatThePeerIsUnfitForThatRouter() {
        answer(document("lb2", 51, "backup", 1));
        assertEquals(List.of(new Evidence.Alive(ADDRESS, false, false, 1, 7)), told);
    }

    @Test
    void otherRoutersAndLeavingOnesAreNoEvidence() {
        answer(document("lb2", 52, "active", 190));
        answer(document("lb2", 51, "active", 0));
        assertEquals(List.of(), told);
    }

    @Test
    void aNodeOfAnotherNameIsNotBelieved() {
        answer(document("lb9", 51, "active", 190));
        assertEquals(List.of(), told);
        assertEquals(
                "the node that answers calls itself \"lb9\"", peers.view("lb2").problem());
    }

    @Test
    void garbageIsNotBelievedAndNamed() {
        answer("<html>");
        assertEquals(List.of(), told);
        assertFalse(peers.view("lb2").isUp());
        assertTrue(peers.view("lb2").problem().startsWith("its /healthz is no health document"));
    }

    @Test
    void aDeadProcessIsEvidenceAndASilentOneIsNot() {
        report(new PeerEvidence.Silent("no answer", 1));
        assertEquals(List.of(), told);
        report(new PeerEvidence.Gone("refused", 1));
        assertEquals(List.of(new Evidence.Gone(ADDRESS)), told);
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
        report(new PeerEvidence.Gone("refused", 1));
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

    private static String document(String node, int vrid, String state, int priority) {
        return """
                {"node":"%s","fit":true,"reasons":[],"routers":[
                {"name":"api","id":%d,"state":"%s","priority":%d,"addresses":["10.77.0.10"]}]}""".formatted(node, vrid, state, priority);
    }
}
