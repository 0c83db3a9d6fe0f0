package io.hawser.lb.balance;

import java.util.concurrent.atomic.AtomicReference;

/**
 * A connection's wait for a place at a member that has as many connections as it may. It is granted or cancelled, never
 * both. Any thread may call it.
 */
public abstract class Slot {
    private enum State {
        WAITING,
        GRANTED,
        CANCELLED
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);

    /**
     * The place is the connection's now: whoever overrides this must see to it that {@link Member#released()} is called
     * once, also when the connection has ended meanwhile. Called once at most, on the thread of the connection that has
     * ended: it must neither block nor throw.
     */
    protected abstract void granted();

    final boolean grant() {
        return state.compareAndSet(State.WAITING, State.GRANTED);
    }

    final boolean cancel() {
        return state.compareAndSet(State.WAITING, State.CANCELLED);
    }
}
