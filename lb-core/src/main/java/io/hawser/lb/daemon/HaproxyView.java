package io.hawser.lb.daemon;

import io.hawser.lb.admin.HaproxyNames;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.proxy.ProxyStats;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The node as HAProxy's metrics show one. Thread admin-pages. */
final class HaproxyView {
    private final CurrentConfiguration current;
    private final DataPath dataPath;
    private final Instant startedAt;

    HaproxyView(CurrentConfiguration current, DataPath dataPath, Instant startedAt) {
        this.current = current;
        this.dataPath = dataPath;
        this.startedAt = startedAt;
    }

    /** One sample; none when the configuration does not want these names. */
    List<HaproxyNames.Sample> samples() {
        ActiveConfiguration active = current.active();
        if (!active.config().admin().haproxyNames()) {
            return List.of();
        }
        ProxyStats proxy = dataPath.stats();
        double uptime = Duration.between(startedAt, Instant.now()).toMillis() / 1e3;
        return List.of(new HaproxyNames.Sample(
                frontends(active, proxy), servers(active), proxy.active(), proxy.mostActive(), uptime));
    }

    private static List<HaproxyNames.Frontend> frontends(ActiveConfiguration active, ProxyStats proxy) {
        List<HaproxyNames.Frontend> frontends = new ArrayList<>();
        for (ProxyStats.ListenerStats listener : proxy.listeners()) {
            long limit = active.config().listeners().stream()
                    .filter(each -> each.name().equals(listener.name()))
                    .mapToLong(each -> each.connections().orElse(proxy.mostActive()))
                    .findFirst()
                    .orElse(proxy.mostActive());
            frontends.add(new HaproxyNames.Frontend(
                    listener.name(),
                    listener.bound(),
                    listener.active(),
                    limit,
                    listener.accepted(),
                    listener.fromClients(),
                    listener.fromMembers()));
        }
        return frontends;
    }

    private static List<HaproxyNames.Server> servers(ActiveConfiguration active) {
        List<HaproxyNames.Server> servers = new ArrayList<>();
        for (Pool pool : active.pools().values()) {
            for (Member member : pool.members().all()) {
                servers.add(new HaproxyNames.Server(
                        pool.name(),
                        member.name(),
                        state(member),
                        member.isBackup(),
                        member.weight(),
                        member.active(),
                        member.connections(),
                        member.failures()));
            }
        }
        return servers;
    }

    private static String state(Member member) {
        if (member.isDrained()) {
            return "DRAIN";
        }
        return switch (member.health()) {
            case UP, UNKNOWN -> "UP";
            case DRAINING -> "NOLB";
            case DOWN -> "DOWN";
        };
    }
}
