package io.hawser.lb.balance;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.balance.Member.Health;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A named group of members with a snapshot that the data path reads once a connection.
 *
 * <p>Any thread may call it; what changes the pool takes its monitor, what reads it does not.
 */
public final class Pool {

    /** Told when a member's health or weight, or the membership, has changed. */
    public interface Watcher {
        /**
         * A member's health has changed. Called on the thread that changed it, after the snapshot has followed.
         *
         * @param pool the pool
         * @param member the member
         * @param from what was known before
         * @param to what is known now; different from {@code from}
         */
        default void healthChanged(Pool pool, Member member, Health from, Health to) {}

        /** The snapshot was replaced for whatever reason. Called on the thread that changed it. */
        default void changed(Pool pool) {}
    }

    /**
     * What a new list of members has changed. Immutable.
     *
     * @param added members that were not there before, by name and address; of unknown health
     * @param removed members that are not there any more; their connections are left alone
     */
    public record Difference(List<Member> added, List<Member> removed) {
        public Difference {
            added = List.copyOf(added);
            removed = List.copyOf(removed);
        }
    }

    /** How long new members may take to be checked, and count as serving meanwhile where those that they replace served. */
    public static final Duration FIRST_CHECKS = Duration.ofSeconds(5);

    private final String name;
    private final List<Watcher> watchers = new CopyOnWriteArrayList<>();
    private volatile PoolSettings settings;
    private volatile Members members;

    /**
     * Creates a pool.
     *
     * @param name its name
     * @param settings how it is used
     * @param members its members, made for a pool of this name
     */
    public Pool(String name, PoolSettings settings, List<Member> members) {
        this.name = requireNonNull(name, "name");
        this.settings = requireNonNull(settings, "settings");
        this.members = Members.of(members, ring(members), null);
    }

    /** Creates a pool of new members. */
    public static Pool of(String name, PoolSettings settings, List<MemberPlan> members) {
        return new Pool(
                name,
                settings,
                members.stream().map(plan -> new Member(name, plan)).toList());
    }

    /**
     * Creates a pool of new members for a node that serves already: they count as serving for {@link #FIRST_CHECKS}, until a check has answered.
     *
     * @param now monotonic time in nanoseconds
     */
    public static Pool trusted(String name, PoolSettings settings, List<MemberPlan> members, long now) {
        Pool pool = of(name, settings, members);
        Members fresh = pool.members;
        pool.members = Members.of(fresh.all(), fresh.ring(), now + FIRST_CHECKS.toNanos());
        return pool;
    }

    /** The name. */
    public String name() {
        return name;
    }

    /** How it is used now. */
    public PoolSettings settings() {
        return settings;
    }

    /** Changes how it is used, for connections that come from now on. */
    public void settings(PoolSettings next) {
        requireNonNull(next, "next");
        change(() -> {
            settings = next;
            rebuild(members.all());
        });
    }

    /** The members now. */
    public Members members() {
        return members;
    }

    /** Whether a new connection has a member to go to. */
    public boolean isUsable() {
        return members.isUsable();
    }

    /**
     * Replaces the members. Those that stay must be the same objects, so that their counts and health stay too.
     * Connections to members that are gone are left alone.
     */
    public void members(List<Member> next) {
        change(() -> rebuild(next));
    }

    /**
     * Makes settings and members be as configured. A member stays the same object, with its health and its connections,
     * while its name and address stay. What an operator has said of a name stays too: that it is drained, and its weight
     * while the configured weight does not change. Where the pool served and no member that was up stays, the new ones
     * count as serving for {@link #FIRST_CHECKS}, until a check has answered.
     *
     * @return what has come and gone
     */
    public Difference apply(PoolSettings nextSettings, List<MemberPlan> plans) {
        return apply(nextSettings, plans, System.nanoTime());
    }

