package io.hawser.lb.daemon;

import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.MemberSource;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.config.Config;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the pools' members as their sources say. Starts before whatever uses members, and ends after it.
 *
 * <p>Its monitor orders what sources and reloads do to the pools.
 */
final class PoolsComponent implements Component {
    private static final Logger log = LoggerFactory.getLogger(PoolsComponent.class);

    private final Parts parts;
    private final Runnable told;
    private boolean isStopped;

    /** @param told run when a source has changed a pool's members, on the thread of that source */
    PoolsComponent(Parts parts, Runnable told) {
        this.parts = parts;
        this.told = told;
    }

    @Override
    public void start(Running running) {
        running.sources().forEach(this::follow);
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
        Running running = parts.running();
        if (isStopped || !source.equals(running.sources().get(name))) {
            return false;
        }
        Pool pool = running.pool(name);
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

    /** Connections to members that are gone end by themselves. */
    @Override
    public synchronized void commit(Running before, Running after) {
        before.sources().values().stream()
                .filter(source -> !after.sources().containsValue(source))
                .forEach(MemberSource::close);
        for (io.hawser.lb.config.Pool wanted : after.config().pools()) {
            after.pool(wanted.name())
                    .apply(Plans.settings(wanted), after.source(wanted.name()).members());
        }
        after.sources().forEach((pool, source) -> {
            if (!before.sources().containsValue(source)) {
                follow(pool, source);
            }
        });
    }

    /** From here on the pools stay as they are, while what uses them ends. */
    @Override
    public synchronized void drain(Config config) {
        isStopped = true;
        parts.running().sources().values().forEach(MemberSource::close);
    }
}
