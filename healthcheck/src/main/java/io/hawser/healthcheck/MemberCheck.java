package io.hawser.healthcheck;

import io.hawser.healthcheck.CheckSchedule.Event;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One member that is watched: carries out what its {@link CheckSchedule} says. Health loop only, except {@link #health} and the flags of
 * requests.
 */
final class MemberCheck {
    private final HealthLoop loop;
    private final Target target;
    private final HealthChecks owner;

    // Set by any thread, cleared by the loop: however many requests come, one task at a time is queued.
    final AtomicBoolean isCheckRequested = new AtomicBoolean();
    final AtomicBoolean isFailureReported = new AtomicBoolean();
    final AtomicBoolean isHangReported = new AtomicBoolean();

    private final CheckSchedule schedule;
    private final WakeUp wakeUp;
    private @Nullable CredentialSource source;
    private volatile MemberHealth health;
    private @Nullable Check running;

    MemberCheck(HealthLoop loop, Target target, CheckPlan plan, int index, HealthChecks owner) {
        this.loop = loop;
        this.target = target;
        this.owner = owner;
        this.schedule = new CheckSchedule(plan, index);
        this.wakeUp = new WakeUp(loop, () -> on(new Event.Passed()));
        this.health = new MemberHealth(target, Health.UNKNOWN, System.nanoTime(), null, 0, true);
    }

    MemberHealth health() {
        return health;
    }

    Target target() {
        return target;
    }

    void start(long firstAt) {
        if (schedule.isStopped()) {
            return;
        }
        source = owner.credentials(schedule.plan());
        on(new Event.Watched(firstAt));
    }

    void stop() {
        on(new Event.Unwatched());
        if (source != null) {
            owner.letGo(source);
            source = null;
        }
    }

    /** Takes another plan from the next check on; the health stays what it is. */
    void update(CheckPlan plan) {
        if (plan.equals(schedule.plan())) {
            return;
        }
        var before = source;
        if (before != null) {
            source = owner.credentials(plan);
            owner.letGo(before);
        }
        on(new Event.Planned(plan));
    }

    /** A check is wanted now. */
    void hurry() {
        isCheckRequested.set(false);
        on(new Event.Requested());
    }

    /** A real connection is not accepted. */
    void hang() {
        isHangReported.set(false);
        var check = running;
        on(new Event.Hung(check != null && check.isConnected()));
    }

    /** A real connection failed. */
    void suspect() {
        isFailureReported.set(false);
        on(new Event.ConnectionFailed());
        if (health.isChanging() != schedule.isChanging()) {
            publish(health.last(), health.lastAtNanos());
        }
    }

    private void on(Event event) {
        for (var action : schedule.on(event, System.nanoTime())) {
            switch (action) {
                case CANCEL -> cancel();
                case START -> begin();
            }
        }
        wakeUp.at(schedule.wakesAt());
    }

    private void cancel() {
        if (running != null) {
            running.cancel();
            running = null;
        }
    }

    private void begin() {
        var used = source;
        if (used != null) {
            used.get(credentials -> check(used, credentials));
        }
    }

    private void check(CredentialSource from, Credentials credentials) {
        if (schedule.isStopped()) {
            return;
        }
        if (from != source) {
            // The plan changed while its files were read.
            begin();
            return;
        }
        switch (credentials) {
            case Credentials.Unusable unusable -> finished(new CheckResult.Refusing(Cause.FILE, unusable.reason(), 0));
            case Credentials.Ready ready -> {
                running = Check.start(loop, address(), schedule.plan(), ready, this::finished);
                on(new Event.Running());
            }
        }
    }

    private InetSocketAddress address() {
        var own = target.address();
        int port = schedule.plan().port();
        return port == 0 ? own : new InetSocketAddress(own.getAddress(), port);
    }

    private void finished(CheckResult result) {
        running = null;
        var from = schedule.health();
        long now = System.nanoTime();
        on(new Event.Ended(result));
        publish(result, now);
        if (schedule.health() != from) {
            owner.changed(new HealthChange(target, from, schedule.health(), result, now));
        }
        owner.checked(target, result);
    }

    private void publish(@Nullable CheckResult last, long lastAt) {
        boolean isSame = health.health() == schedule.health();
        health = new MemberHealth(
                target, schedule.health(), isSame ? health.sinceNanos() : lastAt, last, lastAt, schedule.isChanging());
    }
}
