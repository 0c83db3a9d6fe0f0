package io.hawser.lb.balance;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.net.AddressText;
import java.net.InetSocketAddress;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A server of a pool as it is while the process runs: who it is, how it is, and what it carries.
 *
 * <p>Any thread may call it; nothing blocks. Health, weight and what an operator says change through the member's
 * {@link Pool} only, so that the pool's snapshot follows.
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

    /** What {@link #maxConnections()} says when there is no limit. */
    public static final int UNLIMITED = 0;

    // Shares are weights in finer units, so that a small weight can be lessened too.
    private static final int SHARES_PER_WEIGHT = 1 << 10;

    /** A slow start. Immutable. */
    private record Ramp(long startedAt, long lengthNanos) {
        double at(long now) {
            // A loop's clock may be older than the news of the recovery.
            return Math.clamp((double) (now - startedAt) / lengthNanos, 0, 1);
        }
    }

    private final String pool;
    private final String name;
    private final InetSocketAddress address;
    private final AtomicInteger active = new AtomicInteger();
    private final AtomicInteger queued = new AtomicInteger();
    private final Queue<Slot> waiting = new ConcurrentLinkedQueue<>();
    private final LongAdder connections = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private volatile boolean backup;
    private volatile int most = Integer.MAX_VALUE;
    private volatile int configuredWeight;
    private volatile int weight;
    private volatile boolean drained;
    private volatile Health health;
    private volatile @Nullable Ramp ramp;

    /**
     * Creates a member of unknown health that is no backup and has no limit.
     *
     * @param pool the name of its pool
     * @param name its own name, unique in the pool
     * @param address where it listens; unresolved while its name does not resolve
     * @param weight its share of the new connections relative to the others, 0 (none) to {@value #MAX_WEIGHT}
     */
    public Member(String pool, String name, InetSocketAddress address, int weight) {
        this(pool, new MemberPlan(name, address, weight, false, UNLIMITED));
    }

    /** Creates a member of unknown health; one that does not resolve is down, as nobody can connect to it. */
    public Member(String pool, MemberPlan plan) {
        this.pool = requireNonNull(pool, "pool");
        this.name = plan.name();
        this.address = plan.address();
        this.health = address.isUnresolved() ? Health.DOWN : Health.UNKNOWN;
        this.weight = plan.weight();
        follow(plan);
    }

    /** The name of the pool. */
    public String pool() {
        return pool;
    }

    /** The name within the pool. */
    public String name() {
        return name;
    }

    /** Where it listens; unresolved while its name does not resolve: then it is down, and stays so. */
    public InetSocketAddress address() {
        return address;
    }

    /** The share of new connections, 0 to {@value #MAX_WEIGHT}. */
    public int weight() {
        return weight;
    }

    /** The weight that the configuration says; an operator may have set another. */
    public int configuredWeight() {
        return configuredWeight;
    }

    /** Whether it is used only while no other member is. */
    public boolean isBackup() {
        return backup;
    }

    /** Whether an operator has taken it out: it keeps its connections and gets no new ones, whatever its health. */
    public boolean isDrained() {
        return drained;
    }

    /** How many connections it may have at once; {@link #UNLIMITED} for any number. */
    public int maxConnections() {
        return most == Integer.MAX_VALUE ? UNLIMITED : most;
    }

    /** What is known about it. */
    public Health health() {
        return health;
    }

    /** Connections open or being opened now. */
    public int active() {
        return active.get();
    }

    /** Connections that wait for a place. */
    public int queued() {
        return queued.get();
    }

    /** Connections established since the start. */
    public long connections() {
        return connections.sum();
    }

    /** Connection attempts that failed since the start. */
    public long failures() {
        return failures.sum();
    }

    // --- places

    /** Whether a new connection finds no room, or others that came before it wait for some. */
    public boolean isFull() {
        int limit = most;
        return limit != Integer.MAX_VALUE && (active.get() >= limit || queued.get() > 0);
    }

    /** Takes a place for a connection that is being opened, if there is one and nobody waits for it. */
    public boolean tryAcquire() {
        if (most == Integer.MAX_VALUE) {
            active.incrementAndGet();
            return true;
        }
        return queued.get() == 0 && take();
    }

    private boolean take() {
        int now;
        do {
            now = active.get();
            if (now >= most) {
                return false;
            }
        } while (!active.compareAndSet(now, now + 1));
        return true;
    }

    /** Takes a place whether or not there is room; each call is paired with one of {@link #released()}. */
    public void acquired() {
        active.incrementAndGet();
    }

    /** Gives a place back, when a connection has ended or could not be opened: to the one that waits longest, if any. */
    public void released() {
        if (!waiting.isEmpty() && active.get() <= most && handOver()) {
            return;
        }
        active.decrementAndGet();
        fill();
    }

    /**
     * Waits for a place behind those that came before.
     *
     * @param place is granted at once, or later, or never when {@link #cancel} comes first
     * @param length how many may wait
     * @return whether it waits now; false when too many do
     */
    public boolean enqueue(Slot place, int length) {
        int now;
        do {
            now = queued.get();
            if (now >= length) {
                return false;
            }
        } while (!queued.compareAndSet(now, now + 1));
        waiting.add(place);
        fill();
        return true;
    }

    /** Waits no longer; false when the place has been granted. */
    public boolean cancel(Slot place) {
        if (!place.cancel()) {
            return false;
        }
        // Those that gave up must not pile up behind one that never gets a place.
        waiting.remove(place);
        queued.decrementAndGet();
        return true;
    }

    private boolean handOver() {
        Slot next;
        while ((next = waiting.poll()) != null) {
            if (next.grant()) {
                queued.decrementAndGet();
                next.granted();
                return true;
            }
        }
        return false;
    }

    /*
     * Who gives a place back looks for those that wait afterwards, and who starts to wait looks for a place afterwards:
     * one of the two sees the other. A place taken here for one that is gone by then is given back, and because somebody
     * may have looked meanwhile and seen it taken, the question is asked again.
     */
    private void fill() {
        while (!waiting.isEmpty() && take()) {
            if (!handOver()) {
                active.decrementAndGet();
            }
        }
    }

    // --- counting

    /** Counts a connection that was established. */
    public void connected() {
        connections.increment();
    }

    /** Counts an attempt that failed. */
    public void failed() {
        failures.increment();
    }

    // --- slow start

    /** Its weight in finer units, lessened while it starts slowly; at least 1. */
    long share(long now) {
        long full = Math.max(1, (long) weight * SHARES_PER_WEIGHT);
        Ramp running = ramp;
        return running == null ? full : Math.max(1, (long) (full * running.at(now)));
    }

    /** How far its slow start has come, 0 to 1; 1 when there is none. */
    public double ramped(long now) {
        Ramp running = ramp;
        return running == null ? 1 : running.at(now);
    }

    /** Whether it starts slowly just now. */
    boolean isRamping(long now) {
        Ramp running = ramp;
        return running != null && running.at(now) < 1;
    }

    /** Whether it has started slowly since it came back last, and may do so still. */
    boolean hasRamp() {
        return ramp != null;
    }

    /** Starts slowly from now on; a length of 0 ends it. */
    void startSlowly(long now, long lengthNanos) {
        ramp = lengthNanos <= 0 ? null : new Ramp(now, lengthNanos);
    }

    // --- changes, through the pool

    void health(Health next) {
        health = next;
    }

    void weight(int next) {
        weight = MemberPlan.checkedWeight(next);
    }

    void drained(boolean next) {
        drained = next;
    }

    /** Follows the configuration; a weight that an operator has set stays, unless the configured one has changed. */
    void follow(MemberPlan plan) {
        if (plan.weight() != configuredWeight) {
            weight = plan.weight();
            configuredWeight = plan.weight();
        }
        backup = plan.backup();
        most = plan.maxConnections() == UNLIMITED ? Integer.MAX_VALUE : plan.maxConnections();
        fill();
    }

    /** Takes over what an operator said of the member that had this name before. */
    void inherit(Member before) {
        drained = before.drained;
        if (before.weight != before.configuredWeight && before.configuredWeight == configuredWeight) {
            weight = before.weight;
        }
    }

    @Override
    public String toString() {
        return pool + "/" + name + " (" + AddressText.of(address) + ")";
    }
}
