package io.hawser.healthcheck;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the members of pools: checks each one by its plan, and tells a listener when one's health changes. Public
 * methods may be called by any thread and return at once; their effect takes place on the health loop, in order.
 *
 * <p>What a result means: an answer as expected is good. Any other answer of something alive, be it a wrong status, a
 * TLS alert, an untrusted certificate or no HTTP at all, makes the member DRAINING in the end: no new connections, the
 * old ones stay. So does a file of the check that cannot be used: the member cannot be judged from here, but that is no
 * reason to cut anybody off. DOWN, which cuts connections, takes silence: refused, unreachable, reset, closed or late.
 * Where the plan says so ({@link CheckPlan.OnWrongStatus#DOWN}), one wrong status makes the member DOWN, and only answers as
 * expected bring it back.
 * A check that could not be made because this node ran out of descriptors, memory or ports changes nothing.
 */
public final class HealthChecks implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HealthChecks.class);

    // First checks start this far apart: quick, but no burst of handshakes.
    private static final long STAGGER_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final HealthLoop loop;
    private final HealthListener listener;
    private final Map<Target, MemberCheck> watched = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();
    private final Map<CredentialFiles.Key, CredentialSource> sources = new HashMap<>();
    private long nextFirstAt = System.nanoTime();

    /**
     * Watches nothing yet.
     *
     * @param loop where the checks run; stays the caller's
     * @param listener hears of changes, on the health loop
     */
    public HealthChecks(HealthLoop loop, HealthListener listener) {
        this.loop = requireNonNull(loop, "loop");
        this.listener = requireNonNull(listener, "listener");
    }

    /** Starts watching a member; of one that is watched already, changes the plan and keeps what is known. */
    public void watch(Target target, CheckPlan plan) {
        requireNonNull(target, "target");
        requireNonNull(plan, "plan");
        var fresh = new MemberCheck(loop, target, plan, count.getAndIncrement(), this);
        var known = watched.putIfAbsent(target, fresh);
        loop.eventLoop()
                .execute(known == null ? () -> fresh.start(firstAt(System.nanoTime())) : () -> known.update(plan));
    }

    /** Changes the plan of a member that is watched, and keeps what is known; does nothing for any other. */
    public void update(Target target, CheckPlan plan) {
        requireNonNull(plan, "plan");
        var known = watched.get(target);
        if (known != null) {
            execute(() -> known.update(plan));
        }
    }

    /** Stops watching a member and forgets what is known; a check under way ends without a result. */
    public void unwatch(Target target) {
        var known = watched.remove(target);
        if (known != null) {
            execute(known::stop);
        }
    }

    /**
     * Asks for a check at once, or as soon as the fast interval since the last one has passed. However often this is
     * called, a member is not checked more often than that. Does nothing for a member that is not watched.
     */
    public void checkNow(Target target) {
        var known = watched.get(target);
        if (known != null && known.isCheckRequested.compareAndSet(false, true)) {
            execute(known::hurry);
        }
    }

    /**
     * Reports that a real connection to a member has not been accepted for long, and is still waited for. It makes a check
     * run as {@link #checkNow} does and counts for nothing, but a check that had been accepted before is made anew, once.
     */
    public void connectionHangs(Target target) {
        var known = watched.get(target);
        if (known != null && known.isHangReported.compareAndSet(false, true)) {
            execute(known::hang);
        }
    }

    /**
     * Reports that a real connection to a member was refused, reset or timed out before it was of use. It makes a check
     * run as {@link #checkNow} does, and counts as a failure itself: at most once between two checks, and never as the
     * one that changes the health. So with fall 2 one failed connection and one failed check take a member out within
     * milliseconds, and no number of failed connections does while the checks are good. Cheap enough to be called for
     * every failure.
     */
    public void connectionFailed(Target target) {
        var known = watched.get(target);
        if (known != null && known.isFailureReported.compareAndSet(false, true)) {
            execute(known::suspect);
        }
    }

    /** What is known now of every watched member: an immutable copy. */
    public Map<Target, MemberHealth> snapshot() {
        return watched.values().stream()
                .collect(Collectors.toUnmodifiableMap(MemberCheck::target, MemberCheck::health));
    }

    /** Stops watching everything. The loop stays open. */
    @Override
    public void close() {
        for (var target : List.copyOf(watched.keySet())) {
            unwatch(target);
        }
    }

    private void execute(Runnable task) {
        try {
            loop.eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            // The loop is closed, and with it everything that the task is about.
            log.atDebug().log("health loop is closed");
        }
    }

    /** When the first check of the next member starts. */
    long firstAt(long now) {
        long at = nextFirstAt - now > 0 ? nextFirstAt : now;
        nextFirstAt = at + STAGGER_NANOS;
        return at;
    }

    CredentialSource credentials(CheckPlan plan) {
        var source = sources.computeIfAbsent(CredentialFiles.Key.of(plan), key -> new CredentialSource(loop, key));
        source.retain();
        return source;
    }

    void letGo(CredentialSource source) {
        if (source.release()) {
            sources.values().remove(source);
        }
    }

    void changed(HealthChange change) {
        log.atDebug()
                .addKeyValue("pool", change.target().pool())
                .addKeyValue("member", change.target().member())
                .addKeyValue("from", change.from())
                .addKeyValue("to", change.to())
                .addKeyValue("cause", change.why().reason())
                .log("member health changed");
        tell(() -> listener.changed(change));
    }

    void checked(Target target, CheckResult result) {
        tell(() -> listener.checked(target, result));
    }

    private static void tell(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            log.atError().setCause(e).log("health listener failed");
        }
    }
}
