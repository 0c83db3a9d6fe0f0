package io.hawser.lb.proxy;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.balance.Distribution;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.balance.PoolSettings.SendProxyProtocol;
import io.hawser.lb.balance.Tried;
import io.hawser.lb.tls.HandshakeFailure;
import io.hawser.lb.tls.MemberTls;
import io.hawser.lb.tls.Session;
import io.netty.channel.ChannelException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds a member for one connection. Event loop of its connection.
 *
 * <p>A member that fails is followed at once by another; none is tried again while another is untried. When all were
 * tried and attempts are left, the round starts again after a pause. What this host lacks (descriptors, ports) is waited
 * for as long as one attempt may take, and is not held against a member.
 *
 * <p>When every member has as many connections as it may, it waits in the queue of one for a {@link Turn}.
 *
 * <p>One that takes long is raced: when the pool's hedge-after has passed, another is tried at the same time, then
 * another. If all that the client has sent is a TLS hello, a member must not only accept but answer it, and the first that
 * does has the connection.
 */
final class Connector implements Phase {
    /*
     * Why a hello may be sent to several members. No member acts on it: it carries nothing but the wish to agree on keys,
     * each answer is for itself, and of all answers the client sees one. That ends with the first byte of an answer, which
     * may not be unsaid, and with the first byte that the client sends after the hello. Neither happens here: the client
     * isn't read while an answer is awaited. A hello that announces early data (TLS 1.3) is not raced, as a server may act
     * on that data twice (RFC 8446 8).
     */
    // Shaking hands costs a member a thousand times what accepting does; leaving one that is only busy for another
    // makes
    // both busier. One that is frozen is raced long before.
    private static final long HANDSHAKE_PATIENCE = 5;
    private static final long PAUSE_NANOS = 100_000_000L;
    // Who awaits an answer costs the loop more than an established connection; a handshake that takes so long may still
    // succeed, as one.
    private static final long MOST_SILENCE_NANOS = 10_000_000_000L;

    private final IoLoop loop;
    private final Connection connection;
    private final Wire client;
    private final Pool pool;
    private final PoolSettings settings;
    private final long hedgeNanos;
    private final long key;
    private final @Nullable MemberTls tls;
    private final Tried tried = new Tried();
    private final List<Attempt> attempts = new ArrayList<>(2);
    private final List<Member> doubted = new ArrayList<>(0);
    private final long lackEndsAt;

    private @Nullable Block first;
    private boolean isHello;
    private boolean awaitsAnswer;
    private int headerLength;

    private int launched;
    private int failures;
    private boolean paused;
    private long pausedUntil;
    private long launchedAt;
    private long beganAt;
    private @Nullable Member chosen;
    private @Nullable Turn turn;
    private boolean hasWaited;
    private long waitEndsAt;
    private boolean wasDenied;

    /**
     * A connector for a connection of which nothing has been sent to a member.
     *
     * @param first what the client has sent; null for nothing; the connector's from now on
     * @param hello what that is; null when it is not known to be a hello
     */
    Connector(IoLoop loop, Connection connection, Pool pool, @Nullable Block first, TlsHello.@Nullable Client hello) {
        this.loop = loop;
        this.connection = connection;
        this.client = connection.client();
        this.pool = pool;
        this.settings = pool.settings();
        this.hedgeNanos = settings.hedgeAfter().toNanos();
        this.key = connection.affinityKey(pool);
        this.lackEndsAt = loop.now() + settings.connectTimeout().toNanos();
        this.first = first;
        this.isHello = hello != null;
        this.tls = connection.listener().plan().tls().members().get(pool);
        this.awaitsAnswer = tls == null && mayRace(hello);
        this.beganAt = loop.now();
        loop.budget(pool).connection();
    }

    private boolean mayRace(TlsHello.@Nullable Client hello) {
        Block sent = first;
        return hello != null
                && sent != null
                && hedgeNanos > 0
                && !hello.hasEarlyData()
                && hello.length() == sent.to - sent.from;
    }

