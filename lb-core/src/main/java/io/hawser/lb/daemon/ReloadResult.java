package io.hawser.lb.daemon;

import io.hawser.lb.config.Finding.Problem;
import java.util.List;

/** The result of a reload. Immutable. */
sealed interface ReloadResult {

    /** The label of the metric, and the word in events: one of a few. */
    String label();

    /** What was done, or why not and what to do; several lines when there is more to say. */
    String text();

    /**
     * The file is what runs now.
     *
     * @param changes what has changed, in words; at least one
     */
    record Applied(List<String> changes) implements ReloadResult {
        public Applied {
            changes = List.copyOf(changes);
        }

        @Override
        public String label() {
            return "applied";
        }

        @Override
        public String text() {
            return String.join("\n", changes);
        }
    }

    /** The file says what runs already. */
    record Unchanged() implements ReloadResult {
        @Override
        public String label() {
            return "unchanged";
        }

        @Override
        public String text() {
            return "no change: this configuration is already running";
        }
    }

    /**
     * The file is no valid configuration.
     *
     * @param problems everything that is wrong with it; at least one
     */
    record Invalid(List<Problem> problems) implements ReloadResult {
        public Invalid {
            problems = List.copyOf(problems);
        }

        @Override
        public String label() {
            return "invalid";
        }

        @Override
        public String text() {
            return String.join(
                    "\n", problems.stream().map(Problem::renderWithSource).toList());
        }
    }

    /** The file is valid and asks for what cannot be changed while the process runs. */
    record Refused(String text) implements ReloadResult {
        @Override
        public String label() {
            return "refused";
        }
    }

    /** The file is valid and asks for what could not be had. */
    record Failed(String text) implements ReloadResult {
        @Override
        public String label() {
            return "failed";
        }
    }
}
