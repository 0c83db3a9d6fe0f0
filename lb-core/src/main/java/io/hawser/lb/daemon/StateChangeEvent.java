package io.hawser.lb.daemon;

import io.hawser.vrrp.VrrpListener.Transition;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A change of state of a virtual router, in a flight recording. One thread. */
@Name("hawser.StateChange")
@Label("Virtual Router State Change")
@Description("A virtual router went from one state into another")
@Category("hawser")
@StackTrace(false)
final class StateChangeEvent extends Event {
    @Label("Router")
    String router = "";

    @Label("From")
    String from = "";

    @Label("To")
    String to = "";

    @Label("Cause")
    String cause = "";

    @Label("Explanation")
    String explanation = "";

    /** Writes it down if somebody records. */
    static void record(Transition transition) {
        var event = new StateChangeEvent();
        if (event.shouldCommit()) {
            event.router = transition.router();
            event.from = transition.from().label();
            event.to = transition.to().label();
            event.cause = transition.cause();
            event.explanation = transition.explanation();
            event.commit();
        }
    }
}
