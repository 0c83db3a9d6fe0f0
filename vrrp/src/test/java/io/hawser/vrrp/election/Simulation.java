package io.hawser.vrrp.election;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Two to five nodes with one to three virtual routers each, alone or in a group, that run the real engine over a
 * simulated network in simulated time, all of it following from one seed. Faults for ten seconds, then everything heals
 * and has to settle.
 */
final class Simulation {

    /** The engine, or a broken one. */
    interface Engine {
        Step on(Election election, State state, Event event, long now);
    }

    /**
     * What is simulated: the real thing, or one that is broken on purpose.
     *
     * @param engine the engine
     * @param grouping makes a group of routers
     * @param stalePutAway whether a process that starts removes what its predecessor left
     * @param hostile whether what is told out of band is late, repeated, wrong and contradictory
     */
    record Design(
            Engine engine,
            Function<List<? extends Group.Member>, Group> grouping,
            boolean stalePutAway,
            boolean hostile) {
        static final Design REAL = new Design(VrrpEngine::on, Group::new, true, false);

        static Design of(Engine engine) {
            return new Design(engine, Group::new, true, false);
        }

        Design withHostileEvidence() {
            return new Design(engine, grouping, stalePutAway, true);
        }
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

    /** Lifetime of an address in the simulated kernel. */
    private static final long LEASE = 2 * SECOND;

    /** The longest interval that is believed. */
    private static final long CAP = SECOND;

    /** How late a timer may fire in a schedule with late timers. */
    private static final long LATE = 20 * MS;

    /** The longest a packet takes in a good network. */
    private static final long DELAY = 3 * MS;

    /** The longest a packet takes in a bad one, or its duplicate. */
    private static final long BAD_DELAY = 60 * MS;

    /** How long nothing may change before the invariants are looked at again. */
    private static final long LOOK = 5 * MS;

    private static final long FAULTS_BEGIN = 1500 * MS;
    private static final long FAULTS_END = 10 * SECOND;

    /*
     * Bounds. L is the longest advertisement interval that any node had so far (the cap once a long one was forged); a
     * skew is less than L, a down interval less than 4 L. SLACK is what is added wherever a timer and a packet take
     * part: a late timer, a packet of the bad time that is still on its way, and the pace of these looks.
     */
    private static final long SLACK = LATE + BAD_DELAY + LOOK + DELAY;

    /** The better one of two that hear each other advertises within L, and the other yields as it hears that. */
    private long dualBound() {
        return longest + SLACK;
    }

    /**
     * A frozen or dead node keeps the address for a lease after its last renewal, and there may have been two before. It
     * holds it longer only by being thawed and renewing; but then it yields within the bound above. Counted from the last
     * fault of either node.
     */
    private long leaseBound() {
        return LEASE + 2 * dualBound();
    }

    /**
     * The active node gave its last answer less than 2 L before the timer fires, else it is no evidence; the wait after
     * that is 2 L and a skew: 5 L, which is more than a down interval. In a group, another router may hold this one back
     * for a down interval more: 9 L.
     */
    private long servedBound(Node node) {
        return (grouped ? 9 : 5) * longest + node.routers[0].election.takeover().startDelayNanos() + lieBound() + SLACK;
    }

    /**
     * What a peer that lies adds: its claim is tested by three questions, 2 L and a skew after it was found to be right.
     * If it was active and has died or frozen, its kernel answers for it until the lease ends.
     */
    private long lieBound() {
        return liars || hostile ? LEASE + 3 * longest + Election.QUESTIONS * Math.max(longest, 100 * MS) : 0;
    }

    /**
     * An active node is believed when it answered after an L; nodes are probed once in an L; two may cross, one be too
     * early. Each answer makes one question on the link, of which two may be lost.
     */
    private long knownDualBound() {
        return 6 * longest + SLACK;
    }

    /**
     * Of two nodes that each hold a part of a group, one hears the other's advertisement within L and joins or leaves;
     * where it leaves, the other one takes over after a skew.
     */
    private long mixedBound() {
        return 2 * longest + lieBound() + SLACK;
    }

    /** The longest chain of moves that one disturbance explains: a start, a delayed preemption, and a lost owner. */
    private long causeBound() {
        return startDelays * SECOND * nodes.size()
                + preemptDelay
                + 5 * longest
                + 2 * 9 * longest
                + 2 * lieBound()
                + SLACK;
    }

    /** How old news may be that makes a node take over: on its way, and then a skew; bad answers take longer. */
    private long newsBound() {
        return longest + (badEvidence ? 300 * MS : 0) + SLACK;
    }

    /** An event for a router; what was sent in a reign of another router says in which. */
    private record Delivery(
            Router to, Event event, @Nullable Router from, int reign) {}

    /** The last advertisement of another node, as a router heard it. */
    private record Hearing(Router from, int reign, int priority, long intervalNanos, long at) {}

    /** One virtual router on one node. */
    final class Router implements Group.Member {
        final Node node;
        final int index;
        Election election;
        State state;
        InetAddress primary;
        boolean linkUp = true;
        boolean present;
        long presentUntil = Long.MAX_VALUE;

        @Nullable
        Group group;

        /** To whom it gave way because of what that node said, and when; null for nobody. */
        @Nullable
        Router yieldedTo;

        long yieldedAt;
        int lostQuestions;
        long wakesAt = Long.MAX_VALUE;
        long queuedAt = Long.MAX_VALUE;
        long wakeGeneration;
        long lastSentLocal;
        int reign;

        @Nullable
        Hearing lastHeard;

        @Nullable
        Event reported;

        long activeSince;
        long activeAt = -SECOND;
        long unservedSince = -1;
        long badlyServedSince = -1;

        Router(Node node, int index, Election election) {
            this.node = node;
            this.index = index;
            this.election = election;
            this.primary = node.address;
            this.state = VrrpEngine.initial(Fitness.FIT, "start");
        }

        @Override
        public String name() {
            return "r" + index;
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
            return node.fitness;
        }

        @Override
        public String reason() {
            return "simulated";
        }

        @Override
        public void on(Event event, long local) {
            State before = state;
            step(this, event, local);
            if (group != null) {
                group.stepped(this, before, local);
            }
        }

        boolean holds() {
            return present && now < presentUntil && !node.paused;
        }

        boolean active() {
            return !node.crashed && state instanceof State.Active;
        }

        boolean serves() {
            return holds() && node.running() && linkUp;
        }

        boolean stopped() {
            return state instanceof State.Initialize(State.Situation _, Cause cause) && cause == Cause.SHUTDOWN;
        }
    }

    /** One process on one machine. */
    final class Node {
        final int id;
        final InetAddress address;
        final double rate;
        final long offset;
        final Router[] routers = new Router[routerCount];
        final Deque<Delivery> inbox = new ArrayDeque<>();
        boolean crashed;
        boolean frozen;
        boolean paused;
        /** Its /healthz says that it is active and fit, whatever it is, even while its process is no more. */
        boolean lies;

        /** Its firewall answers whatever is sent to its /healthz with a reset. */
        boolean refuses;

        Fitness fitness = Fitness.FIT;
        long undisturbedSince;

        /** By router and peer: whether its advertisements did not pass when it died or froze last. */
        final boolean[][] unheardAtFault = new boolean[routerCount][cut[0].length];

        long pausedAt = -SECOND;
        long resumedAt = -SECOND;

        Node(int id) {
            this.id = id;
            this.address = host(10 + id);
            // Quartz is good to some 50 ppm; virtual machines are worse.
            this.rate = 1 + (random.nextDouble() - 0.5) / 500;
            this.offset = random.nextLong(SECOND * 1000) - 500 * SECOND;
        }

        long local() {
            return offset + (long) (now * rate);
        }

        boolean running() {
            return !crashed && !frozen && !paused;
        }

        boolean linksUp() {
            for (Router router : routers) {
                if (!router.linkUp) {
                    return false;
                }
            }
            return true;
        }

        /** Whether it is fit for this router, or for the whole group. */
        boolean fitFor(Router router) {
            return fitness == Fitness.FIT && (grouped ? linksUp() : router.linkUp);
        }

        boolean holdsAny() {
            for (Router router : routers) {
                if (router.holds()) {
                    return true;
                }
            }
            return false;
        }

        boolean anyActive() {
            for (Router router : routers) {
                if (router.active()) {
                    return true;
                }
            }
            return false;
        }
    }

    private final long seed;
    private final Design design;
    private final Random random;
    private final boolean tracing;
    private final Agenda agenda = new Agenda();
    private final List<String> timeline = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final int routerCount;
    private final boolean grouped;
    private final int startDelays;
    private final long preemptDelay;
    private final boolean evidence;
    private final boolean badEvidence;
    private final boolean liars;
    private final boolean hostile;
    private final boolean lateTimers;
    // By router, from and to.
    private final boolean[][][] cut;
    private final long[][][] clearSince;
    private final long[][][] heardAt;
    private final long[][][] dualSince;
    private final long[][][] runningDualSince;
    private final long[][][] knownDualSince;
    // By from and to.
    private final boolean[][] unreachable;
    private final boolean[][] answered;
    private final Evidence.@Nullable Gone[][] refusal;
    private final boolean[][] arpCut;
    private final long[][] mixedSince;
    // By router, of one look: how many nodes hold the address, and whether one of them is there for others, and is fit.
    private final int[] holders;
    private final boolean[] served;
    private final boolean[] wellServed;
    // Of the look before: then what has lasted since is to be forgotten.
    private final boolean[] wereDual;
    private boolean wereMixable;
    private double loss;
    private double duplicates;
    private long maximumDelay = DELAY;
    private long badUntil = -SECOND;
    private long longest;
    private long now;
    private long steps;
    private long lookedAt;
    private boolean changed;
    private long disturbedAt;
    private int takeoversSinceDisturbed;
    private int takeovers;

    Simulation(long seed, Design design, boolean tracing) {
        this.seed = seed;
        this.design = design;
        this.tracing = tracing;
        this.random = new Random(seed * 0x9E3779B97F4A7C15L);
        int count = 2 + random.nextInt(4);
        int kind = random.nextInt(10);
        routerCount = kind < 6 ? 1 : kind < 9 ? 2 : 3;
        grouped = routerCount > 1 && random.nextInt(5) > 0;
        hostile = design.hostile();
        evidence = hostile || random.nextBoolean();
        badEvidence = hostile || (evidence && random.nextInt(4) == 0);
        liars = evidence && random.nextInt(3) == 0;
        lateTimers = random.nextInt(4) == 0;
        startDelays = random.nextBoolean() ? 1 : 0;
        preemptDelay = random.nextBoolean() ? 0 : random.nextLong(SECOND);
        cut = new boolean[routerCount][count][count];
        clearSince = new long[routerCount][count][count];
        heardAt = new long[routerCount][count][count];
        dualSince = new long[routerCount][count][count];
        runningDualSince = new long[routerCount][count][count];
        knownDualSince = new long[routerCount][count][count];
        unreachable = new boolean[count][count];
        answered = new boolean[count][count];
        refusal = new Evidence.Gone[count][count];
        arpCut = new boolean[count][count];
        mixedSince = new long[count][count];
        holders = new int[routerCount];
        served = new boolean[routerCount];
        wellServed = new boolean[routerCount];
        wereDual = new boolean[routerCount];
        fill(dualSince, -1);
        fill(runningDualSince, -1);
        fill(knownDualSince, -1);
        fill(new long[][][] {mixedSince}, -1);
        boolean preempt = random.nextInt(4) == 0;
        boolean samePriority = random.nextInt(8) == 0;
        boolean owner = random.nextInt(10) == 0;
        longest = (random.nextInt(8) == 0 ? 50 : 100) * MS;
        List<InetAddress> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(host(10 + i));
        }
        for (int i = 0; i < count; i++) {
            int priority = owner && i == 0 ? 255 : samePriority ? 150 : 200 - 10 * i;
            List<InetAddress> peers = new ArrayList<>(all);
            peers.remove(i);
            Node node = new Node(i);
            nodes.add(node);
            for (int j = 0; j < routerCount; j++) {
                node.routers[j] = new Router(
                        node,
                        j,
                        new Election(
                                3,
                                priority,
                                new Election.Intervals(longest, CAP),
                                new Election.Takeover(preempt, preemptDelay, startDelays * i * SECOND),
                                peers,
                                Map.of()));
            }
        }
    }

