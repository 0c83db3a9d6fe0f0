package io.hawser.lb.admin;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may have a connection to the admin server. Each source has so many places, all strangers together have so many, and those whom the
 * node's life depends on have theirs apart. A newcomer is let in even when there is no place: then somebody who is idle
 * must go, of the newcomer's own source or of the one that has most. Not safe for threads; no clock, no I/O.
 *
 * @param <G> a guest
 */
final class Places<G> {
    private final int strangers;
    private final int perSource;
    private final ToLongFunction<G> activeAt;
    private final Map<Source, Set<G>> guests = new LinkedHashMap<>();
    private Set<Source> kept = Set.of();

    /**
     * Places that are all free.
     *
     * @param strangers for all sources together whose places are not kept
     * @param perSource for one source
     * @param activeAt when a guest last did something, in nanoseconds; Long.MAX_VALUE for one that must not be asked to go
     */
    Places(int strangers, int perSource, ToLongFunction<G> activeAt) {
        this.strangers = strangers;
        this.perSource = perSource;
        this.activeAt = activeAt;
    }

    /** What becomes of a newcomer. */
    sealed interface Entry<G> {
        /** It is in. */
        record Free<G>() implements Entry<G> {}

        /** It is in, and {@code leaving}, of {@code greedy}, which had so many, is out. */
        record InsteadOf<G>(G leaving, Source greedy, int had) implements Entry<G> {}

        /** It is not in: everybody is busy. */
        record Full<G>() implements Entry<G> {}
    }

    /** Keeps places for these sources, each as many as a source may have. */
    void keepFor(Set<Source> sources) {
        kept = Set.copyOf(sources);
    }

    Set<Source> kept() {
        return kept;
    }

    boolean isKept(Source source) {
        return kept.contains(source);
    }

    /** Lets a newcomer in. */
    Entry<G> enter(Source source, G guest) {
        Source crowded = crowdedFor(source);
        if (crowded == null) {
            add(source, guest);
            return new Entry.Free<>();
        }
        int had = count(crowded);
        G leaving = idlest(crowded);
        if (leaving == null) {
            return new Entry.Full<>();
        }
        leave(crowded, leaving);
        add(source, guest);
        return new Entry.InsteadOf<>(leaving, crowded, had);
    }

    /** Gives a guest's place back, if it still has it. */
    void leave(Source source, G guest) {
        Set<G> of = guests.get(source);
        if (of != null && of.remove(guest) && of.isEmpty()) {
            guests.remove(source);
        }
    }

    /** How many strangers there are. */
    int strangers() {
        return guests.entrySet().stream()
                .filter(each -> !isKept(each.getKey()))
                .mapToInt(each -> each.getValue().size())
                .sum();
    }

    /** How many there are of a source. */
    int count(Source source) {
        Set<G> of = guests.get(source);
        return of == null ? 0 : of.size();
    }

    /** All guests. */
    List<G> all() {
        return guests.values().stream().flatMap(Set::stream).toList();
    }

    private void add(Source source, G guest) {
        guests.computeIfAbsent(source, absent -> new LinkedHashSet<>()).add(guest);
    }

    /** Of which source somebody must go before one more of {@code source} comes in; none when there is a place. */
    private @Nullable Source crowdedFor(Source source) {
        if (count(source) >= perSource) {
            return source;
        }
        if (isKept(source) || strangers() < strangers) {
            return null;
        }
        return guests.entrySet().stream()
                .filter(each -> !isKept(each.getKey()))
                .filter(each -> idlest(each.getKey()) != null)
                .max(Comparator.comparingInt(each -> each.getValue().size()))
                .map(Map.Entry::getKey)
                .orElse(source);
    }

    private @Nullable G idlest(Source source) {
        G idlest = null;
        long since = 0;
        for (G guest : guests.getOrDefault(source, Set.of())) {
            long at = activeAt.applyAsLong(guest);
            if (at != Long.MAX_VALUE && (idlest == null || at - since < 0)) {
                idlest = guest;
                since = at;
            }
        }
        return idlest;
    }
}
