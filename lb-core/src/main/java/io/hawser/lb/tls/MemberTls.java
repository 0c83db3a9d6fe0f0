package io.hawser.lb.tls;

import io.hawser.sysctl.files.FileReads;
import io.hawser.sysctl.net.AddressText;
import io.netty.internal.tcnative.SSL;
import io.netty.internal.tcnative.SSLContext;
import io.netty.internal.tcnative.SSLSession;
import io.netty.internal.tcnative.SSLSessionCache;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The TLS of connections to the members of a pool, which follows its files. {@link #open} any thread, the rest that of {@link TlsFiles}. */
public final class MemberTls extends FilesFollower {
    private static final int VERIFY_DEPTH = 8;
    private static final long SESSION_SECONDS = 7200;
    private static final int MOST_CONTEXTS = 4096;
    private static final String NO_ALPN = "";

    /** A member and the protocol spoken with it. */
    private record Way(InetSocketAddress address, String alpn) {}

    /**
     * Contexts made of the same files: one for each way, because what is offered, the name to verify and the session to
     * resume belong to a context.
     */
    private static final class Generation {
        final @Nullable Identity identity;
        final @Nullable Trust trust;
        final Map<Way, Resumable> ways = new ConcurrentHashMap<>();

        Generation(@Nullable Identity identity, @Nullable Trust trust) {
            this.identity = identity;
            this.trust = trust;
        }
    }

    private record Resumable(Context context, LastSession last) {}

    /** The last session that a member has given a ticket for. Called by the library on any thread. */
    private static final class LastSession implements SSLSessionCache {
        private final AtomicLong session = new AtomicLong();

        @Override
        public boolean sessionCreated(long ssl, long created) {
            free(session.getAndSet(created));
            return true;
        }

        @Override
        public long getSession(long ssl, byte[] id) {
            return -1;
        }

        void resumeIn(Session opened) {
            long last = session.getAndSet(0);
            if (last != 0) {
                SSL.setSession(opened.address(), last);
                if (SSLSession.shouldBeSingleUse(last) || !session.compareAndSet(0, last)) {
                    free(last);
                }
            }
        }

        void forget() {
            free(session.getAndSet(0));
        }

        private static void free(long session) {
            if (session != 0) {
                SSLSession.free(session);
            }
        }
    }

    private final MemberSettings settings;
    private boolean isClosed;
    private volatile @Nullable Generation current;
    private volatile List<Expiry> expiries = List.of();

    MemberTls(MemberSettings settings, FileReads reads) {
        super(reads);
        this.settings = settings;
    }

    /** How it was asked for. */
    public MemberSettings settings() {
        return settings;
    }

    /**
     * Opens a session that has a hello for a member.
     *
     * @param member the address it is connected to
     * @param alpn the one protocol to offer; null for none
     */
    public Session open(InetSocketAddress member, @Nullable String alpn) {
        Way way = new Way(member, alpn == null ? NO_ALPN : alpn);
        while (true) {
            Generation generation = current;
            if (generation == null) {
                throw new IllegalStateException("no context: it was closed, or never loaded");
            }
            Resumable resumable = generation.ways.get(way);
            if (resumable == null) {
                resumable = add(generation, way);
            }
            if (resumable != null && resumable.context().retain()) {
                Session session = new Session(resumable.context(), false);
                PeerName name = nameOf(member);
                if (!name.isAddress()) {
                    SSL.setTlsExtHostName(session.address(), name.text());
                }
                resumable.last().resumeIn(session);
                return session;
            }
        }
    }

    // Replacing the generation takes the same monitor, so none is added to one that was let go of.
    private synchronized @Nullable Resumable add(Generation generation, Way way) {
        if (generation != current) {
            return null;
        }
        if (generation.ways.size() >= MOST_CONTEXTS) {
            generation.ways.values().forEach(MemberTls::letGo);
            generation.ways.clear();
        }
        return generation.ways.computeIfAbsent(way, _ -> make(generation, way));
    }

    private static void letGo(Resumable resumable) {
        resumable.last().forget();
        resumable.context().release();
    }

    private PeerName nameOf(InetSocketAddress member) {
        String name = settings.serverName();
        return new PeerName(name == null ? AddressText.of(member.getAddress()) : name);
    }

    private Resumable make(Generation generation, Way way) {
        long address = 0;
        try {
            address = SSLContext.make(SSL.SSL_PROTOCOL_TLSV1_2 | SSL.SSL_PROTOCOL_TLSV1_3, SSL.SSL_MODE_CLIENT);
            ServerTls.common(address, way.alpn().equals(NO_ALPN) ? List.of() : List.of(way.alpn()));
            Identity identity = generation.identity;
            if (identity != null) {
                SSLContext.addCredential(address, identity.credential());
            }
            // Without a verifier of ours the library would refuse every certificate.
            SSLContext.setCertVerifyCallback(address, new ServerTls.Verifier(generation.trust, nameOf(way.address())));
            SSLContext.setVerify(address, SSL.SSL_CVERIFY_REQUIRED, VERIFY_DEPTH);
            LastSession last = new LastSession();
            SSLContext.setSessionCacheMode(address, SSL.SSL_SESS_CACHE_CLIENT | SSL.SSL_SESS_CACHE_NO_INTERNAL_STORE);
            SSLContext.setSessionCacheTimeout(address, SESSION_SECONDS);
            SSLContext.setSSLSessionCache(address, last);
            return new Resumable(new Context(address, last::forget, null), last);
        } catch (Exception e) {
            if (address != 0) {
                SSLContext.free(address);
            }
            throw new IllegalStateException("the TLS library refuses the settings for " + way, e);
        }
    }

    @Override
    List<Path> files() {
        List<Path> files = new ArrayList<>();
        if (settings.ca() != null) {
            files.add(settings.ca());
        }
        KeyPairFiles own = settings.certificate();
        if (own != null) {
            files.add(own.certificate());
            files.add(own.key());
        }
        return files;
    }

    @Override
    void load(boolean first) {
        List<Expiry> ends = new ArrayList<>();
        Trust trust = null;
        Path ca = settings.ca();
        if (settings.verify() && ca != null) {
            List<X509Certificate> authorities = Pem.certificates(reads(), "ca", ca);
            trust = new Trust(Trust.Role.SERVER, authorities, List.of());
            ends.add(expiryOf(ca, authorities));
        }
        KeyPairFiles files = settings.certificate();
        Identity own = files == null ? null : Identity.load(reads(), files, null);
        if (files != null && own != null) {
            ends.add(new Expiry(
                    files.certificate(), own.certificate().getNotAfter().toInstant()));
        }
        expiries = List.copyOf(ends);
        use(new Generation(own, trust));
    }

    /** When the first of some certificates ends. */
    static Expiry expiryOf(Path file, List<X509Certificate> certificates) {
        return new Expiry(
                file,
                certificates.stream()
                        .map(each -> each.getNotAfter().toInstant())
                        .min(Instant::compareTo)
                        .orElse(Instant.MAX));
    }

    private synchronized void use(Generation next) {
        if (!isClosed) {
            replace(next);
        } else if (next.identity != null) {
            next.identity.free();
        }
    }

    private void replace(@Nullable Generation next) {
        Generation old = current;
        current = next;
        if (old != null) {
            old.ways.values().forEach(MemberTls::letGo);
            // Contexts hold a share of it of their own.
            if (old.identity != null) {
                old.identity.free();
            }
        }
    }

    @Override
    List<Expiry> expiries() {
        return expiries;
    }

    @Override
    void tick(long now) {}

    @Override
    synchronized void close() {
        isClosed = true;
        replace(null);
    }
}
