package io.hawser.lb.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hawser.lb.admin.Commands;
import io.hawser.lb.admin.Status;
import io.hawser.lb.admin.StatusDocument;
import java.io.PrintStream;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The commands that change a running node: reload, drain, enable and weight. Main thread. */
final class OrderCommand {
    /** A reload may wait for name servers. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    private final String name;
    private final AdminClient client;
    private final boolean isJson;
    private final PrintStream out;
    private final PrintStream err;

    /**
     * A command that has not been given yet.
     *
     * @param name how it is called
     * @param client where it is given
     * @param isJson whether the node's answer is printed as it came
     */
    OrderCommand(String name, AdminClient client, boolean isJson, PrintStream out, PrintStream err) {
        this.name = name;
        this.client = client.withPatience(PATIENCE);
        this.isJson = isJson;
        this.out = out;
        this.err = err;
    }

    int reload() {
        return give("reload");
    }

    int enable(@Nullable String member) {
        return give("enable" + of(member));
    }

    int weight(String member, String weight) {
        return give("weight" + of(member) + "&weight=" + encoded(weight));
    }

    /**
     * Drains and, when asked to, shows how many connections are left until there are none. Whoever interrupts it leaves
     * what is drained as it is.
     */
    int drain(@Nullable String member, boolean wait) {
        int code = give("drain" + of(member));
        return code == ExitCode.DONE && wait ? awaitEmpty(member) : code;
    }

    private int awaitEmpty(@Nullable String member) {
        long shown = -1;
        while (true) {
            AdminClient.Answer answer = client.get("/status");
            if (answer instanceof AdminClient.Answer.Failed(String problem, int exitCode)) {
                return failed(problem, exitCode);
            }
            if (!(answer instanceof AdminClient.Answer.Ok(var body))
                    || !(StatusDocument.parse(body.bytes()) instanceof StatusDocument.Parsed.Ok(Status status))) {
                return failed(
                        "the server at " + client + " is not hawser, or is another version of it", ExitCode.FAILED);
            }
            OptionalLong left = connections(status, member);
            if (left.isEmpty()) {
                return failed("a reload has removed member " + member + " meanwhile", ExitCode.FAILED);
            }
            if (left.getAsLong() != shown && !isJson) {
                shown = left.getAsLong();
                out.println(shown == 0 ? "empty" : shown + (shown == 1 ? " connection left" : " connections left"));
                out.flush();
            }
            if (left.getAsLong() == 0) {
                return ExitCode.DONE;
            }
            try {
                Thread.sleep(LOOK_AGAIN);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return ExitCode.FAILED;
            }
        }
    }

    /** How many connections what is drained still has; empty when it is not there any more. */
    private static OptionalLong connections(Status status, @Nullable String member) {
        if (member == null) {
            return OptionalLong.of(status.limits().active());
        }
        return status.pools().stream()
                .flatMap(pool -> pool.members().stream()
                        .filter(each -> each.name().equals(member) || (pool.name() + "/" + each.name()).equals(member)))
                .mapToLong(Status.Member::connections)
                .findFirst();
    }

    private static String of(@Nullable String member) {
        return member == null ? "" : "?member=" + encoded(member);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8);
    }

    private int give(String command) {
        return switch (client.command("/commands/" + command)) {
            case AdminClient.Answer.Failed(String problem, int exitCode) -> failed(problem, exitCode);
            case AdminClient.Answer.Ok(var body) -> answered(body.bytes());
        };
    }

    private int answered(byte[] body) {
        Commands.Answer answer = Commands.Answer.parse(body).orElse(null);
        if (answer == null) {
            return failed(
                    "the server at " + client + " is not hawser, or is another version of it; check --socket, and"
                            + " `hawser version` on both sides",
                    ExitCode.FAILED);
        }
        int code = switch (answer.result()) {
            case DONE -> ExitCode.DONE;
            case INVALID -> ExitCode.CONFIGURATION;
            case REFUSED -> ExitCode.FAILED;
        };
        if (isJson) {
            out.write(body, 0, body.length);
            out.println();
        } else if (code == ExitCode.DONE) {
            answer.text().lines().forEach(line -> out.println(Terminal.harmless(line)));
        } else {
            if (code == ExitCode.CONFIGURATION) {
                err.println("hawser " + name + ": the configuration is invalid, and nothing was changed:");
            }
            String start = code == ExitCode.CONFIGURATION ? "" : "hawser " + name + ": ";
            answer.text().lines().forEach(line -> err.println(start + Terminal.harmless(line)));
        }
        return code;
    }

    private int failed(String problem, int exitCode) {
        err.println("hawser " + name + ": " + Terminal.harmless(problem));
        return exitCode;
    }
}
