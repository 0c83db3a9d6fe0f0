package io.hawser.vrrp.election;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.vrrp.election.State.Active;
import io.hawser.vrrp.election.State.Backup;
import io.hawser.vrrp.election.State.Initialize;
import io.hawser.vrrp.election.State.Sender;
import io.hawser.vrrp.election.State.Situation;
import io.hawser.vrrp.election.State.Wait;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One row for each pair of state and event, and more where the answer depends on numbers. Times are in milliseconds;
 * every state is entered at 0 with the engine asked at the given moment; interval 100 ms, priority 200, so that skew is
 * 21.875 ms and the down interval 321.875 ms.
 */
class VrrpEngineTableTest {

    private static final long MS = 1_000_000L;
    private static final InetAddress SELF = Simulation.host(11);
    private static final InetAddress LOWER = Simulation.host(10);
    private static final InetAddress HIGHER = Simulation.host(12);
    private static final InetAddress THIRD = Simulation.host(13);
    private static final InetAddress ELSEWHERE = Simulation.host(99);

    record Row(String name, Election election, State state, Event event, long atMs, String expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final Election.Intervals NORMAL = new Election.Intervals(100 * MS, 1000 * MS);

    private static Election election(int priority, boolean preempt) {
        return new Election(3, priority, NORMAL, new Election.Takeover(preempt, 0, 500 * MS), List.of(), Map.of());
    }

    private static final Election PLAIN = election(200, false);
    private static final Election PREEMPT = election(200, true);
    private static final Election OWNER = election(255, false);
    private static final Election DELAYED =
            new Election(3, 200, NORMAL, new Election.Takeover(true, 900 * MS, 500 * MS), List.of(), Map.of());

    private static Situation situation(Fitness fitness, Evidence... evidence) {
        return new Situation(fitness, "because", SELF, true, new KnownEvidence(List.of(evidence)), Map.of(), null);
    }

    private static final Situation FIT = situation(Fitness.FIT);

    private static Initialize initialize() {
        return new Initialize(
                new Situation(Fitness.FIT, "because", null, false, KnownEvidence.NONE, Map.of(), null), Cause.START);
    }

    private static Backup backup(Situation known, Wait wait) {
        return new Backup(known, 0, wait, 100 * MS, new Sender(LOWER, 210, -1000 * MS, 0), null, 0);
    }

    private static Backup backup() {
        return backup(FIT, new Wait.Down());
    }

    private static Active active(Situation known) {
        return new Active(known, -10_000 * MS, 0, 100 * MS, -10_000 * MS, -10_500 * MS, false, null);
    }

    private static Active active() {
        return active(FIT);
    }

    private static Event heard(InetAddress source, int priority) {
        return new Event.AdvertReceived(source, priority, 100 * MS);
    }

    private static Event fitness(Fitness fitness) {
        return new Event.FitnessChanged(fitness, "because");
    }

    private static Event alive(InetAddress peer, boolean active, boolean fit, int priority, long atMs) {
        return new Event.PeerEvidence(new Evidence.Alive(peer, active, fit, priority, atMs * MS));
    }

    private static Event gone(InetAddress peer) {
        return gone(peer, true, 49);
    }

    private static Event gone(InetAddress peer, boolean isClosed, long atMs) {
        return new Event.PeerEvidence(new Evidence.Gone(peer, "connection refused", isClosed, atMs * MS));
    }

    private static final Event ANSWERED = new Event.Answered("02:00:00:00:00:10", LOWER);
    private static final Event ANSWERED_BY_ANYBODY = new Event.Answered("00:00:5e:00:01:33", null);
    private static final Event ANSWERED_BY_ANOTHER = new Event.Answered("02:00:00:00:00:12", HIGHER);
    private static final Event TICK = new Event.Tick();
    private static final Event UP = new Event.Link(true, SELF);
    private static final Event DOWN = new Event.Link(false, null);
    private static final Event NO_ADDRESS = new Event.Link(true, null);
    private static final Event STOP = new Event.Shutdown();
    private static final Event RELOAD = new Event.Reconfigured();

    private static Event slept(long ms) {
        return new Event.Slept(ms * MS);
    }

    static List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        initializeRows(rows);
        backupRows(rows);
        backupEvidenceRows(rows);
        groupRows(rows);
        activeRows(rows);
        sleepRows(rows);
        return rows;
    }

    private static void row(
            List<Row> rows, String name, Election election, State state, Event event, long atMs, String expected) {
        rows.add(new Row(name, election, state, event, atMs, expected));
    }

