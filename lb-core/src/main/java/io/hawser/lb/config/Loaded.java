package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.config.Finding.NotYet;
import io.hawser.lb.config.Finding.Problem;
import io.hawser.lb.config.Finding.Warning;
import java.util.List;

/** The result of reading a configuration file. Immutable. */
public sealed interface Loaded {

    /**
     * The file can be used, as soon as what it needs is there.
     *
     * @param config what it says
     * @param warnings what is legal but probably not meant, in file order
     * @param waits what is not there yet, in file order
     */
    record Ok(Config config, List<Warning> warnings, List<NotYet> waits) implements Loaded {
        public Ok {
            requireNonNull(config, "config");
            warnings = List.copyOf(warnings);
            waits = List.copyOf(waits);
        }

        /** What is not there yet and has to be before anything can be done by the file; the others are waited for meanwhile. */
        public List<NotYet> needs() {
            return waits.stream().filter(NotYet::isNeeded).toList();
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
