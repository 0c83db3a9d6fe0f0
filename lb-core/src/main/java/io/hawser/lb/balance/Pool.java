package io.hawser.lb.balance;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.balance.Member.Health;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

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
        this.members = Members.of(members);
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
        settings = requireNonNull(next, "next");
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
        synchronized (this) {
            members = Members.of(next);
        }
        watchers.forEach(watcher -> watcher.changed(this));
    }

    /** Sets what is known about a member of this pool; nothing happens when it is known already. */
    public void health(Member member, Health to) {
        requireNonNull(to, "to");
        Health from;
        synchronized (this) {
            from = member.health();
            if (from == to) {
                return;
            }
            member.health(to);
            members = Members.of(members.all());
        }
        watchers.forEach(watcher -> {
            watcher.healthChanged(this, member, from, to);
            watcher.changed(this);
        });
    }

    /** Sets the weight of a member of this pool, 0 to {@value Member#MAX_WEIGHT}, for new connections. */
    public void weight(Member member, int to) {
        synchronized (this) {
            member.weight(to);
            members = Members.of(members.all());
        }
        watchers.forEach(watcher -> watcher.changed(this));
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