    @Override
    public void begin() {
        if (hedgeNanos > 0) {
            loop.hurry();
        }
        Block header = header();
        Block hello = first;
        if (header != null) {
            headerLength = header.to;
            first = hello == null ? header : joined(header, hello);
        }
        if (connection.hasEnded()) {
            return;
        }
        if (attempts.isEmpty()) {
            advance();
        } else {
            // One that was connected before the hello came, and has got the header then.
            Attempt connected = attempts.getFirst();
            connected.sent = headerLength;
            converse(connected);
        }
    }

    /** The PROXY header for members; null when they get none, or there is no memory and the connection has ended. */
    private @Nullable Block header() {
        if (settings.sendProxyProtocol() == SendProxyProtocol.OFF) {
            return null;
        }
        byte[] header = settings.sendProxyProtocol() == SendProxyProtocol.V1
                ? ProxyHeaderWriter.line(connection.facts())
                : ProxyHeaderWriter.binary(connection.facts());
        Block block = loop.blocks().takeSmall();
        if (block == null) {
            lacksMemory();
        } else {
            block.append(header);
        }
        return block;
    }

    private Block joined(Block header, Block hello) {
        Block both = header;
        if (header.to + hello.to - hello.from > header.size()) {
            Block larger = loop.blocks().takeLarge();
            if (larger == null) {
                loop.blocks().give(header);
                lacksMemory();
                return hello;
            }
            larger.append(header);
            loop.blocks().give(header);
            both = larger;
        }
        both.append(hello);
        loop.blocks().give(hello);
        return both;
    }

    private void lacksMemory() {
        loop.lacks(Errno.ENOMEM, "send the first bytes to a member");
        connection.end(Outcome.INTERNAL);
    }

    /** Makes attempts until one is under way, a pause is due, or the connection has ended. */
    private void advance() {
        paused = false;
        while (attempts.isEmpty() && !paused) {
            if (failures > settings.retries()) {
                connection.end(Outcome.CONNECT_FAILED);
                return;
            }
            Member next = chosen == null ? pick() : chosen;
            chosen = null;
            if (next != null) {
                attempt(next, false);
            } else if (pool.members().isFull(tried)) {
                if (!queue()) {
                    connection.end(Outcome.QUEUE_FULL);
                }
                return;
            } else if (tried.isEmpty()) {
                connection.end(failures == 0 ? Outcome.NO_MEMBER : Outcome.CONNECT_FAILED);
                return;
            } else {
                tried.clear();
                pause(loop.now() + PAUSE_NANOS);
            }
            if (connection.hasEnded()) {
                return;
            }
        }
    }

    /** Chooses a member that has not been tried, a trusted one if there is one, and takes a place there. */
    private @Nullable Member pick() {
        if (!loop.suspects().isEmpty()) {
            Member trusted = loop.choose(pool, loop.suspects().with(tried, loop.now()), key);
            if (trusted != null) {
                return trusted;
            }
        }
        return loop.choose(pool, tried, key);
    }

    /** Waits for a place at the member with the shortest queue; false when all queues are full. */
    private boolean queue() {
        Distribution distribution = settings.distribution();
        if (!hasWaited) {
            hasWaited = true;
            waitEndsAt = loop.now() + distribution.queueTimeout().toNanos();
        }
        Member member;
        while ((member = pool.members().shortestQueue(tried, distribution.queueLength())) != null) {
            Turn next = new Turn(loop, this, member);
            turn = next;
            if (member.enqueue(next, distribution.queueLength())) {
                return true;
            }
            // Others were quicker; there may be another queue.
            turn = null;
        }
        return false;
    }

    /** Its turn has come: the place is the connection's, if it still waits for it. */
    void granted(Turn granted) {
        if (turn != granted) {
            granted.member().released();
            return;
        }
        turn = null;
        chosen = granted.member();
        advance();
    }