    /** The same as of another moment. */
    Difference apply(PoolSettings nextSettings, List<MemberPlan> plans, long now) {
        requireNonNull(nextSettings, "nextSettings");
        List<Member> added = new ArrayList<>();
        Map<String, Member> before = new HashMap<>();
        change(() -> {
            members.all().forEach(member -> before.put(member.name(), member));
            List<Member> next = new ArrayList<>();
            for (MemberPlan plan : plans) {
                Member known = before.get(plan.name());
                if (known != null && known.address().equals(plan.address())) {
                    before.remove(plan.name());
                    known.follow(plan);
                    next.add(known);
                } else {
                    Member fresh = new Member(name, plan);
                    if (known != null) {
                        fresh.inherit(known);
                    }
                    added.add(fresh);
                    next.add(fresh);
                }
            }
            settings = nextSettings;
            members = Members.of(next, ring(next), trustedUntil(next, now));
        });
        return new Difference(added, List.copyOf(before.values()));
    }

    /** Sets what is known about a member of this pool as of now; nothing happens when it is known already. */
    public void health(Member member, Health to) {
        health(member, to, System.nanoTime());
    }

    /**
     * The same as of another moment. A member that is up again after it was judged to be otherwise starts slowly; one that
     * is up from the beginning does not.
     */
    void health(Member member, Health to, long now) {
        requireNonNull(to, "to");
        Health from;
        synchronized (this) {
            from = member.health();
            if (from == to) {
                return;
            }
            member.health(to);
            if (to == Health.UP) {
                member.startSlowly(now, from == Health.UNKNOWN ? 0 : slowStartNanos());
            }
            members = Members.of(members.all(), members.ring(), members.trustedUntil());
        }
        watchers.forEach(watcher -> {
            watcher.healthChanged(this, member, from, to);
            watcher.changed(this);
        });
    }

    private long slowStartNanos() {
        return settings.distribution().slowStart().toNanos();
    }

    /** Sets the weight of a member of this pool, 0 to {@value Member#MAX_WEIGHT}, for new connections. */
    public void weight(Member member, int to) {
        change(() -> {
            member.weight(to);
            rebuild(members.all());
        });
    }

    /**
     * Takes a member of this pool out for maintenance, or takes it back in, whatever its health: drained, it keeps its
     * connections and gets no new ones. One that is taken back in starts slowly.
     */
    public void drain(Member member, boolean drained) {
        drain(member, drained, System.nanoTime());
    }

    /** The same as of another moment. */
    void drain(Member member, boolean drained, long now) {
        change(() -> {
            if (member.isDrained() && !drained) {
                member.startSlowly(now, slowStartNanos());
            }
            member.drained(drained);
            rebuild(members.all());
        });
    }

    /** The member with this name; null when there is none. */
    public @Nullable Member member(String named) {
        for (Member member : members.all()) {
            if (member.name().equals(named)) {
                return member;
            }
        }
        return null;
    }

    private void change(Runnable change) {
        synchronized (this) {
            change.run();
        }
        watchers.forEach(watcher -> watcher.changed(this));
    }

    // Takes milliseconds for a thousand members, which is why it is not left to the event loops.
    private void rebuild(List<Member> next) {
        members = Members.of(next, ring(next), members.trustedUntil());
    }

    /** Until when the members that replace those of now count as serving; null when they do not. */
    private @Nullable Long trustedUntil(List<Member> next, long now) {
        boolean isTrusted = members.isTrusted(now);
        boolean served = isTrusted || hasOneUp(members.all());
        if (!served || hasOneUp(next)) {
            return null;
        }
        return isTrusted ? members.trustedUntil() : Long.valueOf(now + FIRST_CHECKS.toNanos());
    }

    private static boolean hasOneUp(List<Member> of) {
        return of.stream().anyMatch(member -> member.health() == Health.UP);
    }

    private @Nullable HashRing ring(List<Member> of) {
        if (settings.keyedBy() == Affinity.NONE) {
            return null;
        }
        int heaviest = of.stream().mapToInt(Member::configuredWeight).max().orElse(0);
        return HashRing.of(of, heaviest);
    }

    /** Adds a watcher; adding it twice has no effect. */
    public void watch(Watcher watcher) {
        synchronized (watchers) {
            if (!watchers.contains(watcher)) {
                watchers.add(watcher);
            }
        }
    }

    /** Removes a watcher. */
    public void unwatch(Watcher watcher) {
        synchronized (watchers) {
            watchers.remove(watcher);
        }
    }
}
