package io.hawser.lb.proxy;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.balance.ExcludedMembers;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.balance.PoolSettings.SendProxyProtocol;
import io.hawser.lb.inspect.FirstBytes;
import io.hawser.lb.inspect.ProxyHeaderWriter;
import io.hawser.lb.inspect.TlsHello;
import io.hawser.lb.net.Buffer;
import io.hawser.lb.net.Endpoint;
import io.hawser.lb.net.Errno;
import io.hawser.lb.net.TlsLayer;
import io.hawser.lb.tls.HandshakeFailure;
import io.hawser.lb.tls.MemberTls;
import io.hawser.lb.tls.Session;
import io.netty.channel.ChannelException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds a member for one connection: carries out its {@link ConnectPlan} with sockets and first bytes, and tells it what
 * comes of it. Event loop of its connection.
 */
final class Connector implements Phase, ConnectPlan.MemberSelector {
    private static final ConnectEvent.Began BEGAN = new ConnectEvent.Began();
    private static final ConnectEvent.Passed PASSED = new ConnectEvent.Passed();
    private static final ConnectEvent.ClientDone CLIENT_DONE = new ConnectEvent.ClientDone();
    private static final ConnectEvent.Dequeued DEQUEUED = new ConnectEvent.Dequeued();
    private static final ConnectEvent.Ended ENDED = new ConnectEvent.Ended();

    private final Caller caller;
    private final Host host;
    private final Pool pool;
    private final PoolSettings settings;
    private final long key;
    private final @Nullable MemberTls tls;
    private final ConnectPlan plan;
    private final List<Attempt> attempts = new ArrayList<>(2);

    private @Nullable Buffer first;
    private int headerLength;
    private @Nullable PendingConnection turn;
    // What the plan, or a lack, has brought about and nobody was told yet.
    private Next decided = Next.STAY;

    /**
     * A connector for a connection of which nothing has been sent to a member.
     *
     * @param first what the client has sent; null for nothing; the connector's from now on
     * @param hello what that is; null when it is not known to be a hello
     */
    Connector(Caller caller, Host host, Pool pool, @Nullable Buffer first, TlsHello.@Nullable Client hello) {
        this.caller = caller;
        this.host = host;
        this.pool = pool;
        this.settings = pool.settings();
        this.key = caller.affinityKey(pool);
        this.first = first;
        this.tls = caller.listener().plan().tls().members().get(pool);
        boolean mayRace = tls == null
                && hello != null
                && first != null
                && !hello.hasEarlyData()
                && hello.length() == first.to - first.from;
        this.plan = new ConnectPlan(
                this,
                settings,
                loop().selector().budget(pool),
                loop().selector().outliers(),
                hello != null,
                mayRace,
                loop().now());
    }

    @Override
    public Next begin() {
        if (hedges()) {
            loop().fastTick();
        }
        if (settings.sendProxyProtocol() != SendProxyProtocol.OFF && !addHeader()) {
            loop().onResourceShortage(Errno.ENOMEM, "send the first bytes to a member");
            return Next.ending(Outcome.INTERNAL);
        }
        if (attempts.isEmpty()) {
            return tell(BEGAN);
        }
        // One that was connected before the hello came, and has got the header then.
        Attempt connected = attempts.getFirst();
        connected.sent = headerLength;
        return tell(new ConnectEvent.HelloCame(connected.member));
    }

    /** Puts the PROXY header for members before what the client has sent; false when there is no memory for it. */
    private boolean addHeader() {
        byte[] bytes = settings.sendProxyProtocol() == SendProxyProtocol.V1
                ? ProxyHeaderWriter.line(caller.facts())
                : ProxyHeaderWriter.binary(caller.facts());
        Buffer both = loop().buffers().joined(bytes, first);
        if (both == null) {
            return false;
        }
        headerLength = bytes.length;
        first = both;
        return true;
    }

    @Override
    public @Nullable Member choose(ExcludedMembers tried) {
        return loop().selector().choose(pool, tried, key);
    }