    private static void initializeRows(List<Row> r) {
        State stopped = new Initialize(FIT, Cause.SHUTDOWN);
        State again = new Initialize(FIT, Cause.INTERFACE_DOWN);
        row(r, "I tick", PLAIN, initialize(), TICK, 5, "initialize start");
        row(r, "I heard", PLAIN, initialize(), heard(LOWER, 0), 5, "initialize start");
        row(r, "I fitness", PLAIN, initialize(), fitness(Fitness.UNFIT), 5, "initialize start");
        row(r, "I told", PLAIN, initialize(), gone(LOWER), 5, "initialize start");
        row(r, "I reload", PLAIN, initialize(), RELOAD, 5, "initialize start");
        row(r, "I answered", PLAIN, initialize(), ANSWERED, 5, "initialize start");
        row(r, "I slept", PLAIN, initialize(), slept(5000), 5, "initialize start");
        row(r, "I stop", PLAIN, initialize(), STOP, 5, "initialize shutdown");
        row(r, "I stopped, link up", PLAIN, stopped, UP, 5, "initialize shutdown");
        row(r, "I down", PLAIN, initialize(), DOWN, 5, "initialize interface-down");
        row(r, "I no address", PLAIN, initialize(), NO_ADDRESS, 5, "initialize no-primary-address");
        row(r, "I up, first: start delay", PLAIN, initialize(), UP, 5, "backup 505 moved:backup:start");
        row(r, "I up, again", PLAIN, again, UP, 5, "backup 326.875 moved:backup:interface-up");
        row(r, "I up, owner", OWNER, initialize(), UP, 5, "active advert:255 put announce moved:active:owner");
        row(
                r,
                "I up, unfit owner",
                OWNER,
                new Initialize(situation(Fitness.UNFIT), Cause.START),
                UP,
                5,
                "backup 404.609375 moved:backup:interface-up");
    }

    private static void backupRows(List<Row> r) {
        Backup unfit = backup(situation(Fitness.UNFIT), new Wait.Down());
        Backup isolated = backup(situation(Fitness.ISOLATED), new Wait.Down());
        String takes = "active advert:200 put announce moved:active:";
        row(r, "B tick early", PLAIN, backup(), TICK, 321, "backup 321.875");
        row(r, "B tick due", PLAIN, backup(), TICK, 322, takes + "adverts-stopped");
        row(r, "B tick late", PLAIN, backup(), TICK, 371, takes + "adverts-stopped");
        row(r, "B tick far too late", PLAIN, backup(), TICK, 372, "backup 593.875");
        row(r, "B tick, late twice", PLAIN, backup().checkedAgain(0), TICK, 421, takes + "adverts-stopped");
        row(r, "B tick, late twice, as after a pause", PLAIN, backup().checkedAgain(0), TICK, 422, "backup 643.875");
        Backup thriceLate = backup().checkedAgain(0).checkedAgain(0).checkedAgain(0);
        row(r, "B tick, late four times, as after pauses", PLAIN, thriceLate, TICK, 422, takes + "adverts-stopped");
        Backup resigned = backup(FIT, new Wait.Skew(Cause.PEER_RESIGNED));
        row(r, "B tick late after a resignation", PLAIN, resigned, TICK, 171, takes + "peer-resigned");
        row(r, "B tick far too late after a resignation", PLAIN, resigned, TICK, 173, "backup 394.875");
        row(r, "B tick isolated", PLAIN, isolated, TICK, 500, "backup 899.609375");
        row(r, "B tick unfit early", PLAIN, unfit, TICK, 399, "backup 399.609375");
        row(
                r,
                "B tick unfit due",
                PLAIN,
                unfit,
                TICK,
                400,
                "active advert:1 put announce moved:active:adverts-stopped");
        row(
                r,
                "B tick, resigned, nobody took over",
                PLAIN,
                backup(situation(Fitness.UNFIT), new Wait.Return()),
                TICK,
                200,
                "active advert:1 put announce moved:active:nobody-took-over");
        row(r, "B heard higher", PLAIN, backup(), heard(LOWER, 210), 50, "backup 371.875");
        row(r, "B heard equal", PLAIN, backup(), heard(LOWER, 200), 50, "backup 371.875");
        row(r, "B heard lower, no preemption", PLAIN, backup(), heard(LOWER, 190), 50, "backup 371.875");
        row(r, "B heard lower, preemption", PREEMPT, backup(), heard(LOWER, 190), 50, "backup 321.875");
        row(r, "B heard lower, owner", OWNER, backup(), heard(LOWER, 254), 50, "backup 50.390625");
        row(r, "B heard 0", PLAIN, backup(), heard(LOWER, 0), 50, "backup 71.875");
        row(r, "B heard 0 of another", PLAIN, backup(), heard(HIGHER, 0), 50, "backup 321.875");
        row(r, "B heard 0 of another, long silent", PLAIN, backup(), heard(HIGHER, 0), 250, "backup 271.875");
        row(r, "B heard 0, unfit: whole down interval", PLAIN, unfit, heard(LOWER, 0), 50, "backup 449.609375");
        row(r, "B heard 1 of an unfit node", PLAIN, backup(), heard(LOWER, 1), 50, "backup 71.875");
        row(r, "B heard 1, unfit too", PLAIN, unfit, heard(LOWER, 1), 50, "backup 449.609375");
        row(
                r,
                "B heard a long interval",
                PLAIN,
                backup(),
                new Event.AdvertReceived(LOWER, 210, 40_950 * MS),
                50,
                "backup 3268.75");
        row(
                r,
                "B heard a shorter interval",
                PLAIN,
                backup(),
                new Event.AdvertReceived(LOWER, 210, 50 * MS),
                50,
                "backup 210.9375");
        row(
                r,
                "B heard, start delay cancelled",
                PREEMPT,
                backup(FIT, new Wait.Start()),
                heard(LOWER, 190),
                50,
                "backup 321.875");
        Backup delayed = backup(FIT, new Wait.Start());
        row(r, "B start delay, early", PLAIN, delayed, TICK, 499, "backup 500");
        row(r, "B start delay at its end: listens", PLAIN, delayed, TICK, 500, "backup 821.875");
        row(r, "B start delay, paused until long after: listens", PLAIN, delayed, TICK, 815, "backup 1136.875");
        Backup owner = backup(situation(Fitness.UNFIT), new Wait.Start());
        row(r, "B start delay, owner fit now", OWNER, owner, fitness(Fitness.FIT), 500, "backup 500.390625");
        Backup preempted =
                new Backup(FIT, 0, new Wait.Down(), 100 * MS, null, new Sender(HIGHER, 180, -1000 * MS, 0), 0);
        row(
                r,
                "B heard another lower one: the delay goes on",
                DELAYED,
                preempted,
                heard(LOWER, 190),
                50,
                "backup 321.875");
        row(r, "B unfit now", PLAIN, backup(), fitness(Fitness.UNFIT), 50, "backup 399.609375");
        row(r, "B isolated now", PLAIN, backup(), fitness(Fitness.ISOLATED), 50, "backup 399.609375");
        row(r, "B fit now", PLAIN, unfit, fitness(Fitness.FIT), 50, "backup 321.875");
        row(r, "B no longer isolated", PLAIN, isolated, fitness(Fitness.FIT), 50, "backup 371.875");
        row(r, "B owner fit now", OWNER, unfit, fitness(Fitness.FIT), 50, "backup 50.390625");
        row(r, "B link still up", PLAIN, backup(), UP, 50, "backup 321.875");
        row(r, "B link down", PLAIN, backup(), DOWN, 50, "initialize interface-down moved:initialize:interface-down");
        row(
                r,
                "B no address",
                PLAIN,
                backup(),
                NO_ADDRESS,
                50,
                "initialize no-primary-address moved:initialize:no-primary-address");
        row(r, "B reload", election(100, false), backup(), RELOAD, 50, "backup 360.9375");
        Backup replacing = new Backup(FIT, 0, new Wait.Down(), 100 * MS, null, new Sender(LOWER, 190, 0, 300 * MS), 0);
        row(r, "B reload, preempts no longer", PLAIN, replacing, RELOAD, 310, "backup 621.875");
        row(r, "B reload, lower itself now", election(180, true), replacing, RELOAD, 310, "backup 629.6875");
        row(r, "B unfit now, was to preempt", PREEMPT, replacing, fitness(Fitness.UNFIT), 310, "backup 699.609375");
        row(r, "B reload, still preempts", PREEMPT, replacing, RELOAD, 310, "backup 321.875");
        row(r, "B stop", PLAIN, backup(), STOP, 50, "initialize shutdown moved:initialize:shutdown");
    }

