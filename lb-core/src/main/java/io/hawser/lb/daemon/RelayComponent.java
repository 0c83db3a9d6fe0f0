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
final class RelayComponent implements Component {
    private final CurrentConfiguration current;
    private final TlsProvisioning encryption;
    private final ProxyEvents told;
    private final long openFiles;
    private volatile DataPath dataPath = DataPath.NONE;

    /**
     * Nothing is bound yet.
     *
     * @param encryption closed by its owner, after this has stopped
     * @param openFiles how many descriptors the process may have
     */
    RelayComponent(CurrentConfiguration current, TlsProvisioning encryption, ProxyEvents told, long openFiles) {
        this.current = current;
        this.encryption = encryption;
        this.told = told;
        this.openFiles = openFiles;
    }

    /** What the rest of the node sees of it. */
    DataPath dataPath() {
        return dataPath;
    }

    @Override
    public void register(MetricFamilies families) {
        RelayFamilies.register(families, () -> dataPath.stats());
        encryption.register(families);
    }

    @Override
    public RunningComponent start(ActiveConfiguration first) {
        Proxy proxy = Proxy.start(ProxySettings.withConnections(connections(first)), told);
        Running running = new Running(proxy);
        try {
            dataPath = running;
            running.limit();
            proxy.apply(first.listenerPlans(encryption));
        } catch (RuntimeException e) {
            running.stop();
            throw e;
        }
        return running;
    }

    /** How many connections there may be: what is configured or memory is enough for, as far as descriptors last. */
    private int connections(ActiveConfiguration active) {
        Capacity capacity = capacity(active);
        return Math.min(active.config().limits().connections().orElse(capacity.byMemory()), capacity.byFiles());
    }

    /** How many connections there is memory for, and how many descriptors. */
    Capacity capacity(ActiveConfiguration active) {
        return Capacity.ofThisProcess(
                openFiles,
                ConfigMapper.reservedFiles(
                        active.config(),
                        active.memberCount(),
                        Runtime.getRuntime().availableProcessors()));
    }

    private static boolean listensOnOwnAddresses(Config config) {
        Set<InetAddress> virtual = new HashSet<>();
        config.virtualRouters()
                .forEach(router -> router.holding().addresses().forEach(each -> virtual.add(each.address())));
        return config.listeners().stream()
                .flatMap(listener -> listener.bind().stream())
                .anyMatch(bind -> !virtual.contains(bind.getAddress()));
    }

    private final class Running implements RunningComponent, DataPath {
        private final Proxy proxy;

        Running(Proxy proxy) {
            this.proxy = proxy;
        }

        private synchronized void limit() {
            ActiveConfiguration active = current.active();
            proxy.connections(connections(active));
            proxy.fruitless(active.config().limits().fruitless().orElse(0));
        }

        /** More members to check are fewer descriptors for connections. */
        @Override
        public void membersChanged() {
            limit();
        }

        @Override
        public Runnable prepare(ActiveConfiguration before, ActiveConfiguration after) {
            proxy.apply(after.listenerPlans(encryption));
            return () -> proxy.apply(before.listenerPlans(encryption));
        }

        @Override
        public void commit(ActiveConfiguration before, ActiveConfiguration after) {
            encryption.retain(after.listenerPlans(encryption));
            limit();
        }

        /** Connections to a virtual address died with it: its packets go to another node now. */
        @Override
        public void drain(Config config) {
            proxy.stop(listensOnOwnAddresses(config) ? config.limits().drain() : Duration.ZERO);
        }

        @Override
        public void stop() {
            proxy.stop(Duration.ZERO);
        }

        @Override
        public List<LoopFact> servingThreads() {
            return List.of(new LoopFact("io", proxy.loopsStalledFor(), FitnessRules.IO_STALL));
        }

        @Override
        public List<LoopFact> threads() {
            return List.of(new LoopFact("tls-files", encryption.stalledFor(), FitnessRules.FILES_STALL));
        }

        @Override
        public boolean isBound(String listener) {
            return proxy.isBound(listener);
        }

        @Override
        public @Nullable NotAccepting notAccepting() {
            return proxy.notAccepting();
        }

        @Override
        public ProxyStats stats() {
            return proxy.snapshot();
        }

        @Override
        public Shortage shortage() {
            return new Shortage(proxy.connectsWithoutPort(), proxy.connectionsUnread(), proxy.fruitless());
        }

        @Override
        public void closeConnectionsTo(Set<InetAddress> addresses) {
            proxy.closeConnectionsTo(addresses);
        }
    }
}
