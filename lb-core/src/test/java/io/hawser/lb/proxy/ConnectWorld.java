package io.hawser.lb.proxy;

import io.hawser.lb.balance.Balance;
import io.hawser.lb.balance.Balancer;
import io.hawser.lb.balance.Distribution;
import io.hawser.lb.balance.ExcludedMembers;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.MemberPlan;
import io.hawser.lb.balance.Members;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.balance.Slot;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Connections that look for members of one pool, in virtual time: real plans, a real pool with its places and queues, and members, clients and a host that
 * do by a seed what theirs do. After each step it looks whether anything has happened that never may.
 */
final class ConnectWorld {
    private static final long MILLI = 1_000_000L;
    private static final long TICK = 20 * MILLI;
    private static final int MOST_CONNECTIONS = 60;
    private static final long ARRIVALS = TimeUnit.SECONDS.toNanos(5);
    /** By then each connection has come to something, whatever its pool's settings: a hello may be without an answer for 10 s. */
    private static final long LONGEST = TimeUnit.SECONDS.toNanos(60);

    private static final double BURST = 20;
    private static final double PER_CONNECTION = 0.1;

    /** What a plan, or who carries it out, does wrong on purpose. */
    enum Broken {
        /** Takes early data for nothing but a hello. */
        SENDS_EARLY_DATA_TWICE,
        /** Does not close those that have lost a race. */
        KEEPS_LOSERS,
        /** Has a budget for each connection. */
        BUDGET_FOR_EACH,
        /** Forgets that a connection waits in a queue. */
        STAYS_IN_THE_QUEUE,
        /** Is never told that time has passed. */
        HAS_NO_CLOCK,
        /** Does not give back a place at which nothing was begun. */
        KEEPS_PLACES,
        /** Has a member go on with a connection that has one. */
        WINS_TWICE,
        /** Says the same end twice. */
        ENDS_TWICE,
    }

    private enum Conduct {
        SERVES,
        REFUSES,
        HANGS,
        SILENT,
        DROPS,
        SLOW,
        /** Begins TLS, and never ends it. */
        UNSECURED,
        /** The host lacks what an attempt needs. */
        LACKED
    }

    private enum Client {
        /** Speaks something else than TLS, or nothing. */
        PLAIN,
        /** Has sent a hello and nothing else. */
        HELLO,
        /** Has sent a hello with early data. */
        EARLY_DATA,
        /** Sends its hello when a member is connected. */
        LATE_HELLO
    }

