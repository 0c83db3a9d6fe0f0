package io.hawser.healthcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.healthcheck.PeerSchedule.Event;
import io.hawser.healthcheck.VirtualPeer.Conduct;
import io.hawser.healthcheck.VirtualPeer.Outcome;
import io.hawser.healthcheck.VirtualPeer.Told;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The rules of when a peer is asked and what that proves, in virtual time. */
class PeerScheduleTest {
    private static final long MS = 1_000_000;
    private static final long INTERVAL = 100 * MS;
    private static final Peer PEER = new Peer("lb2", new InetSocketAddress("127.0.0.1", 9100));

    private static final Outcome ACCEPTS = new Outcome(MS, new Event.Connected());
    private static final Outcome REFUSES = new Outcome(MS, new Event.NotConnected(true, "refused"));
    private static final Outcome ANSWERS = new Outcome(2 * MS, answer(true));
    private static final Outcome RESETS = new Outcome(0, new Event.Lost(false, "connection lost (reset)"));
    private static final Event FIN = new Event.Lost(true, "connection closed by lb2");

    private static final Conduct WELL = VirtualPeer.doing(ACCEPTS, ANSWERS);
    private static final Conduct REFUSING = VirtualPeer.doing(REFUSES, null);
    private static final Conduct FROZEN = VirtualPeer.doing(ACCEPTS, null);
    private static final Conduct CUT_OFF = VirtualPeer.doing(null, null);
    private static final Conduct HANGING_UP = VirtualPeer.doing(ACCEPTS, RESETS);

    private static Event answer(boolean isKept) {
        return new Event.Answered(200, ByteBuffer.wrap(new byte[] {1}), isKept);
    }

    private static VirtualPeer watched(Conduct conduct) {
        var peer = new VirtualPeer(PEER, INTERVAL, conduct);
        peer.tell(new Event.Watched());
        peer.advanceTo(0);
        return peer;
    }

    /** One that has answered at 3 ms and at 102 ms and is idle at 150 ms. */
    private static VirtualPeer known() {
        var peer = watched(WELL);
        peer.advanceTo(150 * MS);
        peer.newly();
        return peer;
    }

    private static PeerEvidence only(VirtualPeer peer) {
        List<Told> told = peer.newly();
        assertEquals(1, told.size(), told::toString);
        return told.getFirst().evidence();
    }

    private static List<Long> millis(List<Long> nanos) {
        return nanos.stream().map(each -> each / MS).toList();
    }

    @Test
    void isAskedOnceAnIntervalOverTwoConnectionsInTurn() {
        var peer = watched(WELL);
        peer.advanceTo(350 * MS);
        assertEquals(List.of(0L), millis(peer.connects));
        assertEquals(List.of(3L), millis(peer.spareConnects));
        assertEquals(List.of(1L, 100L, 200L, 300L), millis(peer.asks));
        assertEquals(3, peer.swaps);
        var answered = peer.newly();
        assertEquals(4, answered.size());
        var second =
                assertInstanceOf(PeerEvidence.Answered.class, answered.get(1).evidence());
        assertEquals(100 * MS, second.askedAtNanos());
        assertEquals(2 * MS, second.roundTripNanos());
        assertEquals(102 * MS, answered.get(1).at());
    }

    @Test
    void refusalBeforeAnyAnswerProvesNothing() {
        var peer = watched(REFUSING);
        peer.advanceTo(250 * MS);
        var told = peer.newly();
        assertEquals(3, told.size());
        told.forEach(each -> assertEquals(
                0,
                assertInstanceOf(PeerEvidence.Unreached.class, each.evidence()).sinceNanos()));
    }

    @Test
    void aConnectionClosedAndANewOneRefusedIsGoneAtOnce() {
        var peer = known();
        peer.become(REFUSING);
        peer.tell(FIN);
        peer.advanceTo(151 * MS);
        var gone = assertInstanceOf(PeerEvidence.Gone.class, only(peer));
        assertTrue(gone.isClosed());
        assertEquals(151 * MS, gone.sinceNanos());
        assertEquals("connection closed by lb2, and a new one to 127.0.0.1:9100 refused", gone.reason());
    }

