package io.hawser.lb.proxy;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.admission.AccessControl;
import io.hawser.lb.admission.ConnectionLimit;
import io.hawser.lb.balance.Member;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** A listener as it is while the proxy runs: its plan, its limit and what it has counted. Any thread. */
final class Listener {
    private static final String NO_MEMBER = "";

    private final ConnectionLimit limit;
    private final AccessControl guard;
    private final LongAdder accepted = new LongAdder();
    private final LongAdder fromClients = new LongAdder();
    private final LongAdder fromMembers = new LongAdder();
    private final Map<String, Map<Outcome, LongAdder>> endings = new ConcurrentHashMap<>();
    private final ConnectTimes connectTimes;
    private final Handshakes handshakes = new Handshakes();
    private volatile ListenerPlan plan;
    private volatile long idleNanos;

    Listener(ListenerPlan plan, ConnectTimes connectTimes) {
        this.limit = new ConnectionLimit(mostOf(plan));
        this.guard = new AccessControl(plan.access(), plan.greeting().trustedProxies());
        this.connectTimes = connectTimes;
        this.plan = plan;
        this.idleNanos = plan.idleTimeout().toNanos();
    }

    private static int mostOf(ListenerPlan plan) {
        return plan.connections() == 0 ? Integer.MAX_VALUE : plan.connections();
    }

    ListenerPlan plan() {
        return plan;
    }

    /** Follows a new plan of the same name, for connections that are there too. */
    void plan(ListenerPlan next) {
        plan = next;
        idleNanos = next.idleTimeout().toNanos();
        limit.most(mostOf(next));
        guard.follow(next.access(), next.greeting().trustedProxies());
    }

    String name() {
        return plan.name();
    }

    ConnectionLimit limit() {
        return limit;
    }

    /** Who may connect. */
    AccessControl guard() {
        return guard;
    }

    long idleNanos() {
        return idleNanos;
    }

    long helloNanos() {
        return plan.greeting().helloTimeout().toNanos();
    }

    void accepted() {
        accepted.increment();
    }

    Handshakes handshakes() {
        return handshakes;
    }

    void connected(Member member, long nanos) {
        connectTimes.add(member.pool(), nanos);
    }

    void moved(long up, long down) {
        if (up != 0) {
            fromClients.add(up);
        }
        if (down != 0) {
            fromMembers.add(down);
        }
    }

    void ended(@Nullable Member member, Outcome outcome) {
        String name = member == null ? NO_MEMBER : member.name();
        Map<Outcome, LongAdder> counts = endings.get(name);
        if (counts == null) {
            counts = endings.computeIfAbsent(name, _ -> newCounts());
        }
        requireNonNull(counts.get(outcome)).increment();
        limit.release();
    }

    /** A connection that was accepted is not let in. */
    void refused(Outcome why) {
        ended(null, why);
    }

    private static Map<Outcome, LongAdder> newCounts() {
        Map<Outcome, LongAdder> counts = new EnumMap<>(Outcome.class);
        for (Outcome outcome : Outcome.values()) {
            counts.put(outcome, new LongAdder());
        }
        return counts;
    }

    ProxyStats.ListenerStats stats(boolean bound) {
        List<ProxyStats.Ending> ended = new ArrayList<>();
        endings.forEach((member, counts) -> counts.forEach((outcome, count) -> {
            if (count.sum() > 0) {
                ended.add(new ProxyStats.Ending(member, outcome, count.sum()));
            }
        }));
        return new ProxyStats.ListenerStats(
                name(),
                plan.routes().main().name(),
                bound,
                limit.used(),
                accepted.sum(),
                fromClients.sum(),
                fromMembers.sum(),
                guard.uncounted(),
                ended,
                handshakes.stats(name()));
    }
}