    private static void backupEvidenceRows(List<Row> r) {
        String takes = "active advert:200 put announce moved:active:";
        Evidence serving = new Evidence.Alive(LOWER, true, true, 210, 250 * MS);
        Evidence better = new Evidence.Alive(HIGHER, false, true, 205, 0);
        Evidence stale = new Evidence.Alive(LOWER, true, true, 210, 100 * MS);
        Backup answeredBefore = backup(situation(Fitness.FIT, stale), new Wait.Down());
        Backup answered = backup(situation(Fitness.FIT, serving), new Wait.Down());
        Backup third = backup(situation(Fitness.FIT, better), new Wait.Down());
        Election known = new Election(
                3, 200, NORMAL, new Election.Takeover(false, 0, 0), List.of(LOWER, HIGHER, THIRD), Map.of());
        row(r, "B due, active node answers: ask the link", PLAIN, answered, TICK, 322, "backup 422 ask");
        Backup once = answered.waiting(new Wait.Answer(1), 250 * MS);
        Backup twice = answered.waiting(new Wait.Answer(2), 250 * MS);
        Backup thrice = answered.waiting(new Wait.Answer(3), 250 * MS);
        String disbelieves = takes + "adverts-stopped alarm:false-claim";
        row(r, "B asking, early", PLAIN, thrice, TICK, 349, "backup 350");
        row(r, "B asking, one question lost", PLAIN, once, TICK, 350, "backup 450 ask");
        row(r, "B asking, two questions lost", PLAIN, twice, TICK, 350, "backup 450 ask");
        row(r, "B asking, nobody answers", PLAIN, thrice, TICK, 350, disbelieves);
        row(r, "B asking, but far too late", PLAIN, thrice, TICK, 401, "backup 622.875");
        row(r, "B asking, far too late, its answer is old", PLAIN, once, TICK, 451, "backup 672.875");
        row(
                r,
                "B due, its answer has become old",
                PLAIN,
                once.checkedAgain(230 * MS),
                TICK,
                452,
                takes + "adverts-stopped");
        row(r, "B asking, answered", PLAIN, once, ANSWERED, 251, "backup 472.875 alarm:vrrp-filtered");
        row(
                r,
                "B asking for the last time, answered",
                PLAIN,
                thrice,
                ANSWERED,
                349,
                "backup 570.875 alarm:vrrp-filtered");
        String holdsBack = "backup 472.875 alarm:vrrp-filtered";
        row(r, "B asking, answered by a virtual MAC address", PLAIN, once, ANSWERED_BY_ANYBODY, 251, holdsBack);
        row(r, "B asking, answered by another peer's kernel", PLAIN, once, ANSWERED_BY_ANOTHER, 251, "backup 350");
        row(r, "B answered, did not ask", PLAIN, answered, ANSWERED, 251, "backup 321.875");
        row(r, "B asking, heard", PLAIN, twice, heard(LOWER, 210), 300, "backup 621.875");
        row(r, "B asking, resigned", PLAIN, once, heard(LOWER, 0), 260, "backup 281.875");
        row(r, "B asking, process gone", PLAIN, once, gone(LOWER, true, 255), 260, takes + "peer-gone");
        row(r, "B asking, a refusal of before its answer", PLAIN, once, gone(LOWER, true, 249), 260, "backup 350");
        row(r, "B asking, isolated now", PLAIN, once, fitness(Fitness.ISOLATED), 260, "backup 350");
        row(r, "B due, its answer is old", PLAIN, answeredBefore, TICK, 322, takes + "adverts-stopped");
        Backup known20 = new Backup(
                situation(Fitness.FIT, stale).withAnswer(20 * MS), 0, new Wait.Down(), 100 * MS, null, null, 0);
        row(r, "B due, its answer is old, the link knew it: ask again", PLAIN, known20, TICK, 322, "backup 422 ask");
        Backup asking = known20.waiting(new Wait.Answer(1), 250 * MS);
        row(
                r,
                "B asking, its answer is old, answered",
                PLAIN,
                asking,
                ANSWERED,
                320,
                "backup 541.875 alarm:vrrp-filtered");
        Backup asked = known20.waiting(new Wait.Answer(3), 250 * MS);
        String disbelievesThen = takes + "no-advert-heard alarm:false-claim";
        row(r, "B asking, its answer is old, nobody answers", PLAIN, asked, TICK, 350, disbelievesThen);
        Backup heardLater = backup(situation(Fitness.FIT, stale).withAnswer(20 * MS), new Wait.Down());
        row(
                r,
                "B due, its answer is as old as its advertisement",
                PLAIN,
                heardLater,
                TICK,
                322,
                takes + "adverts-stopped");
        Backup longAgo = known20.with(situation(Fitness.FIT, stale).withAnswer(-900 * MS));
        row(r, "B due, the link knew it long ago", PLAIN, longAgo, TICK, 322, takes + "no-advert-heard");
        Event refused = gone(LOWER, true, -1);
        Backup preempting = new Backup(
                situation(Fitness.FIT, new Evidence.Alive(LOWER, true, true, 190, 250 * MS)),
                0,
                new Wait.Down(),
                100 * MS,
                null,
                new Sender(LOWER, 190, 0, 300 * MS),
                0);
        row(r, "B due, preempts one that answers", PREEMPT, preempting, TICK, 322, takes + "lower-priority");
        row(r, "B active gone, but heard since", PLAIN, backup(), refused, 50, "backup 321.875");
        String refuses = "backup 321.875 alarm:peer-refuses";
        Event before = gone(LOWER, true, -250);
        row(r, "B active refuses, but is heard", PLAIN, backup(), before, 50, refuses);
        row(r, "B active refuses, was heard", PLAIN, backup(), before, 250, "backup 321.875");
        Backup said = backup(FIT.withAlarm(AlarmKind.PEER_REFUSES, 0), new Wait.Down());
        row(r, "B active refuses, said before", PLAIN, said, before, 50, "backup 321.875");
        Event reset = gone(LOWER, false, 49);
        row(r, "B active reset: its next advertisement is waited for", PLAIN, backup(), reset, 50, "backup 221.875");
        row(r, "B active reset, second", PLAIN, third, reset, 50, "backup 271.875");
        row(r, "B active reset, third unknown", known, third, reset, 50, "backup 321.875");
        Backup resetBefore = backup().waiting(new Wait.HeadStart(0, false), 0);
        row(r, "B active reset, not heard since", PLAIN, resetBefore, TICK, 222, takes + "peer-gone");
        row(r, "B active reset, heard since", PLAIN, resetBefore, heard(LOWER, 210), 100, "backup 421.875");
        row(r, "B lower one gone, but heard since", PREEMPT, preempting, gone(LOWER, true, 260), 310, "backup 321.875");
        row(r, "B active gone, best", PLAIN, backup(), gone(LOWER), 50, takes + "peer-gone");
        row(r, "B active gone, second", PLAIN, third, gone(LOWER), 50, "backup 100");
        row(r, "B active gone, third unknown", known, third, gone(LOWER), 50, "backup 71.875");
        row(
                r,
                "B active gone, unfit",
                PLAIN,
                backup(situation(Fitness.UNFIT), new Wait.Down()),
                gone(LOWER),
                50,
                "backup 399.609375");
        row(r, "B other gone", PLAIN, backup(), gone(HIGHER), 50, "backup 321.875");
        row(r, "B alive, active", PLAIN, backup(), alive(LOWER, true, true, 210, 50), 50, "backup 321.875");
        row(r, "B alive, unfit, silent", PLAIN, backup(), alive(LOWER, true, false, 1, 250), 250, "backup 321.875");
        row(r, "B alive, unfit, but heard", PLAIN, backup(), alive(LOWER, true, false, 1, 50), 50, "backup 321.875");
    }

