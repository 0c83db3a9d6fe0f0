package io.hawser.lb.daemon;

import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.daemon.FitnessJudge.LoopFact;
import java.util.List;

/** Who judges whether the node can serve. */
final class FitnessComponent implements Component {
    private final Steward steward;

    FitnessComponent(Steward steward) {
        this.steward = steward;
    }

    @Override
    public void register(MetricFamilies families) {
        families.gauge(
                "hawser_fit",
                "1 when this node can serve",
                rows -> rows.count(steward.verdict().isFit() ? 1 : 0));
    }

    @Override
    public void start(Running running) {
        steward.start();
    }

    @Override
    public void stop() {
        steward.close();
    }

    @Override
    public List<LoopFact> threads() {
        return List.of(new LoopFact("steward", steward.stalledFor(), FitnessJudge.STEWARD_STALL));
    }
}
