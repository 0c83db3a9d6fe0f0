package io.hawser.lb.daemon;

import io.hawser.healthcheck.CheckResult;
import io.hawser.healthcheck.HealthChange;
import io.hawser.healthcheck.HealthListener;
import io.hawser.healthcheck.Target;
import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.LatencyFamily;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.balance.Member;
import java.util.Locale;

/** Hands on what the checks tell of members: to their pools, to the event log, to the metrics and to whoever judges fitness. On the health loop. */
final class MemberEvents implements HealthListener {
    private final CurrentConfiguration current;
    private final EventLog events;
    private final LatencyFamily checks;
    private final Runnable lookNow;

    /**
     * News of members.
     *
     * @param checks takes how long checks took, by pool and member
     * @param lookNow run when something changed that fitness depends on; returns at once
     */
    MemberEvents(CurrentConfiguration current, EventLog events, LatencyFamily checks, Runnable lookNow) {
        this.current = current;
        this.events = events;
        this.checks = checks;
        this.lookNow = lookNow;
    }

    @Override
    public void changed(HealthChange change) {
        ActiveConfiguration active = current.active();
        Member member = active.member(change.target());
        if (member == null) {
            return;
        }
        active.pool(member.pool()).health(member, ConfigMapper.health(change.to()));
        boolean isGood = change.to() == io.hawser.healthcheck.Health.UP;
        events.append(
                "member-health",
                isGood ? Severity.INFO : Severity.WARNING,
                member.pool() + "/" + member.name(),
                label(change.from()) + " to "
                        + label(change.to()) + ": "
                        + change.why().reason());
        lookNow.run();
    }

    private String label(io.hawser.healthcheck.Health health) {
        return health.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public void checked(Target target, CheckResult result) {
        if (result.tookNanos() > 0) {
            checks.of(target.pool(), target.member()).record(result.tookNanos());
        }
    }
}
