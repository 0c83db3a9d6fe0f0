package io.hawser.vrrp;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * Two to five nodes that run the real engine over a simulated network in simulated time, all of it following from one
 * seed. Faults for fourteen seconds, then everything heals and has to settle.
 */
final class Simulation {

    /** The engine, or a broken one. */
    interface Engine {
        Step on(Election election, State state, Event event, long now);
    }

    /** An invariant does not hold. */
    static final class Violation extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Violation(String message) {
            super(message);
        }
    }

    static final long MS = 1_000_000L;
    static final long SECOND = 1000 * MS;
    static final long INTERVAL = 100 * MS;
    private static final long LEASE = 2 * SECOND;
    private static final long CAP = SECOND;
    private static final long FAULTS_END = 16 * SECOND;
    private static final long SETTLED = 24 * SECOND;
    private static final long END = 27 * SECOND;

    private record Scheduled(long at, long order, Runnable what) {}

    final class Node {
        final int id;
        final InetAddress address;
        final double rate;
        final long offset;
        Election election;
        boolean crashed;
        boolean frozen;
        boolean paused;
        boolean linkUp = true;
        Fitness fitness = Fitness.FIT;
        State state;
        final Deque<Event> inbox = new ArrayDeque<>();
        boolean present;
        long presentUntil = Long.MAX_VALUE;
        long wakeGeneration;
        long lastSentLocal;
        long activeSince = -1;
        long lastActive = -SECOND;
        long undisturbedSince;
        long blindSince;
        long unservedSince = -1;
        long badlyServedSince = -1;

        Node(int id, Election election) {
            this.id = id;
            this.address = host(10 + id);
            this.election = election;
            // Quartz is good to some 50 ppm; virtual machines are worse.
            this.rate = 1 + (random.nextDouble() - 0.5) / 500;
            this.offset = random.nextLong(SECOND * 1000) - 500 * SECOND;
            this.state = VrrpEngine.initial(fitness, "start");
        }

        long local() {
            return offset + (long) (now * rate);
        }

        boolean running() {
            return !crashed && !frozen && !paused;
        }

        boolean holds() {
            return present && now < presentUntil && !paused;
        }

        boolean active() {
            return !crashed && state instanceof State.Active;
        }

        boolean stopped() {
            return state instanceof State.Initialize(State.Situation _, Cause cause) && cause == Cause.SHUTDOWN;
        }
    }

    private final long seed;
    private final Engine engine;
    private final Random random;
    private final boolean tracing;
    private final boolean stalePutAway;
    private final PriorityQueue<Scheduled> queue =
            new PriorityQueue<>(Comparator.comparingLong(Scheduled::at).thenComparingLong(Scheduled::order));
    private final List<String> timeline = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final boolean[][] cut;
    private final boolean[][] unreachable;
    private final long[][] clearSince;
    private final long[][] dualSince;
    private final long[][] knownDualSince;
    private double loss;
    private double duplicates;
    private long maximumDelay = 3 * MS;
    private boolean forging;
    private final boolean evidence;
    private final boolean lateTimers;
    private long now;
    private long order;
    private long steps;
    private int takeovers;

    Simulation(long seed, Engine engine, boolean stalePutAway, boolean tracing) {
        this.seed = seed;
        this.engine = engine;
        this.stalePutAway = stalePutAway;
        this.tracing = tracing;
        this.random = new Random(seed * 0x9E3779B97F4A7C15L);
        int count = 2 + random.nextInt(4);
        evidence = random.nextBoolean();
        lateTimers = random.nextInt(4) == 0;
        cut = new boolean[count][count];
        unreachable = new boolean[count][count];
        clearSince = new long[count][count];
        dualSince = new long[count][count];
        knownDualSince = new long[count][count];
        boolean preempt = random.nextInt(4) == 0;
        long preemptDelay = random.nextBoolean() ? 0 : random.nextLong(SECOND);
        boolean startDelays = random.nextBoolean();
        boolean samePriority = random.nextInt(8) == 0;
        boolean owner = random.nextInt(10) == 0;
        List<InetAddress> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(host(10 + i));
        }
        for (int i = 0; i < count; i++) {
            int priority = owner && i == 0 ? 255 : samePriority ? 150 : 200 - 10 * i;
            List<InetAddress> peers = new ArrayList<>(all);
            peers.remove(i);
            long startDelay = startDelays ? i * SECOND : 0;
            nodes.add(new Node(
                    i,
                    new Election(
                            3,
                            priority,
                            INTERVAL,
                            CAP,
                            preempt,
                            preemptDelay,
                            startDelay,
                            2 * INTERVAL,
                            peers,
                            java.util.Map.of())));
            for (int j = 0; j < count; j++) {
                dualSince[i][j] = -1;
                knownDualSince[i][j] = -1;
            }
        }
    }

    static InetAddress host(int last) {
        try {
            return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last});
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs to the end, or throws {@link Violation}. */
    void run() {
        for (Node node : nodes) {
            after(random.nextLong(200 * MS), () -> boot(node));
            if (evidence) {
                after(random.nextLong(INTERVAL), () -> probe(node));
            }
        }
        planFaults();
        at(FAULTS_END, this::healEverything);
        at(END, () -> {});
        while (!queue.isEmpty()) {
            Scheduled next = queue.remove();
            now = next.at();
            if (now >= END) {
                break;
            }
            next.what().run();
            check();
        }
        checkSettled();
    }

    long steps() {
        return steps;
    }

    int takeovers() {
        return takeovers;
    }

    List<String> timeline() {
        return timeline;
    }

    // --- nodes

    private void boot(Node node) {
        if (!node.crashed && !(node.state instanceof State.Initialize)) {
            return;
        }
        node.crashed = false;
        node.inbox.clear();
        node.state = VrrpEngine.initial(node.fitness, "boot");
        if (node.present && stalePutAway) {
            put(node, false);
        }
        node.undisturbedSince = now;
        node.blindSince = now;
        trace(node, "boots, " + node.fitness);
        deliver(node, new Event.Link(node.linkUp, node.linkUp ? node.address : null));
    }

    private void deliver(Node node, Event event) {
        if (node.crashed || (node.paused && event instanceof Event.Heard)) {
            return; // the network card of a paused machine drops packets; what the process told itself is still there
        }
        if (node.inbox.size() < 100) {
            node.inbox.add(event);
        }
        process(node);
    }

    private void process(Node node) {
        if (!node.running()) {
            return;
        }
        while (!node.inbox.isEmpty()) {
            step(node, node.inbox.remove());
        }
        step(node, new Event.Tick());
        if (node.active() && (!node.present || now >= node.presentUntil)) {
            put(node, true); // the loop renews and reconciles
        }
        schedule(node);
    }

    private void schedule(Node node) {
        long generation = ++node.wakeGeneration;
        OptionalLong deadline = VrrpEngine.deadline(node.election, node.state);
        if (deadline.isPresent()) {
            long wait = (long) ((deadline.getAsLong() - node.local()) / node.rate);
            long late = lateTimers && random.nextInt(20) == 0 ? random.nextLong(20 * MS) : random.nextLong(MS / 2);
            after(Math.max(wait, 0) + late + 1000, () -> {
                if (node.wakeGeneration == generation && node.running()) {
                    process(node);
                }
            });
        }
    }

    private void step(Node node, Event event) {
        steps++;
        State before = node.state;
        long local = node.local();
        Step step = engine.on(node.election, before, event, local);
        node.state = step.state();
        boolean maySend = !(before instanceof State.Active) || local - node.lastSentLocal <= node.election.stallNanos();
        for (Action action : step.actions()) {
            switch (action) {
                case Action.SendAdvert(int priority) -> {
                    if (priority > 0 && !maySend) {
                        fail(
                                node,
                                "advertises after a silence of " + (local - node.lastSentLocal) / MS
                                        + " ms without giving up first");
                    }
                    node.lastSentLocal = local;
                    maySend = true;
                    send(node, priority);
                }
                case Action.PutAddresses() -> put(node, true);
                case Action.RemoveAddresses() -> {
                    put(node, false);
                    maySend = true;
                }
                case Action.Announce() -> {}
                case Action.Alarm(AlarmKind kind, String text) -> trace(node, "ALARM " + kind.label() + ": " + text);
                case Action.Moved(RouterState _, RouterState to, Cause cause, String text) -> {
                    trace(node, "-> " + to.label() + " (" + cause.label() + "): " + text);
                    if (to == RouterState.ACTIVE) {
                        takeovers++;
                        checkJustified(node, cause);
                        node.activeSince = now;
                    }
                    if (now > SETTLED) {
                        fail(node, "moves although nothing happened for " + (now - FAULTS_END) / MS + " ms");
                    }
                }
            }
        }
    }

    private void put(Node node, boolean present) {
        node.present = present;
        node.presentUntil = Long.MAX_VALUE;
    }

    private void send(Node from, int priority) {
        if (!from.linkUp) {
            return;
        }
        Event.Heard heard = new Event.Heard(from.address, priority, from.election.intervalNanos());
        for (Node to : nodes) {
            if (to == from || cut[from.id][to.id] || random.nextDouble() < loss) {
                continue;
            }
            int copies = random.nextDouble() < duplicates ? 2 : 1;
            for (int i = 0; i < copies; i++) {
                after(20_000 + random.nextLong(maximumDelay), () -> {
                    if (to.linkUp) {
                        deliver(to, heard);
                    }
                });
            }
        }
    }

    private void probe(Node node) {
        after(INTERVAL / 2, () -> probe(node));
        if (!node.running() || !node.linkUp) {
            return;
        }
        for (Node peer : nodes) {
            boolean reached = peer != node
                    && peer.linkUp
                    && !peer.frozen
                    && !peer.paused
                    && !unreachable[node.id][peer.id]
                    && !unreachable[peer.id][node.id];
            if (!reached) {
                continue;
            }
            if (peer.crashed) {
                deliver(node, new Event.Told(new Evidence.Gone(peer.address, "refused")));
            } else {
                boolean fit = peer.fitness == Fitness.FIT;
                int priority = peer.election.effectivePriority(peer.fitness);
                deliver(
                        node,
                        new Event.Told(new Evidence.Alive(peer.address, peer.active(), fit, priority, node.local())));
            }
        }
    }

    // --- faults

    private void planFaults() {
        int count = 2 + random.nextInt(8);
        for (int i = 0; i < count; i++) {
            Node node = nodes.get(random.nextInt(nodes.size()));
            Node other = nodes.get((node.id + 1 + random.nextInt(nodes.size() - 1)) % nodes.size());
            long start = 2 * SECOND + random.nextLong(11 * SECOND);
            long length = random.nextBoolean() ? random.nextLong(500 * MS) : random.nextLong(3 * SECOND);
            int kind = random.nextInt(14);
            // Half of the faults meet whoever is active then.
            boolean aimed = random.nextBoolean();
            at(start, () -> {
                Node victim = aimed ? activeOr(node) : node;
                Node peer = victim == other ? node : other;
                fault(kind, victim, peer, length);
            });
        }
    }

    private Node activeOr(Node node) {
        return nodes.stream().filter(Node::active).findFirst().orElse(node);
    }

    private void fault(int kind, Node node, Node peer, long length) {
        switch (kind) {
            case 0 -> crash(node, length);
            case 1, 2 -> freeze(node, length);
            case 3 -> pause(node, length);
            case 4, 5 -> judge(node, Fitness.UNFIT, length);
            case 6 -> isolate(node, length);
            case 7 -> cutLink(node, peer, length, true, false);
            case 8 -> cutLink(node, peer, length, true, true);
            case 9 -> lossy(length);
            case 10 -> linkDown(node, length);
            case 11 -> reconfigure(node);
            case 12 -> stop(node, length);
            default -> forge(node, peer);
        }
    }

    private void crash(Node node, long length) {
        if (!node.running()) {
            return;
        }
        trace(node, "CRASHES");
        node.crashed = true;
        node.activeSince = -1;
        expireLater(node);
        after(length, () -> boot(node));
    }

    private void expireLater(Node node) {
        if (node.present) {
            node.presentUntil = now + LEASE - random.nextLong(LEASE / 4);
        }
    }

    private void freeze(Node node, long length) {
        if (!node.running()) {
            return;
        }
        trace(node, "FREEZES");
        node.frozen = true;
        expireLater(node);
        after(length, () -> thaw(node));
    }

    private void thaw(Node node) {
        if (!node.frozen) {
            return;
        }
        trace(node, "thaws, " + node.inbox.size() + " packets waiting");
        node.frozen = false;
        node.undisturbedSince = now;
        if (now >= node.presentUntil) {
            node.present = false;
        }
        node.presentUntil = Long.MAX_VALUE;
        process(node);
    }

    private void pause(Node node, long length) {
        if (!node.running()) {
            return;
        }
        trace(node, "its machine PAUSES");
        node.paused = true;
        after(length, () -> {
            trace(node, "its machine goes on");
            node.paused = false;
            node.undisturbedSince = now;
            if (length < 4 * INTERVAL) {
                // Hardly longer than a backup waits anyway: nothing tells it from silence.
                node.blindSince = now;
            }
            process(node);
        });
    }

    private void judge(Node node, Fitness fitness, long length) {
        setFitness(node, fitness);
        after(length, () -> setFitness(node, Fitness.FIT));
    }

    private void setFitness(Node node, Fitness fitness) {
        trace(node, "is " + fitness);
        node.fitness = fitness;
        node.undisturbedSince = now;
        node.blindSince = now;
        deliver(node, new Event.FitnessChanged(fitness, "simulated"));
    }

    private void isolate(Node node, long length) {
        trace(node, "is CUT OFF from everybody");
        for (Node peer : nodes) {
            if (peer != node) {
                cutLink(node, peer, length, false, true);
            }
        }
        if (length > SECOND) {
            after(SECOND, () -> setFitness(node, Fitness.ISOLATED));
            after(length + 200 * MS, () -> setFitness(node, Fitness.FIT));
        }
    }

    private void cutLink(Node from, Node to, long length, boolean vrrpOnly, boolean bothWays) {
        if (from == to) {
            return;
        }
        trace(from, "CUT towards " + to.id + (bothWays ? " and back" : "") + (vrrpOnly ? ", VRRP only" : ""));
        setCut(from, to, true, vrrpOnly);
        after(length, () -> setCut(from, to, false, vrrpOnly));
        if (bothWays) {
            setCut(to, from, true, vrrpOnly);
            after(length, () -> setCut(to, from, false, vrrpOnly));
        }
    }

    private void setCut(Node from, Node to, boolean value, boolean vrrpOnly) {
        cut[from.id][to.id] = value;
        if (!vrrpOnly || !value) {
            unreachable[from.id][to.id] = value;
        }
        clearSince[from.id][to.id] = now;
    }

    private void lossy(long length) {
        loss = random.nextDouble() * 0.3;
        duplicates = random.nextDouble() * 0.5;
        maximumDelay = random.nextBoolean() ? 3 * MS : 60 * MS;
        note(String.format(
                Locale.ROOT, "LOSS %.2f, duplicates %.2f, delay %d ms", loss, duplicates, maximumDelay / MS));
        disturbAll();
        after(length, () -> {
            loss = 0;
            duplicates = 0;
            maximumDelay = 3 * MS;
            note("the network is good again");
            disturbAll();
        });
    }

    private void disturbAll() {
        for (long[] row : clearSince) {
            java.util.Arrays.fill(row, now);
        }
    }

    private void linkDown(Node node, long length) {
        setLink(node, false);
        after(length, () -> setLink(node, true));
    }

    private void setLink(Node node, boolean up) {
        trace(node, "link " + (up ? "up" : "DOWN"));
        node.linkUp = up;
        node.undisturbedSince = now;
        node.blindSince = now;
        deliver(node, new Event.Link(up, up ? node.address : null));
    }

    private void reconfigure(Node node) {
        Election old = node.election;
        if (old.priority() == 255) {
            return;
        }
        int priority = 2 + random.nextInt(253);
        trace(node, "priority " + old.priority() + " becomes " + priority);
        node.election = new Election(
                3,
                priority,
                old.intervalNanos(),
                old.maximumIntervalNanos(),
                old.preempt(),
                old.preemptDelayNanos(),
                old.startDelayNanos(),
                old.freshnessNanos(),
                old.peers(),
                old.names());
        node.undisturbedSince = now;
        node.blindSince = now;
        deliver(node, new Event.Reconfigured());
    }

    private void stop(Node node, long length) {
        if (!node.running()) {
            return;
        }
        trace(node, "STOPS");
        deliver(node, new Event.Shutdown());
        after(length, () -> boot(node));
    }

    /** Somebody forges an advertisement of an active node with the longest interval there is. */
    private void forge(Node node, Node pretended) {
        trace(node, "gets a FORGED advertisement, interval 40.95 s");
        forging = true;
        node.undisturbedSince = now;
        node.blindSince = now;
        deliver(node, new Event.Heard(pretended.address, 254, 4095 * 10 * MS));
    }

    private void healEverything() {
        note("EVERYTHING HEALS");
        loss = 0;
        duplicates = 0;
        maximumDelay = 3 * MS;
        for (int i = 0; i < nodes.size(); i++) {
            for (int j = 0; j < nodes.size(); j++) {
                cut[i][j] = false;
                unreachable[i][j] = false;
            }
        }
        disturbAll();
        for (Node node : nodes) {
            thaw(node);
            node.paused = false;
            if (!node.linkUp) {
                setLink(node, true);
            }
            if (node.fitness != Fitness.FIT) {
                setFitness(node, Fitness.FIT);
            }
            boot(node);
            process(node);
        }
        if (random.nextInt(4) == 0) {
            for (int i = 0; i < 1 + random.nextInt(nodes.size()); i++) {
                setFitness(nodes.get(random.nextInt(nodes.size())), Fitness.UNFIT);
            }
        }
    }

    // --- invariants

    private void check() {
        for (Node node : nodes) {
            if (now >= node.presentUntil) {
                put(node, false);
            }
            if (node.active()) {
                node.lastActive = now;
            }
        }
        for (Node a : nodes) {
            checkConsistent(a);
            checkServed(a);
            for (Node b : nodes) {
                if (a.id < b.id) {
                    checkDual(a, b);
                    checkKnownDual(a, b);
                }
            }
        }
    }

    private void checkConsistent(Node node) {
        if (node.running() && node.inbox.isEmpty() && node.present != node.active()) {
            fail(node, "state " + node.state.name() + " but the address is " + (node.present ? "there" : "missing"));
        }
        if (node.running() && node.fitness == Fitness.ISOLATED && node.present) {
            fail(node, "holds the address although it hears nobody");
        }
    }

    private void checkDual(Node a, Node b) {
        boolean dual = a.holds() && b.holds() && a.linkUp && b.linkUp && clear(a, b) && clear(b, a);
        if (!dual) {
            dualSince[a.id][b.id] = -1;
            dualSince[b.id][a.id] = -1;
            return;
        }
        if (dualSince[a.id][b.id] < 0) {
            dualSince[a.id][b.id] = now;
        }
        boolean bothRun = a.running() && b.running();
        if (!bothRun) {
            dualSince[b.id][a.id] = -1;
        } else if (dualSince[b.id][a.id] < 0) {
            dualSince[b.id][a.id] = now;
        }
        if (now - dualSince[a.id][b.id] > LEASE + 4 * INTERVAL) {
            fail(a, "and node " + b.id + " both hold the address for longer than the lease");
        }
        if (bothRun && now - dualSince[b.id][a.id] > 2 * INTERVAL) {
            fail(
                    a,
                    "and node " + b.id + " both run, hear each other and hold the address for longer than "
                            + 2 * INTERVAL / MS + " ms");
        }
    }

    /** With evidence, two owners must find out even while no advertisement passes. */
    private void checkKnownDual(Node a, Node b) {
        boolean known = evidence
                && a.holds()
                && b.holds()
                && a.running()
                && b.running()
                && a.linkUp
                && b.linkUp
                && !unreachable[a.id][b.id]
                && !unreachable[b.id][a.id];
        if (!known) {
            knownDualSince[a.id][b.id] = -1;
        } else if (knownDualSince[a.id][b.id] < 0) {
            knownDualSince[a.id][b.id] = now;
        } else if (now - knownDualSince[a.id][b.id] > 3 * INTERVAL) {
            fail(a, "and node " + b.id + " both hold the address and know it from probing each other");
        }
    }

    private boolean clear(Node from, Node to) {
        return !cut[from.id][to.id] && loss == 0;
    }

    private void checkServed(Node node) {
        boolean eligible = node.running() && !node.stopped() && node.fitness == Fitness.FIT && node.linkUp && loss == 0;
        long clear = node.undisturbedSince;
        boolean served = node.holds();
        boolean well = node.holds();
        for (Node peer : nodes) {
            if (peer != node) {
                eligible &= !cut[peer.id][node.id] && !cut[node.id][peer.id];
                clear = Math.max(clear, Math.max(clearSince[peer.id][node.id], clearSince[node.id][peer.id]));
                boolean serves = peer.holds() && peer.running() && peer.linkUp;
                served |= serves;
                well |= serves && peer.fitness == Fitness.FIT;
            }
        }
        node.unservedSince = eligible && !served ? Math.max(clear, since(node.unservedSince)) : -1;
        node.badlyServedSince = eligible && !well ? Math.max(clear, since(node.badlyServedSince)) : -1;
        long interval = forging ? CAP : INTERVAL;
        long bound = 4 * interval + 2 * interval + node.election.startDelayNanos() + 60 * MS;
        if (node.unservedSince >= 0 && now - node.unservedSince > bound) {
            fail(node, "is fit and connected, but nobody holds the address for longer than " + bound / MS + " ms");
        }
        if (node.badlyServedSince >= 0 && now - node.badlyServedSince > bound) {
            fail(
                    node,
                    "is fit and connected, but only unfit nodes hold the address, for longer than " + bound / MS
                            + " ms");
        }
    }

    private long since(long before) {
        return before < 0 ? now : before;
    }

    /** A takeover from a node that runs, is no less fit, and was heard all the time is no takeover but a robbery. */
    private void checkJustified(Node taker, Cause cause) {
        long window = 3 * INTERVAL / 2;
        for (Node other : nodes) {
            boolean stable = other != taker
                    && other.running()
                    && other.active()
                    && other.linkUp
                    && (other.fitness == Fitness.FIT || taker.fitness != Fitness.FIT)
                    && now - other.activeSince > window
                    && now - other.undisturbedSince > window
                    && now - clearSince[other.id][taker.id] > window
                    && now - taker.blindSince > window
                    && clear(other, taker)
                    && isAlone(other, taker, window);
            int mine = taker.election.effectivePriority(taker.fitness);
            int theirs = other.election.effectivePriority(other.fitness);
            boolean may = mine > theirs && (taker.election.preempt() || mine == 255);
            if (stable && !may) {
                fail(
                        taker,
                        "takes the address (" + cause.label() + ") from node " + other.id
                                + ", which is active, as fit, and was heard all the time");
            }
        }
    }

    /** Where a third node was active too, its resignation is a cause. */
    private boolean isAlone(Node active, Node taker, long window) {
        return nodes.stream().allMatch(n -> n == active || n == taker || now - n.lastActive > window);
    }

    private void checkSettled() {
        long holders = nodes.stream().filter(Node::holds).count();
        if (holders != 1) {
            throw new Violation(describe("in the end " + holders + " nodes hold the address"));
        }
        boolean anyFit = nodes.stream().anyMatch(node -> node.fitness == Fitness.FIT);
        Node holder = nodes.stream().filter(Node::holds).findFirst().orElseThrow();
        if (anyFit && holder.fitness != Fitness.FIT) {
            throw new Violation(describe("in the end an unfit node holds the address"));
        }
    }

    // --- words

    private void fail(Node node, String what) {
        throw new Violation(describe("node " + node.id + " " + what));
    }

    private String describe(String what) {
        note("VIOLATION: " + what);
        return "seed " + seed + ", " + nodes.size() + " nodes, after " + now / MS + " ms: " + what;
    }

    private void trace(Node node, String what) {
        if (tracing) {
            note("node " + node.id + " (" + node.election.priority() + ") " + what);
        }
    }

    private void note(String what) {
        if (tracing) {
            timeline.add(String.format(Locale.ROOT, "%9.3f ms  %s", now / 1e6, what));
        }
    }

    private void after(long delay, Runnable what) {
        at(now + delay, what);
    }

    private void at(long time, Runnable what) {
        queue.add(new Scheduled(time, order++, what));
    }
}
