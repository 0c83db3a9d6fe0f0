package io.hawser.lb.daemon;

import io.hawser.lb.admin.AdminServer;
import io.hawser.lb.admin.AdminSources;
import io.hawser.lb.admin.Metrics;
import io.hawser.lb.config.Config;
import io.hawser.lb.daemon.FitnessRules.LoopFact;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What people and probes ask: the admin port and the unix socket. */
final class AdminComponent implements Component {
    private final AdminSources sources;
    private final Metrics metrics;
    private final NodeCommands commands;
    private volatile @Nullable AdminServer server;

    AdminComponent(AdminSources sources, Metrics metrics, NodeCommands commands) {
        this.sources = sources;
        this.metrics = metrics;
        this.commands = commands;
    }

    @Override
    public void start(ActiveConfiguration running) {
        Config config = running.config();
        AdminServer started = AdminServer.start(sources);
        server = started;
        isAskedAs(started, config);
        started.listen(config.admin().bind());
        started.listen(config.admin().socket(), commands);
    }

    /** The other nodes have their places, and these are the names that requests may come to. */
    private static void isAskedAs(AdminServer server, Config config) {
        server.keepPlacesFor(ConfigMapper.nodeAddresses(config));
        server.askedBy(ConfigMapper.hosts(config));
    }

    @Override
    public List<String> whyUnchangeable(Config before, Config next) {
        return before.admin().socket().equals(next.admin().socket())
                ? List.of()
                : List.of("admin.socket cannot move from " + before.admin().socket() + " to "
                        + next.admin().socket() + " while hawser runs: restart it, or leave the key as it was");
    }

    @Override
    public Runnable prepare(ActiveConfiguration before, ActiveConfiguration after) {
        AdminServer running = server;
        if (running == null) {
            return NOTHING;
        }
        Config former = before.config();
        Config next = after.config();
        boolean isMoved = !former.admin().bind().equals(next.admin().bind());
        if (isMoved) {
            running.rebind(next.admin().bind());
        }
        isAskedAs(running, next);
        return () -> {
            isAskedAs(running, former);
            if (isMoved) {
                running.rebind(former.admin().bind());
            }
        };
    }

    @Override
    public void stop() {
        metrics.close();
        AdminServer running = server;
        if (running != null) {
            running.close();
        }
    }

    @Override
    public List<LoopFact> threads() {
        AdminServer running = server;
        return running == null
                ? List.of()
                : List.of(new LoopFact("admin", running.stalledFor(), FitnessRules.ADMIN_STALL));
    }
}