    private static void groupRows(List<Row> r) {
        Event held = new Event.GroupHold("v6", LOWER, 210, 300 * MS);
        Event heldByWorse = new Event.GroupHold("v6", LOWER, 190, 300 * MS);
        Event follow = new Event.GroupActive("v6", 0);
        Event left = new Event.GroupLeft("v6", "is no longer active here", false);
        Backup waited = backup(FIT, new Wait.Elsewhere(false));
        Backup preempting =
                new Backup(FIT, 0, new Wait.Elsewhere(false), 100 * MS, null, new Sender(LOWER, 190, 0, 300 * MS), 0);
        Backup serving = backup(
                situation(Fitness.FIT, new Evidence.Alive(LOWER, true, true, 210, 250 * MS)),
                new Wait.Elsewhere(false));
        String takes = "active advert:200 put announce moved:active:";
        row(r, "I hold", PLAIN, initialize(), held, 5, "initialize start");
        row(r, "I group active", PLAIN, initialize(), follow, 5, "initialize start");
        row(r, "I group left", PLAIN, initialize(), left, 5, "initialize start");
        row(r, "B hold early", PLAIN, backup(), held, 321, "backup 321.875");
        row(r, "B hold due: a down interval more", PLAIN, backup(), held, 322, "backup 643.875");
        row(r, "B hold due again: alone", PLAIN, waited, held, 322, takes + "adverts-stopped alarm:group-split");
        row(r, "B hold due again, by a worse node", PLAIN, waited, heldByWorse, 322, takes + "adverts-stopped");
        row(r, "B hold due again, but far too late", PLAIN, waited, held, 372, "backup 593.875");
        row(r, "B hold due again, peer answers", PLAIN, serving, held, 322, "backup 422 ask");
        Backup asking = serving.waiting(new Wait.Answer(2), 0);
        row(r, "B hold, the link did not answer", PLAIN, asking, held, 101, "backup 201 ask");
        Backup askedEnough = serving.waiting(new Wait.Answer(3), 200 * MS);
        row(
                r,
                "B hold, the link never answered",
                PLAIN,
                askedEnough,
                held,
                301,
                takes + "adverts-stopped alarm:false-claim");
        row(r, "B hold due again, would preempt", PREEMPT, preempting, held, 322, "backup 643.875");
        row(r, "B group active", PLAIN, backup(), follow, 50, takes + "group-active");
        row(
                r,
                "B group active, unfit",
                PLAIN,
                backup(situation(Fitness.UNFIT), new Wait.Down()),
                follow,
                50,
                "active advert:1 put announce moved:active:group-active");
        row(
                r,
                "B group active, isolated",
                PLAIN,
                backup(situation(Fitness.ISOLATED), new Wait.Down()),
                follow,
                50,
                "backup 399.609375");
        row(r, "B group left", PLAIN, backup(), left, 50, "backup 321.875");
        row(r, "A hold", PLAIN, active(), held, 100, "active advert:200");
        row(r, "A group active", PLAIN, active(), follow, 50, "active");
        Event first = new Event.GroupLeft("v6", "is no longer active here", true);
        row(
                r,
                "A group left, first router",
                PLAIN,
                active(),
                first,
                50,
                "backup 271.875 remove moved:backup:group-left");
        row(r, "A group left", PLAIN, active(), left, 50, "backup 371.875 remove moved:backup:group-left");
        row(r, "A group left after a stall", PLAIN, active(), left, 401, "backup 722.875 remove moved:backup:stalled");
    }

