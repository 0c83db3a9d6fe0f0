package io.hawser.lb.proxy;

import io.hawser.lb.balance.ExcludedMembers;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.PoolSettings;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which members a connection tries, when, and which of them has it. Pure: it reads no clock, opens no socket and knows no thread; each moment is
 * handed in, on the scale of System.nanoTime(), and what is to be done comes back. What it asks of the pool, a {@link MemberSelector}, counts places and does nothing else.
 * One thread at a time.
 *
 * <p>A member that fails is followed at once by another; none is tried again while another is untried. When all were tried and attempts are left, the
 * round starts again after a pause. What this host lacks (descriptors, ports) is waited for as long as one attempt may take, and is not
 * held against a member.
 *
 * <p>When every member has as many connections as it may, the connection waits in the queue of one.
 *
 * <p>A member that takes long is raced: when the pool's hedge-after has passed, another is tried at the same time, then another. If all that the client has sent is a TLS
 * hello, a member must not only accept but answer it, and the first that does has the connection.
 */
final class ConnectPlan {
    /*
     * Why a hello may be sent to several members. No member acts on it: it carries nothing but the wish to agree on keys, each answer is for
     * itself, and of all answers the client sees one. That ends with the first byte of an answer, which may not be unsaid, and with the first
     * byte that the client sends after the hello. Neither happens here: the client isn't read while an answer is awaited. A hello that
     * announces early data (TLS 1.3) is not raced, as a server may act on that data twice (RFC 8446 8).
     */
    // Shaking hands costs a member a thousand times what accepting does; leaving one that is only busy for another
    // makes
    // both busier. One that is frozen is raced long before.
    private static final long HANDSHAKE_PATIENCE = 5;
    private static final long PAUSE_NANOS = 100_000_000L;
    // Who awaits an answer costs the loop more than an established connection; a handshake that takes so long may still
    // succeed, as one.
    private static final long MOST_SILENCE_NANOS = 10_000_000_000L;

    /** What the plan asks of the pool. */
    interface MemberSelector {
        /** Chooses a member that was not tried, and takes a place there; null when there is none with a place. */
        @Nullable
        Member choose(ExcludedMembers tried);

        /** Whether a member that may be chosen and was not tried has no place. */
        boolean isFull(ExcludedMembers tried);

        /** The one of these with the shortest queue that is not full; null when there is none. */
        @Nullable
        Member shortestQueue(ExcludedMembers tried);

        /** How many members may get a new connection. */
        int usable();

        /** Whether this one may. */
        boolean isUsable(Member member);
    }

    private static final ConnectAction.Dequeue DEQUEUE = new ConnectAction.Dequeue();
    private static final ConnectAction.Deny DENY = new ConnectAction.Deny();

    private final MemberSelector selector;
    private final PoolSettings settings;
    private final HedgeBudget budget;
    private final Outliers outliers;
    private final ExcludedMembers tried = new ExcludedMembers();
    private List<Member> doubted = List.of();
    private final long lackEndsAt;

    /** The attempts that are under way, the first that was begun first; nearly always one, which is why they are no list. */
    private @Nullable PlannedAttempt attempts;

    /** What is to be done about the event at hand. */
    private @Nullable ConnectAction first;

    private @Nullable List<ConnectAction> actions;

    private boolean isHello;
    private boolean awaitsAnswer;
    private int launched;
    private int failures;
    private boolean isPaused;
    private long pausedUntil;
    private long launchedAt;
    private long beganAt;
    private @Nullable Member chosen;
    private @Nullable Member waitsFor;
    private boolean hasWaited;
    private long waitEndsAt;
    private boolean wasDenied;
    private boolean isOver;

    /**
     * A plan for a connection of which nothing has been sent to a member.
     *
     * @param isHello whether the client has sent a ClientHello
     * @param mayRace whether that is all it has sent, and may be sent to several members
     */
    ConnectPlan(
            MemberSelector selector,
            PoolSettings settings,
            HedgeBudget budget,
            Outliers outliers,
            boolean isHello,
            boolean mayRace,
            long now) {
        this.selector = selector;
        this.settings = settings;
        this.budget = budget;
        this.outliers = outliers;
        this.isHello = isHello;
        this.awaitsAnswer = mayRace && hedgeNanos() > 0;
        this.beganAt = now;
        this.lackEndsAt = now + connectNanos();
        budget.connection();
    }

    /** Whether the client has sent a hello. */
    boolean isHello() {
        return isHello;
    }

    /** Whether a member must answer the hello before it has the connection. */
    boolean awaitsAnswer() {
        return awaitsAnswer;
    }

