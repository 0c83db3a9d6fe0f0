package io.hawser.lb.proxy;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.inspect.TlsHello;
import io.hawser.lb.net.Buffer;
import io.hawser.lb.net.Endpoint;
import io.hawser.lb.net.Errno;
import io.hawser.lb.net.TcpSocket;
import io.hawser.lb.tls.ServerTls;
import io.hawser.lb.tls.Session;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection from accept to end: the {@link Phase} it is in, and which one follows. What is known of it its
 * {@link Caller} has. Event loop that accepted it.
 */
final class Connection extends Tended implements Host {
    private final Caller caller;
    private @Nullable Phase phase;
    private @Nullable ConnectionList list;
    // While another member may be sought.
    private @Nullable Connector connector;
    private boolean ended;

    Connection(IoLoop loop, Listener listener, TcpSocket socket) {
        this.caller = new Caller(loop, listener, new Endpoint(loop, this, socket));
    }

    /**
     * It was let in.
     *
     * @param with what to leave with
     * @param key the affinity key of the client's address
     */
    void admitted(int with, long key) {
        caller.admitted(with, key);
    }

    /** Begins: with what the client has to say if that matters, else with a member. */
    void start() {
        try {
            client().register(false);
            goOn(begin());
        } catch (IOException e) {
            loop().onResourceShortage(Errno.of(e), "watch an accepted connection");
            end(Outcome.INTERNAL);
        } catch (RuntimeException | Error e) {
            loop().failed(e);
            end(Outcome.INTERNAL);
        }
    }

    private Next begin() {
        if (loop().records()) {
            // A client that resets takes its address along.
            caller.source();
        }
        ListenerPlan plan = listener().plan();
        boolean wantsHeader = !plan.greeting().trustedProxies().isEmpty() && caller.isTrusted();
        boolean endsTls = plan.tls().clients() != null;
        boolean wantsHello = !endsTls && plan.routes().needHello();
        Pool rest = plan.routes().rest();
        if (endsTls && !wantsHeader) {
            return secure();
        }
        if (wantsHeader || wantsHello || rest == null) {
            return enter(new InspectPhase(caller, wantsHeader, wantsHello), loop().greeting());
        }
        return seek(rest, null);
    }

    /** Does what comes next, and what comes of that, until a phase has to wait. */
    private void goOn(Next first) {
        Next coming = first;
        while (!(coming instanceof Next.Stay)) {
            coming = switch (coming) {
                case Next.Stay _ -> Next.STAY;
                case Next.End(Outcome outcome) -> {
                    end(outcome);
                    yield Next.STAY;
                }
                case Next.Greeted greeted -> greeted(greeted.hello());
                case Next.Secured(Session session) -> secured(session);
                case Next.Connected connected -> connected(connected);
                case Next.Relay relay -> relay(relay.attempt(), relay.answer());
                case Next.Elsewhere elsewhere -> elsewhere(elsewhere);
                case Next.Race(Attempt attempt, TlsHello.Client hello) -> race(attempt, hello);
            };
        }
    }

    private Next enter(Phase following, ConnectionList in) {
        if (list != in) {
            if (list != null) {
                list.remove(this);
            }
            list = in;
            in.add(this);
        }
        phase = following;
        return following.begin();
    }

    private Next secure() {
        ServerTls tls = listener().plan().tls().clients();
        if (tls == null) {
            // A reload has taken TLS away since the connection was accepted.
            return Next.ending(Outcome.NO_ROUTE);
        }
        return enter(new ClientTlsHandshake(caller, this, tls), loop().greeting());
    }

    private Next secured(Session session) {
        caller.secured(session);
        Routes routes = listener().plan().routes();
        return seekIn(routes.needHello() ? routes.choose(caller.hello()) : routes.rest(), null);
    }

    /** What the client had to say was said; {@code hello} if that was asked for. */
    private Next greeted(TlsHello.@Nullable Client hello) {
        if (listener().plan().tls().clients() != null) {
            return secure();
        }
        Routes routes = listener().plan().routes();
        if (hello == null) {
            return seekIn(routes.rest(), null);
        }
        caller.greetedBy(hello);
        return seekIn(routes.choose(hello), hello);
    }

