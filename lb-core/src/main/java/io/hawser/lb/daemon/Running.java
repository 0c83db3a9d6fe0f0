package io.hawser.lb.daemon;

import io.hawser.healthcheck.CheckPlan;
import io.hawser.healthcheck.Target;
import io.hawser.lb.admin.ConfigDigest;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.Listener;
import io.hawser.lb.config.VirtualRouter;
import io.hawser.lb.daemon.FitnessJudge.Tracked;
import io.hawser.lb.proxy.ListenerPlan;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
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
 * @param everything what decides for the node as a whole
 * @param tracked what decides for each virtual router
 * @param provenBy pools whose members a reload has replaced, and until when (System.nanoTime()) they count as serving
 *     while their new members are not checked yet
 * @param access which connections get a line in the access log
 * @param digest what the other nodes are told of the configuration
 */
record Running(
        Config config,
        List<String> warnings,
        Map<String, Pool> pools,
        Tracked everything,
        Map<String, Tracked> tracked,
        Map<String, Long> provenBy,
        AccessFilter access,
        ConfigDigest digest) {

    /** How long a pool that a reload has brought may take to have a member checked. */
    static final Duration FIRST_CHECKS = Duration.ofSeconds(5);

    Running {
        warnings = List.copyOf(warnings);
        pools = Collections.unmodifiableMap(new LinkedHashMap<>(pools));
        tracked = Map.copyOf(tracked);
        provenBy = Map.copyOf(provenBy);
    }

    /** What a node starts with. */
    static Running first(Config config, List<String> warnings) {
        return of(config, warnings, null, 0);
    }

    /**
     * What this becomes by another configuration. Nothing that runs is touched before {@link #commit}.
     *
     * @param now on the System.nanoTime() scale
     */
    Running becoming(Config next, List<String> warnings, long now) {
        return of(next, warnings, this, now);
    }

    private static Running of(Config config, List<String> warnings, @Nullable Running before, long now) {
        Map<String, Pool> pools = new LinkedHashMap<>();
        Map<String, Long> provenBy = new HashMap<>();
        for (io.hawser.lb.config.Pool wanted : config.pools()) {
            Pool known = before == null ? null : before.pools.get(wanted.name());
            pools.put(
                    wanted.name(),
                    known == null ? Pool.of(wanted.name(), wanted.settings(), Plans.members(wanted)) : known);
            boolean keepsOneUp = known != null
                    && known.members().all().stream().anyMatch(member -> isUp(member) && isIn(wanted, member));
            if (before != null && !keepsOneUp && before.isServing(wanted.name(), now)) {
                provenBy.put(wanted.name(), before.provenBy.getOrDefault(wanted.name(), now + FIRST_CHECKS.toNanos()));
            }
        }
        Map<String, Tracked> tracked = new LinkedHashMap<>();
        Set<String> interfaces = new LinkedHashSet<>();
        for (VirtualRouter router : config.virtualRouters()) {
            interfaces.addAll(router.track().interfaces());
            tracked.put(
                    router.name(),
                    new Tracked(
                            Set.copyOf(router.track().listeners()),
                            Set.copyOf(router.track().interfaces())));
        }
        Set<String> listeners = config.listeners().stream().map(Listener::name).collect(Collectors.toSet());
        return new Running(
                config,
                warnings,
                pools,
                new Tracked(listeners, interfaces),
                tracked,
                provenBy,
                new AccessFilter(config.listeners()),
                Digests.of(config));
    }

    private static boolean isIn(io.hawser.lb.config.Pool wanted, Member member) {
        return wanted.members().stream()
                .anyMatch(each ->
                        each.name().equals(member.name()) && each.address().equals(member.address()));
    }

    /** Whether the pool served, or is too new to have been judged; a pool that there was not counts as serving. */
    private boolean isServing(String pool, long now) {
        Pool known = pools.get(pool);
        return known == null || known.members().all().stream().anyMatch(Running::isUp) || isUnproven(pool, now);
    }

    private static boolean isUp(Member member) {
        return member.health() == Member.Health.UP;
    }

    /** Whether a reload has just given the pool members of which no check has said anything yet. */
    boolean isUnproven(String pool, long now) {
        Long until = provenBy.get(pool);
        return until != null
                && now - until < 0
                && pool(pool).members().all().stream().anyMatch(member -> member.health() == Member.Health.UNKNOWN);
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

    /** What the proxy is told. */
    List<ListenerPlan> listenerPlans(Encryption encryption) {
        return config.listeners().stream()
                .map(listener -> Plans.listener(listener, this::pool).with(encryption.of(listener, config, this::pool)))
                .toList();
    }

    /** How each member is checked that has an address. */
    Map<Target, CheckPlan> checkPlans() {
        Map<Target, CheckPlan> plans = new LinkedHashMap<>();
        for (io.hawser.lb.config.Pool pool : config.pools()) {
            CheckPlan plan = Plans.check(pool.health());
            pool.members().stream()
                    .filter(member -> !member.address().isUnresolved())
                    .forEach(member -> plans.put(new Target(pool.name(), member.name(), member.address()), plan));
        }
        return plans;
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

    /** Makes the pools be as this says; cannot fail. Connections to members that are gone end by themselves. */
    void commit() {
        for (io.hawser.lb.config.Pool wanted : config.pools()) {
            pool(wanted.name()).apply(wanted.settings(), Plans.members(wanted));
        }
    }
}
