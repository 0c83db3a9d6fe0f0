package io.hawser.lb.daemon;

import static java.util.Objects.requireNonNull;

import io.hawser.healthcheck.CheckPlan;
import io.hawser.healthcheck.Target;
import io.hawser.lb.admin.ConfigDigest;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.MemberSource;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.Listener;
import io.hawser.lb.config.VirtualRouter;
import io.hawser.lb.daemon.FitnessRules.Tracked;
import io.hawser.lb.proxy.ListenerPlan;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a node runs by one configuration: the objects of the data path that belong to it, and what decides about fitness.
 * Immutable; a reload replaces it as a whole, so whoever reads it once sees one configuration.
 *
 * <p>A pool keeps its object as long as its name stays, a member as long as its name and address stay: their
 * connections, counts and health go on. A member at another address is another member.
 *
 * @param config the configuration
 * @param warnings what the configuration warned of, in words
 * @param pools by name, in the order of the configuration
 * @param sources where their members come from, by name of the pool
 * @param everything what decides for the node as a whole
 * @param tracked what decides for each virtual router
 * @param access which connections get a line in the access log
 * @param digest what the other nodes are told of the configuration
 */
record ActiveConfiguration(
        Config config,
        List<String> warnings,
        Map<String, Pool> pools,
        Map<String, MemberSource> sources,
        Tracked everything,
        Map<String, Tracked> tracked,
        AccessFilter access,
        ConfigDigest digest) {

    ActiveConfiguration {
        warnings = List.copyOf(warnings);
        pools = Collections.unmodifiableMap(new LinkedHashMap<>(pools));
        sources = Map.copyOf(sources);
        tracked = Map.copyOf(tracked);
    }

    /**
     * What a node starts with.
     *
     * @param from where members come from
     */
    static ActiveConfiguration first(Config config, List<String> warnings, MemberSources from) {
        return of(config, warnings, from, null);
    }

    /** What this becomes by another configuration. Nothing that runs is touched. */
    ActiveConfiguration becoming(Config next, List<String> warnings, MemberSources from) {
        return of(next, warnings, from, this);
    }

    private static ActiveConfiguration of(
            Config config, List<String> warnings, MemberSources from, @Nullable ActiveConfiguration before) {
        Map<String, Pool> pools = new LinkedHashMap<>();
        Map<String, MemberSource> sources = new HashMap<>();
        for (io.hawser.lb.config.Pool wanted : config.pools()) {
            String name = wanted.name();
            MemberSource source = from.of(wanted, before == null ? null : before.sources.get(name));
            sources.put(name, source);
            Pool known = before == null ? null : before.pools.get(name);
            pools.put(name, known == null ? pool(wanted, source, before != null) : known);
        }
        Map<String, Tracked> tracked = new LinkedHashMap<>();
        Set<Tracker> trackers = new HashSet<>();
        for (VirtualRouter router : config.virtualRouters()) {
            Set<Tracker> own = Tracker.of(router.track());
            trackers.addAll(own);
            tracked.put(router.name(), new Tracked(Set.copyOf(router.track().listeners()), own));
        }
        Set<String> listeners = config.listeners().stream().map(Listener::name).collect(Collectors.toSet());
        return new ActiveConfiguration(
                config,
                warnings,
                pools,
                sources,
                new Tracked(listeners, trackers),
                tracked,
                new AccessFilter(config.listeners()),
                Digests.of(config, sources));
    }

    /** An address must not move because a reload has brought a pool that nobody has looked at yet. */
    private static Pool pool(io.hawser.lb.config.Pool wanted, MemberSource source, boolean isReload) {
        return isReload
                ? Pool.trusted(wanted.name(), wanted.settings(), source.members(), System.nanoTime())
                : Pool.of(wanted.name(), wanted.settings(), source.members());
    }

    /**
     * The pool of a listener.
     *
     * @throws IllegalStateException when the configuration has none of that name, which its checks exclude
     */
    Pool pool(String name) {
        Pool pool = pools.get(name);
        if (pool == null) {
            throw new IllegalStateException("no pool \"" + name + "\"");
        }
        return pool;
    }

    /** Where the members of a pool of this configuration come from. */
    MemberSource source(String pool) {
        return requireNonNull(sources.get(pool), pool);
    }

    /** How many members the pools have now. */
    int memberCount() {
        return pools.values().stream()
                .mapToInt(pool -> pool.members().all().size())
                .sum();
    }

    /** What the proxy is told. */
    List<ListenerPlan> listenerPlans(TlsProvisioning encryption) {
        return config.listeners().stream()
                .map(listener ->
                        ConfigMapper.listener(listener, this::pool).with(encryption.of(listener, config, this::pool)))
                .toList();
    }

    /**
     * How a member is checked. Immutable.
     *
     * @param member the one that the answers are about
     */
    record CheckedMember(Member member, CheckPlan plan) {}

    /** How each member is checked that the pools have now and that has an address. */
    Map<Target, CheckedMember> checks() {
        Map<Target, CheckedMember> checks = new LinkedHashMap<>();
        for (io.hawser.lb.config.Pool wanted : config.pools()) {
            CheckPlan plan = ConfigMapper.check(wanted.health());
            pool(wanted.name()).members().all().stream()
                    .filter(member -> !member.address().isUnresolved())
                    .forEach(member -> checks.put(ConfigMapper.target(member), new CheckedMember(member, plan)));
        }
        return checks;
    }

    /** The member that the checks call so; null when there is none any more. */
    @Nullable
    Member member(Target target) {
        Pool pool = pools.get(target.pool());
        if (pool != null) {
            for (Member member : pool.members().all()) {
                if (member.name().equals(target.member()) && member.address().equals(target.address())) {
                    return member;
                }
            }
        }
        return null;
    }
}
