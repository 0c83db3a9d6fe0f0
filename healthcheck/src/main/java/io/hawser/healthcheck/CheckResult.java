package io.hawser.healthcheck;

import static java.util.Objects.requireNonNull;

/** How one check ended. Immutable. */
public sealed interface CheckResult {

    /** What it says of the member. */
    Verdict verdict();

    /** Why, as one label of a counter. */
    Cause cause();

    /** Why, in words and with the numbers: lower case, no full stop. */
    String reason();

    /** From the start of the check to its verdict, in nanoseconds; 0 when it never started. */
    long tookNanos();

    /** The member answered as it should. */
    record Passed(String reason, long connectNanos, long tookNanos) implements CheckResult {
        public Passed {
            requireNonNull(reason, "reason");
        }

        @Override
        public Verdict verdict() {
            return Verdict.SUCCESS;
        }

        @Override
        public Cause cause() {
            return Cause.PASSED;
        }
    }

    /** Something alive answered, but not as it should. */
    record Refusing(Cause cause, String reason, long tookNanos) implements CheckResult {
        public Refusing {
            requireNonNull(cause, "cause");
            requireNonNull(reason, "reason");
        }

        @Override
        public Verdict verdict() {
            return Verdict.REFUSING;
        }
    }

    /** Nothing answered. */
    record Failed(Cause cause, String reason, long tookNanos) implements CheckResult {
        public Failed {
            requireNonNull(cause, "cause");
            requireNonNull(reason, "reason");
        }

        @Override
        public Verdict verdict() {
            return Verdict.FAILURE;
        }
    }

    /** The check could not be made because this node ran into a limit of its own. */
    record NotMade(String reason) implements CheckResult {
        public NotMade {
            requireNonNull(reason, "reason");
        }

        @Override
        public Verdict verdict() {
            return Verdict.NOTHING;
        }

        @Override
        public Cause cause() {
            return Cause.OWN_LIMIT;
        }

        @Override
        public long tookNanos() {
            return 0;
        }
    }
}
