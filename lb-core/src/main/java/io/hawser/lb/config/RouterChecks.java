package io.hawser.lb.config;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What must hold for the virtual routers, between them and on this host. One thread. */
final class RouterChecks {
    private static final int INTERVALS_IN_LEASE = 2;
    private static final int MOST_ADDRESSES = 255;

    private final Draft draft;
    private final Report report;
    private final Unique<String> ids;
    private final Unique<InetAddress> addresses;

    RouterChecks(Draft draft, Report report) {
        this.draft = draft;
        this.report = report;
        this.ids = new Unique<>(report);
        this.addresses = new Unique<>(report);
    }

    void check() {
        Unique.names(report, draft.routers(), Keys.ROUTER_NAME);
        for (Section router : draft.routers()) {
            onInterface(router);
            for (Section.Located<Cidr> one : router.items(Keys.ROUTER_ADDRESSES)) {
                address(one);
            }
            if (router.items(Keys.ROUTER_ADDRESSES).size() > MOST_ADDRESSES) {
                report.problem(
                        router.spot(Keys.ROUTER_ADDRESSES),
                        "an advertisement has room for " + MOST_ADDRESSES + " addresses: use another virtual router");
            }
            lease(router);
            transport(router);
            Section track = router.section(Keys.ROUTER_TRACK);
            trackedListeners(track);
            for (Section.Located<String> one : track.items(Keys.TRACK_INTERFACES)) {
                exists(one.value(), one.spot());
            }
        }
    }

    private void onInterface(Section router) {
        String written = router.has(Keys.ROUTER_INTERFACE) ? router.find(Keys.ROUTER_INTERFACE) : null;
        if (written != null) {
            exists(written, router.spot(Keys.ROUTER_INTERFACE));
        }
        Environment.Interface carrier = draft.interfaceOf(router);
        if (carrier == null) {
            return; // reported here, or where the node's address is not found
        }
        Integer id = router.find(Keys.ROUTER_ID);
        ids.add(
                id == null ? null : carrier.name() + " " + id,
                router.spot(Keys.ROUTER_ID),
                "VRID " + id + " on " + carrier.name());
        subnet(router, carrier);
    }

    private void exists(String name, Spot spot) {
        Environment environment = draft.environment();
        if (environment.interfaceNamed(name) == null) {
            List<String> names = environment.interfaces().stream()
                    .map(Environment.Interface::name)
                    .toList();
            report.problem(
                    spot,
                    "no interface " + Wording.quote(name) + " on this host; it has " + String.join(", ", names)
                            + Wording.didYouMean(name, names));
        }
    }

    private void subnet(Section router, Environment.Interface carrier) {
        List<Cidr> own = carrier.addresses().stream()
                .filter(one -> one.address() instanceof Inet4Address && draft.virtual(one.address()) == null)
                .toList();
        for (Section.Located<Cidr> one : router.items(Keys.ROUTER_ADDRESSES)) {
            InetAddress address = one.value().address();
            if (!own.isEmpty() && own.stream().noneMatch(network -> network.contains(address))) {
                report.warning(
                        one.spot(),
                        Addresses.show(address) + " is outside the networks of " + carrier.name() + " ("
                                + String.join(
                                        ", ", own.stream().map(Cidr::toString).toList())
                                + "): clients there will not find it");
            }
        }
    }

    private void address(Section.Located<Cidr> one) {
        InetAddress address = one.value().address();
        addresses.add(address, one.spot(), Addresses.show(address));
        Section node = draft.nodeAt(address);
        if (node != null) {
            report.problem(
                    one.spot(),
                    Addresses.show(address) + " is the own address of "
                            + node.spot().path() + " at "
                            + node.spot(Keys.NODE_ADDRESS).at() + ": write an address that no node has");
        }
    }

    private void lease(Section router) {
        Optional<Duration> lease = router.find(Keys.ROUTER_LEASE);
        Duration interval = router.find(Keys.ROUTER_INTERVAL);
        if (lease == null || interval == null || lease.isEmpty()) {
            return;
        }
        Duration least = interval.multipliedBy(INTERVALS_IN_LEASE);
        if (lease.get().compareTo(least) < 0) {
            // The lifetime counts whole seconds in the kernel.
            Duration write = Duration.ofSeconds(least.plusMillis(999).toSeconds());
            Key<?> cause = router.has(Keys.ROUTER_LEASE) ? Keys.ROUTER_LEASE : Keys.ROUTER_INTERVAL;
            report.problem(
                    router.spot(cause),
                    "a lease of " + Durations.format(lease.get()) + " is too short for an advertisement-interval of "
                            + Durations.format(interval) + ": write lease: " + Durations.format(write)
                            + " or a shorter interval");
        }
    }

    private void transport(Section router) {
        Optional<Transport> transport = router.find(Keys.ROUTER_TRANSPORT);
        boolean isUnicast = transport != null && transport.isPresent() && transport.get() == Transport.UNICAST;
        if (isUnicast && draft.nodes().size() == 1) {
            report.problem(
                    router.spot(Keys.ROUTER_TRANSPORT),
                    "unicast has no one to send to: nodes lists only this one; list the others or write multicast");
        }
    }

    private void trackedListeners(Section track) {
        List<String> names = draft.listeners().stream()
                .map(listener -> listener.find(Keys.LISTENER_NAME))
                .filter(Objects::nonNull)
                .toList();
        for (Section.Located<String> one : track.items(Keys.TRACK_LISTENERS)) {
            if (!names.contains(one.value())) {
                report.problem(one.spot(), Wording.noSuch("listener", one.value(), names));
            }
        }
    }
}
