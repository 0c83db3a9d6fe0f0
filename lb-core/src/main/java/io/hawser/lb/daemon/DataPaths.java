package io.hawser.lb.daemon;

import io.hawser.lb.proxy.NotAccepting;
import io.hawser.lb.proxy.ProxyStats;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All that the listeners of a node run on, as one: each listener runs on one of them. Any thread. */
final class DataPaths implements DataPath {
    private final List<Supplier<DataPath>> all;

    /** @param all each gives what a component offers now */
    DataPaths(List<Supplier<DataPath>> all) {
        this.all = List.copyOf(all);
    }

    private Stream<DataPath> now() {
        return all.stream().map(Supplier::get);
    }

    @Override
    public boolean isBound(String listener) {
        return now().anyMatch(each -> each.isBound(listener));
    }

    @Override
    public @Nullable NotAccepting notAccepting() {
        return now().map(DataPath::notAccepting)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    @Override
    public ProxyStats stats() {
        return now().map(DataPath::stats).reduce(ProxyStats::plus).orElse(ProxyStats.NONE);
    }

    @Override
    public Shortage shortage() {
        return now().map(DataPath::shortage).reduce(Shortage::plus).orElse(Shortage.NONE);
    }

    @Override
    public void closeConnectionsTo(Set<InetAddress> addresses) {
        now().forEach(each -> each.closeConnectionsTo(addresses));
    }
}
