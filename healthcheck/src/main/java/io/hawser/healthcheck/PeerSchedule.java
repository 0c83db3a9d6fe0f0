package io.hawser.healthcheck;

import io.hawser.sysctl.net.AddressText;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Decides when a peer is asked, over which of two connections, and what the outcome proves. Pure: it reads no clock and opens no connection; each
 * moment is handed in, on the scale of System.nanoTime(), and what is to be done comes back. One thread at a time.
 *
 * <p>A process that is killed has its sockets closed one by one by its kernel. Ours may go before the listener does, so that a new
 * connection is accepted once more and then reset; therefore a loss is followed by a new attempt at once, up to QUICK_ATTEMPTS of them a
 * few milliseconds apart, until one is refused (gone) or answered (restarted). A frozen process never gets there: its kernel goes on
 * accepting, and nothing answers.
 *
 * <p>What ended a connection tells a dead process from a firewall that begins to reject. The kernel of a dead process sends a FIN of its
 * own accord, and a reset where a question was unread. A firewall only answers what is sent, with a reset, be it a question or an
 * acknowledgement. A process takes tens of milliseconds to die, in which a question may come; therefore there is a spare connection, on
 * which no question is open. The two take turns, so that neither is idle for long, and nothing is asked on one before the other has
 * answered: of a process that dies at least one connection ends with a FIN.
 */
final class PeerSchedule {

    /** Nothing is to happen by itself. */
    static final long NEVER = CheckSchedule.NEVER;

    static final int QUICK_ATTEMPTS = 6;
    private static final long LEAST_CONNECT_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long LEAST_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** What the schedule is told. After {@link Action.Close} it is told nothing more about that connection, nor after a loss of the spare one. */
    sealed interface Event {
        /** Watching begins. */
        record Watched() implements Event {}

        /** Somebody wants to know now. */
        record Requested() implements Event {}

        /** The connection is open. */
        record Connected() implements Event {}

        /** There will be no connection; {@code how} in words. */
        record NotConnected(boolean isRefused, String how) implements Event {}

        /** The whole answer is there; {@code isKept}: the connection may be asked again. */
        record Answered(int status, ByteBuffer body, boolean isKept) implements Event {}

        /** Something came that is no answer of a peer. */
        record Broken(String reason) implements Event {}

        /** The other side ended the connection, or the path did; {@code isClosed}: with a FIN. */
        record Lost(boolean isClosed, String how) implements Event {}

        /** The spare connection is open. */
        record SpareConnected() implements Event {}

        /** The spare connection was lost, or there will be none; {@code isClosed}: it was open, and ended with a FIN. */
        record SpareLost(boolean isClosed, String how) implements Event {}

        /** Some time has passed, in most cases up to {@link #wakesAt}. */
        record Passed() implements Event {}

        /** The limit has passed that was set last, without what it was set for. */
        record LimitPassed() implements Event {}

        /** Watching ends; nothing counts any more. */
        record Unwatched() implements Event {}
    }

    /** What is to be done, in order. */
    sealed interface Action {
        /** Open a connection; there is none. */
        record Connect() implements Action {}

        /** Open a spare connection; there is none. */
        record ConnectSpare() implements Action {}

        /** The spare connection, which is open, becomes the connection, and this one the spare one. */
        record Swap() implements Action {}

        /** End the spare connection, or the attempt to open one. */
        record CloseSpare() implements Action {}

        /** Ask over the connection; no question is open. */
        record Ask() implements Action {}

        /** End the connection, or the attempt to open one. */
        record Close() implements Action {}

        /** Say so when this has passed in running time, in place of any limit before. */
        record Limit(long nanos) implements Action {}

        /** Nothing is waited for. */
        record Unlimit() implements Action {}

        /** Tell what was found. */
        record Report(PeerEvidence evidence) implements Action {}
    }

    private enum Phase {
        NEW,
        UNCONNECTED,
        CONNECTING,
        IDLE,
        ASKED,
        STOPPED
    }

    private enum Spare {
        NONE,
        CONNECTING,
        OPEN
    }

