package io.hawser.healthcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.healthcheck.CheckSchedule.Action;
import io.hawser.healthcheck.CheckSchedule.Event;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A member and its checks in virtual time: the real {@link CheckSchedule}, and checks that take as long as the test says. */
final class VirtualMember {

    /** How a check goes that starts at some moment. */
    interface Course {
        Check at(long startedAt);
    }

    /**
     * One check.
     *
     * @param acceptedAt when the member has accepted, or {@link CheckSchedule#NEVER}
     * @param endsAt when it ends, or {@link CheckSchedule#NEVER}
     */
    record Check(long acceptedAt, long endsAt, CheckResult result) {}

    static final CheckResult PASSED = new CheckResult.Passed("status 200", 1, 1);
    static final CheckResult FAILED = new CheckResult.Failed(Cause.TIMEOUT, "no answer", 1);
    static final CheckResult REFUSING = new CheckResult.Refusing(Cause.STATUS, "status 500", 1);
    static final CheckResult NOT_MADE = new CheckResult.NotMade("no descriptor left");

    /** When each check started. */
    final List<Long> starts = new ArrayList<>();

    final CheckSchedule schedule;
    private Course course;
    private long now;
    private @Nullable Check check;

    VirtualMember(CheckPlan plan, int index, Course course) {
        this.schedule = new CheckSchedule(plan, index);
        this.course = course;
    }

    /** Checks of which each takes so long and ends so. */
    static Course ending(long tookNanos, CheckResult result) {
        return at -> new Check(at, at + tookNanos, result);
    }

    /** Checks that are accepted and not answered. */
    static Course hanging() {
        return at -> new Check(at, CheckSchedule.NEVER, FAILED);
    }

    void become(Course other) {
        course = other;
    }

    long now() {
        return now;
    }

    Health health() {
        return schedule.health();
    }

    boolean isChecking() {
        return check != null;
    }

    /** Lets time pass, and has happen what is due until then. */
    void advanceTo(long at) {
        while (true) {
            long next = at + 1;
            if (schedule.wakesAt() != CheckSchedule.NEVER) {
                next = Math.min(next, schedule.wakesAt());
            }
            if (check != null && check.endsAt() != CheckSchedule.NEVER) {
                next = Math.min(next, check.endsAt());
            }
            if (next > at) {
                now = at;
                return;
            }
            now = Math.max(now, next);
            if (check != null && check.endsAt() == next) {
                end(check.result());
            } else {
                tell(new Event.Passed());
            }
        }
    }

    /** The check under way ends now. */
    void end(CheckResult result) {
        check = null;
        tell(new Event.Ended(result));
    }

    /** A connection hangs that a client has made. */
    void hang() {
        tell(new Event.Hung(check != null && check.acceptedAt() != CheckSchedule.NEVER && check.acceptedAt() <= now));
    }

    void tell(Event event) {
        for (Action action : schedule.on(event, now)) {
            switch (action) {
                case CANCEL -> {
                    assertTrue(check != null, "no check to cancel");
                    check = null;
                }
                case START -> {
                    assertEquals(null, check, "two checks at once");
                    starts.add(now);
                    check = course.at(now);
                    schedule.on(new Event.Running(), now);
                }
            }
        }
    }
}
