package io.hawser.lb.daemon;

import static java.util.Objects.requireNonNull;

import io.hawser.healthcheck.HealthChecks;
import io.hawser.healthcheck.HealthListener;
import io.hawser.healthcheck.HealthLoop;
import io.hawser.healthcheck.MemberHealth;
import io.hawser.healthcheck.Target;
import io.hawser.lb.admin.LatencyFamily;
import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.daemon.ActiveConfiguration.CheckedMember;
import io.hawser.lb.daemon.FitnessRules.LoopFact;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The checks of the members, and the loop that they share with the probes of the peers. */
final class ChecksComponent implements Component, MemberChecks {
    private final Parts parts;
    private final HealthListener told;
    private final LatencyFamily latency;
    private volatile @Nullable HealthLoop loop;
    private volatile @Nullable HealthChecks checks;
    /** Under the monitor. */
    private Map<Target, CheckedMember> watched = Map.of();

    /** @param latency how long checks took, by pool and member */
    ChecksComponent(Parts parts, HealthListener told, LatencyFamily latency) {
        this.parts = parts;
        this.told = told;
        this.latency = latency;
    }

    @Override
    public void register(MetricFamilies families) {
        families.histogram("hawser_check_seconds", "Time of a health check", latency::collect);
    }

    @Override
    public void start(ActiveConfiguration running) {
        HealthLoop turning = new HealthLoop();
        loop = turning;
        HealthChecks started = new HealthChecks(turning, told);
        checks = started;
        parts.checks(this);
        followMembers();
    }

    @Override
    public void commit(ActiveConfiguration before, ActiveConfiguration after) {
        followMembers();
    }

    @Override
    public void membersChanged() {
        followMembers();
    }

    /** Checks the members that the pools have now, and no others. A member at the address of one that has gone is another one, and checked anew. */
    private synchronized void followMembers() {
        HealthChecks checking = checks;
        if (checking == null) {
            return;
        }
        Map<Target, CheckedMember> wanted = parts.running().checks();
        watched.forEach((target, check) -> {
            CheckedMember next = wanted.get(target);
            if (next == null || next.member() != check.member()) {
                checking.unwatch(target);
            }
        });
        wanted.forEach((target, check) -> {
            if (!check.equals(watched.get(target))) {
                checking.watch(target, check.plan());
            }
        });
        watched = wanted;
        Set<List<String>> names = wanted.keySet().stream()
                .map(target -> List.of(target.pool(), target.member()))
                .collect(Collectors.toSet());
        latency.retain(names::contains);
    }

    @Override
    public void stop() {
        HealthChecks checking = checks;
        if (checking != null) {
            checking.close();
        }
        HealthLoop turning = loop;
        if (turning != null) {
            turning.close();
        }
    }

    /** The loop, for what else looks at other machines; there is one as soon as this has started. */
    HealthLoop loop() {
        return requireNonNull(loop, "the checks have not started");
    }

    @Override
    public List<LoopFact> servingThreads() {
        HealthLoop turning = loop;
        return turning == null
                ? List.of()
                : List.of(new LoopFact("health", Duration.ofNanos(turning.lagNanos()), FitnessRules.HEALTH_STALL));
    }

    @Override
    public Map<Target, MemberHealth> snapshot() {
        HealthChecks checking = checks;
        return checking == null ? Map.of() : checking.snapshot();
    }

    @Override
    public void connectionFailed(Target target) {
        HealthChecks checking = checks;
        if (checking != null) {
            checking.connectionFailed(target);
        }
    }

    @Override
    public void connectionHangs(Target target) {
        HealthChecks checking = checks;
        if (checking != null) {
            checking.connectionHangs(target);
        }
    }

    @Override
    public void checkNow(Target target) {
        HealthChecks checking = checks;
        if (checking != null) {
            checking.checkNow(target);
        }
    }
}