    /** Takes what has happened, and tells what to do about it. */
    List<ConnectAction> on(ConnectEvent event, long now) {
        if (isOver) {
            return List.of();
        }
        switch (event) {
            case ConnectEvent.Began _ -> advance(now);
            case ConnectEvent.Securing(Member member) -> securing(member, now);
            case ConnectEvent.Connected(Member member) -> connected(member, now);
            case ConnectEvent.HelloCame(Member member) -> helloCame(member, now);
            case ConnectEvent.Answered(Member member) -> win(attempt(member), now);
            case ConnectEvent.Failed(Member member, ConnectFailure why) -> failed(attempt(member), why, now);
            case ConnectEvent.QueueRefused _ -> queue(now);
            case ConnectEvent.Granted(Member member) -> granted(member, now);
            case ConnectEvent.Dequeued _ -> dequeued(now);
            case ConnectEvent.ClientDone _ -> stopAwaitingAnswer(now);
            case ConnectEvent.Left(Member member) -> left(member, now);
            case ConnectEvent.Passed _ -> passed(now);
            case ConnectEvent.Ended _ -> ended();
        }
        ConnectAction only = first;
        List<ConnectAction> all = actions;
        first = null;
        actions = null;
        return all != null ? all : only == null ? List.of() : List.of(only);
    }

    /** Most events have one action at most, which is why there is no list for it here. */
    private void add(ConnectAction action) {
        List<ConnectAction> all = actions;
        if (all != null) {
            all.add(action);
        } else if (first == null) {
            first = action;
        } else {
            actions = new ArrayList<>(List.of(first, action));
        }
    }

    /**
     * Chooses another member in place of one that had the connection and ended it before anybody had spoken; the search begins anew with it.
     *
     * @return false if there is nobody else to go to
     */
    boolean replaces(Member gone, long now) {
        tried.add(gone);
        failures++;
        chosen = failures > settings.retries() ? null : pick(now);
        return chosen != null;
    }

    private long hedgeNanos() {
        return settings.hedgeAfter().toNanos();
    }

    private long connectNanos() {
        return settings.connectTimeout().toNanos();
    }

    private @Nullable PlannedAttempt attempt(Member member) {
        return PlannedAttempt.with(member, attempts);
    }

    /** Has an attempt made, waits, or gives up, unless an attempt is under way. */
    private void advance(long now) {
        isPaused = false;
        while (attempts == null && !isPaused) {
            if (failures > settings.retries()) {
                giveUp(Outcome.CONNECT_FAILED);
                return;
            }
            Member next = chosen == null ? pick(now) : chosen;
            chosen = null;
            if (next != null) {
                connect(next, ConnectAction.Reason.NEXT, now);
            } else if (selector.isFull(tried)) {
                queue(now);
                return;
            } else if (tried.isEmpty()) {
                giveUp(failures == 0 ? Outcome.NO_MEMBER : Outcome.CONNECT_FAILED);
                return;
            } else {
                tried.clear();
                pause(now);
            }
        }
    }

    /** Chooses a member that has not been tried, a trusted one if there is one, and takes a place there. */
    private @Nullable Member pick(long now) {
        if (!outliers.isEmpty()) {
            Member trusted = selector.choose(outliers.with(tried, now));
            if (trusted != null) {
                return trusted;
            }
        }
        return selector.choose(tried);
    }

    private void connect(Member member, ConnectAction.Reason reason, long now) {
        PlannedAttempt begun = new PlannedAttempt(member, now);
        begun.deadlineAt = now + connectNanos();
        attempts = begun.behind(attempts);
        tried.add(member);
        launched++;
        launchedAt = now;
        add(new ConnectAction.Connect(member, reason));
    }

    private void pause(long now) {
        isPaused = true;
        pausedUntil = now + PAUSE_NANOS;
    }

    private void giveUp(Outcome outcome) {
        ended();
        add(new ConnectAction.GiveUp(outcome));
    }

    private void queue(long now) {
        waitsFor = null;
        if (!hasWaited) {
            hasWaited = true;
            waitEndsAt = now + settings.distribution().queueTimeout().toNanos();
        }
        Member shortest = selector.shortestQueue(tried);
        if (shortest == null) {
            giveUp(Outcome.QUEUE_FULL);
        } else {
            waitsFor = shortest;
            add(new ConnectAction.Enqueue(shortest));
        }
    }

    private void granted(Member member, long now) {
        waitsFor = null;
        if (chosen != null) {
            // Another one had a place when this one was no longer waited for, and granted one all the same.
            add(new ConnectAction.Release(chosen));
        }
        chosen = member;
        advance(now);
    }

    /** Goes on waiting, unless it has waited long enough, its member is away, or another one has a place. */
    private void waitOn(Member waitedFor, long now) {
        boolean isTooLong = now - waitEndsAt >= 0;
        if (!isTooLong && chosen == null) {
            chosen = pick(now);
        }
        if (isTooLong || chosen != null || !selector.isUsable(waitedFor)) {
            add(DEQUEUE);
        }
    }

    private void dequeued(long now) {
        waitsFor = null;
        if (chosen == null && now - waitEndsAt >= 0) {
            giveUp(Outcome.QUEUE_TIMEOUT);
        } else {
            advance(now);
        }
    }

    private void securing(Member member, long now) {
        PlannedAttempt securing = attempt(member);
        if (securing != null) {
            securing.deadlineAt = now + HANDSHAKE_PATIENCE * connectNanos();
        }
    }

