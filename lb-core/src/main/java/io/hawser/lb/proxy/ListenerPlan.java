package io.hawser.lb.proxy;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.balance.Pool;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * What one listener shall be. Immutable.
 *
 * @param name its name, unique among the listeners
 * @param binds the addresses it listens on; IPv6 ones take IPv6 only; port 0 lets the kernel choose
 * @param pool where its connections go
 * @param idleTimeout how long a connection may carry nothing in either direction before it is closed; positive
 * @param connections how many connections it may carry at once; 0 for no limit of its own
 * @param whenNoMember what it does while the pool has no usable member
 * @param access who may connect, and how often
 */
public record ListenerPlan(
        String name,
        List<InetSocketAddress> binds,
        Pool pool,
        Duration idleTimeout,
        int connections,
        WhenNoMember whenNoMember,
        Access access) {

    /** The idle timeout of the configuration's defaults. */
    public static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofHours(4);

    /** A listener to which everybody may connect. */
    public ListenerPlan(
            String name,
            List<InetSocketAddress> binds,
            Pool pool,
            Duration idleTimeout,
            int connections,
            WhenNoMember whenNoMember) {
        this(name, binds, pool, idleTimeout, connections, whenNoMember, Access.OPEN);
    }

    public ListenerPlan {
        requireNonNull(name, "name");
        binds = List.copyOf(binds);
        requireNonNull(pool, "pool");
        requireNonNull(whenNoMember, "whenNoMember");
        requireNonNull(access, "access");
        if (binds.isEmpty()) {
            throw new IllegalArgumentException("listener " + name + " has no address to listen on");
        }
        if (!idleTimeout.isPositive()) {
            throw new IllegalArgumentException("idle timeout " + idleTimeout + " is not positive");
        }
        if (connections < 0) {
            throw new IllegalArgumentException("connection limit " + connections + " is negative");
        }
    }

    /** A listener with the configuration's defaults. */
    public static ListenerPlan of(String name, InetSocketAddress bind, Pool pool) {
        return new ListenerPlan(name, List.of(bind), pool, DEFAULT_IDLE_TIMEOUT, 0, WhenNoMember.CLOSE);
    }

    /** The same for others. */
    public ListenerPlan with(Access other) {
        return new ListenerPlan(name, binds, pool, idleTimeout, connections, whenNoMember, other);
    }
}
