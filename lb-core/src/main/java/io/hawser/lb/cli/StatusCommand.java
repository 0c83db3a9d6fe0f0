package io.hawser.lb.cli;

import io.hawser.lb.admin.Status;
import io.hawser.lb.admin.StatusDocument;
import java.io.PrintStream;

/** {@code hawser status}. Main thread. */
final class StatusCommand {
    private final AdminClient client;
    private final Terminal terminal;
    private final PrintStream out;
    private final PrintStream err;

    StatusCommand(AdminClient client, Terminal terminal, PrintStream out, PrintStream err) {
        this.client = client;
        this.terminal = terminal;
        this.out = out;
        this.err = err;
    }

    int run(boolean json) {
        return switch (client.get("/status")) {
            case AdminClient.Answer.Failed(String problem, int exitCode) -> {
                failed(problem);
                yield exitCode;
            }
            case AdminClient.Answer.Ok(var body) -> print(body.bytes(), json);
        };
    }

    private int print(byte[] body, boolean json) {
        return switch (StatusDocument.parse(body)) {
            case StatusDocument.Parsed.Bad(var reason, String detail) ->
                failed("the server at " + client + " is not hawser, or is another version of it: " + detail
                        + "; check --socket and --url, and `hawser version` on both sides");
            case StatusDocument.Parsed.Ok(Status status) -> {
                if (json) {
                    out.write(body, 0, body.length);
                    out.println();
                } else {
                    out.print(StatusText.of(status, terminal));
                }
                yield ExitCode.DONE;
            }
        };
    }

    private int failed(String problem) {
        err.println("hawser status: " + Terminal.harmless(problem));
        return ExitCode.FAILED;
    }
}