    private Next seekIn(@Nullable Pool chosen, TlsHello.@Nullable Client hello) {
        return chosen == null ? Next.ending(Outcome.NO_ROUTE) : seek(chosen, hello);
    }

    private Next seek(Pool in, TlsHello.@Nullable Client hello) {
        caller.goesTo(in);
        Buffer said = hello == null ? null : caller.first().take();
        Connector begun = new Connector(caller, this, in, said, hello);
        connector = begun;
        return enter(begun, loop().connecting());
    }

    private Next connected(Next.Connected with) {
        Attempt attempt = with.attempt();
        caller.connected(attempt);
        Buffer rest = with.rest();
        if (rest != null && !attempt.endpoint.sendOrHold(rest)) {
            attempt.abandon();
            return Next.ending(Outcome.MEMBER_RESET);
        }
        if (requireNonNull(connector).mayRaceLater()
                || (caller.looksForUntrustedProxyHeader() && client().received() == 0 && !caller.isSecured())) {
            return enter(new AwaitFirstByte(caller, attempt), loop().established());
        }
        return relay(attempt, with.answer());
    }

    private Next elsewhere(Next.Elsewhere from) {
        Connector seeking = requireNonNull(connector);
        Attempt attempt = from.attempt();
        if (!seeking.again(attempt.member)) {
            return from.otherwise();
        }
        attempt.abandon();
        if (from.why() != null) {
            loop().memberFailed(attempt.member, from.why());
        }
        return enter(seeking, loop().connecting());
    }

    private Next race(Attempt attempt, TlsHello.Client hello) {
        Connector racing = requireNonNull(connector);
        return racing.race(attempt, caller.first(), hello) ? enter(racing, loop().connecting()) : relay(attempt, null);
    }

    /** From now on bytes go to and fro: first those that the client has sent already, and this answer. */
    private Next relay(Attempt attempt, @Nullable Buffer answer) {
        connector = null;
        Relaying begun = new Relaying(caller, this, attempt.member, attempt.endpoint, caller.takeFirst(), answer);
        return enter(begun, loop().established());
    }

    /** One of the sockets has news. */
    @Override
    public void ready(Endpoint endpoint, boolean writable) {
        Phase current = phase;
        if (ended || current == null) {
            return;
        }
        try {
            goOn(current.ready(endpoint, writable));
        } catch (Throwable e) {
            // Netty's loop would sleep for a second, or end, on what a handle throws.
            loop().failed(e);
            end(Outcome.INTERNAL);
        }
    }

    @Override
    public void run() {
        ready(client(), false);
    }

    @Override
    public void follow(Next next) {
        try {
            goOn(next);
        } catch (Throwable e) {
            loop().failed(e);
            end(Outcome.INTERNAL);
        }
    }

    @Override
    void tick(long now) {
        Phase current = phase;
        if (ended || current == null) {
            return;
        }
        try {
            goOn(current.tick(now));
        } catch (Throwable e) {
            // It ends, and those behind it in the list have their turn.
            loop().failed(e);
            end(Outcome.INTERNAL);
        }
    }

    @Override
    void onMemberRemoved(Member gone) {
        if (phase != null) {
            goOn(phase.onMemberRemoved(gone));
        }
    }

    @Override
    long quietSince(Member on, long now) {
        Phase current = phase;
        Endpoint server = current == null ? null : current.endpoint();
        boolean isQuiet = !ended
                && current != null
                && server != null
                && current.target() == on
                && !client().hasPending()
                && !server.hasPending()
                && caller.firstLength() == 0;
        return isQuiet ? caller.activeAt() : now;
    }

    @Override
    Holdings.@Nullable Holding<Tended> holding(long now) {
        return isOpening() ? unsaid(now) : unread(now);
    }

    /** Whether the client has not said all that it must. */
    private boolean isOpening() {
        return list == loop().greeting();
    }

