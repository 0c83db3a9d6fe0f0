package io.hawser.lb.daemon;

import io.hawser.healthcheck.HealthChecks;
import io.hawser.healthcheck.MemberHealth;
import io.hawser.healthcheck.Target;
import io.hawser.lb.admin.LatencyFamily;
import io.hawser.lb.daemon.ActiveConfiguration.CheckedMember;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Checks the members that the pools have now, and no others. Any thread. */
final class MemberWatch implements MemberChecks, AutoCloseable {
    private final HealthChecks checks;
    private final CurrentConfiguration current;
    private final LatencyFamily latency;
    /** Under the monitor. */
    private Map<Target, CheckedMember> watched = Map.of();

    /** @param latency how long checks took, by pool and member; those of members that have gone are dropped */
    MemberWatch(HealthChecks checks, CurrentConfiguration current, LatencyFamily latency) {
        this.checks = checks;
        this.current = current;
        this.latency = latency;
    }

    /** A member at the address of one that has gone is another one, and checked anew. */
    synchronized void follow() {
        Map<Target, CheckedMember> wanted = current.active().checks();
        watched.forEach((target, check) -> {
            CheckedMember next = wanted.get(target);
            if (next == null || next.member() != check.member()) {
                checks.unwatch(target);
            }
        });
        wanted.forEach((target, check) -> {
            if (!check.equals(watched.get(target))) {
                checks.watch(target, check.plan());
            }
        });
        watched = wanted;
        Set<List<String>> names = wanted.keySet().stream()
                .map(target -> List.of(target.pool(), target.member()))
                .collect(Collectors.toSet());
        latency.retain(names::contains);
    }

    @Override
    public Map<Target, MemberHealth> snapshot() {
        return checks.snapshot();
    }

    @Override
    public void connectionFailed(Target target) {
        checks.connectionFailed(target);
    }

    @Override
    public void connectionHangs(Target target) {
        checks.connectionHangs(target);
    }

    @Override
    public void checkNow(Target target) {
        checks.checkNow(target);
    }

    @Override
    public void close() {
        checks.close();
    }
}
