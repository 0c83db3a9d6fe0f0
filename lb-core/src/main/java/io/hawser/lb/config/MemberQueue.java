package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Where connections wait while every member that they could go to has as many as it may. Immutable.
 *
 * @param length most that wait, for each member with a limit; 0: none waits
 * @param timeout longest wait; then the connection is closed
 */
public record MemberQueue(int length, Duration timeout) {
    public MemberQueue {
        requireNonNull(timeout, "timeout");
    }
}
