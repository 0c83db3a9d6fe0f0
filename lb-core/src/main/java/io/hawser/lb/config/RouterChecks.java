package io.hawser.lb.config;

import io.hawser.sysctl.files.FileReads;
import io.hawser.sysctl.files.UnreadableFileException;
import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.Password;
import io.hawser.vrrp.RouterSpec;
import io.hawser.vrrp.RouterSpec.Transport;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** What must hold for the virtual routers, between them and on this host. One thread. */
final class RouterChecks {
    private static final int INTERVALS_IN_LEASE = 2;
    private static final int MOST_ADDRESSES = 255;

    private static final Duration LONGEST_3 = Duration.ofMillis(40_950);

    private final ParsedConfig draft;
    private final Report report;
    private final SourceText source;
    private final Unique<String> ids;
    private final Unique<InetAddress> addresses;

    RouterChecks(ParsedConfig draft, Report report, SourceText source) {
        this.draft = draft;
        this.report = report;
        this.source = source;
        this.ids = new Unique<>(report);
        this.addresses = new Unique<>(report);
    }

    void check() {
        Unique.names(report, draft.routers(), RouterKeys.NAME);
        for (Section router : draft.routers()) {
            onInterface(router);
            for (Section.Located<Cidr> one : router.items(RouterKeys.ADDRESSES)) {
                address(one);
            }
            oneFamily(router);
            if (sentAddresses(router) > MOST_ADDRESSES) {
                report.problem(
                        router.spot(RouterKeys.ADDRESSES),
                        "an advertisement has room for " + MOST_ADDRESSES + " addresses: use another virtual router");
            }
            version(router);
            interval(router);
            longest(router);
            preempt(router);
            for (Section.Located<NotifyCommand> one : router.items(RouterKeys.NOTIFY)) {
                command(one);
            }
            authentication(router);
            lease(router);
            transport(router);
            Section track = router.section(RouterKeys.TRACK);
            trackedListeners(track);
            for (Section.Located<String> one : track.items(RouterKeys.TRACK_INTERFACES)) {
                exists(one.value(), one.spot());
            }
        }
        groups();
    }

    private void groups() {
        Map<String, List<Section>> groups = new LinkedHashMap<>();
        for (Section router : draft.routers()) {
            String group = router.find(RouterKeys.GROUP);
            if (group != null) {
                groups.computeIfAbsent(group, name -> new ArrayList<>()).add(router);
            }
        }
        groups.forEach((name, routers) -> {
            Section first = routers.getFirst();
            if (routers.size() == 1) {
                report.warning(
                        first.spot(RouterKeys.GROUP),
                        "no other virtual router is of the group " + Messages.quote(name));
            }
            for (Section router : routers) {
                if (!preemptOf(router).equals(preemptOf(first))) {
                    report.problem(
                            router.spot(RouterKeys.PREEMPT),
                            "differs from " + first.spot().path() + " of the same group at "
                                    + first.spot(RouterKeys.PREEMPT).at()
                                    + ", and a group moves together: write the same preempt in both");
                }
            }
        });
    }

    private static RouterSpec.Preempt preemptOf(Section router) {
        return Assembly.preempt(router.section(RouterKeys.PREEMPT));
    }

    private void preempt(Section router) {
        RouterSpec.Preempt preempt = preemptOf(router);
        if (preempt.allowed() && preempt.delay().isZero() && draft.nodes().size() > 1) {
            report.warning(
                    router.spot(RouterKeys.PREEMPT),
                    "a node that comes back takes the addresses as soon as it can serve, and again each time that it"
                            + " fails and returns: write {delay: 60s}, or false to leave them where they work");
        }
    }

    private void longest(Section router) {
        Duration longest = router.find(RouterKeys.LONGEST);
        Duration interval = draft.interval(router);
        if (longest == null || interval == null) {
            return;
        }
        if (ParsedConfig.isVersion2(router)) {
            report.problem(
                    router.spot(RouterKeys.LONGEST),
                    "means nothing for version 2, where an advertisement with another interval is discarded: remove it");
        } else if (longest.compareTo(interval) < 0) {
            report.problem(
                    router.spot(RouterKeys.LONGEST),
                    Durations.format(longest) + " is less than the advertisement-interval of "
                            + Durations.format(interval)
                            + ", so the peers' own would not be believed: write at least that");
        }
    }

    private void command(Section.Located<NotifyCommand> one) {
        if (!source.readsFiles()) {
            return;
        }
        Path program = Path.of(one.value().words().getFirst());
        String why;
        try {
            why = FileReads.standard().ask(program, () -> whyNotRun(program));
        } catch (UnreadableFileException e) {
            why = "cannot be looked at: " + e.getMessage();
        }
        if (!why.isEmpty()) {
            report.warning(one.spot(), Messages.quote(program.toString()) + " " + why);
        }
    }