    private static void fill(long[][][] tables, long value) {
        for (long[][] table : tables) {
            for (long[] row : table) {
                Arrays.fill(row, value);
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
                after(random.nextLong(longest), () -> probe(node));
            }
        }
        disturb();
        planFaults();
        at(FAULTS_END, this::healEverything);
        long end = Long.MAX_VALUE;
        while (!agenda.isEmpty()) {
            now = agenda.nextAt();
            Runnable next = agenda.remove();
            if (now >= FAULTS_END && end == Long.MAX_VALUE) {
                // No interval changes any more. One second longer than any move may come.
                end = FAULTS_END + causeBound() + SECOND;
            }
            if (now >= end) {
                break;
            }
            if (now - lookedAt >= LOOK) {
                // As it was until now: what this event ends may have lasted for too long.
                look();
            }
            try {
                next.run();
            } catch (IllegalStateException e) {
                throw new Violation(describe(String.valueOf(e.getMessage())));
            }
            if (changed) {
                look();
            }
        }
        checkSettled();
    }

    private void look() {
        changed = false;
        lookedAt = now;
        check();
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
        boolean idle = node.crashed;
        for (Router router : node.routers) {
            idle |= router.state instanceof State.Initialize;
        }
        if (!idle || node.frozen || node.paused) {
            return;
        }
        trace(node, "boots, " + node.fitness);
        disturb();
        node.crashed = false;
        node.inbox.clear();
        node.undisturbedSince = now;
        Arrays.fill(answered[node.id], false);
        Arrays.fill(refusal[node.id], null);
        for (Router router : node.routers) {
            router.yieldedTo = null;
            router.state = VrrpEngine.initial(node.fitness, "simulated");
            router.lastHeard = null;
            router.reported = null;
            router.group = null;
            if (router.present && design.stalePutAway()) {
                put(router, false);
            }
        }
        if (grouped) {
            Group group = design.grouping().apply(List.of(node.routers));
            for (Router router : node.routers) {
                router.group = group;
            }
        }
        for (Router router : node.routers) {
            deliver(router, link(router));
        }
    }