    private final Peer peer;
    private final long intervalNanos;
    private Spare spare = Spare.NONE;
    /** How the spare connection was closed since the last answer; null when it was not. */
    private @Nullable String spareClosed;

    private Phase phase = Phase.NEW;
    private long wakesAt = NEVER;
    private long beganAt;
    private long askedAt;
    private long waitedNanos;
    private boolean isAnsweredHere;
    private boolean hasAnswered;
    private long answeredAt;
    private @Nullable String lost;
    private boolean isClosed;
    private boolean isRefused;
    private long refusedSince;
    private int attempts;

    /** @param intervalNanos from one question to the next, and how long an answer may take before the peer counts as silent */
    PeerSchedule(Peer peer, long intervalNanos) {
        this.peer = peer;
        this.intervalNanos = intervalNanos;
    }

    /** How long the same connection is believed in while nothing is answered over it. */
    static long patienceNanos(long intervalNanos) {
        return Math.max(10 * intervalNanos, LEAST_PATIENCE_NANOS);
    }

    /** The next moment at which {@link Event.Passed} changes something, or {@link #NEVER}. */
    long wakesAt() {
        return wakesAt;
    }

    /** Whether a question is open. */
    boolean isAsked() {
        return phase == Phase.ASKED;
    }

    /** Takes what has happened, and tells what to do about it. */
    List<Action> on(Event event, long now) {
        if (phase == Phase.STOPPED) {
            return List.of();
        }
        return switch (event) {
            case Event.Watched _ -> watched(now);
            case Event.Requested _ -> phase == Phase.UNCONNECTED || phase == Phase.IDLE ? step(now) : List.of();
            case Event.Connected _ -> ask(now);
            case Event.NotConnected not -> notConnected(not, now);
            case Event.Answered answer -> answered(answer, now);
            case Event.Broken broken -> abandonAnd(new PeerEvidence.Invalid(broken.reason()));
            case Event.Lost loss -> lost(loss, now);
            case Event.SpareConnected _ -> {
                spare = Spare.OPEN;
                yield List.of();
            }
            case Event.SpareLost loss -> spareLost(loss, now);
            case Event.Passed _ -> wakesAt != NEVER && now - wakesAt >= 0 ? step(now) : List.of();
            case Event.LimitPassed _ -> limitPassed();
            case Event.Unwatched _ -> unwatched();
        };
    }

    private List<Action> watched(long now) {
        phase = Phase.UNCONNECTED;
        beganAt = now;
        wakesAt = now;
        return List.of();
    }

    private List<Action> unwatched() {
        List<Action> actions = new ArrayList<>(closeSpare());
        actions.addAll(abandon());
        phase = Phase.STOPPED;
        wakesAt = NEVER;
        return actions;
    }

    private List<Action> step(long now) {
        wakesAt = now + intervalNanos;
        if (phase == Phase.UNCONNECTED) {
            phase = Phase.CONNECTING;
            isAnsweredHere = false;
            return List.of(new Action.Limit(Math.max(intervalNanos, LEAST_CONNECT_NANOS)), new Action.Connect());
        }
        if (phase == Phase.IDLE) {
            // It has lived for a while. Counting anew on each answer would let a peer that answers and hangs up be
            // asked without a pause.
            attempts = 0;
            List<Action> actions = new ArrayList<>();
            if (spare == Spare.OPEN) {
                actions.add(new Action.Swap());
            }
            actions.addAll(ask(now));
            return actions;
        }
        return List.of();
    }

    private List<Action> ask(long now) {
        phase = Phase.ASKED;
        askedAt = now;
        waitedNanos = intervalNanos;
        return List.of(new Action.Limit(intervalNanos), new Action.Ask());
    }

    private List<Action> limitPassed() {
        if (phase == Phase.CONNECTING) {
            return abandonAnd(silent("no connection to %s".formatted(address())));
        }
        if (phase != Phase.ASKED) {
            return List.of();
        }
        PeerEvidence silent =
                silent("no answer from %s for %d ms".formatted(address(), TimeUnit.NANOSECONDS.toMillis(waitedNanos)));
        if (waitedNanos >= patienceNanos(intervalNanos)) {
            // A new connection finds out more than old ones that may have lost their path.
            List<Action> actions = new ArrayList<>(closeSpare());
            actions.addAll(abandonAnd(silent));
            return actions;
        }
        waitedNanos += intervalNanos;
        return List.of(new Action.Limit(intervalNanos), new Action.Report(silent));
    }

