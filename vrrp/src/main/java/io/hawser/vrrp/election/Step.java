package io.hawser.vrrp.election;

import java.util.ArrayList;
import java.util.List;

/**
 * The answer of the engine to one event. Immutable.
 *
 * @param state the state from now on
 * @param actions what to do, in this order
 */
public record Step(State state, List<Action> actions) {

    /** Copies the actions. */
    public Step {
        actions = List.copyOf(actions);
    }

    static Step to(State state, Action... actions) {
        return new Step(state, List.of(actions));
    }

    // What is answered all day goes without an array for the arguments.

    static Step to(State state) {
        return new Step(state, List.of());
    }

    static Step to(State state, Action action) {
        return new Step(state, List.of(action));
    }

    /** This step and then the next one as one. */
    Step then(Step next) {
        List<Action> all = new ArrayList<>(actions);
        all.addAll(next.actions);
        return new Step(next.state, all);
    }
}