    @Test
    void goneIsSaidAgainAndKeepsItsMoment() {
        var peer = known();
        peer.become(REFUSING);
        peer.tell(FIN);
        peer.advanceTo(400 * MS);
        var told = peer.newly();
        assertEquals(
                List.of(151L, 251L, 351L), millis(told.stream().map(Told::at).toList()));
        told.forEach(each -> assertEquals(
                151 * MS,
                assertInstanceOf(PeerEvidence.Gone.class, each.evidence()).sinceNanos()));
    }

    /** As a firewall does that begins to reject: whatever ends later attempts, the first loss decides. */
    @Test
    void aConnectionResetIsNotTakenForAFin() {
        var peer = known();
        peer.become(HANGING_UP);
        peer.tell(new Event.Lost(false, "connection lost (reset)"));
        peer.advanceTo(152 * MS);
        peer.become(REFUSING);
        peer.tell(FIN);
        peer.advanceTo(200 * MS);
        assertFalse(assertInstanceOf(PeerEvidence.Gone.class, only(peer)).isClosed());
    }

    private static final Event SPARE_FIN = new Event.SpareLost(true, "connection closed by lb2");

    /** A process takes some time to die, in which a question may come: its kernel answers that with a reset, and the spare with a FIN. */
    @Test
    void aQuestionThatADyingProcessLeftUnreadHidesNoDeath() {
        for (boolean isSpareFirst : List.of(true, false)) {
            var peer = known();
            peer.become(FROZEN);
            peer.tell(new Event.Requested());
            peer.advanceTo(170 * MS);
            peer.become(REFUSING);
            if (isSpareFirst) {
                peer.tell(SPARE_FIN);
            }
            peer.tell(RESETS.event());
            if (!isSpareFirst) {
                peer.tell(SPARE_FIN);
            }
            peer.advanceTo(171 * MS);
            var gone = assertInstanceOf(PeerEvidence.Gone.class, only(peer));
            assertTrue(gone.isClosed());
            assertEquals(171 * MS, gone.sinceNanos());
        }
    }

    @Test
    void aFinThatComesAfterAResetWasToldIsToldAtOnce() {
        var peer = known();
        peer.become(REFUSING);
        peer.tell(RESETS.event());
        peer.advanceTo(155 * MS);
        assertFalse(assertInstanceOf(PeerEvidence.Gone.class, only(peer)).isClosed());
        peer.tell(SPARE_FIN);
        peer.advanceTo(156 * MS);
        var gone = assertInstanceOf(PeerEvidence.Gone.class, only(peer));
        assertTrue(gone.isClosed());
        assertEquals(151 * MS, gone.sinceNanos(), "when it was first refused");
    }

    /** A firewall answers what is sent, so the spare connection stays, or is reset like the other one. */
    @Test
    void aFirewallThatRejectsIsNotTakenForADeath() {
        for (boolean isSpareReset : List.of(true, false)) {
            var peer = known();
            peer.become(REFUSING);
            if (isSpareReset) {
                peer.tell(new Event.SpareLost(false, "reset"));
            }
            peer.tell(RESETS.event());
            peer.advanceTo(1_500 * MS);
            var told = peer.newly();
            assertTrue(told.size() > 10, told::toString);
            told.forEach(each -> assertFalse(
                    assertInstanceOf(PeerEvidence.Gone.class, each.evidence()).isClosed()));
        }
    }

    @Test
    void aSpareConnectionThatIsClosedWhileThePeerAnswersSaysNothingAndIsReplaced() {
        var peer = known();
        peer.tell(SPARE_FIN);
        peer.advanceTo(250 * MS);
        assertEquals(List.of(3L, 202L), millis(peer.spareConnects));
        peer.newly().forEach(each -> assertInstanceOf(PeerEvidence.Answered.class, each.evidence()));
        peer.become(REFUSING);
        peer.tell(RESETS.event());
        peer.advanceTo(252 * MS);
        assertFalse(assertInstanceOf(PeerEvidence.Gone.class, only(peer)).isClosed(), "that FIN was explained");
    }