    private static Event link(Router router) {
        return new Event.Link(router.linkUp, router.linkUp ? router.primary : null);
    }

    private void deliver(Router router, Event event) {
        deliver(new Delivery(router, event, null, 0));
    }

    private void deliver(Delivery delivery) {
        Node node = delivery.to().node;
        boolean isFrame =
                delivery.event() instanceof Event.AdvertReceived || delivery.event() instanceof Event.Answered;
        if (node.crashed || (node.paused && isFrame)) {
            return; // the network card of a paused machine drops packets; what the process told itself is still there
        }
        if (node.inbox.size() < 100 * routerCount) {
            node.inbox.add(delivery);
        }
        process(node);
    }

    /** One turn of the loop: everything that has arrived, and then the timers. */
    private void process(Node node) {
        if (!node.running()) {
            return;
        }
        while (!node.inbox.isEmpty()) {
            Delivery next = node.inbox.remove();
            Router to = next.to();
            if (next.event() instanceof Event.AdvertReceived heard) {
                if (!(to.state instanceof State.Initialize) && next.from() != null) {
                    note(to, next.from(), next.reign(), heard);
                    to.on(heard, node.local());
                }
            } else if (next.event() instanceof Event.FitnessChanged && to.group != null) {
                to.group.stepped(to, to.state, node.local());
            } else if (next.event() instanceof Event.Link) {
                read(to, node.local());
            } else {
                to.on(next.event(), node.local());
            }
        }
        for (Router router : node.routers) {
            OptionalLong deadline = VrrpEngine.deadline(router.election, router.state);
            if (deadline.isPresent() && node.local() - deadline.getAsLong() >= 0) {
                router.on(
                        router.group == null ? new Event.Tick() : router.group.due(router, node.local()), node.local());
            }
        }
        for (Router router : node.routers) {
            if (router.active() && (!router.present || now >= router.presentUntil)) {
                put(router, true); // the loop renews and reconciles
            }
            schedule(router);
        }
    }

    /** As the loop does: what has changed is read once, as it is now, however often it changed while nobody looked. */
    private static void read(Router router, long local) {
        Event now = link(router);
        if (!now.equals(router.reported)) {
            router.reported = now;
            router.on(now, local);
        }
    }

    private void note(Router to, Router from, int reign, Event.AdvertReceived heard) {
        heardAt[to.index][from.node.id][to.node.id] = now;
        Hearing last = to.lastHeard;
        // A resignation of somebody else is no news of the one that was heard last.
        if (heard.priority() > Election.UNFIT_PRIORITY || (last != null && last.from() == from)) {
            to.lastHeard = new Hearing(from, reign, heard.priority(), heard.intervalNanos(), now);
        }
    }

    private void schedule(Router router) {
        Node node = router.node;
        OptionalLong deadline = VrrpEngine.deadline(router.election, router.state);
        router.wakesAt = Long.MAX_VALUE;
        if (deadline.isPresent()) {
            long wait = (long) ((deadline.getAsLong() - node.local()) / node.rate);
            long late = lateTimers && random.nextInt(20) == 0 ? random.nextLong(LATE) : random.nextLong(MS / 2);
            router.wakesAt = now + Math.max(wait, 0) + late + 1000;
            if (router.wakesAt < router.queuedAt) {
                queue(router);
            }
        }
    }

    /** A timer that is put off, as each advertisement does, stays in the queue, and looks again when it is due. */
    private void queue(Router router) {
        long generation = ++router.wakeGeneration;
        router.queuedAt = router.wakesAt;
        at(router.wakesAt, () -> {
            if (router.wakeGeneration != generation) {
                return;
            }
            router.queuedAt = Long.MAX_VALUE;
            if (router.wakesAt == Long.MAX_VALUE) {
                return;
            }
            if (router.wakesAt > now) {
                queue(router);
            } else if (router.node.running()) {
                process(router.node);
            }
        });
    }

    private void step(Router router, Event event, long local) {
        steps++;
        State before = router.state;
        Step step = design.engine().on(router.election, before, event, local);
        router.state = step.state();
        boolean maySend =
                !(before instanceof State.Active) || local - router.lastSentLocal <= router.election.stallNanos();
        for (Action action : step.actions()) {
            switch (action) {
                case Action.SendAdvert(int priority) -> {
                    if (priority > 0 && !maySend) {
                        fail(
                                router,
                                "advertises after a silence of " + (local - router.lastSentLocal) / MS
                                        + " ms without giving up first");
                    }
                    router.lastSentLocal = local;
                    maySend = true;
                    if (!(before instanceof State.Active) && priority > 0) {
                        router.reign++;
                    }
                    send(router, priority);
                }
                case Action.PutAddresses() -> put(router, true);
                case Action.RemoveAddresses() -> {
                    put(router, false);
                    maySend = true;
                }
                case Action.Announce() -> {}
                case Action.Ask() -> ask(router);
                case Action.Alarm(AlarmKind kind, String text) -> {
                    if (tracing) {
                        trace(router, "ALARM " + kind.label() + ": " + text);
                    }
                }
                case Action.Moved(RouterState _, RouterState to, Cause cause, String text) -> {
                    if (tracing) {
                        trace(router, "-> " + to.label() + " (" + cause.label() + "): " + text);
                    }
                    moved(router, to, cause);
                }
            }
        }
    }

    private void moved(Router router, RouterState to, Cause cause) {
        changed = true;
        router.activeSince = now;
        // Any two of these are a cause too: advertisements that are cut, answers that come now and then, a node that
        // lies.
        // So is one that lies and is dead or frozen while its kernel answers, until its lease ends.
        boolean lies = nodes.stream().anyMatch(node -> node.lies);
        boolean isPuzzling = anyCut() ? badEvidence || lies : badEvidence && lies;
        isPuzzling |= nodes.stream()
                .anyMatch(node -> (node.lies || hostile) && !node.running() && node.routers[router.index].present);
        if (now - disturbedAt > causeBound() && loss == 0 && !isPuzzling) {
            fail(router, "moves although nothing happened for " + (now - disturbedAt) / MS + " ms");
        }
        if (to != RouterState.ACTIVE) {
            router.yieldedTo = cause == Cause.PEER_ACTIVE ? holderBeside(router) : null;
            router.yieldedAt = now;
            return;
        }
        takeovers++;
        // In a calm network the address moves upwards at most, once to each node.
        if (loss == 0 && !isPuzzling && ++takeoversSinceDisturbed > routerCount * (nodes.size() + 1)) {
            fail(router, "is the " + takeoversSinceDisturbed + "th to take an address after one disturbance");
        }
        checkSettledOnce(router, cause);
        checkJustified(router, cause);
        checkUnrobbed(router, cause);
        checkAwake(router, cause);
    }

