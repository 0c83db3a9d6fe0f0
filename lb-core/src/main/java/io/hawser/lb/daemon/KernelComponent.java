package io.hawser.lb.daemon;

import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.cli.ExitCode;
import io.hawser.lb.config.Config;
import io.hawser.sysctl.Change;
import io.hawser.sysctl.KernelPreparation;
import io.hawser.sysctl.Missing;
import io.hawser.sysctl.Outcome;
import io.hawser.sysctl.Preparation;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The component that prepares the kernel's settings and modules. What was set stays when the node stops: others may rely on it by then. */
final class KernelComponent implements Component {
    private static final Logger log = LoggerFactory.getLogger(KernelComponent.class);

    private final EventLog events;
    private volatile Preparation preparation = new Preparation(List.of(), List.of());

    KernelComponent(EventLog events) {
        this.events = events;
    }

    /** What was made of the kernel at last. */
    Preparation preparation() {
        return preparation;
    }

    @Override
    public RunningComponent start(ActiveConfiguration first) {
        prepare(first.config());
        return new RunningComponent() {
            @Override
            public Runnable prepare(ActiveConfiguration before, ActiveConfiguration after) {
                if (!before.config().kernel().equals(after.config().kernel())) {
                    KernelComponent.this.prepare(after.config());
                }
                return NOTHING;
            }
        };
    }

    private void prepare(Config config) {
        Preparation done = new KernelPreparation().prepare(ConfigMapper.kernel(config.kernel()));
        for (Change change : done.changes()) {
            if (change.outcome() == Outcome.CHANGED) {
                events.append(
                        "kernel",
                        Severity.INFO,
                        change.setting(),
                        "changed from " + change.before() + " to " + change.now() + ": " + change.why());
            } else {
                log.atInfo()
                        .addKeyValue("setting", change.setting())
                        .addKeyValue("now", change.now())
                        .addKeyValue("outcome", change.outcome())
                        .addKeyValue("why", change.why())
                        .log("kernel setting");
            }
        }
        if (!done.missing().isEmpty()) {
            throw new StartException(
                    ExitCode.PRIVILEGE,
                    done.missing().stream().map(Missing::message).collect(Collectors.joining("\n")));
        }
        preparation = done;
    }
}
