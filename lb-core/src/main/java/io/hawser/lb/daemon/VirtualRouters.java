package io.hawser.lb.daemon;

import io.hawser.vrrp.Flood;
import io.hawser.vrrp.RouterStatus;
import io.hawser.vrrp.SpeakerStatus;
import io.hawser.vrrp.election.Evidence;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The virtual routers of a node, as the rest of the node sees them. Any thread. */
interface VirtualRouters {
    /** Where none is configured, or none has started. */
    VirtualRouters NONE = new VirtualRouters() {
        private static final SpeakerStatus STATUS =
                new SpeakerStatus(List.of(), Map.of(), 0, Map.of(), List.of(), Map.of(), 0, "", "");

        @Override
        public SpeakerStatus status() {
            return STATUS;
        }

        @Override
        public List<RouterStatus> routersNow() {
            return List.of();
        }

        @Override
        public List<Flood> floods() {
            return List.of();
        }

        @Override
        public Duration stalledFor() {
            return Duration.ZERO;
        }

        @Override
        public void evidence(String router, Evidence evidence) {
            // There is none that could use it.
        }

        @Override
        public void fitness(String router, FitnessRules.Verdict verdict) {
            // One that starts later is told then.
        }
    };

    /** What they are and have counted. */
    SpeakerStatus status();

    /** What they are, without what is only for people. */
    List<RouterStatus> routersNow();

    /** What arrives in numbers that no working network has. */
    List<Flood> floods();

    /** For how long their thread has not run; zero while it does. */
    Duration stalledFor();

    /** Something is known about a peer of a router. */
    void evidence(String router, Evidence evidence);

    /** Whether this node may have the addresses of a router. */
    void fitness(String router, FitnessRules.Verdict verdict);
}
