package io.hawser.lb.proxy;

import io.hawser.lb.admission.AccessControl;
import io.hawser.lb.admission.Network;
import io.hawser.lb.admission.Refusal;
import io.hawser.lb.balance.AffinityKey;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.inspect.FirstBytes;
import io.hawser.lb.inspect.ProxyHeader;
import io.hawser.lb.inspect.ProxyHeaderWriter;
import io.hawser.lb.inspect.TlsFacts;
import io.hawser.lb.inspect.TlsHello;
import io.hawser.lb.net.Buffer;
import io.hawser.lb.net.Endpoint;
import io.hawser.lb.net.TlsLayer;
import io.hawser.lb.tls.PeerCertificate;
import io.hawser.lb.tls.Session;
import io.hawser.lb.tls.SessionInfo;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The client of a connection, and what is known of the connection in every phase. Event loop that accepted it.
 */
final class Caller {
    private static final Logger log = LoggerFactory.getLogger(Caller.class);

    private final IoLoop loop;
    private final Listener listener;
    private final Endpoint endpoint;
    private final long openedAt;
    private @Nullable FirstBytes first;
    private long activeAt;
    private int admission = AccessControl.NOTHING;
    private long sourceKey;

    private @Nullable InetSocketAddress source;
    private ProxyHeader.@Nullable Known header;
    private @Nullable String serverName;
    private List<String> alpn = List.of();
    private @Nullable Pool pool;
    private short attempts;
    private boolean isHedged;
    private long connectNanos = -1;
    private long firstByteNanos = -1;
    private long up;
    private long down;

    /**
     * One of whom nothing is known.
     *
     * @param endpoint the client's side of the connection, which is the connection's to close
     */
    Caller(IoLoop loop, Listener listener, Endpoint endpoint) {
        this.loop = loop;
        this.listener = listener;
        this.endpoint = endpoint;
        this.openedAt = loop.now();
        this.activeAt = openedAt;
    }

    IoLoop loop() {
        return loop;
    }

    Listener listener() {
        return listener;
    }

    /** The client's side of the connection. */
    Endpoint endpoint() {
        return endpoint;
    }

    /** When it was accepted, to 0.1 s. */
    long openedAt() {
        return openedAt;
    }