    private record Pending(long at, long order, Runnable what) implements Comparable<Pending> {
        @Override
        public int compareTo(Pending other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    /** What a violation is reported by. */
    static final class Violation extends RuntimeException {
        private static final long serialVersionUID = 1;

        Violation(String what) {
            super(what);
        }
    }

    private final Random random;
    private final @Nullable Broken broken;
    private final PriorityQueue<Pending> agenda = new PriorityQueue<>();
    private final Pool pool;
    private final Balancer balancer;
    private final HedgeBudget budget = new HedgeBudget(0);
    private final Outliers outliers = new Outliers();
    private final Map<Member, Conduct> conducts = new LinkedHashMap<>();
    private final List<Seeker> seekers = new ArrayList<>();
    final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
    private long now;
    private long order;
    private int pendingGrants;
    int hedges;
    int replays;
    int queued;
    int won;

    ConnectWorld(long seed, @Nullable Broken broken) {
        this.random = new Random(seed);
        this.broken = broken;
        this.pool = pool();
        this.balancer = pool.settings().balancer(0);
    }

    private <T> T oneOf(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private Pool pool() {
        Duration hedgeAfter = Duration.ofMillis(oneOf(List.of(0, 20, 100, 100, 300)));
        PoolSettings settings = new PoolSettings(
                        oneOf(List.of(Balance.ROUND_ROBIN, Balance.LEAST_CONNECTIONS)),
                        Duration.ofMillis(oneOf(List.of(50, 300, 1_000))),
                        random.nextInt(5),
                        PoolSettings.OnDown.CLOSE)
                .hedgedAfter(hedgeAfter)
                .with(Distribution.DEFAULTS.withQueue(
                        random.nextInt(4), Duration.ofMillis(oneOf(List.of(30, 500, 2_000)))));
        int most = oneOf(List.of(Member.UNLIMITED, Member.UNLIMITED, 1, 3));
        int count = random.nextInt(1, 6);
        List<MemberPlan> plans = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            plans.add(new MemberPlan("m" + i, new InetSocketAddress(1 + i), 1, i > 1 && random.nextInt(4) == 0, most));
        }
        Pool made = Pool.of("pool", settings, plans);
        boolean isQuiet = random.nextInt(4) == 0;
        for (Member member : made.members().all()) {
            conducts.put(member, isQuiet ? Conduct.SERVES : oneOf(List.of(Conduct.values())));
            if (random.nextInt(4) != 0) {
                made.health(member, Member.Health.UP);
            }
        }
        return made;
    }

    private void at(long when, Runnable what) {
        agenda.add(new Pending(when, order++, what));
    }

    private void in(long nanos, Runnable what) {
        at(now + nanos, what);
    }

    private long millis(int from, int to) {
        return random.nextLong(from * MILLI, to * MILLI);
    }

    /** Runs it to its end. @throws Violation if something has happened that never may */
    void run() {
        int count = random.nextInt(1, MOST_CONNECTIONS);
        for (int i = 0; i < count; i++) {
            at(random.nextLong(ARRIVALS) / (1 + random.nextInt(8)), this::arrives);
        }
        for (int i = random.nextInt(8); i > 0; i--) {
            at(random.nextLong(ARRIVALS), this::changes);
        }
        while (!agenda.isEmpty()) {
            Pending next = agenda.remove();
            now = next.at();
            next.what().run();
            look();
        }
        for (Seeker seeker : seekers) {
            require(seeker.hasEnded, "a connection came to nothing");
        }
        for (Member member : pool.members().all()) {
            require(member.active() == 0, member.active() + " places are not given back at " + member.name());
            require(member.queued() == 0, member.queued() + " wait for ever at " + member.name());
        }
    }

    private void require(boolean isSo, String otherwise) {
        if (!isSo) {
            throw new Violation("after " + now / MILLI + " ms: " + otherwise);
        }
    }

    /** No place is taken twice or lost, and no member has more than it may. */
    private void look() {
        for (Member member : pool.members().all()) {
            int held = 0;
            for (Seeker seeker : seekers) {
                held += seeker.places(member);
            }
            int active = member.active();
            require(held <= active, held + " connections share " + active + " places at " + member.name());
            require(pendingGrants > 0 || held == active, active - held + " places are lost at " + member.name());
            long waiting =
                    seekers.stream().filter(each -> each.waitsFor(member)).count();
            require(
                    waiting == member.queued(),
                    member.queued() + " wait at " + member.name() + ", of which " + waiting + " know it");
            require(
                    member.maxConnections() == Member.UNLIMITED || active <= member.maxConnections(),
                    active + " connections at " + member.name());
        }
        double granted = BURST + PER_CONNECTION * seekers.size() + now / 1e9 + 1e-6;
        require(hedges <= granted, hedges + " second attempts for " + seekers.size() + " connections");
    }

    private void arrives() {
        Client client = oneOf(List.of(Client.values()));
        Seeker seeker = new Seeker(client);
        seekers.add(seeker);
        if (random.nextInt(5) == 0) {
            in(millis(0, 3_000), seeker::isOver);
        }
        if (random.nextInt(6) == 0) {
            in(millis(0, 3_000), () -> seeker.tell(new ConnectEvent.ClientDone()));
        }
        seeker.tell(new ConnectEvent.Began());
        seeker.ticks();
    }

    private void changes() {
        List<Member> all = pool.members().all();
        Member member = oneOf(all);
        if (random.nextBoolean()) {
            conducts.put(member, oneOf(List.of(Conduct.values())));
            return;
        }
        boolean isGone = member.health() != Member.Health.DOWN;
        pool.health(member, isGone ? Member.Health.DOWN : Member.Health.UP);
        if (isGone) {
            for (Seeker seeker : List.copyOf(seekers)) {
                seeker.isLeft(member);
            }
        }
    }

    /** One connection: carries out its plan. */
    private final class Seeker implements ConnectPlan.MemberSelector {
        /** An attempt that is under way. */
        private final class Try {
            final Member member;
            boolean isConnected;
            boolean isClosed;

            Try(Member member) {
                this.member = member;
            }

            void later(long nanos, ConnectEvent event) {
                in(nanos, () -> {
                    if (!isClosed && !hasEnded) {
                        isConnected |= event instanceof ConnectEvent.Connected;
                        tell(event);
                    }
                });
            }
        }

        private final class Turn extends Slot {
            final Member member;
            boolean isGranted;

            Turn(Member member) {
                this.member = member;
            }

            @Override
            protected void granted() {
                isGranted = true;
                pendingGrants++;
                in(oneOf(List.of(millis(0, 3), millis(0, 60))), () -> {
                    pendingGrants--;
                    if (turn != this) {
                        member.released();
                    } else {
                        turn = null;
                        tell(new ConnectEvent.Granted(member));
                    }
                });
            }
        }

        private final Client client;
        private final long arrivedAt = now;
        private final ConnectPlan plan;
        private final Map<Member, Try> tries = new LinkedHashMap<>();
        private final Set<Member> sentTo = new HashSet<>();
        private @Nullable Turn turn;
        private @Nullable Try winner;
        private boolean isSilentFor10Seconds;
        private int launched;
        private int failures;
        private boolean hasSaidAll;
        private boolean isAnswered;
        private boolean isHello;
        boolean hasEnded;

        Seeker(Client client) {
            this.client = client;
            this.isHello = client == Client.HELLO || client == Client.EARLY_DATA;
            boolean mayRace =
                    client == Client.HELLO || client == Client.EARLY_DATA && broken == Broken.SENDS_EARLY_DATA_TWICE;
            this.plan = new ConnectPlan(
                    this,
                    pool.settings(),
                    broken == Broken.BUDGET_FOR_EACH ? new HedgeBudget(now) : budget,
                    outliers,
                    isHello,
                    mayRace,
                    now);
        }

        // --- what the plan asks

        @Override
        public @Nullable Member choose(ExcludedMembers tried) {
            Members members = pool.members();
            Member member;
            do {
                member = balancer.pick(members, tried, 0, now);
                if (member == null) {
                    member = members.reserve(tried, now);
                }
            } while (member != null && !member.tryAcquire());
            return member;
        }

        @Override
        public boolean isFull(ExcludedMembers tried) {
            return pool.members().isFull(tried);
        }

        @Override
        public @Nullable Member shortestQueue(ExcludedMembers tried) {
            return pool.members()
                    .shortestQueue(tried, pool.settings().distribution().queueLength());
        }

        @Override
        public int usable() {
            return pool.members().usable();
        }

        @Override
        public boolean isUsable(Member member) {
            return pool.members().isUsable(member);
        }

        // --- what happens

        boolean waitsFor(Member member) {
            Turn waiting = turn;
            return waiting != null && waiting.member == member && !waiting.isGranted;
        }

        int places(Member member) {
            return (tries.containsKey(member) ? 1 : 0) + (winner != null && winner.member == member ? 1 : 0);
        }

        void ticks() {
            if (!hasEnded && winner == null) {
                require(now - arrivedAt < LONGEST, "a connection came to nothing in " + LONGEST / MILLI + " ms");
                if (broken != Broken.HAS_NO_CLOCK) {
                    isSilentFor10Seconds = now - arrivedAt >= TimeUnit.SECONDS.toNanos(10);
                    tell(new ConnectEvent.Passed());
                }
                in(TICK, this::ticks);
            }
        }

        void isOver() {
            if (!hasEnded) {
                end(Outcome.CLIENT_LEFT);
            }
        }

        void isLeft(Member member) {
            if (winner == null) {
                tell(new ConnectEvent.Left(member));
            }
        }

        private void end(Outcome outcome) {
            require(!hasEnded, "a connection that has ended ends");
            hasEnded = true;
            outcomes.merge(outcome, 1, Integer::sum);
            plan.on(new ConnectEvent.Ended(), now).forEach(this::perform);
            turn = null;
            if (winner != null) {
                winner.isClosed = true;
                Member member = winner.member;
                winner = null;
                member.released();
            }
            require(tries.isEmpty(), "a connection has ended and still tries " + tries.keySet());
        }

        void tell(ConnectEvent event) {
            if (event instanceof ConnectEvent.ClientDone) {
                if (winner != null || !plan.awaitsAnswer()) {
                    return;
                }
                hasSaidAll = true;
            }
            isAnswered |= event instanceof ConnectEvent.Answered;
            for (ConnectEvent next = event; next != null; ) {
                ConnectEvent told = next;
                next = null;
                for (ConnectAction action : plan.on(told, now)) {
                    require(!hasEnded, "something is to be done after the end: " + action);
                    next = perform(action);
                    if (broken == Broken.ENDS_TWICE && action instanceof ConnectAction.GiveUp) {
                        perform(action);
                    }
                }
            }
        }

        private @Nullable ConnectEvent perform(ConnectAction action) {
            switch (action) {
                case ConnectAction.Connect(Member member, ConnectAction.Reason reason) -> {
                    return connect(member, reason);
                }
                case ConnectAction.Send(Member member) -> {
                    send(member);
                }
                case ConnectAction.Enqueue(Member member) -> {
                    queued++;
                    if (random.nextInt(10) == 0) {
                        return new ConnectEvent.QueueRefused(member); // others were quicker
                    }
                    Turn next = new Turn(member);
                    turn = next;
                    if (!member.enqueue(next, pool.settings().distribution().queueLength())) {
                        turn = null;
                        return new ConnectEvent.QueueRefused(member);
                    }
                }
                case ConnectAction.Dequeue _ -> {
                    Turn waiting = turn;
                    if (waiting != null && broken != Broken.STAYS_IN_THE_QUEUE && waiting.member.cancel(waiting)) {
                        turn = null;
                        return new ConnectEvent.Dequeued();
                    }
                }
                case ConnectAction.Abandon(Member member) -> {
                    Try closed = tries.remove(member);
                    if (closed != null) {
                        closed.isClosed = true;
                        if (broken == Broken.KEEPS_LOSERS && closed.isConnected) {
                            return null;
                        }
                    } else if (broken == Broken.KEEPS_PLACES) {
                        return null;
                    }
                    member.released();
                }
                case ConnectAction.Release(Member member) -> {
                    if (broken != Broken.KEEPS_PLACES) {
                        member.released();
                    }
                }
                case ConnectAction.Win(Member member) -> {
                    win(member);
                    if (broken == Broken.WINS_TWICE) {
                        win(member);
                    }
                }
                case ConnectAction.GiveUp(Outcome outcome) -> end(outcome);
                case ConnectAction.Count _ -> failures++;
                case ConnectAction.Doubt _, ConnectAction.Deny _ -> {}
            }
            return null;
        }

        private @Nullable ConnectEvent connect(Member member, ConnectAction.Reason reason) {
            require(!tries.containsKey(member), "two attempts at once with " + member.name());
            require(winner == null, "an attempt by a connection that has a member");
            require(turn == null, "an attempt by a connection that waits for a place");
            require(
                    reason == ConnectAction.Reason.NEXT ? tries.isEmpty() : !tries.isEmpty(),
                    reason + " while " + tries.size() + " are tried");
            int retries = pool.settings().retries();
            if (reason == ConnectAction.Reason.NEXT) {
                require(failures <= retries, "an attempt after " + failures + " failures of " + retries + " retries");
            } else {
                require(launched <= retries, "a race of " + launched + " attempts with " + retries + " retries");
                hedges++;
                replays += reason == ConnectAction.Reason.REPLAY ? 1 : 0;
            }
            launched++;
            Try begun = new Try(member);
            switch (conducts.getOrDefault(member, Conduct.SERVES)) {
                case LACKED -> {
                    launched--;
                    return new ConnectEvent.Failed(member, ConnectFailure.LOCAL);
                }
                case REFUSES -> {
                    if (random.nextBoolean()) {
                        return new ConnectEvent.Failed(member, ConnectFailure.REFUSED);
                    }
                    begun.later(millis(0, 3), new ConnectEvent.Failed(member, ConnectFailure.REFUSED));
                }
                case HANGS -> {}
                case UNSECURED -> begun.later(millis(0, 3), new ConnectEvent.Securing(member));
                case SLOW -> begun.later(millis(0, 1_200), new ConnectEvent.Connected(member));
                case SERVES, SILENT, DROPS -> begun.later(millis(0, 3), new ConnectEvent.Connected(member));
            }
            tries.put(member, begun);
            return null;
        }

        private void send(Member member) {
            Try to = tries.get(member);
            require(to != null && to.isConnected, "the hello goes to a member that is not connected");
            require(isHello, "what is no hello goes to a member before it has the connection");
            sentTo.add(member);
            require(
                    sentTo.size() == 1 || client == Client.HELLO || client == Client.LATE_HELLO,
                    "what may not be sent twice goes to " + sentTo);
            require(!isAnswered, "a hello is sent again after it was answered");
            Conduct conduct = conducts.getOrDefault(member, Conduct.SERVES);
            if (conduct == Conduct.SERVES || conduct == Conduct.SLOW) {
                to.later(millis(0, conduct == Conduct.SLOW ? 1_200 : 3), new ConnectEvent.Answered(member));
            } else if (conduct == Conduct.DROPS) {
                to.later(millis(0, 3), new ConnectEvent.Failed(member, ConnectFailure.DROPPED));
            }
        }

        private void win(Member member) {
            require(winner == null, "two members have one connection");
            Try with = tries.remove(member);
            require(with != null && with.isConnected, "a member has the connection that is not connected");
            require(
                    !plan.awaitsAnswer() || isAnswered || hasSaidAll || isSilentFor10Seconds,
                    "a member has the connection that was to answer first");
            require(tries.isEmpty(), "a member has the connection while others are tried");
            winner = with;
            won++;
            int what = random.nextInt(4);
            if (client == Client.LATE_HELLO && !isHello && what != 0) {
                in(millis(0, 20), this::sendsLateHello);
            } else if (!isHello && what == 1) {
                in(millis(0, 20), () -> isDropped(with));
            } else {
                in(millis(0, 2_000), this::isDone);
            }
        }

        private void isDone() {
            if (!hasEnded && winner != null) {
                end(Outcome.COMPLETED);
            }
        }

        /** As a connection does that is connected before its client has spoken. */
        private void sendsLateHello() {
            Try connected = winner;
            if (hasEnded || connected == null) {
                return;
            }
            isHello = true;
            if (pool.settings().hedgeAfter().isZero()) {
                in(millis(0, 2_000), this::isDone);
                return;
            }
            winner = null;
            tries.put(connected.member, connected);
            tell(new ConnectEvent.HelloCame(connected.member));
            ticks();
        }

        /** The member ends it, before anybody has spoken. */
        private void isDropped(Try with) {
            if (hasEnded || winner != with) {
                return;
            }
            failures++;
            if (plan.replaces(with.member, now)) {
                winner = null;
                with.isClosed = true;
                with.member.released();
                tell(new ConnectEvent.Began());
                ticks();
            } else {
                end(Outcome.MEMBER_RESET);
            }
        }
    }
}
