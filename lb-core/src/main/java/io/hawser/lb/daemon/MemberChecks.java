package io.hawser.lb.daemon;

import io.hawser.healthcheck.MemberHealth;
import io.hawser.healthcheck.Target;
import java.util.Map;

/** The checks of the members, as those who use members see them. Any thread. */
interface MemberChecks {
    /** Before they have started: nothing is known, and nobody looks. */
    MemberChecks NONE = new MemberChecks() {
        @Override
        public Map<Target, MemberHealth> snapshot() {
            return Map.of();
        }

        @Override
        public void connectionFailed(Target target) {}

        @Override
        public void connectionHangs(Target target) {}

        @Override
        public void checkNow(Target target) {}
    };

    /** What is known of each member. */
    Map<Target, MemberHealth> snapshot();

    /** A connection has proved that a member does not serve: counts as a failed check, and makes one at once. */
    void connectionFailed(Target target);

    /** A member does not answer a connect. */
    void connectionHangs(Target target);

    /** There is reason to look. */
    void checkNow(Target target);
}