    private void put(Router router, boolean present) {
        router.present = present;
        router.presentUntil = Long.MAX_VALUE;
        changed = true;
    }

    private void send(Router from, int priority) {
        if (!from.linkUp) {
            return;
        }
        Event.AdvertReceived heard = new Event.AdvertReceived(from.primary, priority, from.election.intervalNanos());
        for (Node node : nodes) {
            if (node == from.node
                    || cut[from.index][from.node.id][node.id]
                    || (loss > 0 && random.nextDouble() < loss)) {
                continue;
            }
            Delivery delivery = new Delivery(node.routers[from.index], heard, from, from.reign);
            int copies = duplicates > 0 && random.nextDouble() < duplicates ? 2 : 1;
            for (int i = 0; i < copies; i++) {
                after(20_000 + random.nextLong(maximumDelay), () -> {
                    if (delivery.to().linkUp) {
                        deliver(delivery);
                    }
                });
            }
        }
    }

    // --- evidence

    private void probe(Node node) {
        after(node.routers[0].election.intervalNanos(), () -> probe(node));
        if (!node.running() || !node.routers[0].linkUp) {
            return;
        }
        for (Node peer : nodes) {
            if (peer != node && reaches(node, peer) && reaches(peer, node)) {
                long asked = node.local();
                long there = random.nextLong(badEvidence ? 100 * MS : MS);
                after(there, () -> answer(node, peer, asked));
            }
            if (hostile && peer != node && random.nextInt(10) == 0) {
                tell(node, peer, wrong(node, peer));
            }
        }
    }

    private boolean reaches(Node from, Node to) {
        return !unreachable[from.id][to.id] && to.routers[0].linkUp;
    }

    private void answer(Node node, Node peer, long asked) {
        boolean isSilent = (peer.frozen || peer.paused) && !peer.lies;
        if (isSilent || !reaches(peer, node) || (badEvidence && random.nextInt(4) == 0)) {
            return;
        }
        if (!peer.lies && (peer.crashed || peer.refuses)) {
            // Who was never connected learns nothing from a refusal.
            if (answered[node.id][peer.id]) {
                Evidence.Gone gone = refused(node, peer);
                tell(node, peer, _ -> gone);
            }
            return;
        }
        answered[node.id][peer.id] = true;
        refusal[node.id][peer.id] = null;
        tell(
                node,
                peer,
                other -> peer.lies
                        ? new Evidence.Alive(peer.address, true, true, peer.id % 2 == 0 ? 254 : 150, asked)
                        : Evidence.Alive.advertising(
                                peer.address,
                                other.active(),
                                other.election.effectivePriority(
                                        other.state.situation().fitness()),
                                asked));
    }

    /** A dead process's kernel ends the connection itself, unless it was just asked something; a firewall never does. */
    private Evidence.Gone refused(Node node, Node peer) {
        Evidence.Gone known = refusal[node.id][peer.id];
        if (known == null) {
            boolean isClosed = !peer.refuses && random.nextInt(10) > 0;
            known = new Evidence.Gone(peer.address, "connection refused", isClosed, node.local());
            refusal[node.id][peer.id] = known;
        }
        return known;
    }

    /** Brings evidence about each router to a node; in a hostile world late, and more than once. */
    private void tell(Node node, Node peer, Function<Router, Evidence> about) {
        long back = random.nextLong(badEvidence ? 200 * MS : MS);
        for (Router router : node.routers) {
            Event told = new Event.PeerEvidence(about.apply(peer.routers[router.index]));
            after(back, () -> deliver(router, told));
            if (hostile && random.nextInt(4) == 0) {
                after(back + random.nextLong(2 * SECOND), () -> deliver(router, told));
            }
        }
    }

    /** What is not so, or not any more, as if it were of now. */
    private Function<Router, Evidence> wrong(Node node, Node peer) {
        long at = node.local();
        boolean active = random.nextBoolean();
        boolean fit = random.nextInt(3) > 0;
        int priority = fit ? 2 + random.nextInt(253) : 1;
        return random.nextBoolean()
                ? _ -> new Evidence.Gone(peer.address, "reset, and refused", false, at)
                : _ -> new Evidence.Alive(peer.address, active, fit, priority, at);
    }

    /** A question on the link, which every kernel answers that has the address. Of three in a row at most two are lost. */
    private void ask(Router router) {
        trace(router, "asks who has the address");
        if (!router.linkUp) {
            return;
        }
        if (router.lostQuestions < Election.QUESTIONS - 1 && random.nextInt(3) == 0) {
            router.lostQuestions++;
            return;
        }
        router.lostQuestions = 0;
        for (Node peer : nodes) {
            Router other = peer.routers[router.index];
            if (peer != router.node && (loss == 0 || random.nextDouble() >= loss)) {
                after(20_000 + random.nextLong(maximumDelay), () -> {
                    if (other.holds() && other.linkUp && passesArp(router.node, peer)) {
                        after(20_000 + random.nextLong(maximumDelay), () -> {
                            if (router.linkUp) {
                                deliver(router, new Event.Answered("of node " + peer.id, peer.address));
                            }
                        });
                    }
                });
            }
        }
    }

    private boolean passesArp(Node a, Node b) {
        return !unreachable[a.id][b.id] && !unreachable[b.id][a.id] && !arpCut[a.id][b.id] && !arpCut[b.id][a.id];
    }

    // --- faults

    private void disturb() {
        disturbedAt = now;
        takeoversSinceDisturbed = 0;
        changed = true;
    }

    private void disturb(Node node) {
        node.undisturbedSince = now;
        disturb();
    }

    private void planFaults() {
        int count = 2 + random.nextInt(7);
        for (int i = 0; i < count; i++) {
            Node node = nodes.get(random.nextInt(nodes.size()));
            Node other = nodes.get((node.id + 1 + random.nextInt(nodes.size() - 1)) % nodes.size());
            long start = FAULTS_BEGIN + random.nextLong(FAULTS_END - FAULTS_BEGIN - SECOND);
            long length = random.nextBoolean() ? random.nextLong(500 * MS) : random.nextLong(3 * SECOND);
            int kind = hostile && random.nextInt(3) == 0 ? -1 : random.nextInt(liars ? 23 : 19);
            int router = random.nextInt(routerCount);
            // Half of the faults meet whoever is active then.
            boolean aimed = random.nextBoolean();
            at(start, () -> {
                Node victim = aimed ? activeOr(node) : node;
                Node peer = victim == other ? node : other;
                fault(kind, victim, peer, router, length);
            });
        }
    }