    @Override
    public boolean isFull(ExcludedMembers tried) {
        return pool.members().isFull(tried);
    }

    @Override
    public @Nullable Member shortestQueue(ExcludedMembers tried) {
        return pool.members().shortestQueue(tried, settings.distribution().queueLength());
    }

    @Override
    public int usable() {
        return pool.members().usable();
    }

    @Override
    public boolean isUsable(Member member) {
        return pool.members().isUsable(member);
    }

    private boolean hedges() {
        return !settings.hedgeAfter().isZero();
    }

    private Next tell(ConnectEvent event) {
        return tell(event, loop().exactNow());
    }

    /** Tells the plan what has happened, does what is to be done about it, and says what comes next. */
    private Next tell(ConnectEvent event, long now) {
        carryOut(event, now);
        return decision();
    }

    private Next decision() {
        Next made = decided;
        decided = Next.STAY;
        return made;
    }

    /** Tells the plan what has happened, and does what is to be done about it, until nothing is. */
    private void carryOut(ConnectEvent event, long now) {
        for (ConnectEvent next = event; next != null; ) {
            ConnectEvent told = next;
            next = null;
            for (ConnectAction action : plan.on(told, now)) {
                if (decided instanceof Next.End) {
                    // The end lets go of all that the plan knows of.
                    return;
                }
                next = perform(action);
            }
        }
    }

    /** What comes of it at once; null for nothing. */
    private @Nullable ConnectEvent perform(ConnectAction action) {
        switch (action) {
            case ConnectAction.Connect(Member member, ConnectAction.Reason reason) -> {
                return connect(member, reason);
            }
            case ConnectAction.Send(Member member) -> {
                return converse(attempt(member));
            }
            case ConnectAction.Enqueue(Member member) -> {
                return enqueue(member);
            }
            case ConnectAction.Dequeue _ -> {
                return dequeue();
            }
            case ConnectAction.Abandon(Member member) -> abandon(member);
            case ConnectAction.Release(Member member) -> member.released();
            case ConnectAction.Count(Member member, ConnectFailure why) -> {
                member.failed();
                loop().memberFailed(member, why);
            }
            case ConnectAction.Doubt(Member member, ConnectFailure why) -> loop().memberFailed(member, why);
            case ConnectAction.Deny _ -> loop().selector().hedges(pool).denied.increment();
            case ConnectAction.Win(Member member) -> win(attempt(member));
            case ConnectAction.GiveUp(Outcome outcome) -> decided = Next.ending(outcome);
        }
        return null;
    }

    private Attempt attempt(Member member) {
        for (int i = 0; i < attempts.size(); i++) {
            if (attempts.get(i).member == member) {
                return attempts.get(i);
            }
        }
        throw new IllegalStateException("no attempt with member " + member.name());
    }

    private @Nullable ConnectEvent connect(Member member, ConnectAction.Reason reason) {
        boolean isHedge = reason != ConnectAction.Reason.NEXT;
        if (isHedge) {
            HedgeCounts counts = loop().selector().hedges(pool);
            counts.hedged.increment();
            if (reason == ConnectAction.Reason.REPLAY) {
                counts.replayed.increment();
            }
        }
        try {
            attempts.add(Attempt.begin(loop(), host, member, isHedge));
            caller.attempted(isHedge);
            return null;
        } catch (ChannelException e) {
            return lacking(member, Errno.of(e));
        } catch (IOException e) {
            return failed(member, Errno.of(e));
        }
    }

    private ConnectEvent failed(Member member, int errno) {
        ConnectFailure why = ConnectFailure.of(errno);
        return why == ConnectFailure.LOCAL ? lacking(member, errno) : new ConnectEvent.Failed(member, why);
    }

    private ConnectEvent lacking(Member member, int errno) {
        loop().onResourceShortage(errno, "connect to a member");
        return new ConnectEvent.Failed(member, ConnectFailure.LOCAL);
    }