    @Test
    void aSpareConnectionThatCannotBeHadIsTriedAgainAtTheNextAnswer() {
        var peer = watched(WELL);
        peer.advanceTo(2 * MS);
        peer.become(VirtualPeer.doing(REFUSES, ANSWERS));
        peer.advanceTo(250 * MS);
        assertEquals(List.of(3L, 102L, 202L), millis(peer.spareConnects));
        assertEquals(0, peer.swaps);
        peer.become(WELL);
        peer.advanceTo(450 * MS);
        assertEquals(List.of(3L, 102L, 202L, 302L), millis(peer.spareConnects));
        assertEquals(1, peer.swaps);
    }

    @Test
    void silenceEndsBothConnections() {
        var peer = known();
        peer.become(FROZEN);
        peer.advanceTo(1_150 * MS);
        assertTrue(peer.hasSpare());
        peer.advanceTo(1_250 * MS);
        assertFalse(peer.hasSpare());
    }

    @Test
    void refusalWithoutTheLossOfAConnectionIsNoDeath() {
        var peer = watched(VirtualPeer.doing(ACCEPTS, new Outcome(2 * MS, answer(false))));
        peer.advanceTo(50 * MS);
        peer.newly();
        peer.become(REFUSING);
        peer.advanceTo(250 * MS);
        var told = peer.newly();
        assertEquals(2, told.size());
        told.forEach(each -> assertEquals(
                101 * MS,
                assertInstanceOf(PeerEvidence.Refused.class, each.evidence()).sinceNanos()));
    }

    @Test
    void anAnswerEndsARefusalAndTheNextOneHasItsOwnMoment() {
        var peer = watched(VirtualPeer.doing(ACCEPTS, new Outcome(2 * MS, answer(false))));
        peer.advanceTo(50 * MS);
        peer.become(REFUSING);
        peer.advanceTo(150 * MS);
        peer.become(VirtualPeer.doing(ACCEPTS, new Outcome(2 * MS, answer(false))));
        peer.advanceTo(250 * MS);
        peer.newly();
        peer.become(REFUSING);
        peer.advanceTo(350 * MS);
        assertEquals(
                301 * MS,
                assertInstanceOf(PeerEvidence.Refused.class, only(peer)).sinceNanos());
    }

    @Test
    void aConnectionClosedAndANewOneAnsweredIsARestart() {
        var peer = known();
        peer.tell(FIN);
        peer.advanceTo(160 * MS);
        var told = peer.newly();
        assertEquals(2, told.size());
        assertEquals(
                "connection closed by lb2, and a new one answered",
                assertInstanceOf(PeerEvidence.Reconnected.class, told.get(0).evidence())
                        .reason());
        assertInstanceOf(PeerEvidence.Answered.class, told.get(1).evidence());
        peer.advanceTo(260 * MS);
        assertInstanceOf(PeerEvidence.Answered.class, only(peer));
    }

    /** Its kernel closes the connections first and the listener last. */
    @Test
    void aListenerThatOutlivesTheConnectionIsAskedQuicklyUntilItIsGone() {
        var peer = known();
        peer.connects.clear();
        peer.become(VirtualPeer.doing(new Outcome(0, new Event.Connected()), RESETS));
        peer.tell(FIN);
        peer.advanceTo(170 * MS);
        peer.become(REFUSING);
        peer.advanceTo(180 * MS);
        assertEquals(List.of(150L, 151L, 154L, 161L, 176L), millis(peer.connects));
        assertTrue(assertInstanceOf(PeerEvidence.Gone.class, only(peer)).isClosed());
    }

    @Test
    void whoHangsUpWithoutAnAnswerIsAskedAFewTimesAndThenOnceAnInterval() {
        var peer = watched(VirtualPeer.doing(new Outcome(0, new Event.Connected()), RESETS));
        peer.advanceTo(1_000 * MS);
        assertEquals(List.of(0L, 0L, 1L, 4L, 11L, 26L, 57L, 157L), millis(peer.connects.subList(0, 8)));
        assertTrue(peer.connects.size() <= PeerSchedule.QUICK_ATTEMPTS + 11, peer.connects::toString);
        peer.newly().forEach(each -> assertInstanceOf(PeerEvidence.Invalid.class, each.evidence()));
    }

