package io.hawser.lb.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hawser.lb.admin.Event;
import io.hawser.lb.admin.Severity;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;

/** {@code hawser events}. Main thread. */
final class EventsCommand {
    private static final String DATA = "data: ";

    private final AdminClient client;
    private final Terminal terminal;
    private final PrintStream out;
    private final PrintStream err;

    EventsCommand(AdminClient client, Terminal terminal, PrintStream out, PrintStream err) {
        this.client = client;
        this.terminal = terminal;
        this.out = out;
        this.err = err;
    }

    int run(boolean follow, boolean json) {
        if (follow) {
            return failed(client.follow("/events", line -> {
                if (line.startsWith(DATA)) {
                    print(line.substring(DATA.length()), json);
                    out.flush();
                }
                // A reader that went away, such as head, is the only end that a follower has of its own.
                return !out.checkError();
            }));
        }
        return switch (client.get("/events")) {
            case AdminClient.Answer.Failed(String problem, int exitCode) -> {
                failed(problem);
                yield exitCode;
            }
            case AdminClient.Answer.Ok(var body) -> {
                for (String line : new String(body.bytes(), UTF_8).split("\n", -1)) {
                    if (!line.isEmpty() && !print(line, json)) {
                        yield failed("the server at " + client + " is not hawser: not an event: "
                                + line.substring(0, Math.min(line.length(), 80)));
                    }
                }
                yield ExitCode.DONE;
            }
        };
    }

    private boolean print(String line, boolean json) {
        Optional<Event> event = Event.parse(line.getBytes(UTF_8));
        if (event.isEmpty()) {
            return false;
        }
        out.println(json ? line : text(event.get()));
        return true;
    }

    private String text(Event event) {
        var text = new StringBuilder(160)
                .append(event.at())
                .append(' ')
                .append(terminal.paint(colour(event.severity()), String.format("%-7s", word(event.severity()))))
                .append(' ')
                .append(Terminal.harmless(event.subject()))
                .append(": ")
                .append(Terminal.harmless(event.text()));
        if (!event.details().isEmpty()) {
            text.append(" (");
            event.details()
                    .forEach((key, value) -> text.append(Terminal.harmless(key))
                            .append(' ')
                            .append(Terminal.harmless(value))
                            .append(", "));
            text.setLength(text.length() - 2);
            text.append(')');
        }
        return text.toString();
    }

    private static Terminal.Colour colour(Severity severity) {
        return switch (severity) {
            case INFO -> Terminal.Colour.NONE;
            case WARNING -> Terminal.Colour.YELLOW;
            case ERROR -> Terminal.Colour.RED;
        };
    }

    private static String word(Severity severity) {
        return severity.name().toLowerCase(Locale.ROOT);
    }

    private int failed(String problem) {
        err.println("hawser events: " + Terminal.harmless(problem));
        return ExitCode.FAILED;
    }
}