    private @Nullable ConnectEvent enqueue(Member member) {
        PendingConnection next = new PendingConnection(loop(), member, this::granted);
        turn = next;
        if (member.enqueue(next, settings.distribution().queueLength())) {
            return null;
        }
        turn = null;
        return new ConnectEvent.QueueRefused(member);
    }

    private @Nullable ConnectEvent dequeue() {
        PendingConnection waiting = turn;
        if (waiting == null || !waiting.member().cancel(waiting)) {
            // It has just been granted, which will be told.
            return null;
        }
        turn = null;
        return DEQUEUED;
    }

    /** Its turn has come: the place is the connection's, if it still waits for it. */
    private void granted(PendingConnection granted) {
        if (turn != granted) {
            granted.member().released();
            return;
        }
        turn = null;
        host.follow(tell(new ConnectEvent.Granted(granted.member())));
    }

    @Override
    public Next ready(Endpoint endpoint, boolean writable) {
        if (endpoint == caller.endpoint()) {
            return clientReady();
        }
        for (int i = 0; i < attempts.size(); i++) {
            if (attempts.get(i).endpoint == endpoint) {
                ConnectEvent event = attemptReady(attempts.get(i), writable);
                return event == null ? decision() : tell(event);
            }
        }
        return Next.STAY;
    }

    private Next clientReady() {
        if (caller.endpoint().isBroken()) {
            return Next.ending(Outcome.CLIENT_LEFT);
        }
        return plan.awaitsAnswer() && caller.endpoint().hasHungUp() ? tell(CLIENT_DONE) : Next.STAY;
    }

    private @Nullable ConnectEvent attemptReady(Attempt attempt, boolean writable) {
        if (attempt.isSecuring) {
            return secure(attempt);
        }
        if (attempt.isConnected()) {
            return converse(attempt);
        }
        if (!writable) {
            return null;
        }
        int errno = attempt.finishConnect(loop().exactNow());
        if (errno != 0) {
            return failed(attempt.member, errno);
        }
        return tls == null ? connected(attempt) : beginTls(attempt, tls);
    }

    private @Nullable ConnectEvent beginTls(Attempt attempt, MemberTls with) {
        try {
            Session session = with.open(attempt.member.address(), caller.agreedProtocol());
            attempt.secure(session, first, headerLength);
        } catch (IOException _) {
            return new ConnectEvent.Failed(attempt.member, ConnectFailure.RESET);
        }
        carryOut(new ConnectEvent.Securing(attempt.member), loop().exactNow());
        return secure(attempt);
    }

    /** Goes on with the handshake with a member, of which the client sees nothing. */
    private @Nullable ConnectEvent secure(Attempt attempt) {
        TlsLayer records = requireNonNull(attempt.endpoint.tls());
        String name = attempt.member.name();
        switch (records.shake()) {
            case WAITS -> {
                return null;
            }
            case FAILED -> {
                caller.debug(
                        "tls handshake with member \"" + name + "\" failed",
                        records.failure().label());
                return new ConnectEvent.Failed(attempt.member, ConnectFailure.TLS);
            }
            case DONE -> {
                String agreed = caller.agreedProtocol();
                if (agreed != null && !agreed.equals(records.session().alpn())) {
                    caller.debug("member \"" + name + "\" does not speak " + agreed, HandshakeFailure.ALPN.label());
                    return new ConnectEvent.Failed(attempt.member, ConnectFailure.TLS);
                }
                attempt.isSecuring = false;
            }
        }
        return connected(attempt);
    }

    private ConnectEvent connected(Attempt attempt) {
        if (plan.isHello() && attempt.endpoint.isReadable()) {
            // A TLS server says nothing before the hello; and what it says is no answer to it.
            switch (Attempt.readAnswer(attempt.endpoint, loop().buffers())) {
                case Attempt.Answer.Bytes(Buffer buffer) -> {
                    loop().buffers().release(buffer);
                    return new ConnectEvent.Failed(attempt.member, ConnectFailure.SPOKE_FIRST);
                }
                case Attempt.Answer.Gone _ -> {
                    return new ConnectEvent.Failed(attempt.member, ConnectFailure.RESET);
                }
                case null, default -> {}
            }
        }
        return new ConnectEvent.Connected(attempt.member);
    }

