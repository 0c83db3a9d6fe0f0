package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.util.List;

/** What came of reading a configuration file. Immutable. */
public sealed interface Loaded {

    /**
     * The file can be used.
     *
     * @param config what it says
     * @param warnings what is legal but probably not meant, in file order
     */
    record Ok(Config config, List<Warning> warnings) implements Loaded {
        public Ok {
            requireNonNull(config, "config");
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * The file cannot be used.
     *
     * @param problems everything that is wrong, in file order; at least one
     */
    record Invalid(List<Problem> problems) implements Loaded {
        public Invalid {
            problems = List.copyOf(problems);
        }
    }
}