    @Test
    void whoAnswersAndHangsUpIsNotAskedWithoutAPauseEither() {
        var peer = new VirtualPeer(PEER, INTERVAL, WELL);
        peer.tell(new Event.Watched());
        for (long at = 0; at < 3_000; at++) {
            peer.advanceTo(at * MS);
            if (!peer.told.isEmpty() && peer.hasConnection()) {
                peer.told.clear();
                peer.tell(FIN);
            }
        }
        assertTrue(peer.connects.size() <= PeerSchedule.QUICK_ATTEMPTS + 31, peer.connects::toString);
    }

    /** Each loss long after the one before is followed at once, however many there were. */
    @Test
    void calmGivesBackTheQuickAttempts() {
        var peer = known();
        for (int i = 1; i <= 3 * PeerSchedule.QUICK_ATTEMPTS; i++) {
            peer.advanceTo((150 + i * 500) * MS);
            peer.connects.clear();
            peer.tell(FIN);
            peer.advanceTo(peer.now());
            assertEquals(List.of(peer.now()), peer.connects);
        }
    }

    @Test
    void silenceIsSaidOnceAnIntervalAndDatedByTheLastAnswer() {
        var peer = known();
        peer.become(FROZEN);
        peer.advanceTo(550 * MS);
        var told = peer.newly();
        assertEquals(
                List.of(300L, 400L, 500L), millis(told.stream().map(Told::at).toList()));
        told.forEach(each -> assertEquals(
                102 * MS,
                assertInstanceOf(PeerEvidence.Silent.class, each.evidence()).sinceNanos()));
        assertEquals(List.of(1L, 100L, 200L), millis(peer.asks));
        assertEquals(
                "no answer from 127.0.0.1:9100 for 300 ms",
                told.getLast().evidence().reason());
    }

    @Test
    void anotherConnectionIsTriedAfterALongSilence() {
        var peer = known();
        peer.become(FROZEN);
        peer.advanceTo(1_150 * MS);
        assertEquals(List.of(0L), millis(peer.connects));
        peer.advanceTo(1_350 * MS);
        assertEquals(List.of(0L, 1_200L), millis(peer.connects));
        peer.become(WELL);
        peer.newly();
        peer.advanceTo(2_500 * MS);
        assertTrue(peer.newly().stream().anyMatch(each -> each.evidence() instanceof PeerEvidence.Answered));
    }

    @Test
    void anAnswerAfterSilenceIsHeard() {
        var peer = watched(VirtualPeer.doing(ACCEPTS, new Outcome(250 * MS, answer(true))));
        peer.advanceTo(260 * MS);
        var told = peer.newly();
        assertEquals(3, told.size());
        assertInstanceOf(PeerEvidence.Unreached.class, told.get(1).evidence());
        var late = assertInstanceOf(PeerEvidence.Answered.class, told.get(2).evidence());
        assertEquals(250 * MS, late.roundTripNanos());
        assertEquals(MS, late.askedAtNanos());
    }

    @Test
    void aConnectionThatDoesNotComeIsGivenUpAndTriedAgain() {
        var peer = watched(CUT_OFF);
        peer.advanceTo(950 * MS);
        assertEquals(List.of(0L, 300L, 600L, 900L), millis(peer.connects));
        var told = peer.newly();
        assertEquals(3, told.size());
        assertEquals(
                "no connection to 127.0.0.1:9100", told.getFirst().evidence().reason());
        assertInstanceOf(PeerEvidence.Unreached.class, told.getFirst().evidence());
    }

    @Test
    void whatIsNoAnswerEndsTheConnectionUntilTheNextInterval() {
        var peer = watched(VirtualPeer.doing(ACCEPTS, new Outcome(MS, new Event.Broken("no HTTP"))));
        peer.advanceTo(250 * MS);
        assertEquals(List.of(0L, 100L, 200L), millis(peer.connects));
        peer.newly().forEach(each -> assertEquals(new PeerEvidence.Invalid("no HTTP"), each.evidence()));
    }

    @Test
    void aRequestAsksAtOnceUnlessAQuestionIsOpen() {
        var peer = known();
        peer.become(FROZEN);
        peer.tell(new Event.Requested());
        peer.tell(new Event.Requested());
        peer.advanceTo(180 * MS);
        peer.tell(new Event.Requested());
        assertEquals(List.of(1L, 100L, 150L), millis(peer.asks));
        peer.tell(answer(true));
        peer.advanceTo(260 * MS);
        assertEquals(List.of(1L, 100L, 150L, 250L), millis(peer.asks));
    }

