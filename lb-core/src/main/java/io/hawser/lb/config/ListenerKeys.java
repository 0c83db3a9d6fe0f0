package io.hawser.lb.config;

import io.hawser.lb.proxy.WhenNoMember;
import io.hawser.lb.tls.ServerSettings;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** The keys of {@code listeners}. Stateless. */
final class ListenerKeys {
    private static final List<Key<?>> ALL = new ArrayList<>();

    static final Key<List<Section>> LISTENERS = key("listeners", "Where clients connect.")
            .derived("none; a file without virtual routers needs one")
            .sections();
    static final Key<String> NAME =
            key("listeners[].name", "Name of the listener.").required().one(Types.name());
    static final Key<List<InetSocketAddress>> BIND = key(
                    "listeners[].bind",
                    "Addresses and ports to listen on. An address that is on another node at the moment is allowed. 0.0.0.0 is every IPv4 address and [::] every IPv6 address; write both for both.")
            .required()
            .value(Listener::bind)
            .oneOrMany(Types.socketAddress());
    static final Key<String> POOL = key(
                    "listeners[].pool", "Pool that takes the connections. Use pool or routes, not both.")
            .derived("none; without it there must be routes")
            .value(listener -> listener.routing().rest())
            .one(Types.name());
    static final Key<List<Section>> ROUTES = key(
                    "listeners[].routes",
                    "Pools by server name (SNI) and ALPN of the ClientHello, without decryption. The first route that matches is used. A final route with only pool is the default; without it unmatched connections are closed. Use routes or pool, not both.")
            .derived("none")
            .value(listener -> listener.routing().routes())
            .sections();
    static final Key<List<ServerName>> ROUTE_SNI = key(
                    "listeners[].routes[].sni",
                    "Server names that match. *.b.example matches b.example with one label before it, as in certificates.")
            .derived("any, or none")
            .oneOrMany(Types.serverName());
    static final Key<List<String>> ROUTE_ALPN = key(
                    "listeners[].routes[].alpn", "Protocols of which the client must offer at least one.")
            .derived("any, or none")
            .oneOrMany(Types.protocol());
    static final Key<String> ROUTE_POOL = key("listeners[].routes[].pool", "Pool that takes these connections.")
            .required()
            .one(Types.name());
    static final Key<Mode> MODE = key(
                    "listeners[].mode",
                    "tcp passes bytes through unchanged, so the member terminates TLS; tls terminates TLS here and needs the key tls.")
            .byDefault("tcp")
            .value(listener -> listener.tls().isPresent())
            .one(Types.word(Mode.class));
    static final Key<Section> TLS = key(
                    "listeners[].tls",
                    "For mode tls: certificates, and what is required of clients. Changed files are reloaded automatically; if a new one is wrong, the old one stays in use.")
            .derived("none")
            .section(null);
    static final Key<Path> TLS_CERTIFICATE = key(
                    "listeners[].tls.certificate",
                    "Certificate chain in PEM, the server certificate first. Use certificate and key, or certificates.")
            .derived("none")
            .one(Types.file());
    static final Key<Path> TLS_KEY = key("listeners[].tls.key", "Private key in PEM, without a passphrase.")
            .derived("none")
            .one(Types.file());
    static final Key<List<Section>> TLS_CERTIFICATES = key(
                    "listeners[].tls.certificates",
                    "Several certificates, chosen by the client's server name (SNI). The first one is the default.")
            .derived("none")
            .valueIn(Listener::tls, ListenerTls::certificates)
            .sections();
    static final Key<Path> CERTIFICATES_CERTIFICATE = key("listeners[].tls.certificates[].certificate", "As above.")
            .required()
            .one(Types.file());
    static final Key<Path> CERTIFICATES_KEY =
            key("listeners[].tls.certificates[].key", "As above.").required().one(Types.file());
    static final Key<ServerSettings.Version> TLS_MIN_VERSION = key(
                    "listeners[].tls.min-version", "Oldest TLS version to accept.")
            .byDefault("1.2")
            .valueIn(Listener::tls, ListenerTls::minVersion)
            .one(Types.tlsVersion());
    static final Key<List<String>> TLS_ALPN = key(
                    "listeners[].tls.alpn",
                    "Protocols to negotiate with the client, best first. The member is offered only the negotiated one. [] for none.")
            .derived("h2, http/1.1 where every pool of the listener has tls, else none")
            .mayBeEmpty()
            .valueIn(Listener::tls, ListenerTls::alpn)
            .oneOrMany(Types.protocol());
    static final Key<Section> TLS_CLIENT_AUTH = key("listeners[].tls.client-auth", "Client certificates.")
            .derived("not requested")
            .valueIn(Listener::tls, tls -> tls.clientAuth().isPresent())
            .section(null);
    static final Key<ClientAuth.Mode> CLIENT_AUTH_MODE = key(
                    "listeners[].tls.client-auth.mode",
                    "Whether a client must present a certificate (required) or may (optional). One that is presented is always verified.")
            .required()
            .valueIn(ListenerKeys::clientAuth, ClientAuth::mode)
            .one(Types.word(ClientAuth.Mode.class));
    static final Key<Path> CLIENT_AUTH_CA = key(
                    "listeners[].tls.client-auth.ca", "CA certificates that client certificates must chain to (PEM).")
            .required()
            .valueIn(ListenerKeys::clientAuth, ClientAuth::ca)
            .one(Types.file());
    static final Key<Path> CLIENT_AUTH_CRL = key(
                    "listeners[].tls.client-auth.crl",
                    "Certificate revocation lists (PEM). A client with a revoked certificate is refused.")
            .derived("none")
            .valueIn(ListenerKeys::clientAuth, ClientAuth::crl)
            .one(Types.file());
    static final Key<Path> TLS_TICKET_KEYS = key(
                    "listeners[].tls.ticket-keys",
                    "Keys of session tickets. Use the same file on all nodes, so that a client can resume its session after a failover. One key a line in base64, of 48 or 80 bytes. The last but one encrypts new tickets; all decrypt.")
            .derived("random keys for each process, a new one every hour")
            .valueIn(Listener::tls, ListenerTls::ticketKeys)
            .one(Types.file());
    static final Key<List<Cidr>> DENY = key(
                    "listeners[].deny", "Networks that may not connect, even if allow has them.")
            .derived("none")
            .value(listener -> listener.access().deny())
            .oneOrMany(Types.network());
    static final Key<List<Cidr>> ALLOW = key("listeners[].allow", "Networks that may connect; all others may not.")
            .derived("all")
            .value(listener -> listener.access().allow())
            .oneOrMany(Types.network());
    static final Key<List<Cidr>> PROXY_PROTOCOL = key(
                    "listeners[].accept-proxy-protocol",
                    "Networks from which each connection must start with a PROXY header (v1 or v2) that names the client. From any other network a header is treated as data. List only proxies that you run.")
            .derived("none")
            .value(listener -> listener.greeting().trustedProxies())
            .oneOrMany(Types.network());
    static final Key<Duration> IDLE = key(
                    "listeners[].idle-timeout",
                    "Close a connection after this time without a byte in either direction.")
            .byDefault("4h")
            .value(Listener::idleTimeout)
            .one(Types.duration("1s", "30d"));
    static final Key<Duration> HELLO = key(
                    "listeners[].hello-timeout",
                    "Time limit for the ClientHello or the PROXY header, where one is needed.")
            .byDefault("10s")
            .value(listener -> listener.greeting().helloTimeout())
            .one(Types.duration("100ms", "1m"));
    static final Key<Section> LIMITS = key("listeners[].limits", "Limits of this listener.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<Integer> CONNECTIONS = key("listeners[].limits.connections", "Maximum concurrent connections.")
            .derived("only limits.connections")
            .value(Listener::connections)
            .one(Types.integer("a number of connections", 1, 10_000_000));
    static final Key<Integer> PER_SOURCE = key(
                    "listeners[].limits.connections-per-source",
                    "Maximum concurrent connections of one source. A source is an IPv4 address or an IPv6 /64 network. All clients behind one NAT address are one source.")
            .derived("none")
            .value(listener -> listener.access().connections())
            .one(Types.integer("a number of connections", 1, 10_000_000));
    static final Key<Integer> RATE = key(
                    "listeners[].limits.new-per-second-per-source", "Maximum new connections of one source per second.")
            .derived("none")
            .value(listener -> listener.access().newPerSecond())
            .one(Types.integer("a number of connections", 1, 1_000_000));
    static final Key<AccessLog> ACCESS_LOG = key(
                    "listeners[].access-log",
                    "Which connections are logged when they end: off, errors (those that failed), all, or 1/100 (every hundredth, and all errors). Off by default: under load the log lines cost more CPU than the connections, and the metrics count every connection.")
            .byDefault("off")
            .value(Listener::accessLog)
            .one(Types.accessLog());
    static final Key<WhenNoMember> NO_MEMBER = key(
                    "listeners[].when-no-member",
                    "While no member is available: close accepts connections and closes them; refuse stops listening, so that clients are refused.")
            .byDefault("close")
            .value(Listener::whenNoMember)
            .one(Types.word(WhenNoMember.class));

    private ListenerKeys() {}

    /** These keys, in the order of the reference page. */
    static List<Key<?>> all() {
        return Collections.unmodifiableList(ALL);
    }

    private static KeyRow<Listener> key(String path, String doc) {
        return new KeyRow<>(Listener.class, ALL, path, doc);
    }

    private static Optional<ClientAuth> clientAuth(Listener listener) {
        return listener.tls().flatMap(ListenerTls::clientAuth);
    }
}