    /** Goes on waiting, unless it has waited long enough, its member is away, or another one has a place. */
    private void waitOn(Turn waiting, long now) {
        boolean isOver = now - waitEndsAt >= 0;
        Member other = isOver ? null : pick();
        if (!isOver && other == null && pool.members().isUsable(waiting.member())) {
            return;
        }
        if (!waiting.member().cancel(waiting)) {
            // It has just been granted.
            if (other != null) {
                other.released();
            }
            return;
        }
        turn = null;
        chosen = other;
        if (isOver) {
            connection.end(Outcome.QUEUE_TIMEOUT);
        } else {
            advance();
        }
    }

    /** Connects to a member at which a place has been taken. */
    private void attempt(Member member, boolean isHedge) {
        try {
            Attempt attempt = Attempt.begin(
                    loop, connection, member, isHedge, settings.connectTimeout().toNanos());
            attempts.add(attempt);
            tried.add(member);
            launched++;
            launchedAt = attempt.startedAt;
            connection.attempted(isHedge);
        } catch (IOException | ChannelException e) {
            member.released();
            int errno = Errno.of(e);
            if (e instanceof ChannelException || ConnectFailure.of(errno) == ConnectFailure.LOCAL) {
                lacking(errno);
            } else {
                launched++;
                note(member, ConnectFailure.of(errno));
            }
        }
    }

    @Override
    public void ready(Wire wire, boolean writable) {
        if (wire == client) {
            clientReady();
            return;
        }
        for (int i = 0; i < attempts.size(); i++) {
            if (attempts.get(i).wire == wire) {
                attemptReady(attempts.get(i), writable);
                return;
            }
        }
    }

    private void clientReady() {
        if (client.isBroken()) {
            connection.end(Outcome.CLIENT_LEFT);
        } else if (awaitsAnswer && client.hasHungUp()) {
            settle();
        }
    }

    private void attemptReady(Attempt attempt, boolean writable) {
        if (attempt.isSecuring) {
            secure(attempt);
        } else if (!attempt.isConnected()) {
            if (!writable) {
                return;
            }
            int errno = attempt.finishConnect(loop.exactNow());
            if (errno != 0) {
                drop(attempt);
                if (ConnectFailure.of(errno) == ConnectFailure.LOCAL) {
                    lacking(errno);
                } else {
                    note(attempt.member, ConnectFailure.of(errno));
                }
                advance();
                return;
            }
            if (tls == null) {
                connected(attempt);
            } else {
                beginTls(attempt, tls);
            }
        } else {
            converse(attempt);
        }
    }

    private void beginTls(Attempt attempt, MemberTls with) {
        try {
            Session session = with.open(attempt.member.address(), connection.agreedProtocol());
            attempt.secure(session, first, headerLength);
            attempt.deadlineAt = loop.exactNow()
                    + HANDSHAKE_PATIENCE * settings.connectTimeout().toNanos();
        } catch (IOException _) {
            fail(attempt, ConnectFailure.RESET);
            return;
        }
        secure(attempt);
    }

    /** Goes on with the handshake with a member, of which the client sees nothing. */
    private void secure(Attempt attempt) {
        Records records = requireNonNull(attempt.wire.records());
        switch (records.shake()) {
            case WAITS -> {}
            case FAILED -> {
                connection.debug(
                        "tls handshake with member \"" + attempt.member.name() + "\" failed",
                        records.failure().label());
                fail(attempt, ConnectFailure.TLS);
            }
            case DONE -> {
                String agreed = connection.agreedProtocol();
                if (agreed != null && !agreed.equals(records.session().alpn())) {
                    connection.debug(
                            "member \"" + attempt.member.name() + "\" does not speak " + agreed,
                            HandshakeFailure.ALPN.label());
                    fail(attempt, ConnectFailure.TLS);
                } else {
                    attempt.isSecuring = false;
                    connected(attempt);
                }
            }
        }
    }