    @Test
    void aRequestBeforeTheBeginningIsNone() {
        var peer = new VirtualPeer(PEER, INTERVAL, WELL);
        peer.tell(new Event.Requested());
        peer.advanceTo(50 * MS);
        assertEquals(List.of(), peer.connects);
    }

    @Test
    void nothingCountsAfterTheEnd() {
        var peer = known();
        peer.become(FROZEN);
        peer.tell(new Event.Requested());
        peer.tell(new Event.Unwatched());
        assertFalse(peer.hasConnection());
        assertFalse(peer.hasSpare());
        assertEquals(PeerSchedule.NEVER, peer.schedule.wakesAt());
        for (Event event :
                List.of(new Event.Watched(), new Event.Passed(), new Event.Requested(), answer(true), FIN, SPARE_FIN)) {
            assertEquals(List.of(), peer.schedule.on(event, 200 * MS));
        }
    }

    /** Whatever a peer does in whatever order: one connection and a spare one, one question, bounded attempts, evidence dated by its fact. */
    @Test
    void keepsItsRulesInAnyOrder() {
        for (int seed = 0; seed < 2_000; seed++) {
            String seen = "seed " + seed;
            var random = new Random(seed);
            var peer = new VirtualPeer(PEER, INTERVAL, lot(random));
            peer.tell(new Event.Watched());
            long answeredAt = Long.MIN_VALUE;
            for (int i = 0; i < 60; i++) {
                peer.advanceTo(peer.now() + random.nextInt(1, 150) * MS);
                switch (random.nextInt(7)) {
                    case 0, 1 -> peer.become(lot(random));
                    case 2 -> peer.tell(new Event.Requested());
                    case 3 -> {
                        if (peer.hasConnection() && peer.schedule.isAsked()) {
                            peer.tell(random.nextBoolean() ? FIN : RESETS.event());
                        }
                    }
                    case 4 -> {
                        if (peer.hasSpare()) {
                            peer.tell(new Event.SpareLost(random.nextBoolean(), "lost"));
                        }
                    }
                    default -> {}
                }
                for (Told told : peer.newly()) {
                    switch (told.evidence()) {
                        case PeerEvidence.Answered answered -> {
                            assertEquals(told.at(), answered.askedAtNanos() + answered.roundTripNanos());
                            answeredAt = told.at();
                        }
                        case PeerEvidence.Silent silent -> assertEquals(answeredAt, silent.sinceNanos(), seen);
                        case PeerEvidence.Gone gone -> {
                            assertTrue(gone.sinceNanos() >= answeredAt && gone.sinceNanos() <= told.at(), seen);
                            var loss = told.firstLoss();
                            assertNotNull(loss, seen);
                            assertEquals(loss.isClosed() || told.isSpareClosed(), gone.isClosed(), seen);
                        }
                        case PeerEvidence.Refused refused -> {
                            assertTrue(refused.sinceNanos() >= answeredAt && refused.sinceNanos() <= told.at(), seen);
                            assertEquals(null, told.firstLoss(), seen);
                        }
                        case PeerEvidence.Unreached unreached -> assertEquals(Long.MIN_VALUE, answeredAt, seen);
                        case PeerEvidence.Invalid _, PeerEvidence.Reconnected _ -> {}
                    }
                }
                assertTrue(peer.isWaiting(), "nothing would ever be asked again, " + seen);
            }
        }
    }

    private static Conduct lot(Random random) {
        @Nullable Outcome[] connecting = {ACCEPTS, ACCEPTS, ACCEPTS, REFUSES, null};
        @Nullable
        Outcome[] asking = {
            ANSWERS,
            ANSWERS,
            new Outcome(3 * MS, answer(false)),
            new Outcome(random.nextInt(400) * MS, answer(true)),
            RESETS,
            new Outcome(MS, FIN),
            new Outcome(MS, new Event.Broken("no HTTP")),
            null
        };
        return VirtualPeer.doing(connecting[random.nextInt(connecting.length)], asking[random.nextInt(asking.length)]);
    }
}
