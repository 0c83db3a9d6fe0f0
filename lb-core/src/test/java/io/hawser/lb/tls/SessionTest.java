package io.hawser.lb.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.tls.ServerSettings.ClientAuth;
import io.hawser.lb.tls.ServerSettings.Version;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayInputStream;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two sessions talk in memory. */
@Timeout(300)
class SessionTest {
    private static final InetSocketAddress MEMBER = new InetSocketAddress("127.0.0.1", 6443);
    private static final String NAME = "api.example";

    @TempDir
    Path directory;

    private TlsFiles files;
    private TestAuthority authority;
    private long sessionsBefore;
    private long contextsBefore;

    @BeforeEach
    void start() throws Exception {
        sessionsBefore = Session.live();
        contextsBefore = TlsFiles.liveContexts();
        files = new TlsFiles(TlsEvents.NONE, Duration.ofDays(1));
        authority = new TestAuthority("authority", directory);
    }

    @AfterEach
    void nothingIsLeft() {
        files.close();
        assertEquals(sessionsBefore, Session.live(), "sessions never closed");
        assertEquals(contextsBefore, TlsFiles.liveContexts(), "contexts never freed");
    }

    private ServerTls server(String... names) throws Exception {
        return files.server(TestAuthority.serving(authority.files("server", TestAuthority.server(names))));
    }

    private MemberTls clients() {
        return files.member(authority.verifying(NAME));
    }

