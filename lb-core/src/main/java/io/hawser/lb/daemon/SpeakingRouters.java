package io.hawser.lb.daemon;

import io.hawser.vrrp.Flood;
import io.hawser.vrrp.RouterStatus;
import io.hawser.vrrp.SpeakerStatus;
import io.hawser.vrrp.VrrpSpeaker;
import io.hawser.vrrp.election.Evidence;
import java.time.Duration;
import java.util.List;

/**
 * Virtual routers that a speaker runs. Any thread.
 *
 * @param speaker whoever started it stops it
 */
record SpeakingRouters(VrrpSpeaker speaker) implements VirtualRouters {
    @Override
    public SpeakerStatus status() {
        return speaker.status();
    }

    @Override
    public List<RouterStatus> routersNow() {
        return speaker.routersNow();
    }

    @Override
    public List<Flood> floods() {
        return speaker.floods();
    }

    @Override
    public Duration stalledFor() {
        return speaker.stalledFor();
    }

    @Override
    public void evidence(String router, Evidence evidence) {
        speaker.evidence(router, evidence);
    }

    @Override
    public void fitness(String router, FitnessRules.Verdict verdict) {
        speaker.fitness(router, verdict.fitness(), verdict.text());
    }
}