    private Node activeOr(Node node) {
        for (Node each : nodes) {
            if (each.anyActive()) {
                return each;
            }
        }
        return node;
    }

    private void fault(int kind, Node node, Node peer, int router, long length) {
        switch (kind) {
            case -1 -> refuse(node, length);
            case 0 -> crash(node, length);
            case 1, 2 -> freeze(node, length);
            case 3 -> pause(node, length);
            case 4, 5 -> judge(node, Fitness.UNFIT, length);
            case 6 -> isolate(node, length);
            case 7 -> cutLink(node, peer, length, -1, false);
            case 8 -> cutLink(node, peer, length, random.nextInt(4) == 0 ? -3 : -1, true);
            case 9 -> cutLink(node, peer, length, router, random.nextBoolean());
            case 10 -> bad(random.nextDouble() * 0.3, length);
            case 11 -> bad(0, length);
            case 12 -> linkDown(node.routers[router], length);
            case 13 -> renumber(node.routers[router], length);
            case 14, 15 -> reconfigure(node);
            case 16 -> stop(node, length);
            case 17 -> after(length / 8, () -> stop(node, length));
            case 18 -> forge(node.routers[router], peer);
            default -> lie(node, length);
        }
    }

    private void lie(Node node, long length) {
        trace(node, "LIES that it is active and fit");
        disturb();
        node.lies = true;
        if (random.nextBoolean()) {
            after(length, () -> {
                trace(node, "lies no longer");
                disturb();
                node.lies = false;
            });
        }
    }

    /** A firewall begins to reject the probes, for a while or for good. That is no disturbance: it must move nothing. */
    private void refuse(Node node, long length) {
        trace(node, "REFUSES to be probed");
        node.refuses = true;
        if (random.nextBoolean()) {
            after(length, () -> {
                trace(node, "refuses no longer");
                node.refuses = false;
            });
        }
    }

    private void crash(Node node, long length) {
        if (!node.running()) {
            return;
        }
        trace(node, "CRASHES");
        disturb(node);
        node.crashed = true;
        expireLater(node);
        after(length, () -> boot(node));
    }

    private void expireLater(Node node) {
        for (Router router : node.routers) {
            for (Node peer : nodes) {
                node.unheardAtFault[router.index][peer.id] = isUnheard(router, peer);
            }
            if (router.present) {
                router.presentUntil = now + LEASE - random.nextLong(LEASE / 4);
            }
        }
    }

    /** Whether its advertisements are cut, or pass again for so short a time that none has arrived yet. */
    private boolean isUnheard(Router router, Node by) {
        int from = router.node.id;
        long clear = clearSince[router.index][from][by.id];
        boolean isFirstDue = now - clear < longest + SLACK && heardAt[router.index][from][by.id] < clear;
        return cut[router.index][from][by.id] || isFirstDue;
    }

    private void freeze(Node node, long length) {
        if (!node.running()) {
            return;
        }
        trace(node, "FREEZES");
        disturb(node);
        node.frozen = true;
        expireLater(node);
        after(length, () -> thaw(node));
    }

    private void thaw(Node node) {
        if (!node.frozen) {
            return;
        }
        trace(node, "thaws, " + node.inbox.size() + " packets waiting");
        disturb(node);
        node.frozen = false;
        for (Router router : node.routers) {
            if (now >= router.presentUntil) {
                router.present = false;
            }
            router.presentUntil = Long.MAX_VALUE;
        }
        process(node);
    }

    private void pause(Node node, long length) {
        if (!node.running()) {
            return;
        }
        trace(node, "its machine PAUSES");
        disturb(node);
        node.paused = true;
        node.pausedAt = now;
        after(length, () -> resume(node));
    }

    private void resume(Node node) {
        if (!node.paused) {
            return;
        }
        trace(node, "its machine goes on");
        disturb(node);
        node.paused = false;
        node.resumedAt = now;
        process(node);
    }

    private void judge(Node node, Fitness fitness, long length) {
        setFitness(node, fitness);
        after(length, () -> setFitness(node, Fitness.FIT));
    }

    private void setFitness(Node node, Fitness fitness) {
        trace(node, "is " + fitness);
        disturb(node);
        node.fitness = fitness;
        for (Router router : node.routers) {
            deliver(router, new Event.FitnessChanged(fitness, "simulated"));
        }
    }

    private void isolate(Node node, long length) {
        trace(node, "is CUT OFF from everybody");
        for (Node peer : nodes) {
            if (peer != node) {
                cutLink(node, peer, length, -2, true);
            }
        }
        if (length > SECOND) {
            after(SECOND, () -> setFitness(node, Fitness.ISOLATED));
            after(length + 200 * MS, () -> setFitness(node, Fitness.FIT));
        }
    }

    /** Cuts one router's advertisements, those of all (-1), everything (-2), or advertisements and ARP (-3). */
    private void cutLink(Node from, Node to, long length, int router, boolean bothWays) {
        if (from == to) {
            return;
        }
        if (tracing) {
            String what = router >= 0
                    ? ", VRRP of r" + router + " only"
                    : router == -1 ? ", VRRP only" : router == -3 ? ", VRRP and ARP" : "";
            trace(from, "CUT towards " + to.id + (bothWays ? " and back" : "") + what);
        }
        setCut(from, to, true, router);
        after(length, () -> setCut(from, to, false, router));
        if (bothWays) {
            setCut(to, from, true, router);
            after(length, () -> setCut(to, from, false, router));
        }
    }

    private void setCut(Node from, Node to, boolean value, int router) {
        for (int i = 0; i < routerCount; i++) {
            if (router < 0 || router == i) {
                cut[i][from.id][to.id] = value;
                clearSince[i][from.id][to.id] = now;
            }
        }
        if (router == -2 || !value) {
            unreachable[from.id][to.id] = value;
        }
        if (router == -3 || !value) {
            arpCut[from.id][to.id] = value;
        }
        if (!value) {
            trace(from, "towards " + to.id + " no longer cut");
        }
        disturb();
    }

    /** Loss for a while, or only delay, reordering and duplicates. */
    private void bad(double lossRate, long length) {
        loss = lossRate;
        duplicates = random.nextDouble() * 0.5;
        maximumDelay = random.nextBoolean() ? DELAY : BAD_DELAY;
        if (tracing) {
            note(String.format(
                    Locale.ROOT, "LOSS %.2f, duplicates %.2f, delay %d ms", loss, duplicates, maximumDelay / MS));
        }
        disturbAll();
        after(length, this::good);
    }

    private void good() {
        badUntil = now;
        loss = 0;
        duplicates = 0;
        maximumDelay = DELAY;
        note("the network is good again");
        disturbAll();
    }

    private void disturbAll() {
        fill(clearSince, now);
        disturb();
    }

