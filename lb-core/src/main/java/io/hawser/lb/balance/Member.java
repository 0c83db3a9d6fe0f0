package io.hawser.lb.balance;

import static java.util.Objects.requireNonNull;

import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * A server of a pool as it is while the process runs: who it is, how it is, and what it carries.
 *
 * <p>Any thread may call it. Health and weight change through the member's {@link Pool} only, so that the pool's
 * snapshot follows.
 */
public final class Member {

    /** What is known about a member. */
    public enum Health {
        /** No check has answered yet; used only while no member is known to be up. */
        UNKNOWN,
        /** Takes new connections. */
        UP,
        /** Keeps its connections and gets no new ones. */
        DRAINING,
        /** Gets no new connections. */
        DOWN
    }

    /** The largest weight. */
    public static final int MAX_WEIGHT = 1_000;

    private final String pool;
    private final String name;
    private final InetSocketAddress address;
    private final AtomicInteger active = new AtomicInteger();
    private final LongAdder connections = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private volatile int weight;
    private volatile Health health = Health.UNKNOWN;

    /**
     * Creates a member of unknown health.
     *
     * @param pool the name of its pool
     * @param name its own name, unique in the pool
     * @param address where it listens; resolved
     * @param weight its share of the new connections relative to the others, 0 (none) to {@value #MAX_WEIGHT}
     */
    public Member(String pool, String name, InetSocketAddress address, int weight) {
        this.pool = requireNonNull(pool, "pool");
        this.name = requireNonNull(name, "name");
        this.address = requireNonNull(address, "address");
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("member " + pool + "/" + name + ": " + address + " is not resolved");
        }
        this.weight = checkedWeight(weight);
    }

    /** The name of the pool. */
    public String pool() {
        return pool;
    }

    /** The name within the pool. */
    public String name() {
        return name;
    }

    /** Where it listens; resolved. */
    public InetSocketAddress address() {
        return address;
    }

    /** The share of new connections, 0 to {@value #MAX_WEIGHT}. */
    public int weight() {
        return weight;
    }

    /** What is known about it. */
    public Health health() {
        return health;
    }

    /** Connections open or being opened now. */
    public int active() {
        return active.get();
    }

    /** Connections established since the start. */
    public long connections() {
        return connections.sum();
    }

    /** Connection attempts that failed since the start. */
    public long failures() {
        return failures.sum();
    }

    /** Counts a connection that is being opened; each call is paired with one of {@link #released()}. */
    public void acquired() {
        active.incrementAndGet();
    }

    /** Counts a connection that has ended or could not be opened. */
    public void released() {
        active.decrementAndGet();
    }

    /** Counts a connection that was established. */
    public void connected() {
        connections.increment();
    }

    /** Counts an attempt that failed. */
    public void failed() {
        failures.increment();
    }

    void health(Health next) {
        health = next;
    }

    void weight(int next) {
        weight = checkedWeight(next);
    }

    private static int checkedWeight(int weight) {
        if (weight < 0 || weight > MAX_WEIGHT) {
            throw new IllegalArgumentException("weight " + weight + " is not in 0 to " + MAX_WEIGHT);
        }
        return weight;
    }

    @Override
    public String toString() {
        return pool + "/" + name + " (" + address.getAddress().getHostAddress() + ":" + address.getPort() + ")";
    }
}
