package io.hawser.lb.config;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What must hold for the pools, their members and who listens for them. One thread. */
final class PoolChecks {
    private final Draft draft;
    private final Report report;
    private final HealthChecks health;

    PoolChecks(Draft draft, Report report, SourceText source) {
        this.draft = draft;
        this.report = report;
        this.health = new HealthChecks(draft, report, source);
    }

    void check() {
        Unique.names(report, draft.pools(), Keys.POOL_NAME);
        Set<Section> used = new HashSet<>();
        for (Section listener : draft.listeners()) {
            used.addAll(draft.poolsOf(listener));
        }
        for (Section pool : draft.pools()) {
            members(pool);
            health.check(pool);
            used(pool, used);
        }
    }

    private void members(Section pool) {
        List<Section> members = pool.sections(Keys.MEMBERS);
        Unique<String> names = new Unique<>(report);
        Unique<InetSocketAddress> addresses = new Unique<>(report);
        for (Section member : members) {
            InetSocketAddress address = resolve(member);
            if (address == null) {
                continue;
            }
            draft.hasAddress(member, address);
            addresses.add(address, Draft.addressSpot(member), ListenerChecks.show(address));
            if (member.has(Keys.MEMBER_NAME)) {
                String name = Draft.memberName(member);
                names.add(name, member.spot(Keys.MEMBER_NAME), "the name " + Wording.quote(String.valueOf(name)));
            }
            ownAddress(pool, member, address);
        }
        boolean isIdle = !members.isEmpty()
                && members.stream().allMatch(member -> Integer.valueOf(0).equals(member.find(Keys.MEMBER_WEIGHT)));
        if (isIdle) {
            report.warning(pool.spot(Keys.MEMBERS), "every member has weight 0: the pool takes no connections");
        }
    }

    private @Nullable InetSocketAddress resolve(Section member) {
        HostPort written = Draft.hostPort(member);
        if (written == null) {
            return null;
        }
        InetAddress literal = written.literal();
        if (literal != null) {
            return new InetSocketAddress(literal, written.port());
        }
        Spot spot = Draft.addressSpot(member);
        List<InetAddress> found = draft.resolve(written.host());
        if (found.isEmpty()) {
            report.problem(
                    spot,
                    "the host " + Wording.quote(written.host())
                            + " does not resolve on this node: correct it, or write its IP address");
            return null;
        }
        if (found.size() > 1) {
            report.warning(
                    spot,
                    Wording.quote(written.host()) + " has " + found.size() + " addresses and only "
                            + Addresses.show(found.getFirst()) + " is used: write a member for each");
        }
        return new InetSocketAddress(named(written.host(), found.getFirst()), written.port());
    }

    /** The address with the name that the file gives it, so that no one ever looks it up backwards. */
    private static InetAddress named(String host, InetAddress address) {
        try {
            return InetAddress.getByAddress(host, address.getAddress());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of the resolver: " + address, e);
        }
    }

    /** A member must not lead back to the node that connects to it. */
    private void ownAddress(Section pool, Section member, InetSocketAddress address) {
        Spot spot = Draft.addressSpot(member);
        Spot virtual = draft.virtual(address.getAddress());
        if (virtual != null) {
            report.problem(
                    spot,
                    Addresses.show(address.getAddress()) + " is the virtual address of " + virtual.path() + " at "
                            + virtual.at() + ", so connections would come back here: write the server's own address");
            return;
        }
        for (Section listener : draft.listeners()) {
            boolean isOurs = draft.poolsOf(listener).contains(pool);
            for (Section.Located<InetSocketAddress> bind : listener.items(Keys.LISTENER_BIND)) {
                if (isOurs && leadsTo(address, bind.value())) {
                    report.problem(
                            spot,
                            ListenerChecks.show(address) + " is where "
                                    + bind.spot().path()
                                    + " listens, so connections would come back here: write the server's own address"
                                    + " or another port");
                    return;
                }
            }
        }
        if (isNextToListener(address)) {
            report.warning(
                    spot,
                    ListenerChecks.show(address)
                            + " is on a load-balancer node, where a listener has the same port on another"
                            + " address: the server there must not listen on every address");
        }
    }

    private boolean leadsTo(InetSocketAddress member, InetSocketAddress bind) {
        if (member.getPort() != bind.getPort()) {
            return false;
        }
        InetAddress address = member.getAddress();
        return address.equals(bind.getAddress())
                || (ListenerChecks.covers(bind.getAddress(), address) && isNode(address));
    }

    // The same file runs on every node, so the other nodes' addresses count like this one's.
    private boolean isNode(InetAddress address) {
        return address.isLoopbackAddress()
                || address.isAnyLocalAddress()
                || draft.nodeAt(address) != null
                || draft.environment().addresses().contains(address);
    }

