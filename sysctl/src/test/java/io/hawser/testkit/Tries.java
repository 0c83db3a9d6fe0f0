package io.hawser.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Has what a busy machine can spoil be tried again, and nothing else: the first try that was not spoilt decides. */
public final class Tries {
    private static final int MOST = 5;

    /**
     * What a try came to.
     *
     * @param excesses what was not as it must be
     * @param spoilt what the machine itself did meanwhile, as controls beside it saw
     */
    public record Try(List<String> excesses, List<String> spoilt) {
        /** Copies both. */
        public Try {
            excesses = List.copyOf(excesses);
            spoilt = List.copyOf(spoilt);
        }
    }

    /** One try. */
    public interface Attempt {
        /** Makes it anew, from its beginning. */
        Try run() throws Exception;
    }

    private Tries() {}

    /**
     * Passes when a try exceeds nothing, fails when one does that was not spoilt, and is skipped when all were spoilt. Each that is
     * discarded is printed; ./verify counts them.
     */
    public static void hold(String what, Attempt attempt) throws Exception {
        hold(what, attempt, System.out::println);
    }

    /** The same; {@code told} is handed a line for each that is discarded. */
    static void hold(String what, Attempt attempt, Consumer<String> told) throws Exception {
        List<String> discarded = new ArrayList<>();
        while (discarded.size() < MOST) {
            Try result = attempt.run();
            if (result.excesses().isEmpty()) {
                return;
            }
            if (result.spoilt().isEmpty()) {
                assertEquals(List.of(), result.excesses(), what);
            }
            discarded.add(result.excesses() + " while " + result.spoilt());
            told.accept("discarded try of " + what + ": " + discarded.getLast());
        }
        abort("needs a quieter machine: " + MOST + " tries of " + what + " were spoilt");
    }
}