    private static End client(MemberTls tls) {
        return new End(tls.open(MEMBER, null));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 1000, 1 << 20})
    void handsAreShakenHoweverTheBytesAreCut(int piece) throws Exception {
        try (End server = new End(server(NAME).open());
                End client = client(clients())) {
            assertTrue(End.shake(client, server, piece));

            byte[] message = new byte[300_000];
            new Random(1).nextBytes(message);
            End.deliver(server, client.seal(message), piece);
            assertArrayEquals(message, server.received());
            End.deliver(client, server.seal(message), piece);
            assertArrayEquals(message, client.received());

            SessionInfo info = server.session.info();
            assertEquals("TLSv1.3", info.version());
            assertEquals(NAME, info.serverName());
            assertNull(info.alpn());
            assertNull(info.peer());
            assertFalse(info.resumed());
        }
    }

    /** The flight of a server with a long chain is larger than the smallest buffer. */
    @Test
    void aFlightThatDoesNotFitIsSentInParts() throws Exception {
        String[] names = new String[60];
        for (int i = 0; i < names.length; i++) {
            names[i] = "a-rather-long-name-number-" + i + ".example.org";
        }
        names[0] = NAME;
        try (End server = new End(server(names).open());
                End client = client(clients())) {
            server.outputRoom = Session.LEAST_OUTPUT;
            assertTrue(End.shake(client, server));
            byte[] message = new byte[5000];
            client.take(server.seal(message));
            assertArrayEquals(message, client.received());
        }
    }

    @Test
    void eachSideMayEndAndGoOnReading() throws Exception {
        try (End server = new End(server(NAME).open());
                End client = client(clients())) {
            End.shake(client, server);

            server.take(client.end());

            assertTrue(server.ended);
            client.take(server.seal("late".getBytes(US_ASCII)));
            assertEquals("late", new String(client.received(), US_ASCII));
            assertFalse(client.ended);
            client.take(server.end());
            assertTrue(client.ended);
        }
    }

    @Test
    void whatFollowsTheEndIsNotRead() throws Exception {
        try (End server = new End(server(NAME).open());
                End client = client(clients())) {
            End.shake(client, server);
            byte[] said = client.seal("question".getBytes(US_ASCII));
            byte[] end = client.end();

            byte[] both = Arrays.copyOf(said, said.length + end.length + 5);
            System.arraycopy(end, 0, both, said.length, end.length);
            server.take(both);

            assertEquals("question", new String(server.received(), US_ASCII));
            assertTrue(server.ended);
        }
    }

    @Test
    void aRecordThatWasTamperedWithBreaksTheSession() throws Exception {
        try (End server = new End(server(NAME).open());
                End client = client(clients())) {
            End.shake(client, server);
            byte[] record = client.seal("money".getBytes(US_ASCII));
            record[record.length - 1] ^= 1;

            byte[] alert = server.take(record);

            assertTrue(server.failed);
            assertTrue(alert.length > 0, "an alert is sent");
        }
    }

    @Test
    void whatIsNotTlsIsCalledSo() throws Exception {
        assertEquals(HandshakeFailure.NOT_TLS, failureOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(US_ASCII)));
        assertEquals(HandshakeFailure.NOT_TLS, failureOf("SSH-2.0-OpenSSH_9.2p1\r\n".getBytes(US_ASCII)));
        byte[] noise = new byte[500];
        new Random(2).nextBytes(noise);
        noise[0] = 0x55;
        assertEquals(HandshakeFailure.NOT_TLS, failureOf(noise));
    }

    private HandshakeFailure failureOf(byte[] bytes) throws Exception {
        try (End server = new End(server(NAME).open())) {
            server.take(bytes);
            assertEquals(Session.Step.FAILED, server.step);
            return server.session.failure();
        }
    }

    @Test
    void theServersMinimumVersionIsKept() throws Exception {
        KeyPairFiles pair = authority.files("server", TestAuthority.server(NAME));
        ServerTls modern = files.server(new ServerSettings(List.of(pair), Version.TLS_1_3, List.of(), null));
        for (String version : List.of("TLSv1.2", "TLSv1.3")) {
            JdkClient client = new JdkClient(authority.bundle(), NAME, version);
            try (End server = new End(modern.open())) {
                boolean shaken = client.shake(server);
                assertEquals(version.equals("TLSv1.3"), shaken, version);
                if (!shaken) {
                    assertEquals(HandshakeFailure.VERSION, server.session.failure());
                }
            }
        }
    }

    @Test
    void tls12IsSpokenWithOthers() throws Exception {
        JdkClient client = new JdkClient(authority.bundle(), NAME, "TLSv1.2");
        try (End server = new End(server(NAME).open())) {
            assertTrue(client.shake(server));
            assertEquals("TLSv1.2", server.session.info().version());
            server.take(client.seal("hello".getBytes(US_ASCII)));
            assertEquals("hello", new String(server.received(), US_ASCII));
            assertEquals("you", new String(client.open(server.seal("you".getBytes(US_ASCII))), US_ASCII));
        }
    }

    @Test
    void renegotiationIsRefused() throws Exception {
        JdkClient client = new JdkClient(authority.bundle(), NAME, "TLSv1.2");
        try (End server = new End(server(NAME).open())) {
            assertTrue(client.shake(server));

            server.take(client.renegotiate());

            assertTrue(server.failed);
        }
    }

    @Test
    void aKeyUpdateIsFollowedAndAnswered() throws Exception {
        JdkClient client = new JdkClient(authority.bundle(), NAME, "TLSv1.3");
        try (End server = new End(server(NAME).open())) {
            assertTrue(client.shake(server));

            server.take(client.renegotiate());
            server.take(client.seal("with new keys".getBytes(US_ASCII)));

            assertFalse(server.failed);
            assertEquals("with new keys", new String(server.received(), US_ASCII));
            assertEquals("me too", new String(client.open(server.seal("me too".getBytes(US_ASCII))), US_ASCII));
        }
    }

    @Test
    void theServersOrderOfProtocolsDecides() throws Exception {
        KeyPairFiles pair = authority.files("server", TestAuthority.server(NAME));
        ServerTls tls =
                files.server(new ServerSettings(List.of(pair), Version.TLS_1_2, List.of("h2", "http/1.1"), null));
        assertEquals("h2", alpnOf(tls, "http/1.1", "h2"));
        assertEquals("http/1.1", alpnOf(tls, "http/1.1"));
        assertNull(alpnOf(tls, "spdy/3"));
        assertNull(alpnOf(tls));
    }

    private String alpnOf(ServerTls tls, String... offered) throws Exception {
        JdkClient client = new JdkClient(authority.bundle(), NAME, "TLSv1.3");
        client.offer(offered);
        try (End server = new End(tls.open())) {
            assertTrue(client.shake(server));
            return server.session.alpn();
        }
    }

    @Test
    void theCertificateIsChosenByServerName() throws Exception {
        ServerTls tls = files.server(TestAuthority.serving(
                authority.files("first", TestAuthority.server("first.example", "127.0.0.1")),
                authority.files("second", TestAuthority.server("Second.Example")),
                authority.files("star", TestAuthority.server("*.wild.example"))));
        assertEquals("first.example", presented(tls, "first.example"));
        assertEquals("Second.Example", presented(tls, "second.example"));
        assertEquals("Second.Example", presented(tls, "SECOND.example"));
        assertEquals("star.wild.example", presented(tls, "a.wild.example"));
        assertEquals("first.example", presented(tls, "wild.example"), "a star stands for one label");
        assertEquals("first.example", presented(tls, "a.b.wild.example"), "a star stands for one label only");
        assertEquals("first.example", presented(tls, "unknown.example"));
        assertEquals("first.example", presented(tls, null));
    }

    private String presented(ServerTls tls, String name) throws Exception {
        MemberTls any = files.member(new MemberSettings(false, null, name, null));
        try (End server = new End(tls.open());
                End client = client(any)) {
            assertTrue(End.shake(client, server), String.valueOf(client.session.failure()));
            return client.session.info().peer().commonName();
        }
    }

    @Test
    void ofTwoKeysForOneNameTheClientGetsTheOneItCanUse() throws Exception {
        ServerTls tls = files.server(TestAuthority.serving(
                authority.files("rsa", TestAuthority.server(NAME).rsa2048()),
                authority.files("elliptic", TestAuthority.server(NAME))));
        try (End server = new End(tls.open());
                End client = client(clients())) {
            assertTrue(End.shake(client, server));
            assertEquals("EC", keyOf(client));
        }
        JdkClient old = new JdkClient(authority.bundle(), NAME, "TLSv1.2");
        old.ciphers("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        try (End server = new End(tls.open())) {
            assertTrue(old.shake(server));
            assertEquals("ECDHE-RSA-AES128-GCM-SHA256", server.session.info().cipher());
        }
    }

    private static String keyOf(End client) throws Exception {
        X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(
                        new ByteArrayInputStream(client.session.info().peer().encoded()));
        return certificate.getPublicKey().getAlgorithm();
    }

    @Test
    void weakCiphersAreNotSpoken() throws Exception {
        JdkClient client = new JdkClient(authority.bundle(), NAME, "TLSv1.2");
        client.ciphers(
                "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
                "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
                "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA");
        try (End server = new End(server(NAME).open())) {
            assertFalse(client.shake(server));
            assertEquals(HandshakeFailure.CIPHER, server.session.failure());
        }
    }

    @Test
    void aSessionIsGoneOnWith() throws Exception {
        ServerTls tls = server(NAME);
        MemberTls clients = clients();
        assertFalse(resumes(tls, clients));
        assertTrue(resumes(tls, clients));
        assertTrue(resumes(tls, clients));
    }

    /** Talks a little, so that the tickets arrive. */
    private static boolean resumes(ServerTls tls, MemberTls clients) {
        try (End server = new End(tls.open());
                End client = client(clients)) {
            assertTrue(End.shake(client, server), () -> client.session.failure() + " " + server.session.failure());
            client.take(server.seal(new byte[] {1}));
            assertEquals(1, client.received().length);
            assertEquals(client.session.isResumed(), server.session.isResumed());
            return server.session.isResumed();
        }
    }

    @Test
    void ticketsOutliveOneChangeOfKeysAndNotThree() throws Exception {
        ServerTls tls = server(NAME);
        MemberTls clients = clients();
        resumes(tls, clients);
        long now = System.nanoTime();
        tls.tick(now + TicketKeys.EVERY_NANOS);
        assertTrue(resumes(tls, clients), "sealed with the key before");
        for (int i = 2; i < 6; i++) {
            tls.tick(now + i * TicketKeys.EVERY_NANOS);
        }
        assertFalse(resumes(tls, clients), "sealed with a key that is gone");
    }

    @Test
    void aClientsCertificateIsJudged() throws Exception {
        X509Bundle revoked = authority.issue(TestAuthority.client("revoked"));
        Path crl = authority.revoke("clients", Instant.now().plus(Duration.ofDays(5)), revoked.getCertificate());
        TestAuthority other = new TestAuthority("other", directory);
        KeyPairFiles good = authority.files("good", TestAuthority.client("good"));
        KeyPairFiles expired = authority.files("expired", TestAuthority.expired(TestAuthority.client("expired")));
        KeyPairFiles server = authority.files("for-servers", TestAuthority.server("server.example"));
        KeyPairFiles foreign = other.files("foreign", TestAuthority.client("foreign"));
        KeyPairFiles gone = authority.write("revoked", revoked);

        for (boolean required : new boolean[] {false, true}) {
            ServerTls tls = asking(new ClientAuth(required, authority.ca(), crl));
            assertEquals(required ? HandshakeFailure.NO_CERTIFICATE : null, judged(tls, null));
            assertNull(judged(tls, good));
            assertEquals(HandshakeFailure.EXPIRED_CERTIFICATE, judged(tls, expired));
            assertEquals(HandshakeFailure.REVOKED_CERTIFICATE, judged(tls, gone));
            assertEquals(HandshakeFailure.UNKNOWN_AUTHORITY, judged(tls, foreign));
            assertEquals(HandshakeFailure.BAD_CERTIFICATE, judged(tls, server));
        }
        ServerTls withoutList = asking(new ClientAuth(true, authority.ca(), null));
        assertNull(judged(withoutList, gone));
        Path old = authority.revoke("old", Instant.now().minus(Duration.ofHours(1)));
        assertEquals(
                HandshakeFailure.UNKNOWN_REVOCATION, judged(asking(new ClientAuth(true, authority.ca(), old)), good));
    }

    private ServerTls asking(ClientAuth clients) throws Exception {
        KeyPairFiles pair = authority.files("server", TestAuthority.server(NAME));
        return files.server(new ServerSettings(List.of(pair), Version.TLS_1_2, List.of(), clients));
    }

    private @Nullable HandshakeFailure judged(ServerTls tls, @Nullable KeyPairFiles shown) throws Exception {
        MemberTls clients = files.member(new MemberSettings(true, authority.ca(), NAME, shown));
        try (End server = new End(tls.open());
                End client = client(clients)) {
            End.shake(client, server);
            if (server.step == Session.Step.DONE && shown != null) {
                assertNotNull(server.session.info().peer());
            }
            return server.session.failure();
        }
    }

    @Test
    void aRevokedClientCannotResume() throws Exception {
        X509Bundle client = authority.issue(TestAuthority.client("client"));
        Path crl = authority.revoke("clients", Instant.now().plus(Duration.ofDays(5)));
        ServerTls tls = asking(new ClientAuth(true, authority.ca(), crl));
        MemberTls clients =
                files.member(new MemberSettings(true, authority.ca(), NAME, authority.write("client", client)));
        assertFalse(resumes(tls, clients));
        assertTrue(resumes(tls, clients));

        authority.revoke("clients", Instant.now().plus(Duration.ofDays(5)), client.getCertificate());
        files.lookNow();

        try (End server = new End(tls.open());
                End revoked = client(clients)) {
            End.shake(revoked, server);
            assertEquals(HandshakeFailure.REVOKED_CERTIFICATE, server.session.failure());
        }
    }

    @Test
    void aMembersCertificateMustBeForItsName() throws Exception {
        ServerTls tls = server(NAME, "127.0.0.1");
        assertNull(judgedByUs(tls, authority.verifying(NAME)));
        assertNull(judgedByUs(tls, authority.verifying(null)), "its address");
        assertEquals(HandshakeFailure.WRONG_NAME, judgedByUs(tls, authority.verifying("other.example")));
        TestAuthority other = new TestAuthority("other", directory);
        assertEquals(HandshakeFailure.UNKNOWN_AUTHORITY, judgedByUs(tls, other.verifying(NAME)));
        assertNull(judgedByUs(tls, new MemberSettings(false, null, "other.example", null)));
    }

    private @Nullable HandshakeFailure judgedByUs(ServerTls tls, MemberSettings settings) {
        try (End server = new End(tls.open());
                End client = client(files.member(settings))) {
            End.shake(client, server);
            return client.session.failure();
        }
    }

    @Test
    void aMemberWithoutOurProtocolIsSeen() throws Exception {
        KeyPairFiles pair = authority.files("server", TestAuthority.server(NAME));
        ServerTls tls = files.server(new ServerSettings(List.of(pair), Version.TLS_1_2, List.of("http/1.1"), null));
        try (End server = new End(tls.open());
                End client = new End(clients().open(MEMBER, "h2"))) {
            assertTrue(End.shake(client, server));
            assertNull(client.session.alpn());
        }
    }
}