    private void linkDown(Router router, long length) {
        setLink(router, false);
        after(length, () -> setLink(router, true));
        if (length > 200 * MS && random.nextInt(3) == 0) {
            // It flaps.
            after(length / 3, () -> setLink(router, true));
            after(length / 2, () -> setLink(router, false));
        }
    }

    private void setLink(Router router, boolean up) {
        trace(router, "link " + (up ? "up" : "DOWN"));
        disturb(router.node);
        router.linkUp = up;
        deliver(router, link(router));
    }

    /** Another primary address, at once or after a while without one. */
    private void renumber(Router router, long length) {
        InetAddress next = host(100 + router.node.id);
        disturb(router.node);
        for (Router each : router.node.routers) {
            // Two nodes of one priority give way to each other without end where the order of their addresses differs
            // from
            // router to router; those of one node are therefore alike in a group.
            if (grouped || each == router) {
                trace(each, "gets the address " + next.getHostAddress());
                each.primary = next;
                deliver(each, link(each));
            }
        }
        if (random.nextBoolean() && router.linkUp) {
            setLink(router, false);
            after(length, () -> setLink(router, true));
        }
    }

    private void reconfigure(Node node) {
        Election old = node.routers[0].election;
        int what = random.nextInt(4);
        int priority = what == 0 && old.priority() != 255 ? 2 + random.nextInt(253) : old.priority();
        long interval = what == 1 ? new long[] {50, 100, 200}[random.nextInt(3)] * MS : old.intervalNanos();
        boolean preempt = what == 2 ? !old.preempt() : old.preempt();
        List<InetAddress> peers = what == 3 ? List.of() : old.peers();
        if (tracing) {
            trace(
                    node,
                    "RELOADS: priority " + priority + ", interval " + interval / MS + " ms, preempt " + preempt + ", "
                            + peers.size() + " peers");
        }
        longest = Math.max(longest, interval);
        disturb(node);
        for (Router router : node.routers) {
            router.election = new Election(
                    3,
                    priority,
                    new Election.Intervals(interval, CAP),
                    new Election.Takeover(
                            preempt,
                            old.takeover().preemptDelayNanos(),
                            old.takeover().startDelayNanos()),
                    peers,
                    Map.of());
            deliver(router, new Event.Reconfigured());
        }
    }

    private void stop(Node node, long length) {
        if (!node.running()) {
            return;
        }
        trace(node, "STOPS");
        disturb(node);
        for (Router router : node.routers) {
            router.group = null;
            deliver(router, new Event.Shutdown());
        }
        after(length, () -> boot(node));
    }

    /** Somebody forges an advertisement of an active node with the longest interval there is. */
    private void forge(Router router, Node pretended) {
        trace(router, "gets a FORGED advertisement, interval 40.95 s");
        longest = CAP;
        disturb(router.node);
        // Each one makes the others wait anew.
        fill(new long[][][] {mixedSince}, -1);
        router.lastHeard = null;
        Event.AdvertReceived forged =
                new Event.AdvertReceived(pretended.routers[router.index].primary, 254, 4095 * 10 * MS);
        deliver(new Delivery(router, forged, pretended.routers[router.index], -1));
    }

