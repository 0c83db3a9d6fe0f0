package io.hawser.lb.daemon;

import io.hawser.lb.config.Track;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Something of a node, other than its listeners, that must work for it to hold the addresses of a virtual router. Two that look at the same are equal. */
interface Tracker {
    /** Why it does not work, in words; empty while it does. Does not wait, whatever it is about; thread "steward". */
    Optional<String> problem();

    /** Those that a virtual router is configured to have. */
    static Set<Tracker> of(Track track) {
        return track.interfaces().stream().map(InterfaceTracker::new).collect(Collectors.toUnmodifiableSet());
    }
}