    private Holdings.@Nullable Holding<Tended> unread(long now) {
        Endpoint client = client();
        Endpoint server = member();
        Buffer toClient = client.waiting();
        Buffer toServer = server == null ? null : server.waiting();
        if (toClient == null && toServer == null) {
            return null;
        }
        client.watchReader(now);
        if (server != null) {
            server.watchReader(now);
        }
        long bytes = client.heldBytes() + (server == null ? 0 : server.heldBytes());
        return new Holdings.Holding<>(
                this,
                caller.sourceNumber(),
                listener().name(),
                bytes,
                Math.max(unreadNanos(toClient, now), unreadNanos(toServer, now)),
                Math.max(heldNanos(toClient, now), heldNanos(toServer, now)));
    }

    private static long unreadNanos(@Nullable Buffer buffer, long now) {
        return buffer == null ? 0 : now - buffer.readAt(now);
    }

    private static long heldNanos(@Nullable Buffer buffer, long now) {
        return buffer == null ? 0 : now - buffer.heldAt();
    }

    private Holdings.@Nullable Holding<Tended> unsaid(long now) {
        long bytes = caller.firstHeldBytes() + client().heldBytes();
        long age = now - caller.openedAt();
        return bytes == 0
                ? null
                : new Holdings.Holding<>(this, caller.sourceNumber(), listener().name(), bytes, age, age);
    }

    @Override
    boolean endForMemory(long since) {
        if (ended) {
            return false;
        }
        boolean isOpening = isOpening();
        Endpoint server = member();
        boolean holds = isOpening
                ? caller.firstHeldBytes() + client().heldBytes() > 0
                : holdsSince(client(), since) || (server != null && holdsSince(server, since));
        if (holds) {
            end(isOpening ? Outcome.HELLO_TIMEOUT : Outcome.UNREAD);
        }
        return holds;
    }

    private static boolean holdsSince(Endpoint side, long since) {
        Buffer buffer = side.waiting();
        return buffer != null && since - buffer.heldAt() >= 0;
    }

    @Override
    boolean isQuiet(long now) {
        return now - caller.activeAt() > 0;
    }

    @Override
    boolean isTo(Set<InetAddress> addresses) {
        InetSocketAddress local = caller.local();
        return local != null && addresses.contains(local.getAddress());
    }

    private IoLoop loop() {
        return caller.loop();
    }

    private Listener listener() {
        return caller.listener();
    }

    /** The client's side. */
    Endpoint client() {
        return caller.endpoint();
    }

    /** The member's side; null while there is none. */
    @Nullable
    Endpoint member() {
        return phase == null ? null : phase.endpoint();
    }

    /*
     * FIN or reset: only what was complete ends with FIN on both sides, and an idle connection, which has nothing on its
     * way, be it idle for too long or to be rebalanced. Everything else is cut short, and a FIN would make the part that
     * arrived look like the whole (HTTP/1.0 bodies end that way). A client whose connection no member took also gets a
     * reset: it sees the failure at once, as it would without a proxy, and not an empty answer.
     */
    @Override
    void end(Outcome outcome) {
        if (ended) {
            return;
        }
        ended = true;
        boolean abrupt = switch (outcome) {
            // An alert says more than a reset, and would be lost by one.
            case COMPLETED, IDLE, REBALANCED, TLS_FAILED -> false;
            default -> true;
        };
        if (list != null) {
            list.remove(this);
        }
        IoLoop loop = loop();
        Phase last = phase;
        Member target = last == null ? null : last.target();
        // A defect in one of these must not keep what the others give back.
        try {
            client().close(abrupt && !client().isRefused());
        } finally {
            try {
                if (last != null) {
                    last.abandon(abrupt);
                }
                caller.discardFirst();
            } finally {
                loop.limit().release();
                listener().guard().release(caller.admission());
                listener().ended(target, outcome);
            }
        }
        loop.churn().ended(caller.sourceKey(), outcome, caller.isAnswered());
        if (target != null && (outcome == Outcome.MEMBER_RESET || outcome == Outcome.MEMBER_LOST)) {
            loop.connectionLost(target);
        }
        if (loop.records()) {
            loop.ended(caller.record(target, outcome));
        }
    }

    @Override
    ConnectionInfo info() {
        Phase current = phase;
        return caller.info(current == null ? null : current.target());
    }
}
