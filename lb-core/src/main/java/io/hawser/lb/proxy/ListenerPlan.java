package io.hawser.lb.proxy;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.admission.AccessRules;
import io.hawser.lb.admission.Network;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.tls.MemberTls;
import io.hawser.lb.tls.ServerTls;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of one listener. Immutable.
 *
 * @param name its name, unique among the listeners
 * @param binds the addresses it listens on; IPv6 ones take IPv6 only; port 0 lets the kernel choose
 * @param routes where its connections go
 * @param greeting what clients may have to say first
 * @param idleTimeout how long a connection may carry nothing in either direction before it is closed; positive
 * @param connections how many connections it may carry at once; 0 for no limit of its own
 * @param whenNoMember what it does while the pool has no usable member
 * @param access who may connect, and how often
 * @param tls where TLS ends and begins
 */
public record ListenerPlan(
        String name,
        List<InetSocketAddress> binds,
        Routes routes,
        Greeting greeting,
        Duration idleTimeout,
        int connections,
        WhenNoMember whenNoMember,
        AccessRules access,
        Tls tls) {

    /**
     * Where TLS ends and begins. Immutable.
     *
     * @param clients how TLS of clients is ended; null to pass it on as it is
     * @param members how the members of those pools are spoken to that TLS is spoken to
     */
    public record Tls(@Nullable ServerTls clients, Map<Pool, MemberTls> members) {
        /** Bytes are passed on as they are. */
        public static final Tls NONE = new Tls(null, Map.of());

        public Tls {
            members = Map.copyOf(members);
        }
    }

    /** The idle timeout of the configuration's defaults. */
    public static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofHours(4);

    /**
     * What a client may have to say before it is given a member. Immutable.
     *
     * @param helloTimeout how long a ClientHello or PROXY header that is needed may take, from accept; positive
     * @param trustedProxies the networks whose connections begin with a PROXY header; such a header from elsewhere ends
     *     the connection, while there are any of these
     */
    public record Greeting(Duration helloTimeout, List<Network> trustedProxies) {
        /** The configuration's defaults. */
        public static final Greeting DEFAULTS = new Greeting(Duration.ofSeconds(10), List.of());

        public Greeting {
            trustedProxies = List.copyOf(trustedProxies);
            if (!helloTimeout.isPositive()) {
                throw new IllegalArgumentException("hello timeout " + helloTimeout + " is not positive");
            }
        }
    }

    /** A listener that passes bytes on as they are. */
    public ListenerPlan(
            String name,
            List<InetSocketAddress> binds,
            Routes routes,
            Greeting greeting,
            Duration idleTimeout,
            int connections,
            WhenNoMember whenNoMember,
            AccessRules access) {
        this(name, binds, routes, greeting, idleTimeout, connections, whenNoMember, access, Tls.NONE);
    }

    /** A listener with one pool, to which everybody may connect without having to say something first. */
    public ListenerPlan(
            String name,
            List<InetSocketAddress> binds,
            Pool pool,
            Duration idleTimeout,
            int connections,
            WhenNoMember whenNoMember) {
        this(name, binds, Routes.to(pool), Greeting.DEFAULTS, idleTimeout, connections, whenNoMember, AccessRules.OPEN);
    }

    public ListenerPlan {
        requireNonNull(name, "name");
        binds = List.copyOf(binds);
        requireNonNull(routes, "routes");
        requireNonNull(greeting, "greeting");
        requireNonNull(whenNoMember, "whenNoMember");
        requireNonNull(access, "access");
        requireNonNull(tls, "tls");
        if (binds.isEmpty()) {
            throw new IllegalArgumentException("listener " + name + " has no address to listen on");
        }
        if (!idleTimeout.isPositive()) {
            throw new IllegalArgumentException("idle timeout " + idleTimeout + " is not positive");
        }
        if (connections < 0) {
            throw new IllegalArgumentException("connection limit " + connections + " is negative");
        }
    }

    /** The same where TLS ends and begins as said. */
    public ListenerPlan with(Tls other) {
        return new ListenerPlan(name, binds, routes, greeting, idleTimeout, connections, whenNoMember, access, other);
    }

    /** A listener with the configuration's defaults. */
    public static ListenerPlan of(String name, InetSocketAddress bind, Pool pool) {
        return new ListenerPlan(name, List.of(bind), pool, DEFAULT_IDLE_TIMEOUT, 0, WhenNoMember.CLOSE);
    }

    /** The same for others. */
    public ListenerPlan with(AccessRules other) {
        return new ListenerPlan(name, binds, routes, greeting, idleTimeout, connections, whenNoMember, other, tls);
    }
}
