package io.hawser.healthcheck;

import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One member that is watched: when it is checked, and what is known of it. Health loop only, except {@link #health} and
 * the flags of requests.
 */
final class Watched {
    private final HealthLoop loop;
    private final Target target;
    private final int index;
    private final HealthChecks owner;

    // Set by any thread, cleared by the loop: however many requests come, one task at a time is queued.
    final AtomicBoolean isCheckRequested = new AtomicBoolean();
    final AtomicBoolean isFailureReported = new AtomicBoolean();
    final AtomicBoolean isHangReported = new AtomicBoolean();

    private CheckPlan plan;
    private Cadence cadence;
    private @Nullable CredentialSource source;
    private Hysteresis hysteresis;
    private volatile MemberHealth health;
    private @Nullable Future<?> timer;
    private @Nullable Check running;
    private boolean isBusy;
    private boolean isHurried;
    private boolean isSuspected;
    private boolean isRestarted;
    private boolean isStopped;
    private boolean hasStarted;
    private @Nullable Future<?> patience;
    private long startedAt;

    Watched(HealthLoop loop, Target target, CheckPlan plan, int index, HealthChecks owner) {
        this.loop = loop;
        this.target = target;
        this.plan = plan;
        this.index = index;
        this.owner = owner;
        this.cadence = Cadence.of(plan.timing(), index);
        this.hysteresis = Hysteresis.unknown(plan.timing().rise(), plan.timing().fall());
        this.health = new MemberHealth(target, Health.UNKNOWN, System.nanoTime(), null, 0, true);
    }

    MemberHealth health() {
        return health;
    }

    Target target() {
        return target;
    }

    void start(long firstAt) {
        source = owner.credentials(plan);
        schedule(firstAt);
    }

    void stop() {
        isStopped = true;
        cancelTimer();
        cancelPatience();
        if (running != null) {
            running.cancel();
            running = null;
        }
        if (source != null) {
            owner.letGo(source);
            source = null;
        }
    }

    /** Takes another plan from the next check on; the health stays what it is. */
    void update(CheckPlan newPlan) {
        if (isStopped || newPlan.equals(plan)) {
            return;
        }
        plan = newPlan;
        cadence = Cadence.of(newPlan.timing(), index);
        hysteresis = hysteresis.with(newPlan.timing().rise(), newPlan.timing().fall());
        var before = source;
        if (before == null) {
            return; // Not started yet; the start takes the plan as it is then.
        }
        source = owner.credentials(newPlan);
        owner.letGo(before);
        if (hasStarted && !isBusy) {
            scheduleNext(true);
        }
    }

    /** A check is wanted now: it starts at once, but not within the fast interval after the last start. */
    void hurry() {
        isCheckRequested.set(false);
        if (isStopped || !hasStarted) {
            return;
        }
        if (isBusy) {
            // What is running began before the request, so it may not have seen what the requester saw.
            isHurried = true;
        } else {
            scheduleNext(true);
        }
    }

    /** A real connection is not accepted: no failure yet, but a check that has a connection already cannot see it. */
    void hang() {
        isHangReported.set(false);
        hurry();
        var check = running;
        if (isBusy && !isRestarted && patience == null && check != null && check.isConnected()) {
            long now = System.nanoTime();
            patience = loop.eventLoop()
                    .schedule(this::restart, cadence.next(startedAt, now, true) - now, TimeUnit.NANOSECONDS);
        }
    }

    /** A real connection failed: counts once between two checks, and the next check comes at once. */
    void suspect() {
        isFailureReported.set(false);
        if (isStopped) {
            return;
        }
        if (!isSuspected) {
            isSuspected = true;
            hysteresis = hysteresis.onSuspicion();
            publish(health.last(), health.lastAtNanos());
        }
        hurry();
        if (isBusy && !isRestarted && patience == null) {
            patience = loop.eventLoop()
                    .schedule(this::restart, plan.timing().connectTimeout().toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /*
     * A check that was under way when the member vanished has a connection already and waits for an answer, which it may
     * for much longer than connecting takes. So it is made anew when it has not ended a connect timeout after a real
     * connection has failed, or as soon as the fast interval allows when one hangs that is not even accepted: who has lost
     * all its masters has no time to wait for both. But not twice, or a member that answers slowly would never be judged.
     */
    private void restart() {
        patience = null;
        if (isStopped || running == null) {
            return;
        }
        running.cancel();
        running = null;
        isRestarted = true;
        begin();
    }

    private void cancelPatience() {
        if (patience != null) {
            patience.cancel(false);
            patience = null;
        }
    }

    private void begin() {
        timer = null;
        if (isStopped || source == null) {
            return;
        }
        hasStarted = true;
        isBusy = true;
        isHurried = false;
        startedAt = System.nanoTime();
        var used = source;
        used.get(credentials -> check(used, credentials));
    }

    private void check(CredentialSource from, Credentials credentials) {
        if (isStopped) {
            return;
        }
        if (from != source) {
            // The plan changed while its files were read.
            begin();
            return;
        }
        switch (credentials) {
            case Credentials.Unusable unusable -> finished(new CheckResult.Refusing(Cause.FILE, unusable.reason(), 0));
            case Credentials.Ready ready -> running = Check.start(loop, address(), plan, ready, this::finished);
        }
    }

    private InetSocketAddress address() {
        var own = target.address();
        return plan.port() == 0 ? own : new InetSocketAddress(own.getAddress(), plan.port());
    }

    private void finished(CheckResult result) {
        running = null;
        isBusy = false;
        isSuspected = false;
        isRestarted = false;
        cancelPatience();
        long now = System.nanoTime();
        var from = hysteresis.health();
        hysteresis = hysteresis.on(verdict(result));
        publish(result, now);
        scheduleNext(isHurried || hysteresis.isChanging() || result.verdict() == Verdict.NOTHING);
        if (hysteresis.health() != from) {
            owner.changed(new HealthChange(target, from, hysteresis.health(), result, now));
        }
        owner.checked(target, result);
    }

    private Verdict verdict(CheckResult result) {
        if (plan.request().onWrongStatus() == CheckPlan.OnWrongStatus.DRAIN || result.verdict() != Verdict.REFUSING) {
            return result.verdict();
        }
        // Where an answer tells a role, whoever is down stays so until it answers as expected.
        return result.cause() == Cause.STATUS
                ? Verdict.DENYING
                : hysteresis.health() == Health.DOWN ? Verdict.FAILURE : Verdict.REFUSING;
    }

    private void publish(@Nullable CheckResult last, long lastAt) {
        boolean isSame = health.health() == hysteresis.health();
        health = new MemberHealth(
                target,
                hysteresis.health(),
                isSame ? health.sinceNanos() : lastAt,
                last,
                lastAt,
                hysteresis.isChanging());
    }

    private void scheduleNext(boolean fast) {
        schedule(cadence.next(startedAt, System.nanoTime(), fast));
    }

    private void schedule(long at) {
        cancelTimer();
        timer = loop.eventLoop().schedule(this::begin, Math.max(0, at - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }
}