    /** When bytes last moved, or a member was connected, to 0.1 s. */
    long activeAt() {
        return activeAt;
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

    /** What the listener's guard is to be left with. */
    int admission() {
        return admission;
    }

    /** The affinity key of the client's address. */
    long sourceKey() {
        return sourceKey;
    }

    /** Whether it is a proxy whose PROXY header is believed. */
    boolean isTrusted() {
        InetSocketAddress peer = source();
        return peer != null && Network.anyContains(listener.plan().greeting().trustedProxies(), peer.getAddress());
    }

    /** A trusted proxy said who the client is, or that it speaks for itself; says why that one is not let in, or null. */
    @Nullable
    Refusal announced(ProxyHeader.Known said) {
        header = said;
        InetSocketAddress from = said.source();
        if (from == null) {
            return null;
        }
        source = from;
        byte[] address = from.getAddress().getAddress();
        sourceKey = AffinityKey.ofAddress(address, 0, address.length);
        boolean isHeldBack = loop.churn().holdsBack(sourceKey, address, 0, address.length);
        int judged = isHeldBack ? AccessControl.TOO_FAST : listener.guard().admit(from.getAddress(), loop.exactNow());
        Refusal refusal = AccessControl.refusal(judged);
        if (refusal == null) {
            admission = judged;
        }
        return refusal;
    }

    /** Notes what the hello says. */
    void greetedBy(TlsHello.Client hello) {
        serverName = hello.serverName();
        alpn = hello.alpn();
    }

    /** Notes what was agreed on with a client whose TLS ends here. */
    void secured(Session session) {
        serverName = session.serverName();
        String agreed = session.alpn();
        alpn = agreed == null ? List.of() : List.of(agreed);
    }

    /** What routes go by, of a client whose TLS ends here. */
    TlsHello.Client hello() {
        return TlsHello.Client.ofSession(serverName, alpn);
    }

    /** Whether its TLS ended here. */
    boolean isSecured() {
        return endpoint.tls() != null;
    }

    /** The protocol agreed on with a client whose TLS ended here; null for none. */
    @Nullable
    String agreedProtocol() {
        return isSecured() && !alpn.isEmpty() ? alpn.getFirst() : null;
    }

    /** Whether PROXY headers are looked for, and this client may not send one. */
    boolean looksForUntrustedProxyHeader() {
        return header == null && !listener.plan().greeting().trustedProxies().isEmpty();
    }

    /** Whether the first bytes are a PROXY header that the client may not send. */
    boolean isUntrustedProxyHeader() {
        return looksForUntrustedProxyHeader() && first().isProxyHeader();
    }

    /** The first bytes of the client. */
    FirstBytes first() {
        FirstBytes known = first;
        if (known == null) {
            known = new FirstBytes(endpoint, loop.buffers());
            first = known;
        }
        return known;
    }

    /** Hands the first bytes over; null when there are none. */
    @Nullable
    Buffer takeFirst() {
        return first == null ? null : first.take();
    }

    /** How many first bytes there are. */
    int firstLength() {
        return first == null ? 0 : first.length();
    }

    /** Bytes of memory that the first bytes take. */
    long firstHeldBytes() {
        return first == null ? 0 : first.heldBytes();
    }

    /** Gives back the first bytes. */
    void discardFirst() {
        if (first != null) {
            first.discard();
        }
    }

    /** Bytes that the client has sent for the member before the relay began. */
    long greetingBytes() {
        return endpoint.received() - (header == null ? 0 : header.length());
    }

    /** Its pool is chosen. */
    void goesTo(Pool chosen) {
        pool = chosen;
    }

    /** An attempt was made. */
    void attempted(boolean isHedge) {
        attempts++;
        isHedged |= isHedge;
    }

    /** A member is found. */
    void connected(Attempt attempt) {
        activeAt = loop.now();
        connectNanos = attempt.connectNanos;
        listener.connected(attempt.member, attempt.connectNanos);
    }

    /** Counts bytes that went to the member and to the client. */
    void moved(long toMember, long toClient) {
        if (toMember != 0 || toClient != 0) {
            activeAt = loop.now();
            up += toMember;
            down += toClient;
            listener.moved(toMember, toClient);
            if (firstByteNanos < 0 && toClient != 0) {
                firstByteNanos = loop.exactNow() - openedAt;
            }
        }
    }

    /** Whether the client was sent a byte of a member. */
    boolean isAnswered() {
        return firstByteNanos >= 0;
    }

    /** Looks after both sides once they are connected, about once a second; false when nothing was sent for too long. */
    boolean sweep(Endpoint server, long now) {
        if (now - activeAt >= listener.idleNanos()) {
            return false;
        }
        server.tuneForLongLife();
        endpoint.watchDelivery(now);
        server.watchDelivery(now);
        return true;
    }

    /** The number of its source: an IPv4 address, or the upper half of an IPv6 address; 0 when nobody knows. */
    long sourceNumber() {
        InetSocketAddress from = source();
        return from == null ? 0 : Network.source(from.getAddress());
    }

    /** The address that the client connected to; null when it has just gone; one system call. */
    @Nullable
    InetSocketAddress local() {
        return endpoint.socket().localAddress();
    }

    /**
     * The client: what a trusted PROXY header says, else who is connected. The kernel is asked once.
     *
     * @return null when it had gone before anybody asked
     */
    @Nullable
    InetSocketAddress source() {
        if (source == null) {
            source = endpoint.socket().remoteAddress();
        }
        return source;
    }

    /** What the connection belongs to, as far as this pool cares. */
    long affinityKey(Pool in) {
        return switch (in.settings().keyedBy()) {
            case SOURCE_IP -> sourceKey;
            case SNI -> serverName == null ? AffinityKey.NONE : AffinityKey.ofName(serverName);
            case CLIENT_CERTIFICATE -> {
                TlsLayer records = endpoint.tls();
                PeerCertificate certificate =
                        records == null ? null : records.session().info().peer();
                yield certificate == null ? AffinityKey.NONE : AffinityKey.ofBytes(certificate.encoded());
            }
            case NONE -> AffinityKey.NONE;
        };
    }

    /** What a member is told of the client. */
    ProxyHeaderWriter.Facts facts() {
        InetSocketAddress announced = header == null || header.source() == null ? null : header.destination();
        InetSocketAddress to = announced == null ? local() : announced;
        return new ProxyHeaderWriter.Facts(source(), to, serverName, agreedProtocol(), tlsFacts());
    }

    private @Nullable TlsFacts tlsFacts() {
        TlsLayer records = endpoint.tls();
        if (records == null) {
            return null;
        }
        SessionInfo info = records.session().info();
        PeerCertificate peer = info.peer();
        return new TlsFacts(info.version(), info.cipher(), peer == null ? null : peer.commonName(), peer != null);
    }

    void debug(String what, String reason) {
        log.atDebug()
                .addKeyValue("listener", listener.name())
                .addKeyValue("client", source())
                .addKeyValue("reason", reason)
                .log(what);
    }

    /** What is told of it now that it has ended. */
    ConnectionRecord record(@Nullable Member target, Outcome outcome) {
        return new ConnectionRecord(
                listener.name(),
                source,
                new ConnectionRecord.Hello(serverName, alpn),
                new ConnectionRecord.Destination(
                        pool == null ? null : pool.name(), target == null ? null : target.name()),
                new ConnectionRecord.Bytes(up, down),
                new ConnectionRecord.Times(connectNanos, firstByteNanos, loop.exactNow() - openedAt),
                attempts,
                isHedged,
                outcome);
    }

    /** A picture for people; asks the kernel for the client's address. */
    ConnectionInfo info(@Nullable Member target) {
        return new ConnectionInfo(
                listener.name(),
                source(),
                local(),
                target == null ? null : target.name(),
                loop.index(),
                loop.now() - openedAt,
                loop.now() - activeAt,
                up,
                down);
    }
}
