package io.hawser.lb.daemon;

import io.hawser.healthcheck.HealthChecks;
import io.hawser.healthcheck.HealthListener;
import io.hawser.healthcheck.HealthLoop;
import io.hawser.healthcheck.PeerProbe;
import io.hawser.lb.admin.LatencyFamily;
import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.daemon.FitnessRules.LoopFact;
import java.time.Duration;
import java.util.List;

/** The component of the checks of members and the probes of the other nodes, which share one loop. */
final class HealthComponent implements Component {
    private final CurrentConfiguration current;
    private final HealthListener told;
    private final LatencyFamily latency;
    private final Peers peers;
    private final Disagreements disagreements;
    private volatile MemberChecks checks = MemberChecks.NONE;

    /**
     * @param told of the members' health
     * @param latency how long checks took, by pool and member
     * @param peers takes what the probes see
     */
    HealthComponent(
            CurrentConfiguration current,
            HealthListener told,
            LatencyFamily latency,
            Peers peers,
            Disagreements disagreements) {
        this.current = current;
        this.told = told;
        this.latency = latency;
        this.peers = peers;
        this.disagreements = disagreements;
    }

    /** What those who use members see of it. */
    MemberChecks checks() {
        return checks;
    }

    @Override
    public void register(MetricFamilies families) {
        families.histogram("hawser_check_seconds", "Duration of a health check", latency::collect);
        families.gauge(
                "hawser_peer_up",
                "1 when the other node answers",
                rows -> peers.views()
                        .forEach(peer -> rows.count(
                                peer.isUp() ? 1 : 0, "peer", peer.node().name())));
        disagreements.register(families);
    }

    @Override
    public RunningComponent start(ActiveConfiguration first) {
        var loop = new HealthLoop();
        var members = new MemberWatch(new HealthChecks(loop, told), current, latency);
        checks = members;
        members.follow();
        return new Running(loop, members, new PeerWatch(new PeerProbe(loop, peers), first.config()));
    }

    private final class Running implements RunningComponent {
        private final HealthLoop loop;
        private final MemberWatch members;
        private final PeerWatch nodes;

        Running(HealthLoop loop, MemberWatch members, PeerWatch nodes) {
            this.loop = loop;
            this.members = members;
            this.nodes = nodes;
        }

        @Override
        public void commit(ActiveConfiguration before, ActiveConfiguration after) {
            members.follow();
            peers.apply(after.config().peers(), after.config().virtualRouters());
            nodes.change(before.config(), after.config());
        }

        @Override
        public void membersChanged() {
            members.follow();
        }

        @Override
        public void stop() {
            nodes.close();
            members.close();
            loop.close();
        }

        @Override
        public List<LoopFact> servingThreads() {
            return List.of(new LoopFact("health", Duration.ofNanos(loop.lagNanos()), FitnessRules.HEALTH_STALL));
        }
    }
}
