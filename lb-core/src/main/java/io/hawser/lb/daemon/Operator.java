package io.hawser.lb.daemon;

import io.hawser.lb.admin.Commands.Answer;
import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Does what an operator orders: takes the node or a member out and back in, and sets weights. It is kept over a reload and
 * not over a restart. Any thread; one order at a time.
 */
final class Operator {
    private final CurrentConfiguration current;
    private final Peers peers;
    private final EventLog events;
    private final Runnable lookNow;
    private volatile boolean isDrained;

    /**
     * Nothing ordered yet.
     *
     * @param lookNow run when something changed that fitness depends on; returns at once
     */
    Operator(CurrentConfiguration current, Peers peers, EventLog events, Runnable lookNow) {
        this.current = current;
        this.peers = peers;
        this.events = events;
        this.lookNow = lookNow;
    }

    /** Whether the node is out. */
    boolean isDrained() {
        return isDrained;
    }

    /** Takes the node out: it gives its addresses to a node that can serve, and says on /healthz that it cannot. */
    synchronized Answer drain() {
        String name = current.active().config().self().name();
        if (isDrained) {
            return Answer.done("node " + name + " is drained already");
        }
        isDrained = true;
        events.append("drain", Severity.WARNING, name, "the node is drained by an operator, until it is enabled");
        lookNow.run();
        return Answer.done("node " + name + " is drained" + heir());
    }

    private String heir() {
        if (current.active().config().virtualRouters().isEmpty()) {
            return "; /healthz reports it, and new connections are still served";
        }
        List<String> fit = peers.views().stream()
                .filter(peer -> peer.health() != null && peer.health().fit())
                .map(peer -> peer.node().name())
                .sorted()
                .toList();
        return fit.isEmpty()
                ? "; no other node can serve, so it keeps its virtual addresses and serves until one can"
                : "; its virtual addresses move to " + String.join(" or ", fit)
                        + "; open connections to them are closed";
    }

    /** Takes the node back in. */
    synchronized Answer enable() {
        String name = current.active().config().self().name();
        if (!isDrained) {
            return Answer.done("node " + name + " is not drained");
        }
        isDrained = false;
        events.append("enable", Severity.INFO, name, "the node is enabled by an operator");
        lookNow.run();
        return Answer.done("node " + name + " is enabled");
    }

    /** Takes a member out: it keeps its connections and gets no new ones. */
    synchronized Answer drain(String named) {
        return onMember(named, (pool, member) -> {
            if (member.isDrained()) {
                return Answer.done("member " + path(member) + " is drained already, and has " + connections(member));
            }
            pool.drain(member, true);
            events.append(
                    "drain",
                    Severity.WARNING,
                    path(member),
                    "the member is drained by an operator, until it is enabled; it has " + connections(member));
            lookNow.run();
            return Answer.done("member " + path(member) + " is drained, and has " + connections(member)
                    + (pool.isUsable() ? "" : "; no other member of its pool can take new ones"));
        });
    }

    /** Takes a member back in. */
    synchronized Answer enable(String named) {
        return onMember(named, (pool, member) -> {
            if (!member.isDrained()) {
                return Answer.done("member " + path(member) + " is not drained");
            }
            pool.drain(member, false);
            events.append("enable", Severity.INFO, path(member), "the member is enabled by an operator");
            lookNow.run();
            return Answer.done("member " + path(member) + " is enabled");
        });
    }

    /** Sets a member's weight, until the configuration gives it another one. */
    synchronized Answer weight(String named, String text) {
        if (!text.matches("[0-9]{1,4}") || Integer.parseInt(text) > Member.MAX_WEIGHT) {
            return Answer.refused("\"" + text + "\" is not a weight (0 to " + Member.MAX_WEIGHT + ")");
        }
        int weight = Integer.parseInt(text);
        return onMember(named, (pool, member) -> {
            int before = member.weight();
            pool.weight(member, weight);
            events.append(
                    "weight",
                    Severity.INFO,
                    path(member),
                    "weight " + before + " to " + weight + " by an operator, instead of the configured "
                            + member.configuredWeight());
            lookNow.run();
            return Answer.done("weight of member " + path(member) + ": " + before + " to " + weight
                    + (pool.isUsable() ? "" : "; no member of its pool can take new connections now"));
        });
    }

    private interface Order {
        Answer give(Pool pool, Member member);
    }

    private Answer onMember(String named, Order order) {
        List<Member> all = new ArrayList<>();
        current.active()
                .pools()
                .values()
                .forEach(pool -> all.addAll(pool.members().all()));
        List<Member> found = all.stream()
                .filter(member -> path(member).equals(named) || member.name().equals(named))
                .toList();
        List<Member> exact =
                found.stream().filter(member -> path(member).equals(named)).toList();
        if (exact.size() == 1 || found.size() == 1) {
            Member member = exact.isEmpty() ? found.getFirst() : exact.getFirst();
            return order.give(current.active().pool(member.pool()), member);
        }
        return Answer.refused(
                found.isEmpty()
                        ? "there is no member \"" + named + "\"; there is " + paths(all)
                        : "several pools have a member \"" + named + "\": write one of " + paths(found));
    }

    private static String paths(List<Member> members) {
        return members.stream().map(Operator::path).collect(Collectors.joining(", "));
    }

    private static String path(Member member) {
        return member.pool() + "/" + member.name();
    }

    private static String connections(Member member) {
        return member.active() + (member.active() == 1 ? " connection" : " connections");
    }
}