    private void connected(Attempt attempt) {
        if (isHello && attempt.wire.isReadable()) {
            // A TLS server says nothing before the hello; and what it says is no answer to it.
            switch (Attempt.readAnswer(attempt.wire, loop.blocks())) {
                case Attempt.Answer.Bytes(Block block) -> {
                    loop.blocks().give(block);
                    fail(attempt, ConnectFailure.SPOKE_FIRST);
                    return;
                }
                case Attempt.Answer.Gone _ -> {
                    fail(attempt, ConnectFailure.RESET);
                    return;
                }
                case null, default -> {}
            }
        }
        if (awaitsAnswer) {
            converse(attempt);
        } else {
            win(attempt, null);
        }
    }

    /** Gives the member the rest of the first bytes, and looks for its answer. */
    private void converse(Attempt attempt) {
        Block hello = first;
        try {
            if (hello != null) {
                attempt.send(hello);
            }
        } catch (IOException _) {
            fail(attempt, ConnectFailure.DROPPED);
            return;
        }
        switch (Attempt.readAnswer(attempt.wire, loop.blocks())) {
            case Attempt.Answer.Bytes(Block block) -> win(attempt, block);
            case Attempt.Answer.Gone _ -> fail(attempt, ConnectFailure.DROPPED);
            case Attempt.Answer.None _ -> {
                if (client.hasHungUp()) {
                    settle();
                }
            }
            case null -> {
                loop.lacks(Errno.ENOMEM, "read an answer");
                connection.end(Outcome.INTERNAL);
            }
        }
    }

    /** Has the connection go on with this member. */
    private void win(Attempt winner, @Nullable Block answer) {
        long now = loop.exactNow();
        attempts.remove(winner);
        for (Attempt loser : attempts) {
            if (hedgeNanos > 0 && loser.startedAt - winner.startedAt <= 0 && now - loser.startedAt >= hedgeNanos) {
                loop.suspects().add(loser.member, now);
                doubted.add(loser.member);
            }
            loser.abandon();
        }
        attempts.clear();
        loop.suspects().clear(winner.member);
        for (Member member : doubted) {
            if (member != winner.member) {
                loop.memberFailed(member, ConnectFailure.OUTDONE);
            }
        }
        if (winner.isHedge) {
            loop.hedges(pool).won.increment();
        }
        Block rest = first;
        first = null;
        if (rest != null) {
            rest.from = winner.sent;
        }
        connection.connected(this, winner, rest, answer);
    }

    /** Waits no longer for an answer: whoever is connected has the connection. */
    private void settle() {
        for (Attempt attempt : attempts) {
            if (attempt.isConnected()) {
                win(attempt, null);
                return;
            }
        }
    }

    private void fail(Attempt attempt, ConnectFailure why) {
        drop(attempt);
        note(attempt.member, why);
        if (why == ConnectFailure.DROPPED) {
            doubted.add(attempt.member);
        }
        advance();
    }

    private void drop(Attempt attempt) {
        attempts.remove(attempt);
        attempt.abandon();
    }

    /**
     * Chooses another member, to take the connection back from a member that ended it before it or the client had said anything.
     *
     * @return false if there is nobody else to go to
     */
    boolean again(Member gone) {
        tried.add(gone);
        failures++;
        chosen = failures > settings.retries() ? null : pick();
        return chosen != null;
    }

    /** Whether a hello that the client may send yet can be raced. */
    boolean mayRaceLater() {
        return hedgeNanos > 0
                && !isHello
                && tls == null
                && !connection.isSecured()
                && pool.members().usable() > 1;
    }

