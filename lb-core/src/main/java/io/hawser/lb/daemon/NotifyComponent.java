package io.hawser.lb.daemon;

import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.config.Config;

/** The commands that are told of a virtual router's changes of state. Stops after the routers, whose end it still tells. */
final class NotifyComponent implements Component {
    private final Notifier notifier;

    NotifyComponent(Notifier notifier) {
        this.notifier = notifier;
    }

    @Override
    public void register(MetricFamilies families) {
        families.counter(
                "hawser_notify_commands",
                "Commands run at state changes, by result",
                rows -> notifier.counts()
                        .forEach((of, count) -> rows.count(
                                count,
                                "router",
                                of.router(),
                                "outcome",
                                of.outcome().label())));
    }

    @Override
    public RunningComponent start(ActiveConfiguration first) {
        use(first.config());
        return new RunningComponent() {
            @Override
            public Runnable prepare(ActiveConfiguration before, ActiveConfiguration after) {
                use(after.config());
                return () -> use(before.config());
            }

            @Override
            public void stop() {
                notifier.close();
            }
        };
    }

    private void use(Config config) {
        notifier.use(ConfigMapper.notifications(config));
    }
}
