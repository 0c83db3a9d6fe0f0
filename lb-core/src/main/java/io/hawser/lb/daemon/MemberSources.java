package io.hawser.lb.daemon;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.balance.MemberSource;
import io.hawser.lb.config.Pool;
import org.jspecify.annotations.Nullable;

/** Says where the members of a pool come from, by its configuration. Any thread. */
interface MemberSources {
    /** The members that the file lists. */
    MemberSources FILE = (pool, _) -> MemberSource.fixed(ConfigMapper.members(pool));

    /** Those that the pools have, for a configuration in which no pool has changed. */
    MemberSources KEPT = (pool, before) -> requireNonNull(before, pool.name());

    /**
     * The source for a pool. Nothing is started: the configuration may be refused yet.
     *
     * @param before the source that the pool of this name has now, null when there is none; it is returned when it does for the new configuration
     */
    MemberSource of(Pool pool, @Nullable MemberSource before);
}
