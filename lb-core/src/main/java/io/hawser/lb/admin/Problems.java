package io.hawser.lb.admin;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What is wrong, in words, worst first, as far as a status tells. Any thread. */
public final class Problems {
    private Problems() {}

    /** The problems that {@code status} shows; empty when nothing is wrong. */
    public static List<String> of(Status status) {
        List<String> found = new ArrayList<>();
        if (!status.ready()) {
            found.add("this node has not finished starting");
        }
        if (!status.fit()) {
            found.add("this node cannot serve: "
                    + (status.reasons().isEmpty() ? "no reason given" : String.join("; ", status.reasons())));
        }
        status.routers().forEach(router -> addRouter(router, found));
        status.listeners().forEach(listener -> addListener(listener, found));
        status.pools().forEach(pool -> addPool(status, pool, found));
        status.peers().forEach(peer -> addPeer(peer, found));
        found.addAll(status.warnings());
        return found;
    }

    private static void addRouter(Status.Router router, List<String> found) {
        String named = "router " + router.name();
        switch (router.state()) {
            case INITIALIZE -> found.add(named + " is not running: " + router.cause());
            case BACKUP -> {
                if (router.activeNode() == null) {
                    found.add("nobody is known to hold the addresses of " + named);
                }
                router.addresses().stream()
                        .filter(Status.Address::present)
                        .forEach(address -> found.add(
                                "address " + address.address() + " is on this node, but " + named + " is backup"));
            }
            case ACTIVE ->
                router.addresses().stream()
                        .filter(address -> !address.present())
                        .forEach(address -> found.add(
                                "address " + address.address() + " is not on this node, but " + named + " is active"));
        }
    }

    private static void addListener(Status.Listener listener, List<String> found) {
        if (!listener.bound()) {
            found.add("listener " + listener.name() + " is not bound to " + String.join(", ", listener.bind()));
        }
        if (listener.paused()) {
            found.add("listener " + listener.name() + " has paused accepting at " + listener.active() + " connections");
        }
    }

    private static void addPool(Status status, Status.Pool pool, List<String> found) {
        long usable = pool.members().stream()
                .filter(member -> member.health() == Status.MemberHealth.UP)
                .count();
        if (usable == 0) {
            found.add("pool " + pool.name() + " has no member that is up");
        }
        for (Status.Member member : pool.members()) {
            String named = "member " + pool.name() + "/" + member.name();
            if (member.drained()) {
                found.add(named + " is drained by an operator, with " + member.connections()
                        + " connections left: to put it back in service, run hawser enable " + pool.name() + "/"
                        + member.name());
            }
            String age = words(Duration.between(member.since(), status.at()));
            switch (member.health()) {
                case UP -> {}
                case DOWN -> found.add(named + " is down for " + age + ": " + member.why());
                case UNKNOWN -> found.add(named + " has no check result yet");
                case DRAINING -> found.add(named + " is draining for " + age + ": " + member.why());
            }
        }
    }

    private static void addPeer(Status.Peer peer, List<String> found) {
        String problem = peer.problem() == null ? "no reason known" : peer.problem();
        if (!peer.up()) {
            found.add("node " + peer.name() + " does not answer: " + problem);
        } else if (!Boolean.TRUE.equals(peer.fit())) {
            found.add("node " + peer.name() + " cannot serve: " + problem);
        }
    }

    /** A duration for people: its two largest units, such as {@code 2 h 13 min}; never negative. */
    public static String words(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3_600) {
            return seconds / 60 + " min " + seconds % 60 + " s";
        }
        if (seconds < 86_400) {
            return seconds / 3_600 + " h " + seconds % 3_600 / 60 + " min";
        }
        return seconds / 86_400 + " d " + seconds % 86_400 / 3_600 + " h";
    }
}
