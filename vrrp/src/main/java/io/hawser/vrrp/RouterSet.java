package io.hawser.vrrp;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.linux.InterfaceAddress;
import io.hawser.sysctl.linux.Poller;
import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.Event;
import io.hawser.vrrp.election.Evidence;
import io.hawser.vrrp.election.Fitness;
import io.hawser.vrrp.election.Group;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The virtual routers that run, those that leave, and the interfaces that they are on. Vrrp thread, except
 * {@link #statuses}, {@link #conflicts} and {@link #alarms}, which any thread may call: they read an immutable list and
 * counters.
 */
final class RouterSet {
    private final Poller poller;
    private final KernelThreads kernel;
    private final AcceptMode acceptMode;
    private final VrrpListener listener;
    private final InputGuard guard;
    private final Consumer<NetworkLink> changed;
    private final LongAdder conflicts = new LongAdder();
    private final Map<AlarmKind, LongAdder> alarms = new EnumMap<>(AlarmKind.class);
    private volatile List<VirtualRouter> published = List.of();

    private final Map<String, VirtualRouter> routers = new LinkedHashMap<>();
    private final Map<String, NetworkLink> ports = new HashMap<>();
    /** Routers that are no longer wanted, until they have resigned and their addresses are off. */
    private final List<VirtualRouter> leaving = new ArrayList<>();

    private final Map<String, Verdict> verdicts = new HashMap<>();

    private record Verdict(Fitness fitness, String reason) {}

    /**
     * There are none yet.
     *
     * @param poller for the sockets on the interfaces
     * @param listener hears of the routers
     * @param changed is told of an interface that is to be read anew, as there is another router on it, or one that
     *     changed
     */
    RouterSet(
            Poller poller,
            KernelThreads kernel,
            AcceptMode acceptMode,
            VrrpListener listener,
            InputGuard guard,
            Consumer<NetworkLink> changed) {
        this.poller = poller;
        this.kernel = kernel;
        this.acceptMode = acceptMode;
        this.listener = listener;
        this.guard = guard;
        this.changed = changed;
        for (AlarmKind kind : AlarmKind.values()) {
            alarms.put(kind, new LongAdder());
        }
    }

    /** Snapshots of the routers, in the order of their specs. Any thread. */
    List<RouterStatus> statuses() {
        return published.stream().map(VirtualRouter::status).toList();
    }

    /** How often another machine claimed a held address. Any thread. */
    long conflicts() {
        return conflicts.sum();
    }

    /** How often there was something that a human should look at. Any thread. */
    Map<AlarmKind, Long> alarms() {
        Map<AlarmKind, Long> seen = new EnumMap<>(AlarmKind.class);
        alarms.forEach((kind, count) -> seen.put(kind, count.sum()));
        return seen;
    }

    /** The routers that run, without those that leave. */
    Collection<VirtualRouter> routers() {
        return routers.values();
    }

    /** The router of this name; null when none runs. */
    @Nullable
    VirtualRouter router(String name) {
        return routers.get(name);
    }

    /** The interfaces that routers are on. */
    Collection<NetworkLink> ports() {
        return ports.values();
    }

    /** Whether routers are still on this interface. */
    boolean hasPort(NetworkLink port) {
        return ports.get(port.name()) == port;
    }

    /** Whether a peer of any router has this address. */
    boolean isPeer(InetAddress address) {
        for (VirtualRouter router : routers.values()) {
            if (router.spec().nodes().peers().contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a router has this address put on just so: then nothing new was learnt from it. */
    boolean isAsPut(InterfaceAddress added) {
        for (VirtualRouter router : routers.values()) {
            if (router.isAsPut(added)) {
                return true;
            }
        }
        return false;
    }

    // --- what is said of them

    /** Takes how fit this node is for a router that does not run yet. */
    void presume(String name, Fitness fitness, String reason) {
        verdicts.put(name, new Verdict(fitness, reason));
    }

    /** Takes how fit this node is for one router. */
    void judge(String name, Fitness fitness, String reason) {
        Verdict verdict = new Verdict(fitness, reason);
        VirtualRouter known = routers.get(name);
        if (known != null && !verdict.equals(verdicts.put(name, verdict))) {
            known.judged(fitness, reason, System.nanoTime());
        }
    }

    /** Takes what was found out about a peer of one router. */
    void evidence(String name, Evidence evidence) {
        VirtualRouter known = routers.get(name);
        if (known != null) {
            known.on(new Event.PeerEvidence(evidence), System.nanoTime());
        }
    }

    /** Tells all that the machine was suspended, for so long. */
    void slept(long nanos, long now) {
        routers.values()
                .forEach(router -> guard.run(router.spec().name(), () -> router.on(new Event.Slept(nanos), now)));
    }

    /** Tells all for how long the kernel has not answered. */
    void unreadFor(long nanos, long now) {
        for (VirtualRouter router : routers.values()) {
            guard.run(router.spec().name(), () -> router.unreadFor(nanos, now));
        }
    }

    // --- time

    /** When one of them has something to do, or {@code latest} if that is sooner. */
    long dueAt(long latest, long now) {
        long due = latest;
        for (VirtualRouter router : routers.values()) {
            due = sooner(due, router.dueAt(now));
        }
        for (VirtualRouter router : leaving) {
            due = sooner(due, router.dueAt(now));
        }
        return due;
    }

    private static long sooner(long due, long at) {
        return at - due < 0 ? at : due;
    }

    /** Runs the timers that are due, and then looks after all addresses. */
    void tick(long now) {
        for (VirtualRouter router : routers.values()) {
            tick(router, now);
        }
        for (VirtualRouter router : routers.values()) {
            upkeep(router, now);
        }
    }

    private void tick(VirtualRouter router, long now) {
        guard.run(router.spec().name(), () -> router.tick(now));
    }

    private void upkeep(VirtualRouter router, long now) {
        guard.run(router.spec().name(), () -> router.upkeep(now));
    }

    /** Resigns for all where that is due. */
    void resignInTime() {
        routers.values().forEach(router -> router.resignInTime(System.nanoTime()));
        leaving.forEach(router -> router.resignInTime(System.nanoTime()));
    }

    /** Lets go those that leave and have nothing more to come. */
    void endLeaving(long now) {
        leaving.forEach(router -> guard.run(router.spec().name(), () -> router.resignInTime(now)));
        if (leaving.removeIf(VirtualRouter::isIdle)) {
            releaseUnused();
        }
    }

    /** Whether nothing that any of them asked for is still to come. */
    boolean isIdle() {
        return routers.values().stream().allMatch(VirtualRouter::isIdle)
                && leaving.stream().allMatch(VirtualRouter::isIdle);
    }

    // --- which there are

    /** Takes a new set of them: those that only changed stay in the election, the others end or begin. */
    void become(List<RouterSpec> wanted) {
        long now = System.nanoTime();
        Set<String> names = new HashSet<>();
        wanted.forEach(spec -> names.add(spec.name()));
        for (VirtualRouter router : List.copyOf(routers.values())) {
            RouterSpec next = wanted.stream()
                    .filter(spec -> spec.name().equals(router.spec().name()))
                    .findFirst()
                    .orElse(null);
            if (next == null || !next.continues(router.spec())) {
                router.shutdown(now);
                router.close();
                routers.remove(router.spec().name());
                leaving.add(router);
            }
        }
        for (RouterSpec spec : wanted) {
            VirtualRouter known = routers.get(spec.name());
            if (known == null) {
                add(spec);
            } else if (!known.spec().equals(spec)) {
                known.reconfigure(spec, now);
                changed.accept(known.port());
            }
        }
        group(now);
        acceptMode.apply(wanted);
        verdicts.keySet().retainAll(names);
        releaseUnused();
        ports.values().forEach(this::describe);
        List<VirtualRouter> inOrder = new ArrayList<>();
        wanted.forEach(spec -> inOrder.add(requireNonNull(routers.get(spec.name()))));
        published = List.copyOf(inOrder);
    }

    private void add(RouterSpec spec) {
        NetworkLink port = ports.computeIfAbsent(
                spec.carrier().interfaceName(),
                name -> new NetworkLink(name, poller, kernel.changes(), kernel.reads()));
        port.need(spec.family(), spec.protocol().transport() == RouterSpec.Transport.MULTICAST);
        Verdict verdict = verdicts.computeIfAbsent(spec.name(), name -> new Verdict(Fitness.UNFIT, "not judged yet"));
        routers.put(
                spec.name(),
                new VirtualRouter(
                        spec,
                        port,
                        kernel.changes(),
                        kernel.reads(),
                        listener,
                        conflicts,
                        alarms,
                        verdict.fitness(),
                        verdict.reason()));
        changed.accept(port);
    }

    private void group(long now) {
        Map<String, List<VirtualRouter>> members = new HashMap<>();
        routers.values()
                .forEach(router -> router.spec()
                        .group()
                        .ifPresent(name -> members.computeIfAbsent(name, absent -> new ArrayList<>())
                                .add(router)));
        routers.values().stream()
                .filter(router -> router.spec().group().isEmpty())
                .forEach(router -> router.join(null, now));
        for (List<VirtualRouter> together : members.values()) {
            Group group = new Group(together);
            together.forEach(router -> router.join(group, now));
        }
    }

    /** Tells an interface who is on it. */
    private void describe(NetworkLink port) {
        Map<Family, Set<Integer>> vrids = new EnumMap<>(Family.class);
        Set<InetAddress> virtual = new HashSet<>();
        routers.values().stream()
                .filter(router -> router.port() == port)
                .forEach(router -> router.spec().holding().addresses().forEach(each -> virtual.add(each.address())));
        port.virtual(virtual);
        routers.values().stream()
                .filter(router -> router.port() == port)
                .forEach(router -> vrids.computeIfAbsent(router.spec().family(), absent -> new HashSet<>())
                        .add(router.spec().vrid()));
        port.listen(vrids);
    }

    private void releaseUnused() {
        for (NetworkLink port : List.copyOf(ports.values())) {
            Set<Family> used = new HashSet<>();
            Stream.concat(routers.values().stream(), leaving.stream())
                    .filter(router -> router.port() == port)
                    .forEach(router -> used.add(router.spec().family()));
            for (Family family : Family.values()) {
                if (!used.contains(family)) {
                    port.release(family);
                }
            }
            if (used.isEmpty()) {
                port.close();
                ports.remove(port.name());
            } else {
                port.carryVirtualMac(routers.values().stream()
                        .anyMatch(router -> router.port() == port
                                && router.spec().carrier().virtualMac()
                                && router.spec().family() == Family.IPV4));
            }
        }
    }

    // --- the end

    /** Has all of them resign and give their addresses up. */
    void shutdown() {
        long now = System.nanoTime();
        for (VirtualRouter router : routers.values()) {
            guard.run(router.spec().name(), () -> router.shutdown(now));
        }
    }

    /** Has what was made for them deleted. */
    void close() {
        for (VirtualRouter router : routers.values()) {
            guard.run(router.spec().name(), router::close);
        }
    }

    /** Closes the sockets on all interfaces. */
    void closePorts() {
        ports.values().forEach(port -> guard.run(port.name(), port::close));
    }
}
