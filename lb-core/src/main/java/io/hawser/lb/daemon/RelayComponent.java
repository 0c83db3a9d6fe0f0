package io.hawser.lb.daemon;

import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.config.Config;
import io.hawser.lb.daemon.FitnessRules.LoopFact;
import io.hawser.lb.proxy.Capacity;
import io.hawser.lb.proxy.NotAccepting;
import io.hawser.lb.proxy.Proxy;
import io.hawser.lb.proxy.ProxyEvents;
import io.hawser.lb.proxy.ProxySettings;
import io.hawser.lb.proxy.ProxyStats;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Listeners and their connections, which this process relays, with what they need of TLS. */
final class RelayComponent implements Component, DataPath {
    private final Parts parts;
    private final TlsProvisioning encryption;
    private final ProxyEvents told;
    private final StatusView view;
    private final long openFiles;
    private volatile @Nullable Proxy proxy;

    /** @param openFiles how many descriptors the process may have */
    RelayComponent(Parts parts, TlsProvisioning encryption, ProxyEvents told, StatusView view, long openFiles) {
        this.parts = parts;
        this.encryption = encryption;
        this.told = told;
        this.view = view;
        this.openFiles = openFiles;
    }

    @Override
    public void register(MetricFamilies families) {
        RelayFamilies.register(families, this::stats);
        encryption.register(families);
    }

    @Override
    public void start(ActiveConfiguration running) {
        Proxy started = Proxy.start(ProxySettings.withConnections(connections(running)), told);
        proxy = started;
        parts.dataPath(this);
        limit();
        started.apply(running.listenerPlans(encryption));
    }

    private synchronized void limit() {
        Proxy serving = proxy;
        if (serving == null) {
            return;
        }
        ActiveConfiguration running = parts.running();
        int connections = connections(running);
        serving.connections(connections);
        serving.fruitless(running.config().limits().fruitless().orElse(0));
        view.limits(connections, openFiles);
    }

    /** How many connections there may be: what is configured or memory is enough for, as far as descriptors last. */
    private int connections(ActiveConfiguration running) {
        Capacity capacity = capacity(running);
        return Math.min(running.config().limits().connections().orElse(capacity.byMemory()), capacity.byFiles());
    }

    /** How many connections there is memory for, and how many descriptors. */
    Capacity capacity(ActiveConfiguration running) {
        return Capacity.ofThisProcess(
                openFiles,
                ConfigMapper.reservedFiles(
                        running.config(),
                        running.memberCount(),
                        Runtime.getRuntime().availableProcessors()));
    }

    /** More members to check are fewer descriptors for connections. */
    @Override
    public void membersChanged() {
        limit();
    }

    @Override
    public Runnable prepare(ActiveConfiguration before, ActiveConfiguration after) {
        Proxy serving = proxy;
        if (serving == null) {
            return NOTHING;
        }
        serving.apply(after.listenerPlans(encryption));
        return () -> serving.apply(before.listenerPlans(encryption));
    }

    @Override
    public void commit(ActiveConfiguration before, ActiveConfiguration after) {
        encryption.retain(after.listenerPlans(encryption));
        limit();
    }

    /** Connections to a virtual address died with it: its packets go to another node now. */
    @Override
    public void drain(Config config) {
        Proxy serving = proxy;
        if (serving != null) {
            serving.stop(listensOnOwnAddresses(config) ? config.limits().drain() : Duration.ZERO);
        }
    }

    private static boolean listensOnOwnAddresses(Config config) {
        Set<InetAddress> virtual = new HashSet<>();
        config.virtualRouters()
                .forEach(router -> router.holding().addresses().forEach(each -> virtual.add(each.address())));
        return config.listeners().stream()
                .flatMap(listener -> listener.bind().stream())
                .anyMatch(bind -> !virtual.contains(bind.getAddress()));
    }

    @Override
    public void stop() {
        Proxy serving = proxy;
        if (serving != null) {
            serving.stop(Duration.ZERO);
        }
        encryption.close();
    }

    @Override
    public boolean isBound(String listener) {
        Proxy serving = proxy;
        return serving != null && serving.isBound(listener);
    }

    @Override
    public @Nullable NotAccepting notAccepting() {
        Proxy serving = proxy;
        return serving == null ? null : serving.notAccepting();
    }

    @Override
    public ProxyStats stats() {
        Proxy serving = proxy;
        return serving == null ? ProxyStats.NONE : serving.snapshot();
    }

    @Override
    public Shortage shortage() {
        Proxy serving = proxy;
        return serving == null
                ? Shortage.NONE
                : new Shortage(serving.connectsWithoutPort(), serving.connectionsUnread(), serving.fruitless());
    }

    @Override
    public void closeConnectionsTo(Set<InetAddress> addresses) {
        Proxy serving = proxy;
        if (serving != null) {
            serving.closeConnectionsTo(addresses);
        }
    }

    @Override
    public List<LoopFact> servingThreads() {
        Proxy serving = proxy;
        return serving == null
                ? List.of()
                : List.of(new LoopFact("io", serving.loopsStalledFor(), FitnessRules.IO_STALL));
    }

    @Override
    public List<LoopFact> threads() {
        return List.of(new LoopFact("tls-files", encryption.stalledFor(), FitnessRules.FILES_STALL));
    }
}
