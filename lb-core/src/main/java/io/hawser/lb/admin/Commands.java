package io.hawser.lb.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The commands that change something: {@code POST /commands/NAME?argument=value} on the unix socket and nowhere else. */
public interface Commands {
    /** No commands. */
    Commands NONE = new Commands() {
        @Override
        public Set<String> names() {
            return Set.of();
        }

        @Override
        public CompletionStage<Answer> run(String name, Map<String, String> arguments) {
            return CompletableFuture.completedFuture(Answer.refused("there is no command \"" + name + "\""));
        }
    };

    /** How a command ended. */
    enum Result {
        /** It did what was asked. */
        DONE,
        /** The configuration is invalid; nothing was changed. */
        INVALID,
        /** It cannot be done, and nothing was changed. */
        REFUSED
    }

    /**
     * What became of a command.
     *
     * @param result how it ended
     * @param text what was done, or why not and what to do; may have several lines
     */
    record Answer(Result result, String text) {
        private static final Json JSON = new Json(1024 * 1024, 512 * 1024);

        /** It did what was asked. */
        public static Answer done(String text) {
            return new Answer(Result.DONE, text);
        }

        /** It cannot be done. */
        public static Answer refused(String text) {
            return new Answer(Result.REFUSED, text);
        }

        byte[] json() {
            return JsonWriter.bytes(json -> json.flag("done", result == Result.DONE)
                    .text("result", result)
                    .text("text", text));
        }

        /** The answer that is written in {@code body}; empty when it is none. Never throws. */
        public static Optional<Answer> parse(byte[] body) {
            if (!(JSON.parse(body) instanceof Json.Parsed.Ok(var object))) {
                return Optional.empty();
            }
            List<String> problems = new ArrayList<>();
            Fields fields = Fields.of(object, problems);
            var answer = new Answer(fields.word("result", Result.values()), fields.text("text"));
            return problems.isEmpty() ? Optional.of(answer) : Optional.empty();
        }
    }

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