    private static String whyNotRun(Path program) {
        if (!Files.exists(program)) {
            return "does not exist";
        } else if (Files.isDirectory(program)) {
            return "is a directory";
        }
        return Files.isExecutable(program) ? "" : "is not executable: chmod +x it";
    }

    private void onInterface(Section router) {
        String written = router.has(RouterKeys.INTERFACE) ? router.find(RouterKeys.INTERFACE) : null;
        if (written != null) {
            exists(written, router.spot(RouterKeys.INTERFACE));
        }
        Environment.Interface carrier = draft.interfaceOf(router);
        String name = draft.carrierOf(router);
        Integer id = router.find(RouterKeys.ID);
        ids.add(
                id == null ? null : name + " " + id + " " + family(ParsedConfig.isIpv6(router)),
                router.spot(RouterKeys.ID),
                "VRID " + id + " on " + (carrier == null && written == null ? "the node's interface" : name));
        if (carrier != null) {
            subnet(router, carrier);
        }
    }

    private void exists(String name, SourceLocation spot) {
        Environment environment = draft.environment();
        if (environment.isKnown() && environment.interfaceNamed(name) == null) {
            List<String> names = environment.interfaces().stream()
                    .map(Environment.Interface::name)
                    .toList();
            report.notYet(
                    spot,
                    false,
                    () -> "no interface " + Messages.quote(name) + " on this host; it has " + String.join(", ", names)
                            + Messages.didYouMean(name, names));
        }
    }

    private void subnet(Section router, Environment.Interface carrier) {
        List<Cidr> own = carrier.addresses().stream()
                .filter(one -> one.address() instanceof Inet6Address == ParsedConfig.isIpv6(router)
                        && !isLinkLocal6(one.address())
                        && draft.virtual(one.address()) == null)
                .toList();
        for (Section.Located<Cidr> one : router.items(RouterKeys.ADDRESSES)) {
            InetAddress address = one.value().address();
            // A link-local address is at home on every interface.
            if (!own.isEmpty()
                    && !isLinkLocal6(address)
                    && own.stream().noneMatch(network -> network.contains(address))) {
                report.warning(
                        one.spot(),
                        AddressText.of(address) + " is outside the networks of " + carrier.name() + " ("
                                + String.join(
                                        ", ", own.stream().map(Cidr::toString).toList())
                                + "): clients there will not find it");
            }
        }
    }

    private void address(Section.Located<Cidr> one) {
        InetAddress address = one.value().address();
        addresses.add(address, one.spot(), AddressText.of(address));
        Section node = draft.nodeAt(address);
        if (node != null) {
            report.problem(
                    one.spot(),
                    AddressText.of(address) + " is the own address of "
                            + node.spot().path() + " at "
                            + node.spot(NodeKeys.ADDRESS).at() + ": write an address that no node has");
        }
    }

    private static boolean isLinkLocal6(InetAddress address) {
        return address instanceof Inet6Address && address.isLinkLocalAddress();
    }

    private static String family(boolean isSix) {
        return isSix ? "IPv6" : "IPv4";
    }

    private static int sentAddresses(Section router) {
        List<Section.Located<Cidr>> written = router.items(RouterKeys.ADDRESSES);
        boolean isMade = ParsedConfig.isIpv6(router)
                && written.stream().noneMatch(one -> isLinkLocal6(one.value().address()));
        return written.size() + (isMade ? 1 : 0);
    }

    private void oneFamily(Section router) {
        boolean isSix = ParsedConfig.isIpv6(router);
        List<Section.Located<Cidr>> written = router.items(RouterKeys.ADDRESSES);
        for (Section.Located<Cidr> one : written) {
            if (one.value().address() instanceof Inet6Address != isSix) {
                Section.Located<Cidr> first = written.getFirst();
                report.problem(
                        one.spot(),
                        AddressText.of(one.value().address()) + " is " + family(!isSix) + " and "
                                + AddressText.of(first.value().address()) + " of "
                                + first.spot().path() + " is " + family(isSix)
                                + ", but a virtual router has one family: make two virtual routers,"
                                + " which may have the same id");
                return;
            }
        }
    }

    private void version(Section router) {
        boolean isTwo = ParsedConfig.isVersion2(router);
        boolean isSix = ParsedConfig.isIpv6(router);
        if (isTwo && isSix) {
            report.problem(
                    router.spot(RouterKeys.VERSION),
                    "version 2 is for IPv4 only (RFC 3768), and this router's addresses are IPv6: write version: 3");
        }
        if (router.has(RouterKeys.CHECKSUM) && (isTwo || isSix)) {
            report.problem(
                    router.spot(RouterKeys.CHECKSUM),
                    "means nothing for " + (isTwo ? "version 2" : "IPv6")
                            + ", which has one checksum, only for version 3 over IPv4: remove it");
        }
    }

