package io.hawser.lb.daemon;

import static java.util.Objects.requireNonNull;

import io.hawser.healthcheck.CheckPlan;
import io.hawser.healthcheck.HealthChecks;
import io.hawser.healthcheck.HealthListener;
import io.hawser.healthcheck.HealthLoop;
import io.hawser.healthcheck.MemberHealth;
import io.hawser.healthcheck.Target;
import io.hawser.lb.daemon.FitnessJudge.LoopFact;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The checks of the members, and the loop that they share with the probes of the peers. */
final class ChecksComponent implements Component, MemberChecks {
    private final Parts parts;
    private final HealthListener told;
    private volatile @Nullable HealthLoop loop;
    private volatile @Nullable HealthChecks checks;

    ChecksComponent(Parts parts, HealthListener told) {
        this.parts = parts;
        this.told = told;
    }

    @Override
    public void start(Running running) {
        HealthLoop turning = new HealthLoop();
        loop = turning;
        HealthChecks started = new HealthChecks(turning, told);
        checks = started;
        parts.checks(this);
        running.checkPlans().forEach(started::watch);
    }

    @Override
    public void commit(Running before, Running after) {
        HealthChecks checking = checks;
        if (checking == null) {
            return;
        }
        Map<Target, CheckPlan> former = before.checkPlans();
        Map<Target, CheckPlan> wanted = after.checkPlans();
        former.keySet().stream().filter(target -> !wanted.containsKey(target)).forEach(checking::unwatch);
        wanted.forEach((target, plan) -> {
            if (!plan.equals(former.get(target))) {
                checking.watch(target, plan);
            }
        });
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
                : List.of(new LoopFact("health", Duration.ofNanos(turning.lagNanos()), FitnessJudge.HEALTH_STALL));
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
