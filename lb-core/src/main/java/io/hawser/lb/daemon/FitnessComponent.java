package io.hawser.lb.daemon;

import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.daemon.FitnessRules.LoopFact;
import java.util.List;

/** The component that judges whether the node can serve. */
final class FitnessComponent implements Component {
    private final FitnessMonitor steward;

    FitnessComponent(FitnessMonitor steward) {
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
    public RunningComponent start(ActiveConfiguration first) {
        steward.start();
        return new RunningComponent() {
            @Override
            public void stop() {
                steward.close();
            }

            @Override
            public List<LoopFact> threads() {
                return List.of(new LoopFact("steward", steward.stalledFor(), FitnessRules.STEWARD_STALL));
            }
        };
    }
}
