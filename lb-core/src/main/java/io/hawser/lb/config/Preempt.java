package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/** Whether a node of higher priority takes the addresses from one that works. Immutable. */
public sealed interface Preempt {

    /** The addresses stay where they are while that node works. */
    record Never() implements Preempt {}

    /** The node of higher priority takes them as soon as it can serve. */
    record Immediately() implements Preempt {}

    /**
     * The node of higher priority takes them after it could serve for this long.
     *
     * @param delay 100 ms to 1 h
     */
    record After(Duration delay) implements Preempt {
        public After {
            requireNonNull(delay, "delay");
        }
    }
}
