package io.hawser.vrrp;

import io.hawser.sysctl.linux.Datagram;
import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.linux.InterfaceAddress;
import io.hawser.sysctl.linux.Link;
import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.election.Action;
import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.Cause;
import io.hawser.vrrp.election.Election;
import io.hawser.vrrp.election.Event;
import io.hawser.vrrp.election.Fitness;
import io.hawser.vrrp.election.Group;
import io.hawser.vrrp.election.State;
import io.hawser.vrrp.election.Step;
import io.hawser.vrrp.election.VrrpEngine;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
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

    /**
     * After a takeover, claims of others to the address say nothing for so long beyond the lease: a node that died or
     * froze is still answered for by its kernel, and both sides may still be learning.
     */
    private static final long SETTLED_NANOS = 1_000_000_000L;

    /** How often it is asked who else has the addresses: a holder that never announces itself is found by nothing else. */
    private static final long QUESTION_NANOS = 60_000_000_000L;

    /** A resignation waits so long for the addresses to be off; the peers wait for the resignation. */
    private static final long RESIGN_NANOS = 10_000_000L;

    /** The kernel's readiness for changes is taken as known for so long. */
    private static final long KERNEL_READY_NANOS = 100_000_000L;

    /** When the kernel has not done what was asked for so long, it is said. */
    private static final long BUSY_NANOS = 1_000_000_000L;

    private static final String HELD =
            "something holds its lock for interfaces and addresses (rtnl), such as the removal of" + " many interfaces";

    /**
     * Linux (6.18) ends a lease by the time at which it began to wait for its lock, so that a renewal which came first in
     * the queue does not help.
     */
    private static final long LAPSING_NANOS = 1_000_000_000L;

    /** Whose a claim is that nobody is known to make is looked up no more often: anybody can make up MAC addresses. */
    private static final long LOOK_UP_NANOS = 100_000_000L;

    private final NetworkLink port;
    private final PendingChanges changes;
    private final Netlink reads;
    private final VrrpListener listener;
    private final RateLimitedLog complaints = new RateLimitedLog();
    private final Map<AlarmKind, String> lastNamed = new EnumMap<>(AlarmKind.class);
    private final Map<RouterStatus.Change, LongAdder> transitions = new ConcurrentHashMap<>();
    private final LongAdder sent = new LongAdder();
    private final LongAdder received = new LongAdder();
    private final LongAdder conflicts;
    private final Map<AlarmKind, LongAdder> alarms;
    private final ByteBuffer message = ByteBuffer.allocate(Advertisement.MAXIMUM_LENGTH + Authentication.LENGTH);
    private final ByteBuffer frame = ByteBuffer.allocate(AdvertisementFrame.HEADERS + message.capacity());
    /** The virtual MAC address; null where the addresses are on the interface itself. */
    private final @Nullable Mac virtualMac;
    /** Belongs to the thread that carries out changes; null where the addresses are on the interface itself. */
    private final @Nullable VirtualInterface virtual;
    /** Belongs to the thread that carries out changes. */
    private final HeldAddresses held;

    private volatile RouterSpec spec;
    private State state;
    private Instant since = Instant.now();
    private Cause cause = Cause.START;
    private String explanation = "not started";
    private Set<InetAddress> present = Set.of();

    /** What others are told, of one moment. */
    private volatile Published published;

    private Election election;
    private Announcer announcer;
    private @Nullable Group group;
    private Fitness verdict;
    private String reason;
    private final ChecksumForms forms;
    private final Allowances allowances = new Allowances();
    /** Addresses that were given up and may come back at once, so that nobody was told. */
    private final Set<InetAddress> released = new HashSet<>();

    private boolean isHolding;
    /** Whether the interface of the virtual MAC address is switched on, or about to be. */
    private boolean isRaised;
    /** What was found of the interface of the virtual MAC address. */
    private VirtualInterface.Seen carrier = VirtualInterface.Seen.NOTHING;

    /** How many of the changes asked for and not answered put addresses on, and take them off. */
    private int puts;

    private int removals;
    private boolean isMending;

    /** Whether it is being waited for, and when it was last known, that the kernel carries out changes. */
    private boolean isAskingKernel;

    private long kernelReadyAt;

    private boolean isBusySaid;
    /** For how many whole seconds the interface has not been read for the first time; 0: not worth a word. */
    private long unreadSeconds;

    /** Until when a lease that ended is not somebody else's doing: the kernel came to its renewal too late. */
    private long lapsingUntil;
    /** Whether the kernel has said that an address is gone which was put on. */
    private boolean isGone;
    /** Whether what was read of the kernel was older than what was asked for since. */
    private boolean isReadWanted;

    private boolean isResigning;
    private long resignAt;
    private long lookedUpAt;

    private long renewAt;
    private long activeAt;
    private long askAt;

    VirtualRouter(
            RouterSpec spec,
            NetworkLink port,
            Netlink changes,
            Netlink reads,
            VrrpListener listener,
            LongAdder conflicts,
            Map<AlarmKind, LongAdder> alarms,
            Fitness fitness,
            String reason) {
        this.spec = spec;
        this.port = port;
        this.changes = new PendingChanges(changes);
        this.reads = reads;
        this.listener = listener;
        this.conflicts = conflicts;
        this.alarms = alarms;
        this.virtualMac = spec.carrier().virtualMac() ? Mac.virtual(spec.family(), spec.vrid()) : null;
        this.virtual = spec.carrier().virtualMac() ? new VirtualInterface(spec.family(), spec.vrid()) : null;
        this.held = new HeldAddresses(virtual);
        this.lapsingUntil = System.nanoTime();
        this.kernelReadyAt = lapsingUntil - KERNEL_READY_NANOS;
        this.lookedUpAt = lapsingUntil - LOOK_UP_NANOS;
        this.election = spec.election();
        this.announcer = new Announcer(spec.holding().announce());
        this.verdict = fitness;
        this.reason = reason;
        this.state = VrrpEngine.initial(fitness, reason);
        this.forms = new ChecksumForms(firstForm(spec));
        allowances.peers(spec.nodes().peers());
        this.published = new Published(spec, state, since, cause, explanation, present);
    }

    // RFC 9568 5.2.8 wants no pseudo-header over IPv4, but keepalived 2.2 and others discard that form: the first one
    // sent, before any peer was heard, has to be one that everybody takes.
    private static ChecksumForm firstForm(RouterSpec spec) {
        boolean six = spec.family() == Family.IPV6;
        if (spec.protocol().version() == 2) {
            return ChecksumForm.MESSAGE;
        }
        return six || spec.protocol().checksum() != RouterSpec.Checksum.RFC9568
                ? ChecksumForm.PSEUDO_HEADER
                : ChecksumForm.MESSAGE;
    }

    RouterSpec spec() {
        return spec;
    }

    NetworkLink port() {
        return port;
    }

    /** Whether an interface is this router's: its own, or the one that it is on. */
    boolean isOn(int index) {
        return index != 0 && (index == port.index() || index == place());
    }

    /** The index of the interface that the addresses belong on, 0 while there is none. */
    private int place() {
        return virtualMac == null ? port.index() : carrier.index();
    }

    /** The index of the interface of its virtual MAC address, 0 while there is none. */
    int carrierIndex() {
        return carrier.index();
    }

    /** The address that neighbours are to send to; null where there is none. */
    private @Nullable Mac mac() {
        return virtualMac == null ? port.mac() : virtualMac;
    }

    /** Whether an address is on the interface just as this router puts it there: nothing to look after. */
    boolean isAsPut(InterfaceAddress found) {
        return isHolding
                && found.interfaceIndex() == place()
                && spec.holding().addresses().contains(new VirtualAddress(found.address(), found.prefix()))
                && !outlivesLease(found);
    }

    private boolean outlivesLease(InterfaceAddress found) {
        return spec.holding()
                .lease()
                .filter(lease -> found.permanent() || found.validSeconds() > lease.toSeconds())
                .isPresent();
    }

    /** Takes note of an address that the kernel has removed. */
    void removed(InterfaceAddress gone) {
        isGone |= isHolding
                && gone.interfaceIndex() == place()
                && spec.holding().addresses().contains(new VirtualAddress(gone.address(), gone.prefix()));
    }

    /** Puts back what a lease has ended that could not be renewed in time, without a look: it is known what is missing. */
    private void putBackLapsed(long now) {
        if (!isGone || !isHolding || puts > 0 || now - lapsingUntil >= 0) {
            return;
        }
        complain(
                AlarmKind.KERNEL_BUSY,
                "lease",
                () -> "a lease of "
                        + spec.holding().lease().map(Duration::toSeconds).orElse(0L)
                        + " s ended while the kernel carried out no change: put back",
                now);
        putAddresses(now, null);
    }

    /** Whether {@code address} is one of this router's. */
    boolean owns(InetAddress address) {
        for (VirtualAddress each : spec.holding().addresses()) {
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
        publish();
        tellReleased(now);
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

    /** Runs the timer of the election if it is due. Everything received before must have been handed in. */
    void tick(long now) {
        resignInTime(now);
        OptionalLong deadline = VrrpEngine.deadline(election, state);
        if (deadline.isPresent() && now - deadline.getAsLong() >= 0 && !mustAskKernel(now)) {
            listener.ticked(now - deadline.getAsLong());
            on(group == null ? new Event.Tick() : group.due(this, now), now);
        }
    }

    /**
     * Whether to wait for the kernel before a working node is preempted: it gives the addresses up as it hears of that,
     * and where this node's kernel carries out no change, nobody would have them.
     */
    private boolean mustAskKernel(long now) {
        if (!VrrpEngine.isPreempting(state, now) || now - kernelReadyAt < KERNEL_READY_NANOS) {
            return false;
        }
        if (!isAskingKernel) {
            isAskingKernel = true;
            int index = port.index();
            // It takes the lock and changes nothing.
            change(routes -> routes.link(index) != null, outcome -> {
                isAskingKernel = false;
                kernelReadyAt = System.nanoTime();
            });
        }
        return isAskingKernel;
    }

    /** Looks after the addresses where that is due. */
    void upkeep(long now) {
        putBackLapsed(now);
        if (isHolding && puts == 0 && now - renewAt >= 0) {
            putAddresses(now, null);
        }
        if (isHolding && now - askAt >= 0) {
            askAt = now + QUESTION_NANOS;
            ask(now);
        }
        if (virtual != null && isRaised && !isHolding) {
            lower(virtual);
        }
        announceDue(now);
        if (!present.equals(published.present())) {
            publish();
        }
        sayBusy(now);
        sayMore(now);
    }

    /** Whether nothing that it asked for is still to come. */
    boolean isIdle() {
        return changes.isIdle() && !isResigning;
    }

    /** Whether the kernel is to be read again; says so once. */
    boolean takeReadWanted() {
        boolean is = isReadWanted && changes.isIdle();
        isReadWanted &= !is;
        return is;
    }

    /** What {@link #interfaceRead} has to know of the moment before the reading: which changes were done by then. */
    int changesDone() {
        return changes.mark();
    }

    private void sayBusy(long now) {
        long owed = changes.owedNanos(now);
        if (owed == 0 && isBusySaid) {
            isBusySaid = false;
            log.atInfo().addKeyValue("router", spec.name()).log("the kernel carries out changes of addresses again");
        }
        if (owed >= BUSY_NANOS && !isBusySaid) {
            isBusySaid = true;
            complain(
                    AlarmKind.KERNEL_BUSY,
                    "kernel",
                    () -> "the kernel has not carried out a change of addresses for " + owed / 1_000_000 + " ms: "
                            + HELD + "; this router goes on, its addresses follow",
                    now);
        }
    }

    /**
     * Says that this router waits for its interface to be read for the first time, where that takes too long.
     *
     * @param waited for how long the kernel has not answered
     */
    void unreadFor(long waited, long now) {
        long seconds = reported == null && waited >= BUSY_NANOS ? waited / 1_000_000_000L : 0;
        if (seconds == unreadSeconds) {
            return;
        }
        if (unreadSeconds == 0) {
            complain(AlarmKind.KERNEL_BUSY, "unread", () -> unread(seconds), now);
        } else if (seconds == 0) {
            log.atInfo().addKeyValue("router", spec.name()).log("the kernel answers again");
        }
        unreadSeconds = seconds;
        publish();
    }

    private static String unread(long seconds) {
        return "the kernel has not answered for " + seconds + " s: " + HELD
                + "; this router waits in initialize, and begins when its interface has been read";
    }

    /** When {@link #tick} or {@link #upkeep} is due; {@link Long#MAX_VALUE} nanoseconds from {@code now} when nothing is. */
    long dueAt(long now) {
        long due = now + Long.MAX_VALUE / 2;
        OptionalLong deadline = VrrpEngine.deadline(election, state);
        if (deadline.isPresent() && deadline.getAsLong() - due < 0 && !isAskingKernel) {
            due = deadline.getAsLong();
        }
        if (isHolding && puts == 0 && renewAt - due < 0) {
            due = renewAt;
        }
        if (isResigning && resignAt - due < 0) {
            due = resignAt;
        }
        if (isHolding && askAt - due < 0) {
            due = askAt;
        }
        OptionalLong announcement = announcer.deadline();
        if (canAnnounce() && announcement.isPresent() && announcement.getAsLong() - due < 0) {
            due = announcement.getAsLong();
        }
        return due;
    }

    /**
     * Takes what was read of the interface, and puts the addresses right.
     *
     * @param view what was read; null when the kernel refused
     * @param done what {@link #changesDone} said before it was read
     */
    void interfaceRead(@Nullable LinkView view, int done, long now) {
        Link under = port.link();
        if (virtual == null || virtualMac == null || view == null) {
            known(done, now);
            return;
        }
        LinkView.Carrier found = view.carriers().get(carrier.index());
        boolean isInOrder = under == null
                ? carrier.index() == 0
                : found != null
                        && carrier.parent() == under.index()
                        && VirtualInterface.isInOrder(found.link(), virtualMac, under, isRaised);
        if (!isInOrder) {
            mend(virtual, virtualMac, under, done);
            return;
        }
        if (found != null) {
            carrier = new VirtualInterface.Seen(carrier.index(), carrier.parent(), found.addresses());
        }
        known(done, now);
    }

    private void mend(VirtualInterface broken, Mac mac, @Nullable Link under, int done) {
        if (isMending) {
            return;
        }
        isMending = true;
        // Its own end is the moment that everything is read at.
        boolean isCurrent = changes.isCurrent(done);
        change(routes -> broken.refresh(routes, under), outcome -> {
            isMending = false;
            long now = System.nanoTime();
            switch (outcome) {
                case Netlink.Outcome.Done(VirtualInterface.Seen seen) -> carrier = seen;
                case Netlink.Outcome.Refused(RuntimeException why) ->
                    cannotChange(
                            mac,
                            () -> "the interface for virtual MAC address " + mac + " could not be made: "
                                    + why.getMessage(),
                            now);
            }
            known(isCurrent ? changes.mark() : -1, now);
        });
    }

    private void known(int done, long now) {
        InetAddress primary = primary();
        Situation known = new Situation(port.isUp() && place() != 0, primary);
        if (!known.equals(reported)) {
            reported = known;
            on(new Event.Link(known.up, primary), now);
        }
        // What was asked for meanwhile is not in what was read: it would be put right twice, and called a stranger's.
        if (changes.isCurrent(done)) {
            reconcile(now);
        } else {
            isReadWanted = true;
        }
        publish();
    }

    private void lower(VirtualInterface raised) {
        isRaised = false;
        change(
                routes -> {
                    raised.lower(routes);
                    return true;
                },
                outcome -> {
                    if (outcome instanceof Netlink.Outcome.Refused<Boolean>(RuntimeException why)) {
                        cannotChange(
                                "lower",
                                () -> "switching the interface of " + virtualMac + " off failed: " + why.getMessage(),
                                System.nanoTime());
                    }
                });
    }

    /** Deletes what was made for this router, which is never used again. */
    void close() {
        if (virtual == null) {
            return;
        }
        change(
                routes -> {
                    virtual.close(routes);
                    return true;
                },
                outcome -> {
                    if (outcome instanceof Netlink.Outcome.Refused<Boolean>(RuntimeException why)) {
                        cannotChange(
                                "close",
                                () -> "removing the interface of a virtual MAC address failed: " + why.getMessage(),
                                System.nanoTime());
                    }
                });
    }

    private <T> void change(Netlink.Request<T> what, Netlink.Answer<T> then) {
        changes.request(what, outcome -> {
            try {
                then.take(outcome);
            } finally {
                publish();
            }
        });
    }

    private record Situation(boolean up, @Nullable InetAddress primary) {}

    private @Nullable Situation reported;

    /** The address that advertisements leave from; null when it is not on the interface. */
    private @Nullable InetAddress primary() {
        InetAddress any = null;
        // RFC 9568 5.1.2.1: over IPv6 the source is the link-local address of the interface.
        boolean linkLocal =
                spec.family() == Family.IPV6 && spec.protocol().transport() == RouterSpec.Transport.MULTICAST;
        for (InterfaceAddress each : port.addresses()) {
            InetAddress address = each.address();
            if (!linkLocal && address.equals(spec.nodes().own())) {
                return address;
            }
            boolean sameFamily = Family.of(address) == spec.family();
            boolean isFit = !linkLocal || address.isLinkLocalAddress();
            // The kernel lists what was added last first: another router's address would often be found here.
            if (any == null && sameFamily && isFit && !each.tentative() && !port.isVirtual(address)) {
                any = address;
            }
        }
        return spec.protocol().transport() == RouterSpec.Transport.MULTICAST ? any : null;
    }

    /** Takes new parameters without leaving the election; only ones that {@link RouterSpec#continues} allows. */
    void reconfigure(RouterSpec next, long now) {
        RouterSpec before = spec;
        spec = next;
        allowances.peers(next.nodes().peers());
        if (before.protocol().checksum() != next.protocol().checksum()) {
            forms.reset(firstForm(next));
        }
        election = next.election();
        if (!before.holding().announce().equals(next.holding().announce())) {
            announcer = new Announcer(next.holding().announce());
        }
        List<VirtualAddress> gone = before.holding().addresses().stream()
                .filter(each -> !next.holding().addresses().contains(each))
                .toList();
        if (isHolding && !gone.isEmpty()) {
            release(gone);
        }
        // First the engine: a router that stalled gives up here, and must not put anything on before.
        on(new Event.Reconfigured(), now);
        if (isHolding && !before.holding().addresses().equals(next.holding().addresses())) {
            putAddresses(now, null);
            announcer.burst(now);
        }
        publish();
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
                complainOf(
                        AlarmKind.FOREIGN_SENDER,
                        packet.source(),
                        () -> " advertises VRID " + spec.vrid() + " with priority " + advert.priority()
                                + " and is not in the list of nodes: add it, or choose another id",
                        now);
            }
            if (reason == Reason.VERSION) {
                complainOf(AlarmKind.OTHER_VERSION, packet.source(), () -> otherVersion(advert), now);
            }
            return reason;
        }
        if (!allowances.take(packet.source(), isFollowed(packet.source()), now)) {
            return Reason.FLOOD;
        }
        received.increment();
        if (spec.protocol().version() == 3 && spec.protocol().checksum() == RouterSpec.Checksum.AUTO) {
            follow(packet.source(), advert.priority(), decoded.checksum(), now);
        }
        compare(packet, advert, now);
        on(new Event.AdvertReceived(packet.source(), advert.priority(), advert.intervalNanos()), now);
        return null;
    }

    private String otherVersion(Advertisement advert) {
        String remedy = spec.protocol().version() == 3
                ? "write \"vrrp_version 3\" there (Keepalived's own default is 2), or \"version: 2\" here"
                : "write \"version: 3\" here, or version 2 there";
        return " advertises VRID " + spec.vrid() + " with priority " + advert.priority()
                + " in VRRP version " + advert.version() + ", this node in version "
                + spec.protocol().version()
                + ": neither hears the other, and both may hold the addresses; " + remedy
                + ", or give one of them another id";
    }

    /** Whether this is the node whose advertisements keep this one a backup. */
    private boolean isFollowed(InetAddress source) {
        return state instanceof State.Backup backup
                && backup.active() != null
                && backup.active().source().equals(source);
    }

    /** Sends what the peers send. */
    private void follow(InetAddress peer, int priority, ChecksumForm form, long now) {
        ChecksumForms.Outcome outcome = spec.protocol().transport() == RouterSpec.Transport.UNICAST
                ? forms.heardFromPeer(peer, form, now)
                : forms.heardInGroup(peer, spec.nodes().peers().contains(peer), priority, form, now);
        switch (outcome) {
            case SAME -> {}
            case CHANGED ->
                log.atInfo()
                        .addKeyValue("router", spec.name())
                        .addKeyValue("peer", AddressText.of(peer))
                        .addKeyValue("form", form)
                        .log("sending the checksum form that the peer sends");
            case DIFFERS ->
                complainOf(
                        AlarmKind.OTHER_CHECKSUM,
                        peer,
                        () -> " sends checksums of another form (" + words(form)
                                + ") than the group gets from here (" + words(forms.toGroup())
                                + "), and may discard those: make all nodes send one, or switch transport to unicast",
                        now);
        }
    }

    private static String words(ChecksumForm form) {
        return switch (form) {
            case MESSAGE -> "over the message alone";
            case PSEUDO_HEADER -> "with a pseudo-header";
        };
    }

    private @Nullable Reason refuse(Datagram packet, Advertisement advert) {
        if (isOwn(packet.source())) {
            return Reason.OWN_PACKET;
        }
        if (advert.version() != spec.protocol().version()) {
            return Reason.VERSION;
        }
        if (spec.protocol().version() == 2) {
            Authentication own = authentication();
            if (advert.authentication().type() != own.type()) {
                return Reason.AUTH_TYPE;
            }
            if (!own.sameData(advert.authentication())) {
                return Reason.AUTH_DATA;
            }
            // RFC 3768 7.1: the Adver Interval MUST be the locally configured one.
            if (advert.intervalNanos() != spec.intervals().own().toNanos()) {
                return Reason.INTERVAL_MISMATCH;
            }
        }
        boolean toGroup = packet.destination().isMulticastAddress();
        if (toGroup != (spec.protocol().transport() == RouterSpec.Transport.MULTICAST)) {
            return Reason.DESTINATION;
        }
        if (!toGroup && !spec.nodes().peers().contains(packet.source())) {
            return Reason.UNLISTED_PEER;
        }
        return state instanceof State.Initialize ? Reason.NOT_LISTENING : null;
    }

    private boolean isOwn(InetAddress source) {
        if (source.equals(spec.nodes().own())) {
            return true;
        }
        InetAddress primary = state.situation().primary();
        return primary != null && primary.equals(source);
    }

    private Authentication authentication() {
        return spec.protocol().password().map(Authentication::pass).orElse(Authentication.NONE);
    }

    /** Says what is legal in an advertisement but differs from here: mostly a mistake in one of the configurations. */
    private void compare(Datagram packet, Advertisement advert, long now) {
        InetAddress peer = packet.source();
        // Over IPv6 multicast peers are heard under another address than they are listed with.
        boolean isListable = spec.protocol().transport() == RouterSpec.Transport.MULTICAST
                && !spec.nodes().peers().isEmpty()
                && spec.nodes().peers().stream().anyMatch(each -> Family.of(each) == Family.of(peer))
                && !peer.isLinkLocalAddress();
        if (isListable && !spec.nodes().peers().contains(peer)) {
            complainOf(
                    AlarmKind.FOREIGN_SENDER,
                    peer,
                    () -> " advertises VRID " + spec.vrid() + " with priority " + advert.priority()
                            + " and is not in the list of nodes: add it, or choose another id",
                    now);
        }
        if (advert.priority() == spec.nodes().priority()) {
            complainOf(
                    AlarmKind.SAME_PRIORITY,
                    peer,
                    () -> " has the same priority " + advert.priority()
                            + (advert.priority() == Election.OWNER_PRIORITY
                                    ? ", which makes it an owner of the addresses too: only one node may be"
                                    : ": give each node its own, or the higher address decides"),
                    now);
        }
        if (advert.intervalNanos() != spec.intervals().own().toNanos()) {
            complainOf(
                    AlarmKind.OTHER_INTERVAL,
                    peer,
                    () -> " advertises every " + advert.intervalNanos() / 1_000_000
                            + " ms, this node every " + spec.intervals().own().toMillis()
                            + " ms: write the same advertisement-interval on both",
                    now);
        }
        Set<InetAddress> own =
                spec.holding().addresses().stream().map(VirtualAddress::address).collect(Collectors.toSet());
        if (!own.equals(Set.copyOf(new HashSet<>(advert.addresses())))) {
            complainOf(
                    AlarmKind.OTHER_ADDRESSES,
                    peer,
                    () -> " advertises "
                            + advert.addresses().stream().map(AddressText::of).collect(Collectors.joining(", "))
                            + ", this node has "
                            + spec.holding().addresses().stream()
                                    .map(VirtualAddress::toString)
                                    .collect(Collectors.joining(", "))
                            + ": another cluster with the same id, or two versions of one file",
                    now);
        }
    }

    /**
     * Takes what another machine says of an address of this router.
     *
     * @param source whom the packet came from, null where only its MAC address is known
     * @param here the interface of this very host that it came from; null: another machine
     */
    void claimed(NeighborObservation.Stated claim, @Nullable InetAddress source, @Nullable String here, long now) {
        Mac other = claim.mac();
        if (other != null && other.equals(port.mac())) {
            return;
        }
        // This host's own answer on another interface says nothing about who else has the address.
        if (here == null && claim.isAnswer() && VrrpEngine.isAsking(state)) {
            answered(other, now);
        }
        if (!isHolding || now - activeAt < settledNanos()) {
            return;
        }
        // In passing, every node of this router speaks from the virtual MAC address; an answer only comes from one that
        // has the address, and is none of ours: a socket does not hear its own host.
        if (other != null && other.equals(virtualMac) && !claim.isAnswer()) {
            return;
        }
        conflicts.increment();
        if (here != null) {
            complain(AlarmKind.ADDRESS_CLAIMED, here, () -> ownAnswer(claim, here), now);
            return;
        }
        InetAddress node = source != null && spec.nodes().peers().contains(source)
                ? source
                : other == null
                        ? null
                        : port.neighborWith(other, Set.copyOf(spec.nodes().peers()));
        Object about = node != null ? node : other != null ? other : source != null ? source : "unknown";
        complain(AlarmKind.ADDRESS_CLAIMED, about, () -> words(claim, source, node), now);
    }

    private String ownAnswer(NeighborObservation.Stated claim, String here) {
        return "this node's own interface " + here + " (MAC " + claim.mac() + ") also answers for "
                + AddressText.of(claim.address()) + " on the network of " + port.name()
                + ": set net.ipv4.conf.all.arp_ignore=1 and net.ipv4.conf.all.arp_announce=2, so that each interface"
                + " answers for its own addresses only";
    }

    private String words(NeighborObservation.Stated claim, @Nullable InetAddress source, @Nullable InetAddress node) {
        Mac mac = claim.mac();
        String address = AddressText.of(claim.address());
        String machine = mac == null ? "an unknown MAC address" : "MAC " + mac;
        if (node != null) {
            return address + " is also claimed by node " + election.named(node) + ", with " + machine
                    + ", while this node holds it: look whether both files give this router the same id, and let IP"
                    + " protocol 112 pass between the nodes";
        }
        return address + " is also claimed by the machine with " + machine
                + (source == null ? "" : " at " + AddressText.of(source))
                + " while this node holds it: find it (ip neigh, the switch's table) and take the address off it";
    }

    /** Takes an answer to a question: of which peer it is decides whether it confirms what that peer says. */
    private void answered(@Nullable Mac mac, long now) {
        Set<InetAddress> peers = state.situation().evidence().peers();
        InetAddress known = mac == null ? null : port.neighborWith(mac, peers);
        if (mac == null || known != null || peers.isEmpty() || now - lookedUpAt < LOOK_UP_NANOS) {
            on(new Event.Answered(mac == null ? "unknown" : mac.toString(), known), now);
            return;
        }
        lookedUpAt = now;
        int index = port.index();

        reads.request(routes -> LinkView.neighbors(routes, index, peers), outcome -> {
            if (outcome instanceof Netlink.Outcome.Done(Map<InetAddress, Mac> found)) {
                port.learn(found);
            }
            on(new Event.Answered(mac.toString(), port.neighborWith(mac, peers)), System.nanoTime());
        });
    }

    private long settledNanos() {
        return spec.holding().lease().map(Duration::toNanos).orElse(0L) + SETTLED_NANOS;
    }

    /** Another node as people look for it: its address, and its MAC address where it is known. */
    private static String named(InetAddress peer, @Nullable Mac mac) {
        return AddressText.of(peer) + (mac == null ? "" : " (MAC " + mac + ")");
    }

    /** Complains of another node; the text is what there is to say after its name. */
    private void complainOf(AlarmKind kind, InetAddress node, Supplier<String> text, long now) {
        count(kind);
        if (!isDue(kind, node, now)) {
            return;
        }
        String said = text.get();
        Mac mac = port.neighbor(node);
        // Those that are only counted may be told of before this one's MAC address is known.
        lastNamed.put(kind, named(node, mac) + said);
        int index = port.index();
        if (mac != null || index == 0) {
            alarm(kind, named(node, mac) + said);
            return;
        }
        reads.request(routes -> LinkView.neighbors(routes, index, Set.of(node)), outcome -> {
            Mac found = outcome instanceof Netlink.Outcome.Done(Map<InetAddress, Mac> all) ? all.get(node) : null;
            alarm(kind, named(node, found) + said);
        });
    }

    private void cannotChange(Object about, Supplier<String> text, long now) {
        complain(AlarmKind.CANNOT_CHANGE_ADDRESS, about, text, now);
    }

    private void complain(AlarmKind kind, Object about, Supplier<String> text, long now) {
        count(kind);
        if (isDue(kind, about, now)) {
            alarm(kind, text.get());
        }
    }

    private boolean isDue(AlarmKind kind, Object about, long now) {
        // Who is on the network can make up senders, but no node of ours, and none of our own failures.
        boolean isKnown = kind.isOwn()
                || (about instanceof InetAddress peer && spec.nodes().peers().contains(peer));
        return isKnown ? complaints.isDue(kind, about, now) : complaints.isDueOfStranger(kind, about, now);
    }

    private void alarm(AlarmKind kind, String text) {
        lastNamed.put(kind, text);
        listener.alarmed(new VrrpListener.Alarm(spec.name(), kind, text));
    }

    /** Says how many alarms of a kind were not said one by one. */
    private void sayMore(long now) {
        complaints.more(now).forEach((kind, count) -> {
            if (kind instanceof AlarmKind of) {
                String whose = of == AlarmKind.ADDRESS_CORRECTED ? "" : " of other senders, which are not named";
                String text = count + " more" + whose + ": beyond " + RateLimitedLog.MOST
                        + " in a minute they are only counted; the last one named: "
                        + lastNamed.getOrDefault(of, "none");
                listener.alarmed(new VrrpListener.Alarm(spec.name(), of, text));
            }
        });
    }

    private void count(AlarmKind kind) {
        LongAdder counter = alarms.get(kind);
        if (counter != null) {
            counter.increment();
        }
    }

    // --- actions

    private void perform(Action action, long now) {
        switch (action) {
            case Action.SendAdvert(int priority) -> advertise(priority, now);
            case Action.PutAddresses() -> {
                isHolding = true;
                isResigning = false;
                activeAt = now;
                askAt = now + settledNanos();
                putAddresses(now, null);
            }
            case Action.RemoveAddresses() -> {
                isHolding = false;
                announcer.stop();
                release(spec.holding().addresses());
            }
            case Action.Ask() -> ask(now);
            case Action.Announce() -> {
                announcer.burst(now);
                announceDue(now);
            }
            case Action.Moved moved -> moved(moved);
            case Action.Alarm(AlarmKind kind, String text) -> {
                count(kind);
                listener.alarmed(new VrrpListener.Alarm(spec.name(), kind, text));
            }
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
                spec.name(),
                moved.from(),
                moved.to(),
                spec.election().effectivePriority(state.situation().fitness()),
                moved.cause().label(),
                moved.explanation()));
    }

    /** Advertises; a resignation follows the removal of the addresses, so that no two nodes have them. */
    private void advertise(int priority, long now) {
        isResigning = priority == 0 && removals > 0;
        if (isResigning) {
            resignAt = now + RESIGN_NANOS;
        } else {
            send(priority, now);
        }
    }

    /** Resigns when the addresses are off, or when that takes too long: the peers have waited long enough. */
    void resignInTime(long now) {
        if (isResigning && (removals == 0 || now - resignAt >= 0)) {
            isResigning = false;
            send(0, now);
        }
    }

    private boolean canAnnounce() {
        return isHolding && !present.isEmpty();
    }

    private void announceDue(long now) {
        while (canAnnounce() && announcer.poll(now)) {
            announce(now);
        }
    }

    private void send(int priority, long now) {
        InetAddress source = state.situation().primary();
        if (source == null) {
            return;
        }
        if (spec.protocol().transport() == RouterSpec.Transport.MULTICAST) {
            send(priority, source, MulticastGroup.of(spec.family()), now);
        } else {
            for (InetAddress peer : spec.nodes().peers()) {
                send(priority, source, peer, now);
            }
        }
    }

    private void send(int priority, InetAddress source, InetAddress destination, long now) {
        Advertisement advert = new Advertisement(
                spec.protocol().version(),
                spec.vrid(),
                priority,
                spec.intervals().own().toNanos(),
                spec.holding().addresses().stream().map(VirtualAddress::address).toList(),
                spec.protocol().version() == 2 ? authentication() : Authentication.NONE);
        message.clear();
        advert.encode(message, source, destination, form(destination));
        message.flip();
        try {
            if (virtualMac != null && destination.isMulticastAddress()) {
                frame.clear();
                AdvertisementFrame.encode(frame, virtualMac, source, message);
                port.sendFrame(frame.flip());
            } else {
                // To a peer from the interface's own MAC address: asking for the peer's from another one would make the
                // peer send everything for this node there.
                port.send(source, destination, message);
            }
            sent.increment();
        } catch (ErrnoException | IllegalStateException e) {
            complain(
                    AlarmKind.CANNOT_SEND,
                    destination,
                    () -> "advertising to " + AddressText.of(destination) + " failed: " + e.getMessage(),
                    now);
        }
    }

    private ChecksumForm form(InetAddress destination) {
        return destination.isMulticastAddress() ? forms.toGroup() : forms.toPeer(destination);
    }

    private void announce(long now) {
        Mac mac = mac();
        if (port.mac() == null || mac == null) {
            return;
        }
        try {
            for (VirtualAddress each : spec.holding().addresses()) {
                // RFC 9568 8.1.2, 8.2.2: not before the address and its MAC address are there.
                if (!present.contains(each.address())) {
                    continue;
                }
                frame.clear();
                switch (each.address()) {
                    case Inet4Address four -> GratuitousArp.encode(frame, mac.bytes(), four);
                    case Inet6Address six -> UnsolicitedNeighborAdvertisement.encode(frame, mac.bytes(), six, true);
                    default -> throw new IllegalStateException("address of unknown family " + each);
                }
                port.sendFrame(frame.flip());
            }
        } catch (ErrnoException | IllegalStateException e) {
            complain(AlarmKind.CANNOT_SEND, "frames", () -> "announcing the addresses failed: " + e.getMessage(), now);
        }
    }

    /** Asks who else has the addresses; the answers arrive as claims. */
    private void ask(long now) {
        Mac mac = port.mac();
        InetAddress linkLocal = port.linkLocal();
        if (mac == null) {
            return;
        }
        try {
            for (VirtualAddress each : spec.holding().addresses()) {
                frame.clear();
                switch (each.address()) {
                    case Inet4Address four -> AddressProbe.encode(frame, mac, four);
                    case Inet6Address six when linkLocal != null -> AddressProbe.encode(frame, mac, linkLocal, six);
                    default -> {
                        continue;
                    }
                }
                port.sendFrame(frame.flip());
            }
        } catch (ErrnoException | IllegalStateException e) {
            complain(
                    AlarmKind.CANNOT_SEND, "question", () -> "asking for other holders failed: " + e.getMessage(), now);
        }
    }

    // --- addresses

    /**
     * Puts the addresses on the interface, or renews their lease.
     *
     * @param correction what to say when that has put something right; null when it is nothing to speak of
     */
    private void putAddresses(long now, @Nullable String correction) {
        int lease = spec.holding().lease().map(Duration::toSeconds).orElse(0L).intValue();
        HeldAddresses.Wish wish = new HeldAddresses.Wish(
                port.link(), spec.holding().addresses(), lease, System.nanoTime(), election.stallNanos());
        isRaised = virtual != null;
        isGone = false;
        puts++;
        change(routes -> held.put(routes, wish), outcome -> {
            puts--;
            if (spec.holding().lease().filter(each -> isLate(wish, each)).isPresent()) {
                lapsingUntil = System.nanoTime() + LAPSING_NANOS;
            }
            // A quarter: one renewal may fail and one be late before the kernel takes the address away.
            renewAt =
                    now + spec.holding().lease().map(each -> each.toNanos() / 4).orElse(10_000_000_000L);
            switch (outcome) {
                case Netlink.Outcome.Done(HeldAddresses.Result result) ->
                    putDone(result, correction, System.nanoTime());
                case Netlink.Outcome.Refused(RuntimeException why) -> {
                    renewAt = System.nanoTime() + RETRY_NANOS;
                    cannotChange(
                            "put", () -> "putting the addresses on " + where() + " failed: " + why, System.nanoTime());
                }
            }
            putBackLapsed(System.nanoTime());
        });
    }

    private static boolean isLate(HeldAddresses.Wish wish, Duration lease) {
        return System.nanoTime() - wish.askedAt() > lease.toNanos() / 4;
    }

    private void putDone(HeldAddresses.Result result, @Nullable String correction, long now) {
        if (result.isTooLate()) {
            renewAt = now;
            return;
        }
        result.refused().forEach((each, why) -> {
            renewAt = now + RETRY_NANOS;
            cannotChange(each, () -> "putting " + each + " on " + where() + " failed: " + why.getMessage(), now);
        });
        boolean isNew = !present.containsAll(result.done());
        if (!present.equals(result.done())) {
            present = Set.copyOf(result.done());
        }
        if (isNew && isHolding) {
            announcer.burst(now);
            announceDue(now);
        }
        if (correction != null) {
            corrected(now, correction);
        }
    }

    private String where() {
        return virtualMac == null ? port.name() : "the interface of " + virtualMac + " on " + port.name();
    }

    private void release(List<VirtualAddress> addresses) {
        addresses.forEach(each -> released.add(each.address()));
        removals++;
        int here = port.index();
        change(routes -> held.remove(routes, addresses, here), outcome -> {
            removals--;
            long now = System.nanoTime();
            switch (outcome) {
                case Netlink.Outcome.Done(HeldAddresses.Result result) -> {
                    present = without(result.done());
                    result.refused().forEach((each, why) -> cannotTakeOff(each, why, now));
                }
                case Netlink.Outcome.Refused(RuntimeException why) ->
                    addresses.forEach(each -> cannotTakeOff(each, why, now));
            }
            resignInTime(now);
        });
    }

    private Set<InetAddress> without(Set<InetAddress> gone) {
        return present.stream().filter(each -> !gone.contains(each)).collect(Collectors.toUnmodifiableSet());
    }

    private void cannotTakeOff(VirtualAddress address, RuntimeException why, long now) {
        cannotChange(
                address.address(),
                () -> "taking " + AddressText.of(address.address()) + " off " + where() + " failed: "
                        + why.getMessage(),
                now);
    }

    /**
     * Says which addresses were given up, to who has connections to them. An unfit node that resigned comes back where
     * nobody else takes over, and then its connections have only paused: they end when somebody is heard,
     * or at once where a peer is known that will take over.
     */
    private void tellReleased(long now) {
        if (released.isEmpty()) {
            return;
        }
        if (isHolding) {
            spec.holding().addresses().forEach(each -> released.remove(each.address()));
        }
        boolean mayReturn = state instanceof State.Backup backup
                && backup.pending() instanceof State.Wait.Return
                && VrrpEngine.rank(election, backup, now) == 0;
        if (!released.isEmpty() && !mayReturn) {
            Set<InetAddress> gone = Set.copyOf(released);
            released.clear();
            try {
                listener.released(gone);
            } catch (RuntimeException e) {
                log.atError().setCause(e).log("a listener failed when addresses were given up; going on");
            }
        }
    }

    /** Takes an address off an interface that it should not be on, and says so if it was there. */
    private void takeOff(InterfaceAddress stray, String correction) {
        VirtualAddress as = new VirtualAddress(stray.address(), stray.prefix());
        change(routes -> routes.removeAddress(stray.interfaceIndex(), stray.address(), stray.prefix()), outcome -> {
            long now = System.nanoTime();
            switch (outcome) {
                case Netlink.Outcome.Done(Boolean wasThere) when wasThere -> corrected(now, correction);
                case Netlink.Outcome.Done(Boolean _) -> {}
                case Netlink.Outcome.Refused(RuntimeException why) -> cannotTakeOff(as, why, now);
            }
        });
    }

    /** Makes what the kernel has agree with what it should have: the addresses are there if and only if held. */
    private void reconcile(long now) {
        Set<VirtualAddress> missing = new LinkedHashSet<>(spec.holding().addresses());
        boolean isUnleased = false;
        List<InterfaceAddress> all = new ArrayList<>(port.addresses());
        if (virtual != null) {
            all.addAll(carrier.addresses());
        }
        for (InterfaceAddress each : all) {
            if (!owns(each.address())) {
                continue;
            }
            VirtualAddress as = new VirtualAddress(each.address(), each.prefix());
            if (isHolding && each.interfaceIndex() == place() && missing.remove(as)) {
                isUnleased |= outlivesLease(each);
            } else {
                // Over IPv6 an address cannot be there twice: the right one comes back below.
                takeOff(
                        each,
                        as + " was on " + port.name() + " although this router is "
                                + (isHolding
                                        ? "active with another prefix or interface"
                                        : state.name().label())
                                + ": taken off");
            }
        }
        if (!isHolding) {
            present = Set.of();
            return;
        }
        present = spec.holding().addresses().stream()
                .filter(each -> !missing.contains(each))
                .map(VirtualAddress::address)
                .collect(Collectors.toUnmodifiableSet());
        if (!missing.isEmpty() && port.isUp()) {
            String gone = missing.stream().map(VirtualAddress::toString).collect(Collectors.joining(", "));
            putAddresses(now, gone + " was gone from " + port.name() + " although this router is active: put back");
        } else if (isUnleased) {
            putAddresses(
                    now,
                    "an address was on " + port.name() + " for longer than its lease of "
                            + spec.holding().lease().map(Duration::toSeconds).orElse(0L)
                            + " s, so that it would have outlived this process: set right");
        }
    }

    private void corrected(long now, String text) {
        // Each is a fact of its own, but something that never ends to change addresses must not fill the events.
        complain(AlarmKind.ADDRESS_CORRECTED, new Object(), () -> text, now);
    }

    // --- status

    /** What belongs together of a router's status. */
    private record Published(
            RouterSpec spec, State state, Instant since, Cause cause, String explanation, Set<InetAddress> present) {}

    private void publish() {
        String why = unreadSeconds == 0 ? explanation : unread(unreadSeconds);
        published = new Published(spec, state, since, cause, why, present);
    }

    /** A snapshot. Any thread. */
    RouterStatus status() {
        Published last = published;
        State now = last.state();
        RouterSpec is = last.spec();
        Set<InetAddress> on = last.present();
        State.Sender heard = now instanceof State.Backup backup ? backup.active() : null;
        InetAddress active = switch (now) {
            case State.Initialize _ -> null;
            case State.Backup _ -> heard == null ? null : heard.source();
            case State.Active _ -> is.nodes().own();
        };
        return new RouterStatus(
                is.name(),
                is.vrid(),
                now.name(),
                last.since(),
                is.election().effectivePriority(now.situation().fitness()),
                is.holding().addresses().stream()
                        .map(each -> new RouterStatus.Held(each, on.contains(each.address())))
                        .toList(),
                active,
                heard == null ? null : heard.at(),
                last.cause().label(),
                last.explanation(),
                sent.sum(),
                received.sum(),
                transitions.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey, entry -> entry.getValue().sum())));
    }
}
