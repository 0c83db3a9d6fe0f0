package io.hawser.lb.daemon;

import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.MemberSource;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.config.Config;
import java.util.List;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the pools' members as their sources say. Starts before whatever uses members, and ends after it.
 *
 * <p>Its monitor orders what sources and reloads do to the pools.
 */
final class PoolsComponent implements Component {
    private static final Logger log = LoggerFactory.getLogger(PoolsComponent.class);

    private final CurrentConfiguration current;
    private final Runnable told;
    private boolean isStopped;

    /** @param told run when a source has changed a pool's members, on the thread of that source */
    PoolsComponent(CurrentConfiguration current, Runnable told) {
        this.current = current;
        this.told = told;
    }

    @Override
    public void register(MetricFamilies families) {
        families.gauge(
                "hawser_member_up",
                "1 when the member takes connections",
                rows -> members(rows, member -> member.health() == Member.Health.UP ? 1 : 0));
        families.gauge(
                "hawser_member_connections", "Open connections to the member", rows -> members(rows, Member::active));
        families.gauge(
                "hawser_member_queued",
                "Connections that wait in the queue of the member",
                rows -> members(rows, Member::queued));
    }

    private void members(MetricFamilies.Values rows, ToLongFunction<Member> value) {
        for (Pool pool : current.active().pools().values()) {
            for (Member member : pool.members().all()) {
                rows.count(value.applyAsLong(member), "pool", pool.name(), "member", member.name());
            }
        }
    }

    @Override
    public RunningComponent start(ActiveConfiguration first) {
        first.sources().forEach(this::follow);
        return new RunningComponent() {
            // Connections to members that are gone end by themselves.
            @Override
            public void commit(ActiveConfiguration before, ActiveConfiguration after) {
                change(before, after);
            }

            // From here on the pools stay as they are, while what uses them ends.
            @Override
            public void drain(Config config) {
                unfollow();
            }
        };
    }

    private void follow(String pool, MemberSource source) {
        source.start(() -> {
            if (apply(pool, source)) {
                told.run();
            }
        });
    }

    /** Does nothing where a reload has given the pool another source meanwhile. */
    private synchronized boolean apply(String name, MemberSource source) {
        ActiveConfiguration active = current.active();
        if (isStopped || !source.equals(active.sources().get(name))) {
            return false;
        }
        Pool pool = active.pool(name);
        Pool.Difference difference = pool.apply(pool.settings(), source.members());
        if (!difference.added().isEmpty() || !difference.removed().isEmpty()) {
            log.atInfo()
                    .addKeyValue("pool", name)
                    .addKeyValue("added", names(difference.added()))
                    .addKeyValue("removed", names(difference.removed()))
                    .log("members changed");
        }
        return true;
    }

    private static List<String> names(List<Member> members) {
        return members.stream().map(Member::name).toList();
    }

    private synchronized void change(ActiveConfiguration before, ActiveConfiguration after) {
        before.sources().values().stream()
                .filter(source -> !after.sources().containsValue(source))
                .forEach(MemberSource::close);
        for (io.hawser.lb.config.Pool wanted : after.config().pools()) {
            after.pool(wanted.name())
                    .apply(wanted.settings(), after.source(wanted.name()).members());
        }
        after.sources().forEach((pool, source) -> {
            if (!before.sources().containsValue(source)) {
                follow(pool, source);
            }
        });
    }

    private synchronized void unfollow() {
        isStopped = true;
        current.active().sources().values().forEach(MemberSource::close);
    }
}