    private List<Action> notConnected(Event.NotConnected not, long now) {
        if (hasAnswered && not.isRefused()) {
            return abandonAnd(refused(now));
        }
        String what = not.isRefused() ? "refused" : "failed: " + not.how();
        return abandonAnd(silent("connect to %s %s".formatted(address(), what)));
    }

    private PeerEvidence refused(long now) {
        if (!isRefused) {
            isRefused = true;
            refusedSince = now;
        }
        return lost == null
                ? new PeerEvidence.Refused("connect to %s refused".formatted(address()), refusedSince)
                : new PeerEvidence.Gone(
                        "%s, and a new one to %s refused".formatted(lost, address()), refusedSince, isClosed);
    }

    private List<Action> lost(Event.Lost loss, long now) {
        if (lost == null) {
            lost = spareClosed == null ? loss.how() : spareClosed;
            isClosed = spareClosed != null || loss.isClosed();
        }
        if (attempts++ < QUICK_ATTEMPTS) {
            // 0, 1, 3, 7, 15, 31 ms: at once, and then giving its kernel time to close the listener as well.
            wakesAt = now + TimeUnit.MILLISECONDS.toNanos((1L << (attempts - 1)) - 1);
            return abandon();
        }
        return isAnsweredHere
                ? abandon()
                : abandonAnd(new PeerEvidence.Invalid("%s accepts connections but closes them without an answer (%s)"
                        .formatted(peer.name(), loss.how())));
    }

    /** A FIN of the spare connection says of a lost one how its process ended, whichever of the two is heard of first. */
    private List<Action> spareLost(Event.SpareLost loss, long now) {
        spare = Spare.NONE;
        if (!loss.isClosed()) {
            return List.of();
        }
        spareClosed = loss.how();
        if (lost != null && !isClosed) {
            lost = loss.how();
            isClosed = true;
            if (phase == Phase.UNCONNECTED) {
                // What was told as a reset is told anew.
                wakesAt = now;
            }
        }
        return List.of();
    }

    private List<Action> closeSpare() {
        boolean hasSpare = spare != Spare.NONE;
        spare = Spare.NONE;
        return hasSpare ? List.of(new Action.CloseSpare()) : List.of();
    }

    private List<Action> answered(Event.Answered answer, long now) {
        List<Action> actions = new ArrayList<>();
        spareClosed = null;
        if (answer.isKept()) {
            phase = Phase.IDLE;
            actions.add(new Action.Unlimit());
            if (spare == Spare.NONE) {
                spare = Spare.CONNECTING;
                actions.add(new Action.ConnectSpare());
            }
        } else {
            actions.addAll(abandon());
        }
        isAnsweredHere = true;
        hasAnswered = true;
        answeredAt = now;
        isRefused = false;
        if (lost != null) {
            actions.add(new Action.Report(new PeerEvidence.Reconnected(lost + ", and a new one answered")));
            lost = null;
        }
        actions.add(
                new Action.Report(new PeerEvidence.Answered(answer.status(), answer.body(), askedAt, now - askedAt)));
        return actions;
    }

    private PeerEvidence silent(String reason) {
        return hasAnswered ? new PeerEvidence.Silent(reason, answeredAt) : new PeerEvidence.Unreached(reason, beganAt);
    }

    private List<Action> abandonAnd(PeerEvidence evidence) {
        List<Action> actions = new ArrayList<>(abandon());
        actions.add(new Action.Report(evidence));
        return actions;
    }

    private List<Action> abandon() {
        boolean hasConnection = phase == Phase.CONNECTING || phase == Phase.IDLE || phase == Phase.ASKED;
        phase = Phase.UNCONNECTED;
        return hasConnection ? List.of(new Action.Unlimit(), new Action.Close()) : List.of();
    }

    private String address() {
        return AddressText.of(peer.address());
    }
}