    private static void sleepRows(List<Row> r) {
        Situation toldGone = situation(Fitness.FIT, new Evidence.Gone(LOWER, "connection refused", true, 0));
        Backup dying = backup(toldGone, new Wait.HeadStart(0, true));
        row(r, "B slept", PLAIN, backup(), slept(5000), 50, "backup 371.875");
        row(r, "B slept, shorter than a timer may be late", PLAIN, backup(), slept(50), 50, "backup 321.875");
        row(r, "B slept before a takeover", PLAIN, dying, slept(5000), 50, "backup 371.875");
        row(r, "B slept, first wait", PLAIN, backup(FIT, new Wait.Start()), slept(5000), 50, "backup 550");
    }

    private static void activeRows(List<Row> r) {
        Active unfit = active(situation(Fitness.UNFIT));
        Active announced = active().announced(0);
        row(r, "A tick early", PLAIN, active(), TICK, 99, "active");
        row(r, "A tick due", PLAIN, active(), TICK, 100, "active advert:200");
        row(r, "A tick due, unfit", PLAIN, unfit, TICK, 100, "active advert:1");
        row(r, "A tick after a stall", PLAIN, active(), TICK, 401, "backup 722.875 remove moved:backup:stalled");
        row(
                r,
                "A stop after a stall",
                PLAIN,
                active(),
                STOP,
                401,
                "initialize shutdown remove moved:backup:stalled moved:initialize:shutdown");
        row(
                r,
                "A heard lower after a stall",
                PLAIN,
                active(),
                heard(LOWER, 100),
                401,
                "backup 722.875 remove moved:backup:stalled");
        row(r, "A slept", PLAIN, active(), slept(5000), 50, "backup 371.875 remove moved:backup:stalled");
        row(r, "A slept, too short to be missed", PLAIN, active(), slept(100), 50, "active");
        row(
                r,
                "A slept, too long with what it had waited",
                PLAIN,
                active(),
                slept(302),
                99,
                "backup 420.875 remove moved:backup:stalled");
        row(r, "A heard 0", PLAIN, active(), heard(LOWER, 0), 50, "active advert:200");
        row(r, "A heard lower", PLAIN, active(), heard(LOWER, 190), 50, "active advert:200 announce");
        row(r, "A heard lower, just sent", PLAIN, active(), heard(LOWER, 190), 9, "active announce");
        row(r, "A heard lower, just announced", PLAIN, announced, heard(LOWER, 190), 50, "active advert:200");
        row(
                r,
                "A heard higher",
                PLAIN,
                active(),
                heard(LOWER, 210),
                50,
                "backup 371.875 remove moved:backup:higher-priority");
        row(
                r,
                "A heard equal, higher address",
                PLAIN,
                active(),
                heard(HIGHER, 200),
                50,
                "backup 371.875 remove moved:backup:higher-address");
        row(
                r,
                "A heard equal, higher address of more than 127",
                PLAIN,
                active(),
                heard(InetAddress.ofLiteral("200.0.0.1"), 200),
                50,
                "backup 371.875 remove moved:backup:higher-address");
        row(
                r,
                "A heard higher with a long interval",
                PLAIN,
                active(),
                new Event.AdvertReceived(LOWER, 210, 40_950 * MS),
                50,
                "backup 3268.75 remove moved:backup:higher-priority");
        row(r, "A heard equal, lower address", PLAIN, active(), heard(LOWER, 200), 50, "active advert:200 announce");
        row(
                r,
                "A unfit heard fit",
                PLAIN,
                unfit,
                heard(LOWER, 2),
                50,
                "backup 449.609375 remove moved:backup:higher-priority");
        row(r, "A fit heard unfit", PLAIN, active(), heard(HIGHER, 1), 50, "active advert:200 announce");
        row(
                r,
                "A unfit now",
                PLAIN,
                active(),
                fitness(Fitness.UNFIT),
                50,
                "backup 250 remove advert:0 moved:backup:unfit");
        row(r, "A unfit still", PLAIN, unfit, fitness(Fitness.UNFIT), 50, "active");
        row(r, "A fit again", PLAIN, unfit, fitness(Fitness.FIT), 50, "active advert:200");
        row(
                r,
                "A isolated now",
                PLAIN,
                active(),
                fitness(Fitness.ISOLATED),
                50,
                "backup 449.609375 remove advert:0 moved:backup:isolated");
        row(r, "A link still up", PLAIN, active(), UP, 50, "active");
        row(r, "A primary address changed", PLAIN, active(), new Event.Link(true, HIGHER), 50, "active advert:200");
        row(
                r,
                "A link down",
                PLAIN,
                active(),
                DOWN,
                50,
                "initialize interface-down remove moved:initialize:interface-down");
        row(
                r,
                "A no address",
                PLAIN,
                active(),
                NO_ADDRESS,
                50,
                "initialize no-primary-address remove moved:initialize:no-primary-address");
        row(r, "A told gone", PLAIN, active(), gone(LOWER), 50, "active");
        row(r, "A told of a worse active node", PLAIN, active(), alive(LOWER, true, true, 190, 50), 50, "active");
        row(
                r,
                "A told of a better active node: ask the link",
                PLAIN,
                active(),
                alive(LOWER, true, true, 210, 50),
                50,
                "active ask");
        Active doubting = active(situation(Fitness.FIT, new Evidence.Alive(LOWER, true, true, 210, 50 * MS)))
                .doubting(new State.Doubt(LOWER, 3));
        row(
                r,
                "A told of a better active node again and again, and nobody answers",
                PLAIN,
                doubting,
                alive(LOWER, true, true, 210, 60),
                60,
                "active ask alarm:false-claim");
        row(
                r,
                "A doubts, answered",
                PLAIN,
                doubting,
                ANSWERED,
                60,
                "backup 381.875 remove moved:backup:peer-active alarm:two-active");
        Evidence.Alive under52 = new Evidence.Alive(LOWER, true, true, 210, 50 * MS, 52);
        row(
                r,
                "A doubts one with another id, answered",
                PLAIN,
                active(situation(Fitness.FIT, under52)).doubting(new State.Doubt(LOWER, 3)),
                ANSWERED,
                60,
                "backup 381.875 remove moved:backup:peer-active alarm:other-id");
        row(r, "A doubts, answered by another peer's kernel", PLAIN, doubting, ANSWERED_BY_ANOTHER, 60, "active");
        row(r, "A doubts, answered long after", PLAIN, doubting.sent(250 * MS, 350 * MS), ANSWERED, 251, "active");
        row(r, "A answered, no better node says that it is active", PLAIN, active(), ANSWERED, 50, "active");
        row(r, "A told of a better idle node", PLAIN, active(), alive(LOWER, false, true, 210, 50), 50, "active");
        row(r, "A fit, told of an unfit one", PLAIN, active(), alive(HIGHER, true, false, 210, 50), 50, "active");
        row(
                r,
                "A new, told of before",
                PLAIN,
                new Active(FIT, 0, 0, 100 * MS, 0, 0, false, null),
                alive(LOWER, true, true, 210, 50),
                60,
                "active");
        row(r, "A reload", election(150, false), active(), RELOAD, 50, "active advert:150");
        row(r, "A stop", PLAIN, active(), STOP, 50, "initialize shutdown remove advert:0 moved:initialize:shutdown");
    }