    private void interval(Section router) {
        Duration interval = router.has(RouterKeys.INTERVAL) ? router.find(RouterKeys.INTERVAL) : null;
        if (interval == null) {
            return;
        }
        SourceLocation spot = router.spot(RouterKeys.INTERVAL);
        boolean isTwo = ParsedConfig.isVersion2(router);
        if (isTwo && interval.toNanosPart() != 0) {
            Duration write = Duration.ofSeconds(Math.max(1, interval.toSeconds()));
            report.problem(
                    spot,
                    Durations.format(interval) + " is not a whole number of seconds, in which version 2 counts (1s to"
                            + " 255s): write " + Durations.format(write));
        } else if (!isTwo && interval.compareTo(LONGEST_3) > 0) {
            report.problem(
                    spot,
                    Durations.format(interval) + " is out of range for version 3: write 10ms to "
                            + Durations.format(LONGEST_3));
        }
    }

    private void authentication(Section router) {
        if (!router.has(RouterKeys.AUTHENTICATION)) {
            return;
        }
        if (!ParsedConfig.isVersion2(router)) {
            report.problem(
                    router.spot(RouterKeys.AUTHENTICATION),
                    "version 3 has no authentication (RFC 9568 section 9): remove it, or write version: 2");
            return;
        }
        Section authentication = router.section(RouterKeys.AUTHENTICATION);
        Path written = authentication.find(RouterKeys.AUTHENTICATION_FILE);
        if (written == null) {
            return;
        }
        SourceLocation spot = authentication.spot(RouterKeys.AUTHENTICATION_FILE);
        Path file = source.directory().resolve(written);
        byte[] content = new FileCheck(report, source).bytes(authentication, RouterKeys.AUTHENTICATION_FILE);
        if (content == null) {
            return;
        }
        Password password = PasswordFile.of(file, content).orTell(message -> report.problem(spot, message));
        if (password == null) {
            return;
        }
        draft.hasPassword(router, password);
        new CredentialChecks(report, source).notForOthers(spot, file, "password");
        if (PasswordFile.length(password) > PasswordFile.SIGNIFICANT_BYTES) {
            report.warning(
                    spot,
                    "the password has " + PasswordFile.length(password) + " bytes and version 2 has room for "
                            + PasswordFile.SIGNIFICANT_BYTES + ": the first " + PasswordFile.SIGNIFICANT_BYTES
                            + " are used, as Keepalived does");
        }
    }

    private void lease(Section router) {
        Optional<Duration> lease = router.find(RouterKeys.LEASE);
        Duration interval = draft.interval(router);
        if (lease == null || interval == null || lease.isEmpty()) {
            return;
        }
        Duration least = interval.multipliedBy(INTERVALS_IN_LEASE);
        if (lease.get().compareTo(least) < 0) {
            // The lifetime counts whole seconds in the kernel.
            Duration write = Duration.ofSeconds(least.plusMillis(999).toSeconds());
            Key<?> cause = router.has(RouterKeys.LEASE) ? RouterKeys.LEASE : RouterKeys.INTERVAL;
            report.problem(
                    router.spot(cause),
                    "a lease of " + Durations.format(lease.get()) + " is too short for an advertisement-interval of "
                            + Durations.format(interval) + ": write lease: " + Durations.format(write)
                            + " or a shorter interval");
        }
    }

    private void transport(Section router) {
        Optional<Transport> transport = router.find(RouterKeys.TRANSPORT);
        boolean isUnicast = transport != null && transport.isPresent() && transport.get() == Transport.UNICAST;
        if (isUnicast && draft.nodes().size() == 1) {
            report.problem(
                    router.spot(RouterKeys.TRANSPORT),
                    "unicast has no one to send to: nodes lists only this one; list the others or write multicast");
        }
        Section other = isUnicast ? draft.nodeOfOtherFamily(router) : null;
        InetAddress address = other == null ? null : other.find(NodeKeys.ADDRESS);
        if (other != null
                && address != null
                && !router.items(RouterKeys.ADDRESSES).isEmpty()) {
            boolean isSix = ParsedConfig.isIpv6(router);
            report.problem(
                    router.spot(RouterKeys.TRANSPORT),
                    "unicast goes to the nodes' addresses over " + family(isSix) + ", as this router's are, and "
                            + other.spot().path() + " has " + AddressText.of(address)
                            + ": write multicast, or give every"
                            + " node an " + family(isSix) + " address");
        }
    }

    private void trackedListeners(Section track) {
        List<String> names = draft.listeners().stream()
                .map(listener -> listener.find(ListenerKeys.NAME))
                .filter(Objects::nonNull)
                .toList();
        for (Section.Located<String> one : track.items(RouterKeys.TRACK_LISTENERS)) {
            if (!names.contains(one.value())) {
                report.problem(one.spot(), () -> Messages.noSuch("listener", one.value(), names));
            }
        }
    }
}