    /**
     * Races the client's hello, of which nothing has been sent, from a member that is connected already.
     *
     * @return false if it is not a hello that may be raced; nothing has changed then
     */
    boolean race(Attempt connected, FirstBytes bytes, TlsHello.Client hello) {
        // Also if nobody is left to race it with: its member may be on its way down, and another on its way up.
        if (hedgeNanos == 0
                || hello.hasEarlyData()
                || hello.length() != bytes.length()
                || connected.wire.hasPending()) {
            return false;
        }
        beganAt = loop.now();
        first = bytes.take();
        isHello = true;
        awaitsAnswer = true;
        connected.startedAt = loop.exactNow();
        launchedAt = connected.startedAt;
        attempts.add(connected);
        return true;
    }

    @Override
    public void tick(long now) {
        for (int i = attempts.size() - 1; i >= 0; i--) {
            Attempt attempt = attempts.get(i);
            if (!attempt.isConnected() && now - attempt.deadlineAt >= 0) {
                drop(attempt);
                note(attempt.member, ConnectFailure.TIMEOUT);
                loop.suspects().add(attempt.member, now);
            }
        }
        Turn waiting = turn;
        if (waiting != null) {
            waitOn(waiting, now);
        } else if (attempts.isEmpty()) {
            if (!paused || now - pausedUntil >= 0) {
                advance();
            }
        } else if (awaitsAnswer && now - beganAt >= MOST_SILENCE_NANOS) {
            settle();
        } else if (hedgeNanos > 0 && now - launchedAt >= hedgeNanos) {
            hedge(now);
        }
    }

    private void hedge(long now) {
        for (Attempt attempt : attempts) {
            if (!attempt.isDoubted && now - attempt.startedAt >= hedgeNanos) {
                attempt.isDoubted = true;
                loop.memberFailed(attempt.member, attempt.isConnected() ? ConnectFailure.SILENT : ConnectFailure.HUNG);
            }
        }
        if (launched > settings.retries() || pool.members().usable() <= attempts.size()) {
            return;
        }
        HedgeCounts counts = loop.hedges(pool);
        if (!loop.budget(pool).isGranted(now)) {
            if (!wasDenied) {
                wasDenied = true;
                counts.denied.increment();
            }
            return;
        }
        Member other = pick();
        if (other == null) {
            return;
        }
        loop.budget(pool).spend();
        counts.hedged.increment();
        if (isHello) {
            counts.replayed.increment();
        }
        attempt(other, true);
    }

    @Override
    public void leave(Member gone) {
        Turn waiting = turn;
        if (waiting != null && waiting.member() == gone) {
            waitOn(waiting, loop.now());
            return;
        }
        for (int i = attempts.size() - 1; i >= 0; i--) {
            if (attempts.get(i).member == gone) {
                drop(attempts.get(i));
                advance();
                return;
            }
        }
    }

    @Override
    public void abandon(boolean abrupt) {
        attempts.forEach(Attempt::abandon);
        attempts.clear();
        Block unsent = first;
        if (unsent != null) {
            first = null;
            loop.blocks().give(unsent);
        }
        if (chosen != null) {
            chosen.released();
            chosen = null;
        }
        Turn waiting = turn;
        if (waiting != null) {
            turn = null;
            // If it has been granted, the place is given back when the news arrives.
            waiting.member().cancel(waiting);
        }
    }

    @Override
    public @Nullable Member target() {
        return null;
    }

    @Override
    public @Nullable Wire wire() {
        return null;
    }

    private void note(Member member, ConnectFailure why) {
        failures++;
        tried.add(member);
        member.failed();
        loop.memberFailed(member, why);
    }

    private void lacking(int errno) {
        loop.lacks(errno, "connect to a member");
        launchedAt = loop.now();
        if (!attempts.isEmpty()) {
            return;
        }
        if (loop.now() - lackEndsAt >= 0) {
            connection.end(Outcome.INTERNAL);
        } else {
            pause(loop.now() + PAUSE_NANOS);
        }
    }

    private void pause(long until) {
        paused = true;
        pausedUntil = until;
    }
}
