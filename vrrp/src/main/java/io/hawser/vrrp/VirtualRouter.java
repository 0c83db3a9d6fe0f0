package io.hawser.vrrp;

import io.hawser.sysctl.linux.Datagram;
import io.hawser.sysctl.linux.InterfaceAddress;
import io.hawser.vrrp.election.Action;
import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.Election;
import io.hawser.vrrp.election.Event;
import io.hawser.vrrp.election.Fitness;
import io.hawser.vrrp.election.Group;
import io.hawser.vrrp.election.State;
import io.hawser.vrrp.election.Step;
import io.hawser.vrrp.election.VrrpEngine;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One virtual router as it runs: feeds the engine, and has done what it says by who advertises, holds the addresses and
 * announces them. Vrrp thread, except {@link #status()}, which any thread may call.
 */
final class VirtualRouter implements Group.Member, AddressLeases.Owner {

    /*
     * Each part is told of new parameters before the engine is, and given the state where it needs it; none knows this
     * class. Answers of the kernel come back on the vrrp thread, between two events.
     */

    /** A resignation waits so long for the addresses to be off; the peers wait for the resignation. */
    private static final long RESIGN_NANOS = 10_000_000L;

    private final NetworkLink port;
    private final VrrpListener listener;
    private final PendingChanges changes;
    private final RouterAlarms alarms;
    private final KernelReadiness kernel;
    private final AddressCarrier carrier;
    private final AddressLeases leases;
    private final LinkAnnouncements announcements;
    private final AddressConflicts conflicts;
    private final AdvertFilter filter;
    private final PeerMismatches mismatches;
    private final AdvertSender adverts;
    private final ReleasedAddresses released;
    private final LongAdder received = new LongAdder();
    /** What others are told, of one moment. */
    private final PublishedStatus published;

    private RouterSpec spec;
    private State state;
    private Election election;
    private @Nullable Group group;
    private Fitness verdict;
    private String reason;
    private @Nullable Situation reported;
    /** Whether what was read of the kernel was older than what was asked for since. */
    private boolean isReadWanted;

    private boolean isResigning;
    private long resignAt;

    private record Situation(boolean up, @Nullable InetAddress primary) {}

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
        this.listener = listener;
        this.changes = new PendingChanges(changes, this::publish);
        this.alarms = new RouterAlarms(spec, port, reads, listener, alarms);
        this.kernel = new KernelReadiness(spec.name(), port, this.changes, this.alarms);
        Mac virtualMac = spec.carrier().virtualMac() ? Mac.virtual(spec.family(), spec.vrid()) : null;
        VirtualInterface virtual = virtualMac == null ? null : new VirtualInterface(spec.family(), spec.vrid());
        this.carrier = new AddressCarrier(port, virtual, this.changes, this.alarms);
        this.leases =
                new AddressLeases(spec, port, carrier, new AddressInstaller(virtual), this.changes, this.alarms, this);
        this.announcements = new LinkAnnouncements(spec, port, carrier, leases, this.alarms);
        this.conflicts = new AddressConflicts(spec, port, virtualMac, reads, leases, this.alarms, conflicts, this::on);
        this.filter = new AdvertFilter(spec, this.alarms);
        this.mismatches = new PeerMismatches(spec, this.alarms);
        this.adverts = new AdvertSender(spec, port, virtualMac, this.alarms);
        this.released = new ReleasedAddresses(listener);
        this.election = spec.election();
        this.verdict = fitness;
        this.reason = reason;
        this.state = VrrpEngine.initial(fitness, reason);
        this.published = new PublishedStatus(spec, state);
    }

    RouterSpec spec() {
        return spec;
    }

    NetworkLink port() {
        return port;
    }

    /** Whether an interface is this router's: its own, or the one that it is on. */
    boolean isOn(int index) {
        return index != 0 && (index == port.index() || index == carrier.place());
    }

    /** The index of the interface of its virtual MAC address, 0 while there is none. */
    int carrierIndex() {
        return carrier.virtualIndex();
    }

    /** Whether an address is on the interface just as this router puts it there: nothing to look after. */
    boolean isAsPut(InterfaceAddress found) {
        return leases.isAsPut(found);
    }

    /** Takes note of an address that the kernel has removed. */
    void removed(InterfaceAddress gone) {
        leases.removed(gone);
    }

    /** Whether {@code address} is one of this router's. */
    boolean owns(InetAddress address) {
        return leases.owns(address);
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

    /** Deletes what was made for this router, which is never used again. */
    void close() {
        carrier.close();
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

    // --- time

    /** Runs the timer of the election if it is due. Everything received before must have been handed in. */
    void tick(long now) {
        resignInTime(now);
        OptionalLong deadline = VrrpEngine.deadline(election, state);
        if (deadline.isPresent() && now - deadline.getAsLong() >= 0 && !kernel.mustBeAsked(state, now)) {
            listener.ticked(now - deadline.getAsLong());
            on(group == null ? new Event.Tick() : group.due(this, now), now);
        }
    }

    /** Looks after the addresses where that is due. */
    void upkeep(long now) {
        leases.upkeep(now);
        conflicts.upkeep(now);
        if (!leases.isHolding()) {
            carrier.lower();
        }
        announcements.upkeep(now);
        if (!published.shows(leases.present())) {
            publish();
        }
        kernel.sayBusy(now);
        alarms.sayMore(now);
    }

    /** When {@link #tick} or {@link #upkeep} is due; {@link Long#MAX_VALUE} nanoseconds from {@code now} when nothing is. */
    long dueAt(long now) {
        long due = now + Long.MAX_VALUE / 2;
        OptionalLong deadline = VrrpEngine.deadline(election, state);
        if (deadline.isPresent() && deadline.getAsLong() - due < 0 && !kernel.isAsking()) {
            due = deadline.getAsLong();
        }
        if (isResigning && resignAt - due < 0) {
            due = resignAt;
        }
        return announcements.dueAt(conflicts.dueAt(leases.dueAt(due)));
    }

    /** Whether nothing that it asked for is still to come. */
    boolean isIdle() {
        return changes.isIdle() && !isResigning;
    }

    // --- the interface

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

    /**
     * Says that this router waits for its interface to be read for the first time, where that takes too long.
     *
     * @param waited for how long the kernel has not answered
     */
    void unreadFor(long waited, long now) {
        if (kernel.unreadFor(reported == null ? waited : 0, now)) {
            publish();
        }
    }

    /**
     * Takes what was read of the interface, and puts the addresses right.
     *
     * @param view what was read; null when the kernel refused
     * @param done what {@link #changesDone} said before it was read
     */
    void interfaceRead(@Nullable LinkView view, int done, long now) {
        if (carrier.take(view)) {
            known(done, now);
            return;
        }
        // Its own end is the moment that everything is read at.
        boolean isCurrent = changes.isCurrent(done);
        carrier.mend(mended -> known(isCurrent ? changes.mark() : -1, mended));
    }

    private void known(int done, long now) {
        InetAddress primary = PrimaryAddress.of(spec, port);
        Situation known = new Situation(port.isUp() && carrier.place() != 0, primary);
        if (!known.equals(reported)) {
            reported = known;
            on(new Event.Link(known.up, primary), now);
        }
        // What was asked for meanwhile is not in what was read: it would be put right twice, and called a stranger's.
        if (changes.isCurrent(done)) {
            leases.reconcile(state.name(), now);
        } else {
            isReadWanted = true;
        }
        publish();
    }

    /** Takes new parameters without leaving the election; only ones that {@link RouterSpec#continues} allows. */
    void reconfigure(RouterSpec next, long now) {
        RouterSpec before = spec;
        spec = next;
        election = next.election();
        alarms.reconfigure(next);
        filter.reconfigure(next);
        mismatches.reconfigure(next);
        adverts.reconfigure(next);
        leases.reconfigure(next);
        announcements.reconfigure(next);
        conflicts.reconfigure(next);
        List<VirtualAddress> gone = before.holding().addresses().stream()
                .filter(each -> !next.holding().addresses().contains(each))
                .toList();
        if (leases.isHolding() && !gone.isEmpty()) {
            released.add(gone);
            leases.release(gone);
        }
        // First the engine: a router that stalled gives up here, and must not put anything on before.
        on(new Event.Reconfigured(), now);
        if (leases.isHolding()
                && !before.holding().addresses().equals(next.holding().addresses())) {
            leases.put(now);
            announcements.burst(now);
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
    DiscardReason receive(Datagram packet, Decoded.Ok decoded, long now) {
        InetAddress peer = packet.source();
        Advertisement advert = decoded.advertisement();
        DiscardReason refused = filter.refuse(packet, advert, state, now);
        if (refused != null) {
            return refused;
        }
        received.increment();
        adverts.heard(peer, advert.priority(), decoded.checksum(), now);
        mismatches.compare(peer, advert, now);
        on(new Event.AdvertReceived(peer, advert.priority(), advert.intervalNanos()), now);
        return null;
    }

    /**
     * Takes what another machine says of an address of this router.
     *
     * @param source whom the packet came from, null where only its MAC address is known
     * @param here the interface of this very host that it came from; null: another machine
     */
    void claimed(NeighborObservation.Stated claim, @Nullable InetAddress source, @Nullable String here, long now) {
        conflicts.claimed(claim, source, here, state, now);
    }

    // --- actions

    private void perform(Action action, long now) {
        switch (action) {
            case Action.SendAdvert(int priority) -> advertise(priority, now);
            case Action.PutAddresses() -> {
                isResigning = false;
                conflicts.begin(now);
                leases.hold(now);
            }
            case Action.RemoveAddresses() -> {
                announcements.stop();
                released.add(spec.holding().addresses());
                leases.giveUp();
            }
            case Action.Ask() -> conflicts.ask(now);
            case Action.Announce() -> announce(now);
            case Action.Moved moved -> moved(moved);
            case Action.Alarm(AlarmKind kind, String text) -> alarms.tell(kind, text);
        }
    }

    private void moved(Action.Moved moved) {
        published.moved(moved);
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
        isResigning = priority == 0 && leases.isRemoving();
        if (isResigning) {
            resignAt = now + RESIGN_NANOS;
        } else {
            adverts.send(priority, state.situation().primary(), now);
        }
    }

    /** Resigns when the addresses are off, or when that takes too long: the peers have waited long enough. */
    void resignInTime(long now) {
        if (isResigning && (!leases.isRemoving() || now - resignAt >= 0)) {
            isResigning = false;
            adverts.send(0, state.situation().primary(), now);
        }
    }

    private void announce(long now) {
        announcements.burst(now);
        announcements.upkeep(now);
    }

    @Override
    public void areOn(long now) {
        announce(now);
    }

    @Override
    public void areOff(long now) {
        resignInTime(now);
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
        if (leases.isHolding()) {
            released.remove(spec.holding().addresses());
        }
        boolean mayReturn = state instanceof State.Backup backup
                && backup.pending() instanceof State.Wait.Return
                && VrrpEngine.rank(election, backup, now) == 0;
        if (!released.isEmpty() && !mayReturn) {
            released.tell();
        }
    }

    // --- status

    private void publish() {
        published.publish(spec, state, leases.present(), kernel.unread());
    }

    /** A snapshot. Any thread. */
    RouterStatus status() {
        return published.status(adverts.sent(), received.sum());
    }
}
