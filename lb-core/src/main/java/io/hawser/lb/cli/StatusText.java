package io.hawser.lb.cli;

import static io.hawser.lb.cli.Table.cell;
import static io.hawser.lb.cli.Terminal.Colour.BOLD;
import static io.hawser.lb.cli.Terminal.Colour.GREEN;
import static io.hawser.lb.cli.Terminal.Colour.NONE;
import static io.hawser.lb.cli.Terminal.Colour.RED;
import static io.hawser.lb.cli.Terminal.Colour.YELLOW;

import io.hawser.lb.admin.Problems;
import io.hawser.lb.admin.RouterState;
import io.hawser.lb.admin.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A status for people: who has the address, who can serve, what is wrong. Any thread. */
final class StatusText {
    private final Status status;
    private final Terminal terminal;

    private StatusText(Status status, Terminal terminal) {
        this.status = status;
        this.terminal = terminal;
    }

    /** The text, ending with a line's end. */
    static String of(Status status, Terminal terminal) {
        return new StatusText(status, terminal).text();
    }

    private String text() {
        var text = new StringBuilder(2_000);
        text.append(terminal.paint(BOLD, Terminal.harmless(status.node())))
                .append(": ")
                .append(status.fit() ? terminal.paint(GREEN, "can serve") : terminal.paint(RED, "cannot serve"))
                .append(", ")
                .append(connections(status.limits().active()))
                .append(", hawser ")
                .append(Terminal.harmless(status.version()))
                .append(", up ")
                .append(age(status.startedAt()))
                .append('\n');
        for (Table table : List.of(addresses(), nodes(), members())) {
            if (!table.isEmpty()) {
                table.appendTo(text);
            }
        }
        appendProblems(text);
        return text.toString();
    }

    private Table addresses() {
        Table table = new Table(terminal, "ADDRESS", "ROUTER", "HELD BY", "THIS NODE", "FOR", "BECAUSE");
        for (Status.Router router : status.routers()) {
            for (Status.Address address : router.addresses()) {
                table.row(
                        cell(address.address()),
                        cell(router.name()),
                        router.activeNode() == null ? new Table.Cell("nobody known", RED) : cell(router.activeNode()),
                        new Table.Cell(word(router.state()), isOdd(router, address) ? RED : NONE),
                        cell(age(router.since())),
                        cell(router.cause()));
            }
        }
        return table;
    }

    private static boolean isOdd(Status.Router router, Status.Address address) {
        return address.present() != (router.state() == RouterState.ACTIVE) || router.state() == RouterState.INITIALIZE;
    }

    private Table nodes() {
        Table table = new Table(terminal, "NODE", "ADDRESS", "CAN SERVE", "SAYS OF ITSELF");
        table.row(
                cell(status.node()),
                cell("(this node)"),
                verdict(true, status.fit()),
                cell(words(status.routers().stream()
                        .map(router -> words(router.name(), router.state(), router.priority()))
                        .toList())));
        for (Status.Peer peer : status.peers()) {
            String said = words(peer.routers().stream()
                    .map(router -> words(router.name(), router.state(), router.priority()))
                    .toList());
            table.row(
                    cell(peer.name()),
                    cell(peer.address()),
                    verdict(peer.up(), peer.fit()),
                    cell(peer.problem() == null ? said : peer.problem()));
        }
        return table;
    }

    private static Table.Cell verdict(boolean up, @Nullable Boolean fit) {
        if (!up || fit == null) {
            return new Table.Cell("no answer", RED);
        }
        return fit ? new Table.Cell("yes", GREEN) : new Table.Cell("no", RED);
    }

    private Table members() {
        Table table =
                new Table(terminal, "MEMBER", "ADDRESS", "HEALTH", "FOR", "CONNECTIONS", "SHARE", "CHECK", "BECAUSE");
        for (Status.Pool pool : status.pools()) {
            for (Status.Member member : pool.members()) {
                table.row(
                        cell(pool.name() + "/" + member.name()),
                        cell(member.address()),
                        member.drained() ? new Table.Cell("drained", YELLOW) : health(member.health()),
                        cell(age(member.since())),
                        cell(Long.toString(member.connections())),
                        cell(Math.round(member.share() * 100) + " %"),
                        cell(latency(member.checkLatency())),
                        cell(member.why()));
            }
        }
        return table;
    }

    private static Table.Cell health(Status.MemberHealth health) {
        return new Table.Cell(
                word(health),
                switch (health) {
                    case UP -> GREEN;
                    case DOWN -> RED;
                    case UNKNOWN, DRAINING -> YELLOW;
                });
    }

    private void appendProblems(StringBuilder text) {
        List<String> problems = Problems.of(status);
        if (problems.isEmpty()) {
            text.append("nothing is wrong\n");
            return;
        }
        text.append(terminal.paint(RED, "wrong:")).append('\n');
        problems.forEach(
                problem -> text.append("  ").append(Terminal.harmless(problem)).append('\n'));
    }

    private String age(Instant since) {
        return Problems.words(Duration.between(since, status.at()));
    }

    private static String latency(@Nullable Duration latency) {
        return latency == null ? "-" : String.format(Locale.ROOT, "%.1f ms", latency.toNanos() / 1e6);
    }

    private static String connections(long count) {
        return count + (count == 1 ? " connection" : " connections");
    }

    private static String words(String router, RouterState state, int priority) {
        return router + " " + word(state) + ", priority " + priority;
    }

    private static String words(List<String> parts) {
        return parts.isEmpty() ? "-" : String.join("; ", parts);
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