    /** Gives the member the rest of the first bytes, and looks for its answer. */
    private @Nullable ConnectEvent converse(Attempt attempt) {
        Buffer hello = first;
        try {
            if (hello != null) {
                attempt.send(hello);
            }
        } catch (IOException _) {
            return new ConnectEvent.Failed(attempt.member, ConnectFailure.DROPPED);
        }
        return switch (Attempt.readAnswer(attempt.endpoint, loop().buffers())) {
            case Attempt.Answer.Bytes(Buffer buffer) -> {
                attempt.answer = buffer;
                yield new ConnectEvent.Answered(attempt.member);
            }
            case Attempt.Answer.Gone _ -> new ConnectEvent.Failed(attempt.member, ConnectFailure.DROPPED);
            case Attempt.Answer.None _ -> caller.endpoint().hasHungUp() ? CLIENT_DONE : null;
            case null -> {
                loop().onResourceShortage(Errno.ENOMEM, "read an answer");
                decided = Next.ending(Outcome.INTERNAL);
                yield null;
            }
        };
    }

    /** Has the connection go on with this member. */
    private void win(Attempt winner) {
        attempts.remove(winner);
        if (winner.isHedge) {
            loop().selector().hedges(pool).won.increment();
        }
        Buffer rest = first;
        first = null;
        if (rest != null) {
            rest.from = winner.sent;
        }
        Buffer answer = winner.answer;
        winner.answer = null;
        decided = new Next.Connected(winner, rest, answer);
    }

    /** Closes what was begun with a member, and gives its place back. */
    private void abandon(Member member) {
        for (int i = 0; i < attempts.size(); i++) {
            if (attempts.get(i).member == member) {
                attempts.remove(i).abandon();
                return;
            }
        }
        member.released();
    }

    /**
     * Chooses another member, to take the connection back from a member that ended it before it or the client had said anything.
     *
     * @return false if there is nobody else to go to
     */
    boolean again(Member gone) {
        return plan.replaces(gone, loop().exactNow());
    }

    /** Whether a hello that the client may send yet can be raced. */
    boolean mayRaceLater() {
        return hedges()
                && !plan.isHello()
                && tls == null
                && !caller.isSecured()
                && pool.members().usable() > 1;
    }

    /**
     * Races the client's hello, of which nothing has been sent, from a member that is connected already.
     *
     * @return false if it is not a hello that may be raced; nothing has changed then
     */
    boolean race(Attempt connected, FirstBytes bytes, TlsHello.Client hello) {
        // Also if nobody is left to race it with: its member may be on its way down, and another on its way up.
        if (!hedges() || hello.hasEarlyData() || hello.length() != bytes.length() || connected.endpoint.hasPending()) {
            return false;
        }
        first = bytes.take();
        attempts.add(connected);
        return true;
    }

    @Override
    public Next tick(long now) {
        return tell(PASSED, now);
    }

    @Override
    public Next onMemberRemoved(Member gone) {
        return tell(new ConnectEvent.Left(gone));
    }

    @Override
    public void abandon(boolean abrupt) {
        plan.on(ENDED, loop().now()).forEach(this::perform);
        // If it has been granted, the place is given back when the news arrives.
        turn = null;
        // One of which the plan was not told yet.
        attempts.forEach(Attempt::abandon);
        attempts.clear();
        Buffer unsent = first;
        if (unsent != null) {
            first = null;
            loop().buffers().release(unsent);
        }
    }

    @Override
    public @Nullable Member target() {
        return null;
    }

    @Override
    public @Nullable Endpoint endpoint() {
        return null;
    }

    private IoLoop loop() {
        return caller.loop();
    }
}
