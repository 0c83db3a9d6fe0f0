package io.hawser.lb.daemon;

import io.hawser.lb.admin.AdminServer;
import io.hawser.lb.admin.AdminSources;
import io.hawser.lb.admin.Metrics;
import io.hawser.lb.config.Config;
import io.hawser.lb.daemon.FitnessRules.LoopFact;
import java.util.List;

/** The component of the admin port and the unix socket, which people and probes ask. */
final class AdminComponent implements Component {
    private final AdminSources sources;
    private final Metrics metrics;
    private final NodeCommands commands;

    AdminComponent(AdminSources sources, Metrics metrics, NodeCommands commands) {
        this.sources = sources;
        this.metrics = metrics;
        this.commands = commands;
    }

    @Override
    public RunningComponent start(ActiveConfiguration first) {
        Config config = first.config();
        AdminServer server = AdminServer.start(sources);
        try {
            isAskedAs(server, config);
            server.listen(config.admin().bind());
            server.listen(config.admin().socket(), commands);
        } catch (RuntimeException e) {
            stop(server);
            throw e;
        }
        return new Running(server);
    }

    private void stop(AdminServer server) {
        metrics.close();
        server.close();
    }

    /** The other nodes have their places, and these are the names that requests may come to. */
    private static void isAskedAs(AdminServer server, Config config) {
        server.keepPlacesFor(ConfigMapper.nodeAddresses(config));
        server.askedBy(ConfigMapper.hosts(config));
    }

    private final class Running implements RunningComponent {
        private final AdminServer server;

        Running(AdminServer server) {
            this.server = server;
        }

        @Override
        public List<String> whyUnchangeable(Config before, Config next) {
            return before.admin().socket().equals(next.admin().socket())
                    ? List.of()
                    : List.of("admin.socket cannot move from " + before.admin().socket() + " to "
                            + next.admin().socket() + " while hawser runs: restart hawser, or leave the key as it was");
        }

        @Override
        public Runnable prepare(ActiveConfiguration before, ActiveConfiguration after) {
            Config former = before.config();
            Config next = after.config();
            boolean isMoved = !former.admin().bind().equals(next.admin().bind());
            if (isMoved) {
                server.rebind(next.admin().bind());
            }
            isAskedAs(server, next);
            return () -> {
                isAskedAs(server, former);
                if (isMoved) {
                    server.rebind(former.admin().bind());
                }
            };
        }

        @Override
        public void stop() {
            AdminComponent.this.stop(server);
        }

        @Override
        public List<LoopFact> threads() {
            return List.of(new LoopFact("admin", server.stalledFor(), FitnessRules.ADMIN_STALL));
        }
    }
}
