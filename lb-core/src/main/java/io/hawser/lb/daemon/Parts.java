package io.hawser.lb.daemon;

import io.hawser.sysctl.Preparation;
import io.hawser.vrrp.SpeakerStatus;
import io.hawser.vrrp.VrrpSpeaker;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a node as far as they run. Set by the one thread that starts, reloads or stops the node; read by any, which
 * reads a part once and then uses what it got.
 */
final class Parts {
    private volatile ActiveConfiguration running;
    private volatile @Nullable ActiveConfiguration becoming;
    private final AtomicInteger turns = new AtomicInteger();
    private volatile Preparation preparation = new Preparation(List.of(), List.of());
    private volatile boolean isDrained;
    private volatile DataPath dataPath = DataPath.NONE;
    private volatile MemberChecks checks = MemberChecks.NONE;
    private volatile @Nullable VrrpSpeaker speaker;

    /** Nothing runs yet. */
    Parts(ActiveConfiguration first) {
        running = first;
    }

    ActiveConfiguration running() {
        return running;
    }

    void running(ActiveConfiguration next) {
        running = next;
        turns.incrementAndGet();
    }

    /** What a reload is making of it, or the last one has made; null when none has, or the last one was taken back. */
    @Nullable
    ActiveConfiguration becoming() {
        return becoming;
    }

    void becoming(@Nullable ActiveConfiguration next) {
        becoming = next;
        turns.incrementAndGet();
    }

    /**
     * Another number after each beginning and end of a reload. Who puts together what several parts say, and finds the same number before
     * and after, has not mixed one configuration with another.
     */
    int turns() {
        return turns.get();
    }

    /** Whether an operator has taken the node out. */
    boolean isDrained() {
        return isDrained;
    }

    void isDrained(boolean now) {
        isDrained = now;
    }

    /** What was made of the kernel. */
    Preparation preparation() {
        return preparation;
    }

    void preparation(Preparation done) {
        preparation = done;
    }

    /** What the listeners run on. */
    DataPath dataPath() {
        return dataPath;
    }

    void dataPath(DataPath started) {
        dataPath = started;
    }

    /** The checks of the members. */
    MemberChecks checks() {
        return checks;
    }

    void checks(MemberChecks started) {
        checks = started;
    }

    /** Null as long as there is no virtual router. */
    @Nullable
    VrrpSpeaker speaker() {
        return speaker;
    }

    void speaker(@Nullable VrrpSpeaker started) {
        speaker = started;
    }

    /** What the virtual routers are; null as long as there is none. */
    @Nullable
    SpeakerStatus speakerStatus() {
        VrrpSpeaker speaking = speaker;
        return speaking == null ? null : speaking.status();
    }
}