    @ParameterizedTest
    @MethodSource("rows")
    void answers(Row row) {
        Step step = VrrpEngine.on(row.election(), row.state(), row.event(), row.atMs() * MS);
        assertEquals(row.expected(), describe(row.election(), step));
    }

    /** The state, when a backup's timer is due in milliseconds, and the actions. */
    private static String describe(Election election, Step step) {
        String state = switch (step.state()) {
            case Initialize initialize -> "initialize " + initialize.cause().label();
            case Backup backup ->
                "backup " + plain(VrrpEngine.deadline(election, backup).orElseThrow());
            case Active _ -> "active";
        };
        return Stream.concat(Stream.of(state), step.actions().stream().map(VrrpEngineTableTest::describe))
                .collect(Collectors.joining(" "));
    }

    private static String plain(long nanos) {
        return java.math.BigDecimal.valueOf(nanos, 6).stripTrailingZeros().toPlainString();
    }

    private static String describe(Action action) {
        return switch (action) {
            case Action.SendAdvert(int priority) -> "advert:" + priority;
            case Action.PutAddresses() -> "put";
            case Action.RemoveAddresses() -> "remove";
            case Action.Announce() -> "announce";
            case Action.Ask() -> "ask";
            case Action.Moved(RouterState _, RouterState to, Cause cause, String _) ->
                "moved:" + to.label() + ":" + cause.label();
            case Action.Alarm(AlarmKind kind, String _) -> "alarm:" + kind.label();
        };
    }

