package io.hawser.healthcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.healthcheck.PeerSchedule.Action;
import io.hawser.healthcheck.PeerSchedule.Event;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A peer and what asks it, in virtual time: the real {@link PeerSchedule}, and connections that do what the test says. */
final class VirtualPeer {

    /** What comes of something that was begun: an event after some time, or nothing ever. */
    record Outcome(long afterNanos, Event event) {}

    /** What the peer does from now on. */
    interface Conduct {
        @Nullable
        Outcome onConnect();

        @Nullable
        Outcome onAsk();
    }

    /**
     * What was reported, and when.
     *
     * @param firstLoss how the first connection ended that was lost since the last answer, or null
     * @param isSpareClosed whether a spare connection has ended with a FIN since then
     */
    record Told(long at, PeerEvidence evidence, Event.@Nullable Lost firstLoss, boolean isSpareClosed) {}

    private record Pending(long at, Event event) {}

    final List<Long> connects = new ArrayList<>();
    final List<Long> spareConnects = new ArrayList<>();
    final List<Long> asks = new ArrayList<>();
    int swaps;
    final List<Told> told = new ArrayList<>();

    final PeerSchedule schedule;
    private Conduct conduct;
    private long now;
    private @Nullable Pending pending;
    private @Nullable Pending pendingSpare;
    private boolean hasSpare;
    private boolean isSpareOpen;
    private boolean isSpareClosed;
    private Event.@Nullable Lost firstLoss;
    private boolean hasConnection;
    private long limitAt = PeerSchedule.NEVER;

    VirtualPeer(Peer peer, long intervalNanos, Conduct conduct) {
        this.schedule = new PeerSchedule(peer, intervalNanos);
        this.conduct = conduct;
    }

    static Conduct doing(@Nullable Outcome onConnect, @Nullable Outcome onAsk) {
        return new Conduct() {
            @Override
            public @Nullable Outcome onConnect() {
                return onConnect;
            }

            @Override
            public @Nullable Outcome onAsk() {
                return onAsk;
            }
        };
    }

    void become(Conduct other) {
        conduct = other;
    }

    boolean hasConnection() {
        return hasConnection;
    }

    boolean hasSpare() {
        return hasSpare;
    }

    long now() {
        return now;
    }

    /** What was reported since the last call. */
    List<Told> newly() {
        List<Told> all = List.copyOf(told);
        told.clear();
        return all;
    }

    /** Lets time pass, and has happen what is due until then. */
    void advanceTo(long at) {
        while (true) {
            long wakesAt = schedule.wakesAt() == PeerSchedule.NEVER ? Long.MAX_VALUE : schedule.wakesAt();
            long limit = limitAt == PeerSchedule.NEVER ? Long.MAX_VALUE : limitAt;
            long comes = pending == null ? Long.MAX_VALUE : pending.at();
            long spareComes = pendingSpare == null ? Long.MAX_VALUE : pendingSpare.at();
            long next = Math.min(Math.min(wakesAt, spareComes), Math.min(limit, comes));
            if (next > at) {
                now = at;
                return;
            }
            now = Math.max(now, next);
            if (comes == next && pending != null) {
                Event event = pending.event();
                pending = null;
                tell(event);
            } else if (spareComes == next && pendingSpare != null) {
                Event event = pendingSpare.event();
                pendingSpare = null;
                tell(event);
            } else if (limit == next) {
                limitAt = PeerSchedule.NEVER;
                tell(new Event.LimitPassed());
            } else {
                tell(new Event.Passed());
            }
        }
    }

    void tell(Event event) {
        if (event instanceof Event.Answered) {
            firstLoss = null;
            isSpareClosed = false;
        } else if (event instanceof Event.SpareConnected) {
            isSpareOpen = true;
        } else if (event instanceof Event.SpareLost loss) {
            hasSpare = false;
            isSpareOpen = false;
            pendingSpare = null;
            isSpareClosed |= loss.isClosed();
        } else if (event instanceof Event.Lost lost && firstLoss == null) {
            firstLoss = lost;
        }
        for (Action action : schedule.on(event, now)) {
            switch (action) {
                case Action.Connect _ -> {
                    assertFalse(hasConnection, "two connections at once");
                    hasConnection = true;
                    connects.add(now);
                    expect(conduct.onConnect());
                }
                case Action.ConnectSpare _ -> {
                    assertTrue(hasConnection, "a spare connection instead of one");
                    assertFalse(hasSpare, "two spare connections at once");
                    hasSpare = true;
                    spareConnects.add(now);
                    Outcome outcome = conduct.onConnect();
                    if (outcome != null) {
                        Event what = outcome.event() instanceof Event.Connected
                                ? new Event.SpareConnected()
                                : new Event.SpareLost(false, "refused");
                        pendingSpare = new Pending(now + outcome.afterNanos(), what);
                    }
                }
                case Action.Swap _ -> {
                    assertTrue(isSpareOpen, "no open spare connection");
                    assertEquals(null, pending, "swapped under a question");
                    swaps++;
                }
                case Action.CloseSpare _ -> {
                    assertTrue(hasSpare, "no spare connection to close");
                    hasSpare = false;
                    isSpareOpen = false;
                    pendingSpare = null;
                }
                case Action.Ask _ -> {
                    assertTrue(hasConnection, "asked over no connection");
                    assertEquals(null, pending, "two questions at once");
                    asks.add(now);
                    expect(conduct.onAsk());
                }
                case Action.Close _ -> {
                    assertTrue(hasConnection, "no connection to close");
                    hasConnection = false;
                    pending = null;
                }
                case Action.Limit limit -> limitAt = now + limit.nanos();
                case Action.Unlimit _ -> limitAt = PeerSchedule.NEVER;
                case Action.Report report -> told.add(new Told(now, report.evidence(), firstLoss, isSpareClosed));
            }
        }
    }

    private void expect(@Nullable Outcome outcome) {
        pending = outcome == null ? null : new Pending(now + outcome.afterNanos(), outcome.event());
    }

    /** Whether something is to happen without anybody's doing. */
    boolean isWaiting() {
        return schedule.wakesAt() != PeerSchedule.NEVER;
    }
}