    private void connected(Member member, long now) {
        PlannedAttempt connected = attempt(member);
        if (connected == null) {
            return;
        }
        connected.isConnected = true;
        if (awaitsAnswer) {
            add(new ConnectAction.Send(member));
        } else {
            win(connected, now);
        }
    }

    private void helloCame(Member member, long now) {
        beganAt = now;
        launchedAt = now;
        isHello = true;
        awaitsAnswer = true;
        PlannedAttempt connected = new PlannedAttempt(member, now);
        connected.isConnected = true;
        attempts = connected.behind(attempts);
        add(new ConnectAction.Send(member));
    }

    private void win(@Nullable PlannedAttempt winner, long now) {
        if (winner == null) {
            return;
        }
        attempts = winner.removedFrom(attempts);
        for (PlannedAttempt loser = attempts; loser != null; loser = loser.next) {
            if (hedgeNanos() > 0 && loser.startedAt - winner.startedAt <= 0 && now - loser.startedAt >= hedgeNanos()) {
                outliers.add(loser.member, now);
                doubt(loser.member);
            }
            add(new ConnectAction.Abandon(loser.member));
        }
        attempts = null;
        outliers.clear(winner.member);
        for (Member member : doubted) {
            if (member != winner.member) {
                add(new ConnectAction.Doubt(member, ConnectFailure.OUTDONE));
            }
        }
        add(new ConnectAction.Win(winner.member));
    }

    /** Waits no longer for an answer: whoever is connected has the connection. */
    private void stopAwaitingAnswer(long now) {
        if (!awaitsAnswer) {
            return;
        }
        for (PlannedAttempt each = attempts; each != null; each = each.next) {
            if (each.isConnected) {
                win(each, now);
                return;
            }
        }
    }

    private void failed(@Nullable PlannedAttempt failed, ConnectFailure why, long now) {
        if (failed == null) {
            return;
        }
        drop(failed);
        if (why == ConnectFailure.LOCAL) {
            lacked(failed.member, now);
            return;
        }
        count(failed.member, why);
        if (why == ConnectFailure.DROPPED) {
            doubt(failed.member);
        }
        advance(now);
    }

    private void doubt(Member member) {
        if (doubted.isEmpty()) {
            doubted = new ArrayList<>(2);
        }
        doubted.add(member);
    }

    private void drop(PlannedAttempt dropped) {
        attempts = dropped.removedFrom(attempts);
        add(new ConnectAction.Abandon(dropped.member));
    }

    private void count(Member member, ConnectFailure why) {
        failures++;
        add(new ConnectAction.Count(member, why));
    }

    private void lacked(Member member, long now) {
        tried.remove(member);
        launched--;
        launchedAt = now;
        if (attempts != null) {
            return;
        }
        if (now - lackEndsAt >= 0) {
            giveUp(Outcome.INTERNAL);
        } else {
            pause(now);
        }
    }

    private void left(Member gone, long now) {
        if (waitsFor == gone) {
            waitOn(gone, now);
            return;
        }
        PlannedAttempt under = attempt(gone);
        if (under != null) {
            drop(under);
            advance(now);
        }
    }

    private void passed(long now) {
        for (PlannedAttempt each = attempts; each != null; each = each.next) {
            if (!each.isConnected && now - each.deadlineAt >= 0) {
                drop(each);
                count(each.member, ConnectFailure.TIMEOUT);
                outliers.add(each.member, now);
            }
        }
        Member waitedFor = waitsFor;
        if (waitedFor != null) {
            waitOn(waitedFor, now);
        } else if (attempts == null) {
            if (!isPaused || now - pausedUntil >= 0) {
                advance(now);
            }
        } else if (awaitsAnswer && now - beganAt >= MOST_SILENCE_NANOS) {
            stopAwaitingAnswer(now);
        } else if (hedgeNanos() > 0 && now - launchedAt >= hedgeNanos()) {
            hedge(now);
        }
    }

    private void hedge(long now) {
        for (PlannedAttempt each = attempts; each != null; each = each.next) {
            if (!each.isDoubted && now - each.startedAt >= hedgeNanos()) {
                each.isDoubted = true;
                add(new ConnectAction.Doubt(
                        each.member, each.isConnected ? ConnectFailure.SILENT : ConnectFailure.HUNG));
            }
        }
        if (launched > settings.retries() || selector.usable() <= PlannedAttempt.count(attempts)) {
            return;
        }
        if (!budget.isGranted(now)) {
            if (!wasDenied) {
                wasDenied = true;
                add(DENY);
            }
            return;
        }
        Member other = pick(now);
        if (other != null) {
            budget.spend();
            connect(other, isHello ? ConnectAction.Reason.REPLAY : ConnectAction.Reason.HEDGE, now);
        }
    }

    private void ended() {
        isOver = true;
        for (PlannedAttempt each = attempts; each != null; each = each.next) {
            add(new ConnectAction.Abandon(each.member));
        }
        attempts = null;
        if (chosen != null) {
            add(new ConnectAction.Release(chosen));
            chosen = null;
        }
        if (waitsFor != null) {
            waitsFor = null;
            add(DEQUEUE);
        }
    }
}