    @Test
    void hasARowForEveryPairOfStateAndEvent() {
        TreeSet<String> covered = new TreeSet<>();
        for (Row row : rows()) {
            covered.add(row.state().getClass().getSimpleName() + " x "
                    + row.event().getClass().getSimpleName());
        }
        TreeSet<String> all = new TreeSet<>();
        for (Class<?> state : State.class.getPermittedSubclasses()) {
            for (Class<?> event : Event.class.getPermittedSubclasses()) {
                all.add(state.getSimpleName() + " x " + event.getSimpleName());
            }
        }
        assertEquals(all, covered);
    }

    @Test
    void explainsATakeoverWithItsNumbers() {
        Step step = VrrpEngine.on(PLAIN, backup(), TICK, 330 * MS);
        String words = step.actions().stream()
                .filter(Action.Moved.class::isInstance)
                .map(action -> ((Action.Moved) action).explanation())
                .collect(Collectors.joining());
        assertEquals(
                "waited 330 ms of 322 ms, last advertisement of 10.0.0.10 (priority 210) heard 330 ms ago,"
                        + " down interval 322 ms",
                words);
    }

    @Test
    void preemptsOnlyAfterTheDelay() {
        Election delayed = new Election(3, 200, NORMAL, new Election.Takeover(true, 1000 * MS, 0), List.of(), Map.of());
        State state = backup();
        for (long at = 100; at <= 1000; at += 100) {
            state = VrrpEngine.on(delayed, state, heard(LOWER, 190), at * MS).state();
        }
        assertEquals((1000 + 321.875) * MS, VrrpEngine.deadline(delayed, state).orElseThrow());
        state = VrrpEngine.on(delayed, state, heard(LOWER, 190), 1100 * MS).state();
        state = VrrpEngine.on(delayed, state, heard(LOWER, 190), 1200 * MS).state();
        assertEquals((1000 + 321.875) * MS, VrrpEngine.deadline(delayed, state).orElseThrow());
        assertEquals(
                "active advert:200 put announce moved:active:lower-priority",
                describe(delayed, VrrpEngine.on(delayed, state, TICK, 1322 * MS)));
    }

    @Test
    void keepsItsPaceWhenATickIsALittleLate() {
        Step step = VrrpEngine.on(PLAIN, active(), TICK, 130 * MS);
        assertEquals(200 * MS, VrrpEngine.deadline(PLAIN, step.state()).orElseThrow());
    }

    @Test
    void anAnswerOfBeforeTheResignationDoesNotHoldUpTheHandover() {
        Evidence.Alive before = new Evidence.Alive(LOWER, true, true, 210, 90 * MS);
        State told = VrrpEngine.on(PLAIN, backup(), new Event.PeerEvidence(before), 95 * MS)
                .state();
        Event resigns = new Event.AdvertReceived(LOWER, 0, 100 * MS);
        State waiting = VrrpEngine.on(PLAIN, told, resigns, 100 * MS).state();
        // Asked for before the resignation, and answered after it.
        State still = VrrpEngine.on(
                        PLAIN,
                        waiting,
                        new Event.PeerEvidence(new Evidence.Alive(LOWER, true, true, 210, 99 * MS)),
                        110 * MS)
                .state();
        long due = VrrpEngine.deadline(PLAIN, still).orElseThrow();
        assertEquals(
                RouterState.ACTIVE,
                VrrpEngine.on(PLAIN, still, new Event.Tick(), due).state().name());
        assertEquals(121_875_000, due);
    }