    private boolean isNextToListener(InetSocketAddress member) {
        return isNode(member.getAddress())
                && draft.listeners().stream()
                        .flatMap(listener -> listener.items(Keys.LISTENER_BIND).stream())
                        .anyMatch(bind -> bind.value().getPort() == member.getPort()
                                && !bind.value().getAddress().isAnyLocalAddress()
                                && !bind.value().getAddress().equals(member.getAddress()));
    }

    private void used(Section pool, Set<Section> used) {
        if (pool.find(Keys.POOL_NAME) != null && !used.contains(pool)) {
            report.warning(pool.spot(), "no listener uses this pool");
        }
    }

    /** The rules for a pool's checks. */
    private static final class HealthChecks {
        private static final Duration PROMPT = Duration.ofSeconds(5);

        private final Draft draft;
        private final Report report;
        private final SourceText source;

        private HealthChecks(Draft draft, Report report, SourceText source) {
            this.draft = draft;
            this.report = report;
            this.source = source;
        }

        private void check(Section pool) {
            Section health = pool.section(Keys.HEALTH);
            HealthType type = health.find(Keys.HEALTH_TYPE);
            if (type != null) {
                onlyFor(health, type, type.isHttp(), "http and https", HTTP_ONLY);
                onlyFor(health, type, type.isTls(), "tls and https", TLS_ONLY);
                onlyFor(health, type, type.isHttp() || type.isTls(), "tls, http and https", List.of(Keys.HEALTH_HOST));
                onlyFor(health, type, type != HealthType.TCP, "tls, http and https", List.of(Keys.HEALTH_TIMEOUT));
            }
            together(health, Keys.HEALTH_CERTIFICATE, Keys.HEALTH_KEY);
            together(health, Keys.HEALTH_KEY, Keys.HEALTH_CERTIFICATE);
            for (Key<Path> key : FILES) {
                var _ = new FileCheck(report, source).check(health, key);
            }
            if (type == HealthType.HTTP && health.has(Keys.HEALTH_TOKEN)) {
                report.warning(health.spot(Keys.HEALTH_TOKEN), "the token travels in the clear: write type: https");
            }
            speed(health);
        }

        private static final List<Key<?>> HTTP_ONLY = List.of(Keys.HEALTH_PATH, Keys.HEALTH_EXPECT, Keys.HEALTH_TOKEN);
        private static final List<Key<?>> TLS_ONLY = List.of(Keys.HEALTH_CA, Keys.HEALTH_CERTIFICATE, Keys.HEALTH_KEY);
        private static final List<Key<Path>> FILES =
                List.of(Keys.HEALTH_TOKEN, Keys.HEALTH_CA, Keys.HEALTH_CERTIFICATE, Keys.HEALTH_KEY);

        private void onlyFor(Section health, HealthType type, boolean isMeant, String types, List<Key<?>> keys) {
            for (Key<?> key : keys) {
                if (!isMeant && health.has(key)) {
                    report.problem(
                            health.spot(key),
                            "means nothing for type " + Types.word(type)
                                    + (health.has(Keys.HEALTH_TYPE) ? "" : " (the default)") + ", only for " + types
                                    + ": write one of these types or remove it");
                }
            }
        }

        private void together(Section health, Key<?> one, Key<?> other) {
            if (health.has(one) && !health.has(other)) {
                report.problem(health.spot(one), "needs " + other.name() + " next to it: write both or none");
            }
        }

        private void speed(Section health) {
            Duration interval = health.find(Keys.HEALTH_INTERVAL);
            Duration fast = health.find(Keys.HEALTH_FAST);
            Duration timeout = health.find(Keys.HEALTH_TIMEOUT);
            Integer fall = health.find(Keys.HEALTH_FALL);
            if (interval == null || fast == null || timeout == null || fall == null) {
                return;
            }
            if (fast.compareTo(interval) > 0) {
                report.warning(
                        health.spot(Keys.HEALTH_FAST),
                        Durations.format(fast) + " is slower than the interval of " + Durations.format(interval));
            }
            Duration noticed = interval.plus(fast.multipliedBy(fall - 1L)).plus(timeout);
            Duration failover = draft.slowestFailover();
            if (!failover.isZero() && noticed.compareTo(failover.compareTo(PROMPT) > 0 ? failover : PROMPT) > 0) {
                report.warning(
                        health.spot(Keys.HEALTH_INTERVAL),
                        "a dead member is noticed after up to " + Durations.format(noticed)
                                + ", while the address moves within " + Durations.format(failover)
                                + ": write a shorter interval or timeout, or a smaller fall");
            }
        }
    }
}
