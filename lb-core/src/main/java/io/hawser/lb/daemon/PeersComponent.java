package io.hawser.lb.daemon;

import io.hawser.healthcheck.Peer;
import io.hawser.healthcheck.PeerProbe;
import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.config.Config;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The probes of the other nodes. */
final class PeersComponent implements Component {
    private static final Duration SHORTEST_PROBE = Duration.ofMillis(20);
    private static final Duration LONGEST_PROBE = Duration.ofSeconds(1);
    private static final Duration PROBE_WITHOUT_ROUTERS = Duration.ofSeconds(1);

    private final ChecksComponent checks;
    private final Peers peers;
    private final Disagreements disagreements;
    private @Nullable PeerProbe probe;

    /** @param checks whose loop it shares, and which start before */
    PeersComponent(ChecksComponent checks, Peers peers, Disagreements disagreements) {
        this.checks = checks;
        this.peers = peers;
        this.disagreements = disagreements;
    }

    @Override
    public void register(MetricFamilies families) {
        families.gauge(
                "hawser_peer_up",
                "1 when the other node answers",
                rows -> peers.views()
                        .forEach(peer -> rows.count(
                                peer.isUp() ? 1 : 0, "peer", peer.node().name())));
        disagreements.register(families);
    }

    @Override
    public void start(ActiveConfiguration running) {
        PeerProbe started = new PeerProbe(checks.loop(), peers);
        probe = started;
        Config config = running.config();
        ConfigMapper.peers(config).forEach(peer -> started.watch(peer, interval(config)));
    }

    private static Duration interval(Config config) {
        Duration wanted = config.virtualRouters().stream()
                .map(router -> router.intervals().own())
                .min(Duration::compareTo)
                .orElse(PROBE_WITHOUT_ROUTERS);
        return wanted.compareTo(SHORTEST_PROBE) < 0
                ? SHORTEST_PROBE
                : wanted.compareTo(LONGEST_PROBE) > 0 ? LONGEST_PROBE : wanted;
    }

    @Override
    public void commit(ActiveConfiguration before, ActiveConfiguration after) {
        PeerProbe probing = probe;
        if (probing == null) {
            return;
        }
        Config next = after.config();
        peers.apply(next.peers(), next.virtualRouters());
        Set<Peer> former = ConfigMapper.peers(before.config());
        Set<Peer> wanted = ConfigMapper.peers(next);
        Duration pace = interval(next);
        boolean isPaceNew = !interval(before.config()).equals(pace);
        former.stream().filter(peer -> !wanted.contains(peer)).forEach(probing::unwatch);
        wanted.stream().filter(peer -> isPaceNew || !former.contains(peer)).forEach(peer -> probing.watch(peer, pace));
    }

    @Override
    public void stop() {
        if (probe != null) {
            probe.close();
        }
    }
}