    /** IPv6 routers advertise from link-local addresses; a peer is known by the address at which its /healthz is asked. */
    @Test
    void aPeerThatAdvertisesFromAnotherAddressHandsOverAsQuickly() {
        State told = heardFromElsewhere(new Evidence.Alive(LOWER, true, true, 210, 90 * MS));
        State waiting =
                VrrpEngine.on(PLAIN, told, heard(ELSEWHERE, 0), 100 * MS).state();
        long due = VrrpEngine.deadline(PLAIN, waiting).orElseThrow();
        assertEquals(121_875_000, due);
        assertEquals(
                RouterState.ACTIVE,
                VrrpEngine.on(PLAIN, waiting, TICK, due).state().name());
    }

    @Test
    void whoResignsIsNotTakenForOneOfTwoThatSayTheyAreActive() {
        State told = heardFromElsewhere(
                new Evidence.Alive(LOWER, true, true, 210, 90 * MS),
                new Evidence.Alive(HIGHER, true, true, 210, 90 * MS));
        State waiting =
                VrrpEngine.on(PLAIN, told, heard(ELSEWHERE, 0), 100 * MS).state();
        Step due = VrrpEngine.on(PLAIN, waiting, TICK, 122 * MS);
        assertEquals(List.of(new Action.Ask()), due.actions());
    }

    @Test
    void aRefusalIsContradictedByAdvertisementsFromAnotherAddress() {
        State told = heardFromElsewhere(new Evidence.Alive(LOWER, true, true, 210, 10 * MS));
        State heard =
                VrrpEngine.on(PLAIN, told, heard(ELSEWHERE, 210), 100 * MS).state();
        // Certain, but of before the advertisement: the process is back.
        State after =
                VrrpEngine.on(PLAIN, heard, gone(LOWER, true, 99), 101 * MS).state();
        assertEquals(RouterState.BACKUP, after.name());
        assertEquals(421_875_000, VrrpEngine.deadline(PLAIN, after).orElseThrow());
    }

    @Test
    void aPeerThatAdvertisesFromAnotherAddressIsNotTakenForFiltered() {
        // The link was asked a moment ago, and then advertisements passed again.
        State told = heardFromElsewhere(new Evidence.Alive(LOWER, true, true, 210, 10 * MS));
        State confirmed = told.with(told.situation().withAnswer(0L));
        State heard =
                VrrpEngine.on(PLAIN, confirmed, heard(ELSEWHERE, 210), 20 * MS).state();
        Step due = VrrpEngine.on(PLAIN, heard, TICK, 342 * MS);
        assertEquals(RouterState.ACTIVE, due.state().name());
    }

    @Test
    void aClaimOfBeforeAnotherNodeAdvertisedIsNotKept() {
        Election three =
                new Election(3, 200, NORMAL, new Election.Takeover(false, 0, 0), List.of(LOWER, HIGHER), Map.of());
        Evidence.Alive frozen = new Evidence.Alive(LOWER, true, true, 210, 10 * MS);
        Sender another = new Sender(HIGHER, 210, 20 * MS, 20 * MS);
        Situation answered = situation(Fitness.FIT, frozen).withAnswer(0L);
        Backup heard = new Backup(answered, 20 * MS, new Wait.Down(), 100 * MS, another, null, 0);
        assertEquals(
                RouterState.ACTIVE,
                VrrpEngine.on(three, heard, TICK, 342 * MS).state().name());
        // One of after that is of a node that is active as well and not heard: the link is asked.
        Evidence.Alive later = new Evidence.Alive(LOWER, true, true, 210, 30 * MS);
        State told = heard.with(situation(Fitness.FIT, later).withAnswer(0L));
        assertEquals(
                List.of(new Action.Ask()),
                VrrpEngine.on(three, told, TICK, 342 * MS).actions());
    }

    private static State heardFromElsewhere(Evidence... evidence) {
        return new Backup(
                situation(Fitness.FIT, evidence),
                0,
                new Wait.Down(),
                100 * MS,
                new Sender(ELSEWHERE, 210, 0, 0),
                null,
                0);
    }

    @Test
    void anAnswerOfBeforeItWasUnfitDoesNotHoldUpTheTakeover() {
        Evidence.Alive before = new Evidence.Alive(LOWER, true, true, 210, 90 * MS);
        State told = VrrpEngine.on(PLAIN, backup(), new Event.PeerEvidence(before), 95 * MS)
                .state();
        State waiting = VrrpEngine.on(PLAIN, told, new Event.AdvertReceived(LOWER, 1, 100 * MS), 100 * MS)
                .state();
        long due = VrrpEngine.deadline(PLAIN, waiting).orElseThrow();
        assertEquals(
                RouterState.ACTIVE,
                VrrpEngine.on(PLAIN, waiting, new Event.Tick(), due).state().name());
    }

    @Test
    void countsSkewInSecondsInVersion2() {
        Election two = new Election(
                2,
                128,
                new Election.Intervals(3000 * MS, 3000 * MS),
                new Election.Takeover(false, 0, 0),
                List.of(),
                Map.of());
        assertEquals(500 * MS, two.skewNanos(128, 3000 * MS));
        assertEquals(9500 * MS, two.downNanos(128, 3000 * MS));
    }

    @Test
    void countsSkewInPartsOfTheLearnedIntervalInVersion3() {
        assertEquals(150 * MS, PLAIN.skewNanos(128, 300 * MS));
        assertEquals(1050 * MS, PLAIN.downNanos(128, 300 * MS));
    }
}
