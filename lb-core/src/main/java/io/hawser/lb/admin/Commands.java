package io.hawser.lb.admin;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What changes something, as {@code POST /commands/NAME?argument=value} on the unix socket and nowhere else. */
public interface Commands {
    /** No commands. */
    Commands NONE = new Commands() {
        @Override
        public Set<String> names() {
            return Set.of();
        }

        @Override
        public CompletionStage<Answer> run(String name, Map<String, String> arguments) {
            return CompletableFuture.completedFuture(new Answer(false, "there is no command \"" + name + "\""));
        }
    };

    /**
     * What became of a command.
     *
     * @param done whether it did what was asked
     * @param text what was done, or why not and what to do
     */
    record Answer(boolean done, String text) {}

    /** The commands that exist. Admin thread. */
    Set<String> names();

    /**
     * Starts a command. Admin thread: it must not block, and may complete on any thread.
     *
     * @param name one of {@link #names()}
     * @param arguments from the query, decoded; the last of each name
     */
    CompletionStage<Answer> run(String name, Map<String, String> arguments);
}
