package io.hawser.lb.daemon;

import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.config.Config;
import io.hawser.lb.daemon.FitnessRules.LoopFact;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The components of a node, in the order of their start. What it is told it does for each that runs, in that order or in reverse; a component that
 * fails to stop, or to take a change back, keeps none of the others from it. One thread at a time, but for
 * the threads' names and members that have changed.
 */
final class Components {
    private static final Logger log = LoggerFactory.getLogger(Components.class);

    private final List<Component> all;
    /** Those that have started, in that order. */
    private final List<RunningComponent> running = new CopyOnWriteArrayList<>();

    Components(List<Component> inOrder) {
        this.all = List.copyOf(inOrder);
    }

    /** Has each register what it counts. */
    void register(MetricFamilies families) {
        all.forEach(component -> component.register(families));
    }

    /** Starts them, when all say that they can start. Who is told of a failure is to {@link #stop} those that run. */
    void start(ActiveConfiguration first) {
        for (Component component : all) {
            component.requireStartable(first.config());
        }
        for (Component component : all) {
            RunningComponent started = component.start(first);
            running.add(started);
            // Those that came between its start and its place in the list.
            started.membersChanged();
        }
    }

    /** Why the node cannot become what a configuration says while it runs, in words; empty when it can. */
    List<String> whyUnchangeable(Config before, Config next) {
        return running.stream()
                .flatMap(component -> component.whyUnchangeable(before, next).stream())
                .toList();
    }

    /**
     * Makes what may fail of a change.
     *
     * @throws RuntimeException that of the component which failed; what those before it had made is taken back by then
     */
    void prepare(ActiveConfiguration before, ActiveConfiguration after) {
        Deque<Runnable> back = new ArrayDeque<>();
        try {
            for (RunningComponent component : running) {
                back.push(component.prepare(before, after));
            }
        } catch (RuntimeException e) {
            back.forEach(step -> attempt("rolling back a change", step));
            throw e;
        }
    }

    /** Makes the rest of a change that was prepared. */
    void commit(ActiveConfiguration before, ActiveConfiguration after) {
        running.forEach(component -> component.commit(before, after));
    }

    /** Tells them that the pools have other members. Any thread. */
    void membersChanged() {
        running.forEach(RunningComponent::membersChanged);
    }

    /** Has each that has started let go of what others wait for, and then end, the last one first. Waits. */
    void stop(Config config) {
        inReverse("draining", component -> component.drain(config));
        inReverse("stopping", RunningComponent::stop);
        running.clear();
    }

    private void inReverse(String what, Consumer<RunningComponent> step) {
        running.reversed().forEach(component -> attempt(what, () -> step.accept(component)));
    }

    /** The threads that serving depends on. Any thread. */
    List<LoopFact> servingThreads() {
        return running.stream()
                .flatMap(component -> component.servingThreads().stream())
                .toList();
    }

    /** The threads without which the process is not live. Any thread. */
    List<LoopFact> threads() {
        return Stream.concat(servingThreads().stream(), running.stream().flatMap(each -> each.threads().stream()))
                .toList();
    }

    /** Makes a step of several, which the others do not depend on. */
    static void attempt(String what, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            log.atError().setCause(e).log(what + " failed; continuing with the others");
        }
    }
}
