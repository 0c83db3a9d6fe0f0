package io.hawser.vrrp;

import io.hawser.sysctl.linux.Datagram;
import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.InterfaceAddress;
import io.hawser.sysctl.linux.Link;
import io.hawser.sysctl.linux.RouteSocket;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One virtual router as it runs: feeds the engine, does what it says, and keeps the addresses as they should be. Vrrp
 * thread, except {@link #status()}, which any thread may call.
 */
final class VirtualRouter implements Group.Member {
    private static final Logger log = LoggerFactory.getLogger(VirtualRouter.class);

    /** A change of an address that failed is tried again after this. */
    private static final long RETRY_NANOS = 100_000_000L;

    /** Somebody else's claim to an address says nothing while both sides may still be learning of a takeover. */
    private static final long SETTLED_NANOS = 2_000_000_000L;

    private final Port port;
    private final RouteSocket routes;
    private final VrrpListener listener;
    private final Complaints complaints = new Complaints();
    private final Map<RouterStatus.Change, LongAdder> transitions = new ConcurrentHashMap<>();
    private final LongAdder sent = new LongAdder();
    private final LongAdder received = new LongAdder();
    private final LongAdder conflicts;
    private final ByteBuffer message = ByteBuffer.allocate(Advertisement.MAXIMUM_LENGTH + Authentication.LENGTH);
    private final ByteBuffer frame = ByteBuffer.allocate(UnsolicitedNeighborAdvertisement.LENGTH);

    private volatile RouterSpec spec;
    private volatile State state;
    private volatile Instant since = Instant.now();
    private volatile Cause cause = Cause.START;
    private volatile String explanation = "not started";
    private volatile Set<InetAddress> present = Set.of();

    private Election election;
    private Announcer announcer;
    private @Nullable Group group;
    private Fitness verdict;
    private String reason;
    private ChecksumForm form = ChecksumForm.MESSAGE;
    private boolean isHolding;
    private long renewAt;
    private long activeAt;

    VirtualRouter(
            RouterSpec spec,
            Port port,
            RouteSocket routes,
            VrrpListener listener,
            LongAdder conflicts,
            Fitness fitness,
            String reason) {
        this.spec = spec;
        this.port = port;
        this.routes = routes;
        this.listener = listener;
        this.conflicts = conflicts;
        this.election = spec.election();
        this.announcer = new Announcer(spec.announce());
        this.verdict = fitness;
        this.reason = reason;
        this.state = VrrpEngine.initial(fitness, reason);
        this.form = firstForm(spec);
    }

    // RFC 9568 5.2.8 wants no pseudo-header over IPv4, but keepalived 2.2 and others discard that form: the first one
    // sent, before any peer was heard, has to be one that everybody takes.
    private static ChecksumForm firstForm(RouterSpec spec) {
        boolean six = spec.family() == io.hawser.sysctl.linux.Family.IPV6;
        if (spec.version() == 2) {
            return ChecksumForm.MESSAGE;
        }
        return six || spec.checksum() != RouterSpec.Checksum.RFC9568
                ? ChecksumForm.PSEUDO_HEADER
                : ChecksumForm.MESSAGE;
    }

    RouterSpec spec() {
        return spec;
    }

    Port port() {
        return port;
    }

    /** Whether the addresses are to be on the interface. */
    boolean isHolding() {
        return isHolding;
    }

    /** Whether {@code address} is one of this router's. */
    boolean owns(InetAddress address) {
        for (VirtualAddress each : spec.addresses()) {
            if (each.address().equals(address)) {
                return true;
            }
        }
        return false;
    }

    // --- events

    /** Feeds one event to the engine and does what it answers, here and in the group. */
    @Override
    public void on(Event event, long now) {
        State before = state;
        Step step = VrrpEngine.on(election, before, event, now);
        state = step.state();
        for (Action action : step.actions()) {
            perform(action, now);
        }
        if (group != null) {
            group.stepped(this, before, now);
        }
    }

    /** Takes a verdict about this router alone; in a group, the least fit member counts. */
    void judged(Fitness newVerdict, String newReason, long now) {
        verdict = newVerdict;
        reason = newReason;
        if (group == null) {
            on(new Event.FitnessChanged(verdict, reason), now);
        } else {
            group.stepped(this, state, now);
        }
    }

    /** Makes this router one of a group; null: it moves alone, from its next event on. */
    void join(@Nullable Group next, long now) {
        boolean left = group != null && next == null;
        group = next;
        if (left) {
            on(new Event.FitnessChanged(verdict, reason), now);
        }
    }

    /** Leaves the group before the end, which is no reason for the others to move. */
    void shutdown(long now) {
        group = null;
        on(new Event.Shutdown(), now);
    }

    @Override
    public String name() {
        return spec.name();
    }

    @Override
    public Election election() {
        return election;
    }

    @Override
    public State state() {
        return state;
    }

    @Override
    public Fitness verdict() {
        return verdict;
    }

    @Override
    public String reason() {
        return reason;
    }

    /** Runs what is due. Everything received before must have been handed in. */
    void tick(long now) {
        OptionalLong deadline = VrrpEngine.deadline(election, state);
        if (deadline.isPresent() && now - deadline.getAsLong() >= 0) {
            listener.ticked(now - deadline.getAsLong());
            on(group == null ? new Event.Tick() : group.due(this, now), now);
        }
        if (isHolding && now - renewAt >= 0) {
            putAddresses(now);
        }
        while (isHolding && announcer.poll(now)) {
            announce(now);
        }
    }

    /** When {@link #tick} is due; {@link Long#MAX_VALUE} nanoseconds from {@code now} when nothing is. */
    long dueAt(long now) {
        long due = now + Long.MAX_VALUE / 2;
        OptionalLong deadline = VrrpEngine.deadline(election, state);
        if (deadline.isPresent() && deadline.getAsLong() - due < 0) {
            due = deadline.getAsLong();
        }
        if (isHolding && renewAt - due < 0) {
            due = renewAt;
        }
        OptionalLong announcement = announcer.deadline();
        if (isHolding && announcement.isPresent() && announcement.getAsLong() - due < 0) {
            due = announcement.getAsLong();
        }
        return due;
    }

    /** Takes what is known of the interface, and puts the addresses right. */
    void interfaceRead(long now) {
        InetAddress primary = primary();
        Situation known = new Situation(port.isUp(), primary);
        if (!known.equals(reported)) {
            reported = known;
            on(new Event.Link(known.up, primary), now);
        }
        reconcile(now);
    }

    private record Situation(boolean up, @Nullable InetAddress primary) {}

    private @Nullable Situation reported;

    /** The address that advertisements leave from; null when it is not on the interface. */
    private @Nullable InetAddress primary() {
        InetAddress any = null;
        // RFC 9568 5.1.2.1: over IPv6 the source is the link-local address of the interface.
        boolean linkLocal = spec.family() == io.hawser.sysctl.linux.Family.IPV6
                && spec.transport() == RouterSpec.Transport.MULTICAST;
        for (InterfaceAddress each : port.addresses()) {
            InetAddress address = each.address();
            if (!linkLocal && address.equals(spec.source())) {
                return address;
            }
            boolean sameFamily = io.hawser.sysctl.linux.Family.of(address) == spec.family();
            boolean isFit = !linkLocal || address.isLinkLocalAddress();
            // The kernel lists what was added last first: another router's address would often be found here.
            if (any == null && sameFamily && isFit && !each.tentative() && !port.isVirtual(address)) {
                any = address;
            }
        }
        return spec.transport() == RouterSpec.Transport.MULTICAST ? any : null;
    }

    /** Takes new parameters without leaving the election; only ones that {@link RouterSpec#continues} allows. */
    void reconfigure(RouterSpec next, long now) {
        RouterSpec before = spec;
        spec = next;
        election = next.election();
        if (!before.announce().equals(next.announce())) {
            announcer = new Announcer(next.announce());
        }
        for (VirtualAddress each : before.addresses()) {
            if (isHolding && !next.addresses().contains(each)) {
                remove(each, now);
            }
        }
        // First the engine: a router that stalled gives up here, and must not put anything on before.
        on(new Event.Reconfigured(), now);
        if (isHolding && !before.addresses().equals(next.addresses())) {
            putAddresses(now);
            announcer.burst(now);
        }
    }

    // --- packets

    /**
     * Takes one packet with this router's VRID.
     *
     * @return why it was discarded; null when it was accepted
     */
    @Nullable
    Reason receive(Datagram packet, Decoded.Ok decoded, long now) {
        Advertisement advert = decoded.advertisement();
        Reason reason = refuse(packet, advert);
        if (reason != null) {
            if (reason == Reason.UNLISTED_PEER) {
                complain(
                        AlarmKind.FOREIGN_SENDER,
                        packet.source(),
                        Addresses.text(packet.source()) + " advertises VRID " + spec.vrid() + " with priority "
                                + advert.priority() + " and is not in the list of nodes: add it, or choose another id",
                        now);
            }
            return reason;
        }
        received.increment();
        if (spec.checksum() == RouterSpec.Checksum.AUTO && decoded.checksum() != form) {
            form = decoded.checksum();
            log.atInfo()
                    .addKeyValue("router", spec.name())
                    .addKeyValue("peer", Addresses.text(packet.source()))
                    .addKeyValue("form", form)
                    .log("sending the checksum form that the peer sends");
        }
        compare(packet, advert, now);
        on(new Event.Heard(packet.source(), advert.priority(), advert.intervalNanos()), now);
        return null;
    }

    private @Nullable Reason refuse(Datagram packet, Advertisement advert) {
        if (isOwn(packet.source())) {
            return Reason.OWN_PACKET;
        }
        if (advert.version() != spec.version()) {
            return Reason.VERSION;
        }
        if (spec.version() == 2) {
            Authentication own = authentication();
            if (advert.authentication().type() != own.type()) {
                return Reason.AUTH_TYPE;
            }
            if (!own.sameData(advert.authentication())) {
                return Reason.AUTH_DATA;
            }
            // RFC 3768 7.1: the Adver Interval MUST be the locally configured one.
            if (advert.intervalNanos() != spec.interval().toNanos()) {
                return Reason.INTERVAL_MISMATCH;
            }
        }
        boolean toGroup = packet.destination().isMulticastAddress();
        if (toGroup != (spec.transport() == RouterSpec.Transport.MULTICAST)) {
            return Reason.DESTINATION;
        }
        if (!toGroup && !spec.peers().contains(packet.source())) {
            return Reason.UNLISTED_PEER;
        }
        return state instanceof State.Initialize ? Reason.NOT_LISTENING : null;
    }

    private boolean isOwn(InetAddress source) {
        if (source.equals(spec.source())) {
            return true;
        }
        InetAddress primary = state.situation().primary();
        return primary != null && primary.equals(source);
    }

    private Authentication authentication() {
        return spec.password().map(Authentication::pass).orElse(Authentication.NONE);
    }

    /** Says what is legal in an advertisement but differs from here: mostly a mistake in one of the configurations. */
    private void compare(Datagram packet, Advertisement advert, long now) {
        InetAddress peer = packet.source();
        String named = Addresses.text(peer);
        if (advert.priority() == spec.priority() && advert.priority() != Election.OWNER_PRIORITY) {
            complain(
                    AlarmKind.SAME_PRIORITY,
                    peer,
                    named + " has the same priority " + advert.priority()
                            + ": give each node its own, or the higher address decides",
                    now);
        }
        if (advert.intervalNanos() != spec.interval().toNanos()) {
            complain(
                    AlarmKind.OTHER_INTERVAL,
                    peer,
                    named + " advertises every " + advert.intervalNanos() / 1_000_000 + " ms, this node every "
                            + spec.interval().toMillis() + " ms: write the same advertisement-interval on both",
                    now);
        }
        Set<InetAddress> own =
                spec.addresses().stream().map(VirtualAddress::address).collect(Collectors.toSet());
        if (!own.equals(Set.copyOf(new HashSet<>(advert.addresses())))) {
            complain(
                    AlarmKind.OTHER_ADDRESSES,
                    peer,
                    named + " advertises "
                            + advert.addresses().stream().map(Addresses::text).collect(Collectors.joining(", "))
                            + ", this node has "
                            + spec.addresses().stream()
                                    .map(VirtualAddress::toString)
                                    .collect(Collectors.joining(", "))
                            + ": another cluster with the same id, or two versions of one file",
                    now);
        }
    }

    /** Takes an ARP packet that claims {@code address} for {@code mac}. */
    void claimed(InetAddress address, byte[] mac, long now) {
        Link link = port.link();
        if (!isHolding || link == null || now - activeAt < SETTLED_NANOS || java.util.Arrays.equals(mac, link.mac())) {
            return;
        }
        conflicts.increment();
        String text = java.util.HexFormat.ofDelimiter(":").formatHex(mac);
        complain(
                AlarmKind.ADDRESS_CLAIMED,
                text,
                Addresses.text(address) + " is also claimed by the machine with MAC " + text
                        + " while this node holds it: find it (ip neigh, the switch's table) and take the address off it",
                now);
    }

    private void complain(AlarmKind kind, Object about, String text, long now) {
        if (complaints.isDue(List.of(kind, about), now)) {
            listener.alarmed(new VrrpListener.Alarm(spec.name(), kind, text));
        }
    }

    // --- actions

    private void perform(Action action, long now) {
        switch (action) {
            case Action.SendAdvert(int priority) -> send(priority, now);
            case Action.PutAddresses() -> {
                isHolding = true;
                activeAt = now;
                putAddresses(now);
            }
            case Action.RemoveAddresses() -> {
                isHolding = false;
                announcer.stop();
                spec.addresses().forEach(each -> remove(each, now));
            }
            case Action.Announce() -> {
                announcer.burst(now);
                while (announcer.poll(now)) {
                    announce(now);
                }
            }
            case Action.Moved moved -> moved(moved);
            case Action.Alarm(AlarmKind kind, String text) ->
                listener.alarmed(new VrrpListener.Alarm(spec.name(), kind, text));
        }
    }

    private void moved(Action.Moved moved) {
        since = Instant.now();
        cause = moved.cause();
        explanation = moved.explanation();
        transitions
                .computeIfAbsent(
                        new RouterStatus.Change(moved.to(), moved.cause().label()), absent -> new LongAdder())
                .increment();
        listener.moved(new VrrpListener.Transition(
                spec.name(), moved.from(), moved.to(), moved.cause().label(), moved.explanation()));
    }

    private void send(int priority, long now) {
        InetAddress source = state.situation().primary();
        if (source == null) {
            return;
        }
        if (spec.transport() == RouterSpec.Transport.MULTICAST) {
            send(priority, source, Port.group(spec.family()), now);
        } else {
            for (InetAddress peer : spec.peers()) {
                send(priority, source, peer, now);
            }
        }
    }

    private void send(int priority, InetAddress source, InetAddress destination, long now) {
        Advertisement advert = new Advertisement(
                spec.version(),
                spec.vrid(),
                priority,
                spec.interval().toNanos(),
                spec.addresses().stream().map(VirtualAddress::address).toList(),
                spec.version() == 2 ? authentication() : Authentication.NONE);
        message.clear();
        advert.encode(message, source, destination, spec.version() == 2 ? ChecksumForm.MESSAGE : form);
        try {
            port.send(source, destination, message.flip());
            sent.increment();
        } catch (ErrnoException | IllegalStateException e) {
            complain(
                    AlarmKind.CANNOT_SEND,
                    destination,
                    "advertising to " + Addresses.text(destination) + " failed: " + e.getMessage(),
                    now);
        }
    }

    private void announce(long now) {
        Link link = port.link();
        if (link == null) {
            return;
        }
        try {
            for (VirtualAddress each : spec.addresses()) {
                frame.clear();
                switch (each.address()) {
                    case Inet4Address four -> GratuitousArp.encode(frame, link.mac(), four);
                    case Inet6Address six -> UnsolicitedNeighborAdvertisement.encode(frame, link.mac(), six, true);
                    default -> throw new IllegalStateException("address of unknown family " + each);
                }
                port.sendFrame(frame.flip());
            }
        } catch (ErrnoException | IllegalStateException e) {
            complain(AlarmKind.CANNOT_SEND, "frames", "announcing the addresses failed: " + e.getMessage(), now);
        }
    }

    // --- addresses

    /** Puts the addresses on the interface, or renews their lease. */
    private void putAddresses(long now) {
        int lease = spec.lease().map(Duration::toSeconds).orElse(0L).intValue();
        // A quarter: one renewal may fail and one be late before the kernel takes the address away.
        renewAt = now + spec.lease().map(each -> each.toNanos() / 4).orElse(10_000_000_000L);
        Set<InetAddress> put = new HashSet<>();
        for (VirtualAddress each : spec.addresses()) {
            try {
                routes.putAddress(port.index(), each.address(), each.prefix(), lease);
                put.add(each.address());
            } catch (ErrnoException e) {
                renewAt = now + RETRY_NANOS;
                complain(
                        AlarmKind.CANNOT_CHANGE_ADDRESS,
                        each,
                        "putting " + each + " on " + port.name() + " failed: " + e.getMessage(),
                        now);
            }
        }
        if (!put.equals(present)) {
            present = Set.copyOf(put);
        }
    }

    private boolean remove(VirtualAddress each, long now) {
        return remove(each.address(), each.prefix(), now);
    }

    private boolean remove(InetAddress address, int prefix, long now) {
        try {
            boolean removed = port.index() != 0 && routes.removeAddress(port.index(), address, prefix);
            present = present.stream().filter(other -> !other.equals(address)).collect(Collectors.toUnmodifiableSet());
            return removed;
        } catch (ErrnoException e) {
            complain(
                    AlarmKind.CANNOT_CHANGE_ADDRESS,
                    address,
                    "taking " + Addresses.text(address) + " off " + port.name() + " failed: " + e.getMessage(),
                    now);
            return false;
        }
    }

    /** Makes what the kernel has agree with what it should have: the addresses are there if and only if held. */
    private void reconcile(long now) {
        Set<InetAddress> found = new HashSet<>();
        for (InterfaceAddress each : port.addresses()) {
            if (!owns(each.address())) {
                continue;
            }
            if (isHolding) {
                found.add(each.address());
            } else if (remove(each.address(), each.prefix(), now)) {
                corrected(Addresses.text(each.address()) + "/" + each.prefix() + " was on " + port.name()
                        + " although this router is " + state.name().label() + ": taken off");
            }
        }
        if (!isHolding) {
            present = Set.of();
            return;
        }
        List<VirtualAddress> missing = spec.addresses().stream()
                .filter(each -> !found.contains(each.address()))
                .toList();
        present = Set.copyOf(found);
        if (!missing.isEmpty() && port.isUp()) {
            putAddresses(now);
            announcer.burst(now);
            while (announcer.poll(now)) {
                announce(now);
            }
            corrected(missing.stream().map(VirtualAddress::toString).collect(Collectors.joining(", "))
                    + " was gone from " + port.name() + " although this router is active: put back");
        }
    }

    private void corrected(String text) {
        listener.alarmed(new VrrpListener.Alarm(spec.name(), AlarmKind.ADDRESS_CORRECTED, text));
    }

    // --- status

    /** A snapshot. Any thread. */
    RouterStatus status() {
        State now = state;
        RouterSpec is = spec;
        Set<InetAddress> on = present;
        State.Sender heard = now instanceof State.Backup backup ? backup.active() : null;
        InetAddress active = switch (now) {
            case State.Initialize _ -> null;
            case State.Backup _ -> heard == null ? null : heard.source();
            case State.Active _ -> is.source();
        };
        return new RouterStatus(
                is.name(),
                is.vrid(),
                now.name(),
                since,
                is.election().effectivePriority(now.situation().fitness()),
                is.addresses().stream()
                        .map(each -> new RouterStatus.Held(each, on.contains(each.address())))
                        .toList(),
                active,
                heard == null ? null : heard.at(),
                cause.label(),
                explanation,
                sent.sum(),
                received.sum(),
                transitions.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey, entry -> entry.getValue().sum())));
    }
}
