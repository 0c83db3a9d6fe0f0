package io.hawser.lb.tls;

import io.hawser.lb.pem.RevocationList;
import io.hawser.lb.pem.TicketKeyFile;
import io.hawser.lb.tls.ServerSettings.ClientAuth;
import io.hawser.lb.tls.ServerSettings.Version;
import io.hawser.sysctl.files.FileReads;
import io.netty.internal.tcnative.CertificateVerifier;
import io.netty.internal.tcnative.SSL;
import io.netty.internal.tcnative.SSLContext;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The TLS of a listener, which follows its files. {@link #open} any thread, the rest the thread of {@link TlsFiles}. */
public final class ServerTls extends FilesFollower {
    /*
     * TLS 1.2 with forward secrecy and authenticated encryption only. The library has no say over the suites of TLS 1.3,
     * which are all of that kind. AES first: every server processor of today has instructions for it.
     */
    static final String CIPHERS = String.join(
            ":",
            "ECDHE-ECDSA-AES128-GCM-SHA256",
            "ECDHE-RSA-AES128-GCM-SHA256",
            "ECDHE-ECDSA-AES256-GCM-SHA384",
            "ECDHE-RSA-AES256-GCM-SHA384",
            "ECDHE-ECDSA-CHACHA20-POLY1305",
            "ECDHE-RSA-CHACHA20-POLY1305");

    /** A hybrid with a post-quantum group first: what is recorded today must not be readable tomorrow. */
    static final String[] GROUPS = {"X25519MLKEM768", "X25519", "P-256", "P-384"};

    private static final int VERIFY_DEPTH = 8;
    // Clients without tickets are rare; each session kept costs one or two kilobytes.
    private static final long SESSIONS_KEPT = 1024;
    private static final long SESSION_SECONDS = TimeUnit.HOURS.toSeconds(2);

    private final ServerSettings settings;
    private final RsaSigners signers;
    private final TicketKeys tickets = new TicketKeys(System.nanoTime());
    private List<X509Certificate> authorities = List.of();
    private List<RevocationList> revocations = List.of();
    private boolean isClosed;
    private volatile @Nullable Context current;
    private volatile List<Expiry> expiries = List.of();

    ServerTls(ServerSettings settings, FileReads reads, RsaSigners signers) {
        super(reads);
        this.settings = settings;
        this.signers = signers;
    }

    /** How it was asked for. */
    public ServerSettings settings() {
        return settings;
    }

    /** Opens a session that waits for a client's hello. */
    public Session open() {
        while (true) {
            Context context = current;
            if (context == null) {
                throw new IllegalStateException("no context: it was closed, or never loaded");
            }
            if (context.retain()) {
                return opened(context);
            }
        }
    }

    private static Session opened(Context context) {
        Session session = new Session(context, true);
        Identity elsewhere = context.signedElsewhere();
        if (elsewhere != null) {
            try {
                elsewhere.give(session.address());
            } catch (Exception e) {
                session.close();
                throw new IllegalStateException("a certificate could not be given to a session", e);
            }
        }
        return session;
    }

    @Override
    List<Path> files() {
        List<Path> files = new ArrayList<>();
        for (KeyPairFiles each : settings.certificates()) {
            files.add(each.certificate());
            files.add(each.key());
        }
        ClientAuth clients = settings.clientAuth();
        if (clients != null) {
            files.add(clients.ca());
            if (clients.crl() != null) {
                files.add(clients.crl());
            }
        }
        if (settings.ticketKeys() != null) {
            files.add(settings.ticketKeys());
        }
        return files;
    }

    @Override
    void load(boolean first) {
        ClientAuth clients = settings.clientAuth();
        List<X509Certificate> nextAuthorities =
                clients == null ? List.of() : Pem.certificates(reads(), "client-auth ca", clients.ca());
        Path crl = clients == null ? null : clients.crl();
        List<RevocationList> nextRevocations =
                crl == null ? List.of() : Pem.revocationLists(reads(), "client-auth crl", crl);
        List<Identity> loaded = new ArrayList<>();
        byte[] scope;
        List<byte[]> shared = List.of();
        try {
            for (KeyPairFiles each : settings.certificates()) {
                Identity identity = Identity.load(reads(), each, signers);
                loaded.add(identity);
                if (!first) {
                    refuseEnded(each.certificate(), identity.certificate());
                }
            }
            scope = SessionScope.of(
                    loaded.stream().map(Identity::certificate).toList(), clients, nextAuthorities, nextRevocations);
            if (settings.ticketKeys() != null) {
                shared = Pem.ticketKeys(reads(), settings.ticketKeys());
            }
        } catch (TlsException e) {
            loaded.forEach(Identity::free);
            nextRevocations.forEach(RevocationList::close);
            throw e;
        }
        try {
            Identities identities = new Identities(loaded);
            Trust trust = clients == null ? null : new Trust(Trust.Role.CLIENT, nextAuthorities, nextRevocations);
            Context next = make(identities, trust, nextAuthorities, nextRevocations, scope);
            boolean isTrustNew = !nextAuthorities.equals(authorities) || !nextRevocations.equals(revocations);
            authorities = nextAuthorities;
            revocations = nextRevocations;
            expiries = expiriesOf(loaded, crl);
            use(next, isTrustNew, shared);
        } finally {
            TicketKeyFile.wipe(shared);
        }
    }

    private synchronized void use(Context next, boolean isTrustNew, List<byte[]> shared) {
        if (isClosed) {
            next.release();
            return;
        }
        // A ticket stands for a certificate that was checked with the authorities and lists of its time. Shared keys
        // cannot be
        // forgotten for that: there the session's scope ends what was sealed before.
        if (!shared.isEmpty()) {
            tickets.share(shared);
        } else if (isTrustNew) {
            tickets.renew(System.nanoTime());
        }
        tickets.give(next);
        replace(next);
    }

    // Better an ended certificate than none at all; but one that still works is not given up for it.
    private static void refuseEnded(Path file, X509Certificate certificate) {
        if (certificate.getNotAfter().toInstant().isBefore(Instant.now())) {
            throw Pem.unusable(
                    "certificate",
                    file,
                    "it expired on " + certificate.getNotAfter().toInstant());
        }
    }

    private List<Expiry> expiriesOf(List<Identity> identities, @Nullable Path crl) {
        List<Expiry> all = new ArrayList<>();
        for (int i = 0; i < identities.size(); i++) {
            all.add(new Expiry(
                    settings.certificates().get(i).certificate(),
                    identities.get(i).certificate().getNotAfter().toInstant()));
        }
        ClientAuth clients = settings.clientAuth();
        if (clients != null) {
            all.add(MemberTls.expiryOf(clients.ca(), authorities));
        }
        if (crl != null) {
            revocations.stream()
                    .map(RevocationList::nextUpdate)
                    .filter(Objects::nonNull)
                    .min(Instant::compareTo)
                    .ifPresent(at -> all.add(new Expiry(crl, at)));
        }
        return List.copyOf(all);
    }

    private Context make(
            Identities identities,
            @Nullable Trust trust,
            List<X509Certificate> trusted,
            List<RevocationList> lists,
            byte[] scope) {
        long address = 0;
        try {
            int versions = settings.minimum() == Version.TLS_1_3
                    ? SSL.SSL_PROTOCOL_TLSV1_3
                    : SSL.SSL_PROTOCOL_TLSV1_2 | SSL.SSL_PROTOCOL_TLSV1_3;
            address = SSLContext.make(versions, SSL.SSL_MODE_SERVER);
            SSLContext.setOptions(address, SSL.SSL_OP_CIPHER_SERVER_PREFERENCE);
            common(address, settings.alpn());
            SSLContext.setSessionCacheMode(address, SSL.SSL_SESS_CACHE_SERVER);
            SSLContext.setSessionCacheSize(address, SESSIONS_KEPT);
            SSLContext.setSessionCacheTimeout(address, SESSION_SECONDS);
            SSLContext.setSessionIdContext(address, scope);
            present(address, identities);
            if (trust != null) {
                ask(address, trust, trusted);
            }
            Runnable free = () -> {
                identities.free();
                lists.forEach(RevocationList::close);
            };
            return new Context(address, free, identities.signedElsewhere());
        } catch (Exception e) {
            if (address != 0) {
                SSLContext.free(address);
            }
            identities.free();
            lists.forEach(RevocationList::close);
            throw new TlsException("the TLS library refuses these settings: " + e.getMessage());
        }
    }

    /** What both directions have in common. */
    static void common(long address, List<String> alpn) throws Exception {
        SSLContext.setMode(
                address,
                SSLContext.getMode(address) | SSL.SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL.SSL_MODE_RELEASE_BUFFERS);
        SSLContext.setCipherSuite(address, CIPHERS, false);
        if (!SSLContext.setCurvesList(address, GROUPS)) {
            throw new TlsException("the TLS library does not know the groups " + String.join(", ", GROUPS));
        }
        if (!alpn.isEmpty()) {
            SSLContext.setAlpnProtos(address, alpn.toArray(String[]::new), SSL.SSL_SELECTOR_FAILURE_NO_ADVERTISE);
        }
    }

    private static void present(long address, Identities identities) throws Exception {
        Identity elsewhere = identities.signedElsewhere();
        if (elsewhere == null) {
            identities.dropSigners();
        }
        if (identities.areForAll()) {
            for (Identity identity : identities.forOthers()) {
                if (identity != elsewhere) {
                    SSLContext.addCredential(address, identity.credential());
                }
            }
            if (elsewhere != null) {
                // Without tasks, tcnative leaves out an argument when it calls the method, and the JVM crashes.
                SSLContext.setUseTasks(address, true);
                SSLContext.setPrivateKeyMethod(address, elsewhere.signer());
            }
            return;
        }
        SSLContext.setCertificateCallback(address, (ssl, _, _) -> {
            for (Identity identity : identities.of(SSL.getSniHostname(ssl))) {
                SSL.addCredential(ssl, identity.credential());
            }
        });
    }

    private void ask(long address, Trust trust, List<X509Certificate> trusted) throws Exception {
        ClientAuth clients = settings.clientAuth();
        boolean required = clients != null && clients.required();
        SSLContext.setCertVerifyCallback(address, new Verifier(trust, null));
        SSLContext.setVerify(address, required ? SSL.SSL_CVERIFY_REQUIRED : SSL.SSL_CVERIFY_OPTIONAL, VERIFY_DEPTH);
        long authoritiesAsked = Pem.nativeCopy(trusted);
        try {
            SSLContext.setCACertificateBio(address, authoritiesAsked);
        } finally {
            SSL.freeBIO(authoritiesAsked);
        }
    }

    /** Has certificates judged, or takes any. Called by the library on the thread of the handshake. */
    static final class Verifier extends CertificateVerifier {
        private final @Nullable Trust trust;
        private final @Nullable PeerName name;

        Verifier(@Nullable Trust trust, @Nullable PeerName name) {
            this.trust = trust;
            this.name = name;
        }

        @Override
        public int verify(long ssl, byte[][] chain, String authentication) {
            HandshakeFailure failure;
            try {
                failure = trust == null ? null : trust.judge(chain, name, Instant.now());
            } catch (RuntimeException _) {
                // A certificate that makes the JDK's parser stumble is not one to be let in.
                failure = HandshakeFailure.BAD_CERTIFICATE;
            }
            if (failure != null) {
                Refusal.because(failure);
            }
            return Trust.alertOf(failure);
        }
    }

    @Override
    List<Expiry> expiries() {
        return expiries;
    }

    @Override
    synchronized void tick(long now) {
        Context context = current;
        if (tickets.rotateIfDue(now) && context != null) {
            tickets.give(context);
        }
    }

    private void replace(@Nullable Context next) {
        Context old = current;
        current = next;
        if (old != null) {
            old.release();
        }
    }

    @Override
    synchronized void close() {
        isClosed = true;
        replace(null);
    }
}