    private void healEverything() {
        note("EVERYTHING HEALS");
        for (boolean[][] each : cut) {
            for (boolean[] row : each) {
                Arrays.fill(row, false);
            }
        }
        for (boolean[] row : unreachable) {
            Arrays.fill(row, false);
        }
        for (boolean[] row : arpCut) {
            Arrays.fill(row, false);
        }
        good();
        for (Node node : nodes) {
            thaw(node);
            resume(node);
            for (Router router : node.routers) {
                if (!router.linkUp) {
                    setLink(router, true);
                }
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
        Arrays.fill(holders, 0);
        Arrays.fill(served, false);
        Arrays.fill(wellServed, false);
        int holding = 0;
        for (Node a : nodes) {
            boolean holdsAny = false;
            for (Router router : a.routers) {
                if (now >= router.presentUntil) {
                    router.present = false;
                    router.presentUntil = Long.MAX_VALUE;
                    // Nobody answers for it any more: who asked the link until now takes over.
                    disturbedAt = evidence ? now : disturbedAt;
                }
                if (router.active()) {
                    router.activeAt = now;
                }
                checkConsistent(router);
                if (router.holds()) {
                    holdsAny = true;
                    holders[router.index]++;
                    if (router.serves()) {
                        served[router.index] = true;
                        wellServed[router.index] |= a.fitFor(router);
                    }
                }
            }
            holding += holdsAny ? 1 : 0;
        }
        // Nearly always one node holds an address, and then there is no pair to look at.
        boolean isMixable = grouped && holding > 1;
        for (Node a : nodes) {
            for (Router router : a.routers) {
                checkServed(router);
            }
            for (int b = a.id + 1; b < nodes.size(); b++) {
                for (Router router : a.routers) {
                    if (holders[router.index] > 1 || wereDual[router.index]) {
                        checkDual(router, nodes.get(b).routers[router.index]);
                    }
                }
                if (isMixable || wereMixable) {
                    checkMixed(a, nodes.get(b));
                }
            }
        }
        for (int i = 0; i < routerCount; i++) {
            wereDual[i] = holders[i] > 1;
        }
        wereMixable = isMixable;
    }

    private void checkConsistent(Router router) {
        Node node = router.node;
        if (!node.running() || !node.inbox.isEmpty()) {
            return;
        }
        if (router.present != router.active()) {
            fail(
                    router,
                    "state " + router.state.name() + " but the address is " + (router.present ? "there" : "missing"));
        }
        if (node.fitness == Fitness.ISOLATED && router.present) {
            fail(router, "holds the address although it hears nobody");
        }
    }

    private void checkDual(Router a, Router b) {
        int i = a.node.id;
        int j = b.node.id;
        boolean both = a.holds() && b.holds() && a.linkUp && b.linkUp;
        if (!both) {
            dualSince[a.index][i][j] = -1;
            runningDualSince[a.index][i][j] = -1;
            knownDualSince[a.index][i][j] = -1;
            return;
        }
        boolean dual = clear(a, b) && clear(b, a);
        boolean running = a.node.running() && b.node.running();
        // Of equals the address decides, and answers tell the node's, which need not be the one it advertises from.
        boolean known = a.election.priority() != b.election.priority()
                && running
                && evidence
                && !badEvidence
                && !a.node.lies
                && !b.node.lies
                && a.node.routers[0].linkUp
                && b.node.routers[0].linkUp
                && loss == 0
                && passesArp(a.node, b.node);
        int r = a.index;
        // Each fault of either of them begins a new lease.
        long faultAt = Math.max(a.node.undisturbedSince, b.node.undisturbedSince);
        if (lasts(dualSince[r], i, j, dual, leaseBound()) && now - faultAt > leaseBound()) {
            fail(a, "and node " + j + " both hold the address for longer than " + leaseBound() / MS + " ms");
        }
        if (lasts(runningDualSince[r], i, j, dual && running, dualBound())) {
            fail(
                    a,
                    "and node " + j + " both run, hear each other and hold the address for longer than "
                            + dualBound() / MS + " ms");
        }
        // With evidence, two owners must find out even while no advertisement passes.
        if (lasts(knownDualSince[r], i, j, known, knownDualBound())) {
            fail(
                    a,
                    "and node " + j + " both hold the address, and have known it from probing for longer than "
                            + knownDualBound() / MS + " ms");
        }
    }

    /** Whether something has lasted for longer than it may. */
    private boolean lasts(long[][] since, int i, int j, boolean is, long bound) {
        if (!is) {
            since[i][j] = -1;
        } else if (since[i][j] < 0) {
            since[i][j] = now;
        }
        return is && now - since[i][j] > bound;
    }

    /** The group is on one node. */
    private void checkMixed(Node a, Node b) {
        boolean mixed = false;
        boolean able = a.running() && b.running() && a.linksUp() && b.linksUp() && loss == 0;
        for (int i = 0; i < routerCount && able; i++) {
            able = clear(a.routers[i], b.routers[i]) && clear(b.routers[i], a.routers[i]) && !isTornByAnother(a, b, i);
            for (int j = 0; j < routerCount; j++) {
                mixed |= i != j && a.routers[i].holds() && b.routers[j].holds();
            }
        }
        if (lasts(mixedSince, a.id, b.id, able && mixed, mixedBound())) {
            fail(
                    a.routers[0],
                    "and node " + b.id + " each hold a part of the group for longer than " + mixedBound() / MS + " ms");
        }
    }

    /** Whether a third node that has an address is not heard by one of the two, or does not hear it. */
    private boolean isTornByAnother(Node a, Node b, int router) {
        for (Node third : nodes) {
            Router other = third.routers[router];
            boolean isThird = third != a && third != b && third.holdsAny();
            if (isThird && !(isClearBothWays(a.routers[router], other) && isClearBothWays(b.routers[router], other))) {
                return true;
            }
        }
        return false;
    }

    private boolean isClearBothWays(Router one, Router other) {
        return clear(one, other) && clear(other, one);
    }

    private boolean isBad() {
        return loss > 0 || maximumDelay > DELAY;
    }

    private boolean anyCut() {
        for (boolean[][] each : cut) {
            for (boolean[] row : each) {
                for (boolean is : row) {
                    if (is) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private boolean clear(Router from, Router to) {
        return !cut[from.index][from.node.id][to.node.id] && loss == 0;
    }

    /** For how long everything that the router, or its group, needs has passed between two nodes; -1 when it does not. */
    private long connectedSince(Router router, Node peer) {
        int i = router.node.id;
        int j = peer.id;
        long since = 0;
        for (int r = 0; r < routerCount; r++) {
            if (grouped || r == router.index) {
                if (cut[r][i][j] || cut[r][j][i]) {
                    return -1;
                }
                since = Math.max(since, Math.max(clearSince[r][i][j], clearSince[r][j][i]));
            }
        }
        return since;
    }

    private void checkServed(Router router) {
        Node node = router.node;
        // Who serves holds it: for a router that does not, these are others.
        boolean well = router.holds() || wellServed[router.index];
        if (well) {
            router.unservedSince = -1;
            router.badlyServedSince = -1;
            return;
        }
        boolean eligible = node.running() && !router.stopped() && node.fitFor(router) && loss == 0;
        long clear = node.undisturbedSince;
        for (int i = 0; eligible && i < nodes.size(); i++) {
            Node peer = nodes.get(i);
            if (peer != node) {
                long since = connectedSince(router, peer);
                eligible = since >= 0;
                clear = Math.max(clear, since);
                if (isAnsweredFor(peer.routers[router.index], node)) {
                    // The last answer may come as the lease ends; then no question is answered any more.
                    clear = now + Election.QUESTIONS * Math.max(longest, 100 * MS);
                }
            }
        }
        router.unservedSince = eligible && !served[router.index] ? Math.max(clear, since(router.unservedSince)) : -1;
        router.badlyServedSince = eligible ? Math.max(clear, since(router.badlyServedSince)) : -1;
        if (router.unservedSince >= 0 && now - router.unservedSince > servedBound(node)) {
            fail(
                    router,
                    "is fit and connected, but nobody holds the address for longer than " + servedBound(node) / MS
                            + " ms");
        }
        if (router.badlyServedSince >= 0 && now - router.badlyServedSince > servedBound(node)) {
            fail(
                    router,
                    "is fit and connected, but only unfit nodes hold the address, for longer than "
                            + servedBound(node) / MS + " ms");
        }
    }

    /**
     * A node that has died or frozen before its advertisements, which were cut, were heard again: that they would pass cannot be seen, as it
     * sends none. Who has heard of it by other ways only waits for as long as its kernel answers on the link, which is until the lease ends.
     */
    private boolean isAnsweredFor(Router held, Node by) {
        boolean wasUnheard = false;
        for (int i = 0; i < routerCount; i++) {
            wasUnheard |= (grouped || i == held.index) && held.node.unheardAtFault[i][by.id];
        }
        return wasUnheard && evidence && !held.node.running() && held.holds();
    }

    private long since(long before) {
        return before < 0 ? now : before;
    }

    /**
     * A takeover from a node that runs, is no less fit, and whose advertisement of this reign was the last that was heard,
     * less than two of its intervals ago, is no takeover but a robbery.
     */
    private void checkJustified(Router taker, Cause cause) {
        Hearing last = taker.lastHeard;
        if (last == null || last.priority() <= Election.UNFIT_PRIORITY || now - last.at() >= 2 * last.intervalNanos()) {
            return;
        }
        Router other = last.from();
        boolean serves = other.node.running() && other.active() && other.linkUp && other.reign == last.reign();
        boolean asFit = other.state.situation().fitness() == Fitness.FIT
                || taker.state.situation().fitness() != Fitness.FIT;
        int mine = taker.election.effectivePriority(taker.state.situation().fitness());
        boolean may = mine > last.priority() && (taker.election.preempt() || mine == Election.OWNER_PRIORITY);
        // Who was active itself has not learned that another one's interval is longer.
        boolean hasLearned = cause != Cause.NO_ADVERT_HEARD && cause != Cause.NOBODY_TOOK_OVER;
        may |= !hasLearned && taker.election.intervalNanos() < last.intervalNanos();
        // A group is taken as a whole from a node that has only a part of it, if it is worse.
        may |= cause == Cause.GROUP_ACTIVE
                && !taker.state.situation().isBeatenBy(last.priority(), last.from().primary, taker.election);
        // Or from a node that knows it has a part only, because it followed somebody else for the rest.
        may |= cause == Cause.GROUP_ACTIVE && other.state instanceof State.Active active && active.alone();
        // Or the news that another router of the group acts on, a resignation or a refusal, is of before this reign,
        // and
        // crossed with its first advertisements, or has waited for this node to thaw.
        long newSince = Math.max(other.activeSince, taker.node.undisturbedSince);
        may |= cause == Cause.GROUP_ACTIVE && now - newSince < newsBound();
        // Who was unfit a moment ago followed whoever advertised last, be it the worse one of two, and that one
        // resigned.
        may |= cause == Cause.PEER_RESIGNED
                && mine > last.priority()
                && now - taker.node.undisturbedSince < newsBound()
                && wasAnotherActive(taker, other);
        // Another router of the group may have followed another node that was active too, or have lost what this one
        // heard.
        boolean wasBad = isBad() || now - badUntil < 4 * longest + BAD_DELAY;
        may |= cause == Cause.GROUP_ACTIVE && (wasBad || wasAnotherActive(taker, other));
        if (serves && asFit && !may) {
            fail(
                    taker,
                    "takes the address (" + cause.label() + ") from node " + other.node.id
                            + ", which is active, as fit, and was heard " + (now - last.at()) / MS + " ms ago");
        }
    }

    /**
     * A machine that was paused for a down interval and the lateness that is trusted, has heard nobody for that long, and cannot tell itself
     * from one that others have left alone. It has to listen for an L before it takes what somebody else holds.
     */
    private void checkAwake(Router taker, Cause cause) {
        Node node = taker.node;
        long paused = node.resumedAt - node.pausedAt;
        // Who only follows another router of the group has no cause of its own: that one's was looked at.
        boolean hasOther = cause == Cause.PEER_GONE || cause == Cause.GROUP_ACTIVE;
        if (paused < 5 * longest || now - node.resumedAt >= longest || hasOther) {
            return;
        }
        int mine = taker.election.effectivePriority(taker.state.situation().fitness());
        for (Node peer : nodes) {
            Router other = peer.routers[taker.index];
            long since = connectedSince(taker, peer);
            boolean serves = peer != node
                    && other.serves()
                    && now - other.activeSince > 2 * longest
                    && peer.undisturbedSince < node.pausedAt
                    && loss == 0
                    && since >= 0
                    && since < node.pausedAt;
            boolean may = mine
                            > other.election.effectivePriority(
                                    other.state.situation().fitness())
                    && (taker.election.preempt() || mine == Election.OWNER_PRIORITY);
            // Who was active itself has not learned that another one's interval is longer.
            may |= cause == Cause.NO_ADVERT_HEARD && taker.election.intervalNanos() < other.election.intervalNanos();
            if (serves && peer.fitFor(other) && !may) {
                fail(
                        taker,
                        "takes the address (" + cause.label() + ") from node " + peer.id
                                + " as soon as it is awake, after " + paused / MS + " ms");
            }
        }
    }

    /**
     * While nothing changes, nobody takes over from a node that holds the address, answers its peers, and is answered for
     * on the link: whether its advertisements arrive or not.
     */
    private void checkUnrobbed(Router taker, Cause cause) {
        Node node = taker.node;
        boolean calm = evidence && !badEvidence && !isBad() && now - disturbedAt > causeBound() / 2;
        boolean silence = cause == Cause.ADVERTS_STOPPED || cause == Cause.NO_ADVERT_HEARD;
        for (Node peer : nodes) {
            Router other = peer.routers[taker.index];
            boolean serves = peer != node
                    && other.serves()
                    && now - other.activeSince > causeBound() / 2
                    && peer.fitFor(other)
                    && reaches(node, peer)
                    && reaches(peer, node)
                    && passesArp(node, peer);
            if (calm && silence && serves) {
                fail(
                        taker,
                        "takes the address (" + cause.label() + ") from node " + peer.id
                                + ", which holds it and answers");
            }
        }
    }

    private @Nullable Router holderBeside(Router router) {
        for (Node peer : nodes) {
            Router other = peer.routers[router.index];
            if (other != router && other.serves()) {
                return other;
            }
        }
        return null;
    }

    /**
     * Who gave way to a node because of what that said does not take the address back while that node holds it and can
     * be asked: two that do not hear each other's advertisements settle once.
     */
    private void checkSettledOnce(Router taker, Cause cause) {
        Router holder = taker.yieldedTo;
        boolean silence = cause == Cause.ADVERTS_STOPPED || cause == Cause.NO_ADVERT_HEARD;
        if (holder == null || hostile || liars || loss > 0 || !silence || disturbedAt > taker.yieldedAt) {
            return;
        }
        // A third node advertised since, and answers come so late that this one does not know better.
        Hearing last = taker.lastHeard;
        if (badEvidence && last != null && last.from() != holder && last.at() > taker.yieldedAt) {
            return;
        }
        boolean isAnswered = reaches(taker.node, holder.node)
                && reaches(holder.node, taker.node)
                && passesArp(taker.node, holder.node);
        if (isAnswered && holder.serves() && holder.activeSince < taker.yieldedAt && holder.node.fitFor(holder)) {
            fail(
                    taker,
                    "takes the address (" + cause.label() + ") back from node " + holder.node.id + ", to which it gave"
                            + " way " + (now - taker.yieldedAt) / MS + " ms ago");
        }
    }

    private boolean wasAnotherActive(Router taker, Router other) {
        for (Node node : nodes) {
            for (Router third : node.routers) {
                boolean isThird = node != taker.node && node != other.node;
                if (isThird && now - third.activeAt < 3 * longest) {
                    return true;
                }
            }
        }
        return false;
    }

    private void checkSettled() {
        boolean anyFit = nodes.stream().anyMatch(node -> node.fitness == Fitness.FIT);
        Node first = null;
        for (int i = 0; i < routerCount; i++) {
            int index = i;
            List<Node> holders =
                    nodes.stream().filter(node -> node.routers[index].holds()).toList();
            if (holders.size() != 1) {
                throw new Violation(describe("in the end " + holders.size() + " nodes hold address " + i));
            }
            Node holder = holders.getFirst();
            if (anyFit && holder.fitness != Fitness.FIT) {
                throw new Violation(describe("in the end an unfit node holds address " + i));
            }
            if (grouped && first != null && first != holder) {
                throw new Violation(describe("in the end the group is on nodes " + first.id + " and " + holder.id));
            }
            first = holder;
        }
    }

    // --- words

    private void fail(Router router, String what) {
        throw new Violation(describe(words(router) + " " + what));
    }

    private String describe(String what) {
        note("VIOLATION: " + what);
        String routers = routerCount == 1 ? "" : ", " + routerCount + " routers" + (grouped ? " in a group" : "");
        return "seed " + seed + ", " + nodes.size() + " nodes" + routers + ", after " + now / MS + " ms: " + what;
    }

    private String words(Router router) {
        return "node " + router.node.id + (routerCount == 1 ? "" : " " + router.name());
    }

    private void trace(Node node, String what) {
        if (tracing) {
            note("node " + node.id + " (" + node.routers[0].election.priority() + ") " + what);
        }
    }

    private void trace(Router router, String what) {
        if (tracing) {
            note(words(router) + " (" + router.election.priority() + ") " + what);
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
        agenda.add(time, what);
    }
}
