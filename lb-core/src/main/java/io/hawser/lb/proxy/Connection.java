package io.hawser.lb.proxy;

import io.hawser.lb.balance.AffinityKey;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.tls.PeerCertificate;
import io.hawser.lb.tls.ServerTls;
import io.hawser.lb.tls.Session;
import io.hawser.lb.tls.SessionInfo;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection from accept to end: what is known of it, and the {@link Phase} it is in. Event loop that accepted
 * it.
 */
final class Connection implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(Connection.class);

    // All of an IPv4 address, and of an IPv6 address what one customer or machine is given.
    private static final int SOURCE_BYTES = 8;

    private final IoLoop loop;
    private final Listener listener;
    private final Wire client;
    private final long openedAt;
    private @Nullable Phase phase;
    private @Nullable ConnectionList list;
    private @Nullable FirstBytes first;
    private long activeAt;
    private int admission = Guard.NOTHING;
    private long sourceKey;
    private boolean settled;
    private boolean ended;

    private @Nullable InetSocketAddress source;
    private @Nullable InetSocketAddress destination;
    private int announcedBytes;
    private @Nullable String serverName;
    private List<String> alpn = List.of();
    private @Nullable Pool pool;
    private int attempts;
    private boolean isHedged;
    private long connectNanos = -1;
    private long firstByteAt;
    private boolean hasFirstByte;
    private long up;
    private long down;

    /** Places in the list that holds it. */
    @Nullable
    Connection previous;

    @Nullable
    Connection next;

    Connection(IoLoop loop, Listener listener, TcpSocket socket) {
        this.loop = loop;
        this.listener = listener;
        this.client = new Wire(loop, this, socket);
        this.openedAt = loop.now();
        this.activeAt = openedAt;
    }

    /**
     * It was let in.
     *
     * @param with what to leave with
     * @param key the affinity key of the client's address
     */
    void admitted(int with, long key) {
        admission = with;
        sourceKey = key;
    }

    /** Begins: with what the client has to say if that matters, else with a member. */
    void start() {
        try {
            client.register(false);
            begin();
        } catch (IOException e) {
            loop.lacks(Errno.of(e), "watch an accepted connection");
            end(Outcome.INTERNAL);
        } catch (RuntimeException | Error e) {
            loop.failed(e);
            end(Outcome.INTERNAL);
        }
    }

    private void begin() {
        if (loop.records()) {
            // A client that resets takes its address along.
            source();
        }
        ListenerPlan plan = listener.plan();
        boolean wantsHeader = !plan.greeting().trustedProxies().isEmpty() && isTrusted();
        boolean endsTls = plan.tls().clients() != null;
        boolean wantsHello = !endsTls && plan.routes().needHello();
        Pool rest = plan.routes().rest();
        if (endsTls && !wantsHeader) {
            secure();
        } else if (wantsHeader || wantsHello || rest == null) {
            enter(new Greeting(loop, this, client, wantsHeader, wantsHello), loop.greeting());
        } else {
            seek(rest, null);
        }
    }

    private boolean isTrusted() {
        InetSocketAddress peer = source();
        return peer != null && Network.anyContains(listener.plan().greeting().trustedProxies(), peer.getAddress());
    }

    private void enter(Phase following, ConnectionList in) {
        if (list != in) {
            if (list != null) {
                list.remove(this);
            }
            list = in;
            in.add(this);
        }
        phase = following;
        following.begin();
    }

    /** A trusted proxy said who the client is, or that it speaks for itself. */
    void announced(ProxyHeader.Known header) {
        announcedBytes = header.length();
        InetSocketAddress from = header.source();
        if (from != null) {
            source = from;
            destination = header.destination();
            byte[] address = from.getAddress().getAddress();
            sourceKey = AffinityKey.ofAddress(address, 0, address.length);
            boolean isHeldBack = loop.churn().came(sourceKey, address, 0, address.length);
            int judged = isHeldBack ? SourceTable.TOO_FAST : listener.guard().admit(from.getAddress(), loop.exactNow());
            Outcome refusal = Guard.refusal(judged);
            if (refusal == null) {
                admission = judged;
            } else {
                end(refusal);
            }
        }
    }

    private void secure() {
        ServerTls tls = listener.plan().tls().clients();
        if (tls == null) {
            // A reload has taken TLS away since the connection was accepted.
            end(Outcome.NO_ROUTE);
        } else {
            enter(new Securing(loop, this, client, tls), loop.greeting());
        }
    }

    /** The handshake with the client is complete. */
    void secured(Session session) {
        serverName = session.serverName();
        String agreed = session.alpn();
        alpn = agreed == null ? List.of() : List.of(agreed);
        Routes routes = listener.plan().routes();
        Pool chosen = routes.needHello() ? routes.choose(TlsHello.Client.ofSession(serverName, alpn)) : routes.rest();
        if (chosen == null) {
            end(Outcome.NO_ROUTE);
        } else {
            seek(chosen, null);
        }
    }

    /** Whether its TLS ended here. */
    boolean isSecured() {
        return client.records() != null;
    }

    /** The protocol agreed on with a client whose TLS ended here; null for none. */
    @Nullable
    String agreedProtocol() {
        return isSecured() && !alpn.isEmpty() ? alpn.getFirst() : null;
    }

    /** What the client had to say was said; {@code hello} if that was asked for. */
    void greeted(TlsHello.@Nullable Client hello) {
        if (listener.plan().tls().clients() != null) {
            secure();
            return;
        }
        Routes routes = listener.plan().routes();
        Pool chosen;
        if (hello == null) {
            chosen = routes.rest();
        } else {
            greetedBy(hello);
            chosen = routes.choose(hello);
        }
        if (chosen == null) {
            end(Outcome.NO_ROUTE);
        } else {
            seek(chosen, hello);
        }
    }

    /** Notes what the hello says. */
    void greetedBy(TlsHello.Client hello) {
        serverName = hello.serverName();
        alpn = hello.alpn();
    }

    private void seek(Pool in, TlsHello.@Nullable Client hello) {
        pool = in;
        enter(new Connector(loop, this, in, hello == null ? null : first().take(), hello), loop.connecting());
    }

    /** Goes back to the connector. */
    void seekAgain(Connector connector) {
        enter(connector, loop.connecting());
    }

    /** An attempt was made. */
    void attempted(boolean isHedge) {
        attempts++;
        isHedged |= isHedge;
    }

    /**
     * The connector's success.
     *
     * @param rest what the member has not got yet; null for nothing
     * @param answer what it has said; null for nothing
     */
    void connected(Connector connector, Attempt attempt, @Nullable Block rest, @Nullable Block answer) {
        activeAt = loop.now();
        connectNanos = attempt.connectNanos;
        listener.connected(attempt.member, attempt.connectNanos);
        if (rest != null && !attempt.wire.give(rest)) {
            attempt.abandon();
            end(Outcome.MEMBER_RESET);
        } else if (connector.mayRaceLater() || (looksForForgery() && client.received() == 0 && !isSecured())) {
            enter(new Opening(loop, this, connector, attempt), loop.established());
        } else {
            relay(attempt, answer);
        }
    }

    /** Whether PROXY headers are looked for, and this client may not send one. */
    boolean looksForForgery() {
        return announcedBytes == 0
                && !listener.plan().greeting().trustedProxies().isEmpty();
    }

    /** Whether the first bytes are a PROXY header that the client may not send. */
    boolean isForgery() {
        return looksForForgery() && first().isProxyHeader();
    }

    /** From now on bytes go to and fro: first those that the client has sent already, and this answer. */
    void relay(Attempt attempt, @Nullable Block answer) {
        Block said = first == null ? null : first.take();
        enter(new Relaying(loop, this, attempt.member, attempt.wire, said, answer), loop.established());
    }

    /** The first bytes of the client. */
    FirstBytes first() {
        FirstBytes known = first;
        if (known == null) {
            known = new FirstBytes(client, loop.blocks());
            first = known;
        }
        return known;
    }

    /** One of the sockets has news. */
    void ready(Wire wire, boolean writable) {
        Phase current = phase;
        if (ended || current == null) {
            return;
        }
        try {
            current.ready(wire, writable);
        } catch (Throwable e) {
            // Netty's loop would sleep for a second, or end, on what a handle throws.
            loop.failed(e);
            end(Outcome.INTERNAL);
        }
    }

    /** Goes on where fairness had it stop. */
    @Override
    public void run() {
        ready(client, false);
    }

    /** Counts bytes that went to the member and to the client. */
    void moved(long toMember, long toClient) {
        if (toMember != 0 || toClient != 0) {
            activeAt = loop.now();
            up += toMember;
            down += toClient;
            listener.moved(toMember, toClient);
            if (!hasFirstByte && toClient != 0) {
                hasFirstByte = true;
                firstByteAt = loop.exactNow();
            }
        }
    }

    /** Bytes that the client has sent for the member before the relay began. */
    long greetingBytes() {
        return client.received() - announcedBytes;
    }

    /** Looks at the clock; how often depends on the phase. */
    void tick(long now) {
        Phase current = phase;
        if (ended || current == null) {
            return;
        }
        try {
            current.tick(now);
        } catch (Throwable e) {
            // It ends, and those behind it in the list have their turn.
            loop.failed(e);
            end(Outcome.INTERNAL);
        }
    }

    /** Looks after both sides once they are connected; to be called about once a second. */
    void sweep(Wire server, long now) {
        if (now - activeAt >= listener.idleNanos()) {
            end(Outcome.IDLE);
            return;
        }
        if (!settled) {
            settled = true;
            server.settle();
        }
        client.watchDelivery(now);
        server.watchDelivery(now);
    }

    /** Ends it, or looks for another member, if this is its member. */
    void leave(Member gone) {
        if (phase != null) {
            phase.leave(gone);
        }
    }

    /** Since when nothing was sent, if it has this member and nothing is on its way; else now. */
    long quietSince(Member on, long now) {
        Phase current = phase;
        Wire server = current == null ? null : current.wire();
        boolean isQuiet = current != null
                && server != null
                && current.target() == on
                && !client.hasPending()
                && !server.hasPending()
                && (first == null || first.length() == 0);
        return isQuiet ? activeAt : now;
    }

    /** What it holds because one of its sides does not read, for which the kernel is asked; null for nothing. */
    Holdings.@Nullable Holding<Connection> unread(long now) {
        Wire server = member();
        Block toClient = client.waiting();
        Block toServer = server == null ? null : server.waiting();
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
                sourceNumber(),
                listener.name(),
                bytes,
                Math.max(unreadNanos(toClient, now), unreadNanos(toServer, now)),
                Math.max(heldNanos(toClient, now), heldNanos(toServer, now)));
    }

    private static long unreadNanos(@Nullable Block block, long now) {
        return block == null ? 0 : now - block.readAt(now);
    }

    private static long heldNanos(@Nullable Block block, long now) {
        return block == null ? 0 : now - block.heldAt();
    }

    /** What it holds because the client has not said all that it must; null for nothing. */
    Holdings.@Nullable Holding<Connection> unsaid(long now) {
        long bytes = (first == null ? 0 : first.heldBytes()) + client.heldBytes();
        long age = now - openedAt;
        return bytes == 0 ? null : new Holdings.Holding<>(this, sourceNumber(), listener.name(), bytes, age, age);
    }

    /** Ends it, as memory is short and it holds some for somebody who does not read, or has not said all it must. */
    void endForMemory() {
        boolean isOpening = list == loop.greeting();
        end(isOpening ? Outcome.HELLO_TIMEOUT : Outcome.UNREAD);
    }

    private long sourceNumber() {
        InetSocketAddress from = source();
        if (from == null) {
            return 0;
        }
        byte[] address = from.getAddress().getAddress();
        return NetworkSet.number(address, 0, Math.min(address.length, SOURCE_BYTES));
    }

    /** Whether no bytes have moved since the loop last looked at the clock. */
    boolean isQuiet(long now) {
        return now - activeAt > 0;
    }

    /** Whether the client connected to one of these addresses; one system call. */
    boolean isTo(Set<InetAddress> addresses) {
        InetSocketAddress local = client.socket().localAddress();
        return local != null && addresses.contains(local.getAddress());
    }

    Wire client() {
        return client;
    }

    Listener listener() {
        return listener;
    }

    long openedAt() {
        return openedAt;
    }

    /**
     * The client: what a trusted PROXY header says, else who is connected. The kernel is asked once.
     *
     * @return null when it had gone before anybody asked
     */
    @Nullable
    InetSocketAddress source() {
        if (source == null) {
            source = client.socket().remoteAddress();
        }
        return source;
    }

    /** What the connection belongs to, as far as this pool cares. */
    long affinityKey(Pool in) {
        return switch (in.settings().keyedBy()) {
            case SOURCE_IP -> sourceKey;
            case SNI -> serverName == null ? AffinityKey.NONE : AffinityKey.ofName(serverName);
            case CLIENT_CERTIFICATE -> {
                Records records = client.records();
                PeerCertificate certificate =
                        records == null ? null : records.session().info().peer();
                yield certificate == null ? AffinityKey.NONE : AffinityKey.ofBytes(certificate.encoded());
            }
            case NONE -> AffinityKey.NONE;
        };
    }

    /** What a member is told of the client. */
    ProxyHeaderWriter.Facts facts() {
        InetSocketAddress to = destination == null ? client.socket().localAddress() : destination;
        return new ProxyHeaderWriter.Facts(source(), to, serverName, agreedProtocol(), tlsFacts());
    }

    private @Nullable TlsFacts tlsFacts() {
        Records records = client.records();
        if (records == null) {
            return null;
        }
        SessionInfo info = records.session().info();
        PeerCertificate peer = info.peer();
        return new TlsFacts(info.version(), info.cipher(), peer == null ? null : peer.commonName(), peer != null);
    }

    @Nullable
    Wire member() {
        return phase == null ? null : phase.wire();
    }

    boolean hasEnded() {
        return ended;
    }

    void debug(String what, String reason) {
        log.atDebug()
                .addKeyValue("listener", listener.name())
                .addKeyValue("client", source())
                .addKeyValue("reason", reason)
                .log(what);
    }

    /*
     * FIN or reset: only what was complete ends with FIN on both sides, and an idle connection, which has nothing on its
     * way, be it idle for too long or to be rebalanced. Everything else is cut short, and a FIN would make the part that
     * arrived look like the whole (HTTP/1.0 bodies end that way). A client whose connection no member took also gets a
     * reset: it sees the failure at once, as it would without a proxy, and not an empty answer.
     */
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
        Phase last = phase;
        Member target = last == null ? null : last.target();
        // A defect in one of these must not keep what the others give back.
        try {
            client.close(abrupt && !client.isRefused());
        } finally {
            try {
                if (last != null) {
                    last.abandon(abrupt);
                }
                if (first != null) {
                    first.discard();
                }
            } finally {
                loop.limit().release();
                listener.guard().leave(admission);
                listener.ended(target, outcome);
            }
        }
        loop.churn().ended(sourceKey, outcome, hasFirstByte);
        if (target != null && (outcome == Outcome.MEMBER_RESET || outcome == Outcome.MEMBER_LOST)) {
            loop.connectionLost(target);
        }
        if (loop.records()) {
            loop.ended(record(target, outcome));
        }
    }

    private ConnectionRecord record(@Nullable Member target, Outcome outcome) {
        return new ConnectionRecord(
                listener.name(),
                source,
                new ConnectionRecord.Hello(serverName, alpn),
                new ConnectionRecord.Destination(
                        pool == null ? null : pool.name(), target == null ? null : target.name()),
                new ConnectionRecord.Bytes(up, down),
                new ConnectionRecord.Times(
                        connectNanos, hasFirstByte ? firstByteAt - openedAt : -1, loop.exactNow() - openedAt),
                attempts,
                isHedged,
                outcome);
    }

    /** A picture for people; asks the kernel for the client's address. */
    ConnectionInfo info() {
        Phase current = phase;
        Member target = current == null ? null : current.target();
        return new ConnectionInfo(
                listener.name(),
                source(),
                client.socket().localAddress(),
                target == null ? null : target.name(),
                loop.index(),
                loop.now() - openedAt,
                loop.now() - activeAt,
                up,
                down);
    }
}
