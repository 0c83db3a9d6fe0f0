package io.hawser.lb.daemon;

import io.hawser.healthcheck.Peer;
import io.hawser.healthcheck.PeerProbe;
import io.hawser.lb.config.Config;
import java.time.Duration;
import java.util.Set;

/** Probes the other nodes of a configuration. Under the daemon's monitor. */
final class PeerWatch implements AutoCloseable {
    private static final Duration SHORTEST_PROBE = Duration.ofMillis(20);
    private static final Duration LONGEST_PROBE = Duration.ofSeconds(1);
    private static final Duration PROBE_WITHOUT_ROUTERS = Duration.ofSeconds(1);

    private final PeerProbe probe;

    PeerWatch(PeerProbe probe, Config first) {
        this.probe = probe;
        ConfigMapper.peers(first).forEach(peer -> probe.watch(peer, interval(first)));
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

    /** Those that stay are asked on, without a gap, unless their pace is another one. */
    void change(Config before, Config next) {
        Set<Peer> former = ConfigMapper.peers(before);
        Set<Peer> wanted = ConfigMapper.peers(next);
        Duration pace = interval(next);
        boolean isPaceNew = !interval(before).equals(pace);
        former.stream().filter(peer -> !wanted.contains(peer)).forEach(probe::unwatch);
        wanted.stream().filter(peer -> isPaceNew || !former.contains(peer)).forEach(peer -> probe.watch(peer, pace));
    }

    @Override
    public void close() {
        probe.close();
    }
}
