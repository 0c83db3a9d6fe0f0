package io.hawser.lb.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class TlsFilesTest {
    private static final InetSocketAddress MEMBER = new InetSocketAddress("127.0.0.1", 6443);

    @TempDir
    Path directory;

    private final List<String> said = new CopyOnWriteArrayList<>();
    private TlsFiles files;
    private TestAuthority authority;

    @BeforeEach
    void start() throws Exception {
        files = new TlsFiles(
                new TlsEvents() {
                    @Override
                    public void replaced(List<Path> changed) {
                        said.add("replaced");
                    }

                    @Override
                    public void refused(List<Path> changed, String why) {
                        said.add("refused " + why);
                    }

                    @Override
                    public void expires(Path file, Instant at, long days) {
                        said.add("expires " + file.getFileName() + " " + days);
                    }
                },
                Duration.ofDays(1));
        authority = new TestAuthority("authority", directory);
    }

    @AfterEach
    void stop() {
        files.close();
    }

    private String served(ServerTls tls) throws Exception {
        MemberTls any = files.member(new MemberSettings(false, null, "x.example", null));
        try (End server = new End(tls.open());
                End client = new End(any.open(MEMBER, null))) {
            assertTrue(End.shake(client, server));
            return client.session.info().peer().commonName();
        }
    }

    /** Looks as often as a file that fails is tried. */
    private void look() {
        files.lookNow();
        files.lookNow();
    }

    @Test
    void aNewCertificateIsForNewSessionsAndOldOnesGoOn() throws Exception {
        KeyPairFiles pair = authority.files("server", TestAuthority.server("one.example"));
        ServerTls tls = files.server(TestAuthority.serving(pair));
        try (End server = new End(tls.open());
                End client = new End(
                        files.member(new MemberSettings(false, null, "x", null)).open(MEMBER, null))) {
            assertTrue(End.shake(client, server));

            authority.files("server", TestAuthority.server("two.example"));
            files.lookNow();

            assertEquals("two.example", served(tls));
            client.take(server.seal(new byte[] {1, 2, 3}));
            assertEquals(3, client.received().length);
        }
        assertEquals(List.of("replaced"), said);
    }

    /** As Kubernetes mounts a secret: files lead through a link to a directory that is replaced as a whole. */
    @Test
    void theSwapOfAMountedSecretIsSeen() throws Exception {
        mount("1", "one.example");
        for (String name : List.of("tls.crt", "tls.key")) {
            Files.createSymbolicLink(directory.resolve(name), Path.of("..data", name));
        }
        ServerTls tls = files.server(ServerSettings.of(directory.resolve("tls.crt"), directory.resolve("tls.key")));
        assertEquals("one.example", served(tls));

        mount("2", "two.example");
        files.lookNow();

        assertEquals("two.example", served(tls));
        assertEquals(List.of("replaced"), said);
    }

    private void mount(String version, String name) throws Exception {
        Path data = Files.createDirectory(directory.resolve("..version-" + version));
        X509Bundle bundle = authority.issue(TestAuthority.server(name));
        Files.writeString(data.resolve("tls.crt"), bundle.getCertificatePathPEM());
        Files.writeString(data.resolve("tls.key"), bundle.getPrivateKeyPEM());
        Path next = directory.resolve("..data_tmp");
        Files.createSymbolicLink(next, data.getFileName());
        Files.move(next, directory.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Certificate first, key later: in between they do not belong together, which nobody wants to hear about. */
    @Test
    void filesReplacedOneAfterTheOtherAreTakenWithoutAComplaint() throws Exception {
        KeyPairFiles pair = authority.files("server", TestAuthority.server("one.example"));
        ServerTls tls = files.server(TestAuthority.serving(pair));
        X509Bundle next = authority.issue(TestAuthority.server("two.example"));

        TestAuthority.replace(pair.certificate(), next.getCertificatePathPEM());
        files.lookNow();
        assertEquals("one.example", served(tls));
        TestAuthority.replace(pair.key(), next.getPrivateKeyPEM());
        files.lookNow();

        assertEquals("two.example", served(tls));
        assertEquals(List.of("replaced"), said);
    }

    @ParameterizedTest
    @ValueSource(strings = {"other key", "garbage", "empty", "gone", "ended", "encrypted", "half a certificate"})
    void whatCannotBeUsedIsRefusedOnceAndTheOldOneKept(String fault) throws Exception {
        KeyPairFiles pair = authority.files("server", TestAuthority.server("one.example"));
        ServerTls tls = files.server(TestAuthority.serving(pair));
        String before = Files.readString(pair.key());

        String expected = spoil(fault, pair);
        look();
        look();

        assertEquals("one.example", served(tls));
        assertEquals(1, said.size(), said.toString());
        assertTrue(said.getFirst().contains(expected), said.getFirst());
        assertTrue(said.getFirst().contains(directory.toString()), "names the file: " + said.getFirst());
        assertEquals(1, files.refusals());
        assertEquals(1, files.complaints().size());

        X509Bundle good = authority.issue(TestAuthority.server("two.example"));
        TestAuthority.replace(pair.key(), good.getPrivateKeyPEM());
        TestAuthority.replace(pair.certificate(), good.getCertificatePathPEM());
        files.lookNow();
        assertEquals("two.example", served(tls));
        assertEquals(List.of(), files.complaints());
        assertFalse(before.isEmpty());
    }

    private String spoil(String fault, KeyPairFiles pair) throws Exception {
        switch (fault) {
            case "other key" -> {
                TestAuthority.replace(
                        pair.key(), authority.issue(TestAuthority.server("z")).getPrivateKeyPEM());
                return "is not the key of this certificate";
            }
            case "garbage" -> {
                TestAuthority.replace(pair.key(), "this is no key\n");
                return "there is no PEM private key in it";
            }
            case "empty" -> {
                TestAuthority.replace(pair.certificate(), "");
                return "it is empty";
            }
            case "gone" -> {
                Files.delete(pair.key());
                return "no such file";
            }
            case "ended" -> {
                authority.files("server", TestAuthority.expired(TestAuthority.server("old.example")));
                return "it expired on";
            }
            case "encrypted" -> {
                TestAuthority.replace(
                        pair.key(),
                        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
                return "it is encrypted";
            }
            default -> {
                String whole = Files.readString(pair.certificate());
                TestAuthority.replace(pair.certificate(), whole.substring(0, whole.length() / 3));
                return "it holds no certificate in PEM (BEGIN CERTIFICATE)";
            }
        }
    }

    /** A file of authorities is replaced: who was a stranger is known, and who was known a stranger. */
    @Test
    void aReplacedAuthorityDecidesWhoIsTrustedOnBothSides() throws Exception {
        TestAuthority other = new TestAuthority("other", directory);
        Path trusted = directory.resolve("trusted.pem");
        TestAuthority.replace(trusted, Files.readString(authority.ca()));
        KeyPairFiles pair = authority.files("server", TestAuthority.server("one.example"));
        KeyPairFiles mine = authority.files("mine", TestAuthority.client("mine"));
        KeyPairFiles theirs = other.files("theirs", TestAuthority.client("theirs"));
        ServerTls asking = files.server(new ServerSettings(
                List.of(pair),
                ServerSettings.Version.TLS_1_2,
                List.of(),
                new ServerSettings.ClientAuth(true, trusted, null)));
        ServerTls member =
                files.server(TestAuthority.serving(other.files("member", TestAuthority.server("m.example"))));
        MemberTls verifying = files.member(new MemberSettings(true, trusted, "m.example", null));
        assertNull(judgedByServer(asking, mine));
        assertEquals(HandshakeFailure.UNKNOWN_AUTHORITY, judgedByServer(asking, theirs));
        assertEquals(HandshakeFailure.UNKNOWN_AUTHORITY, judgedByUs(verifying, member));

        TestAuthority.replace(trusted, Files.readString(other.ca()));
        files.lookNow();

        assertEquals(HandshakeFailure.UNKNOWN_AUTHORITY, judgedByServer(asking, mine), "also when it could resume");
        assertNull(judgedByServer(asking, theirs));
        assertNull(judgedByUs(verifying, member));
    }

    private @Nullable HandshakeFailure judgedByServer(ServerTls tls, KeyPairFiles shown) {
        MemberTls clients = files.member(new MemberSettings(false, null, "one.example", shown));
        try (End server = new End(tls.open());
                End client = new End(clients.open(MEMBER, null))) {
            End.shake(client, server);
            return server.session.failure();
        }
    }

    private static @Nullable HandshakeFailure judgedByUs(MemberTls tls, ServerTls member) {
        try (End server = new End(member.open());
                End client = new End(tls.open(MEMBER, null))) {
            End.shake(client, server);
            return client.session.failure();
        }
    }

    @Test
    void aReplacedCertificateOfOursIsShownToMembers() throws Exception {
        KeyPairFiles own = authority.files("own", TestAuthority.client("before"));
        ServerTls member = files.server(new ServerSettings(
                List.of(authority.files("member", TestAuthority.server("m.example"))),
                ServerSettings.Version.TLS_1_2,
                List.of(),
                new ServerSettings.ClientAuth(true, authority.ca(), null)));
        MemberTls tls = files.member(new MemberSettings(true, authority.ca(), "m.example", own));
        assertEquals("before", shown(tls, member));

        authority.files("own", TestAuthority.client("after"));
        files.lookNow();

        assertEquals("after", shown(tls, member), "a session of before must not be resumed");
    }

    /** The name that we show; talks a little, so that a ticket for the next time arrives. */
    private static String shown(MemberTls tls, ServerTls member) {
        try (End server = new End(member.open());
                End client = new End(tls.open(MEMBER, null))) {
            assertTrue(End.shake(client, server), () -> client.session.failure() + " " + server.session.failure());
            client.take(server.seal(new byte[] {1}));
            return server.session.info().peer().commonName();
        }
    }

    /** RSA and elliptic for one name; each client goes on getting the kind that it can use. */
    @Test
    void bothCertificatesOfANameMayBeReplaced() throws Exception {
        ServerTls tls = files.server(TestAuthority.serving(
                authority.files(
                        "rsa", TestAuthority.server("rsa.one", "a.example").rsa2048()),
                authority.files("elliptic", TestAuthority.server("elliptic.one", "a.example"))));
        assertEquals("rsa.one", served(tls, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
        assertEquals("elliptic.one", served(tls, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"));

        authority.files("elliptic", TestAuthority.server("elliptic.two", "a.example"));
        files.lookNow();
        assertEquals("rsa.one", served(tls, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
        assertEquals("elliptic.two", served(tls, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"));

        authority.files("rsa", TestAuthority.server("rsa.two", "a.example").rsa2048());
        files.lookNow();
        assertEquals("rsa.two", served(tls, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
        assertEquals("elliptic.two", served(tls, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"));
    }

    private String served(ServerTls tls, String suite) throws Exception {
        JdkClient client = new JdkClient(authority.bundle(), "a.example", "TLSv1.2");
        client.ciphers(suite);
        try (End server = new End(tls.open())) {
            assertTrue(client.shake(server), () -> String.valueOf(server.session.failure()));
            return client.peer().getSubjectX500Principal().getName().substring(3);
        }
    }

    @Test
    void anEndedCertificateServesWhenThereIsNothingBetter() throws Exception {
        KeyPairFiles pair = authority.files("server", TestAuthority.expired(TestAuthority.server("old.example")));
        assertEquals("old.example", served(files.server(TestAuthority.serving(pair))));
        assertEquals(List.of("expires server.pem 0"), said);
    }

    @Test
    void whatEndsSoonIsSaidOnceForEachThreshold() throws Exception {
        KeyPairFiles pair = authority.files(
                "server",
                TestAuthority.server("a.example").notAfter(Instant.now().plus(Duration.ofDays(5))));
        files.server(TestAuthority.serving(pair));
        look();
        assertEquals(List.of("expires server.pem 4"), said);

        authority.files(
                "server",
                TestAuthority.server("a.example").notAfter(Instant.now().plus(Duration.ofDays(20))));
        look();
        assertEquals(List.of("expires server.pem 4", "replaced", "expires server.pem 19"), said);
        assertEquals(
                19,
                Duration.between(Instant.now(), files.expiries().get(pair.certificate()))
                        .toDays());
    }

    @Test
    void keysOfAllUsualFormsAreRead() throws Exception {
        for (boolean rsa : new boolean[] {false, true}) {
            var builder = TestAuthority.server("a.example");
            X509Bundle bundle = authority.issue(rsa ? builder.rsa2048() : builder);
            for (String form : List.of("PKCS#8", "traditional")) {
                KeyPairFiles pair = authority.write("server-" + rsa + form, bundle);
                if (form.equals("traditional")) {
                    TestAuthority.replace(pair.key(), traditional(bundle.getKeyPair(), rsa));
                }
                assertEquals("a.example", served(files.server(TestAuthority.serving(pair))), rsa + " " + form);
            }
        }
    }

    /** PKCS#1 or SEC 1, which lie inside PKCS#8. */
    private static String traditional(KeyPair pair, boolean rsa) throws IOException {
        byte[] inner = org.bouncycastle.asn1.pkcs.PrivateKeyInfo.getInstance(
                        pair.getPrivate().getEncoded())
                .parsePrivateKey()
                .toASN1Primitive()
                .getEncoded();
        if (!rsa) {
            // Without the curve, as it is left out inside PKCS#8, the key would be of no use by itself.
            var key = org.bouncycastle.asn1.sec.ECPrivateKey.getInstance(inner);
            inner = new org.bouncycastle.asn1.sec.ECPrivateKey(
                            256, key.getKey(), org.bouncycastle.asn1.x9.X9ObjectIdentifiers.prime256v1)
                    .getEncoded();
        }
        String label = rsa ? "RSA PRIVATE KEY" : "EC PRIVATE KEY";
        String parameters = rsa ? "" : "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        return parameters + "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(inner) + "\n-----END " + label
                + "-----\n";
    }

    @Test
    void theSameSettingsShareSessions() throws Exception {
        KeyPairFiles pair = authority.files("server", TestAuthority.server("one.example"));
        ServerTls tls = files.server(TestAuthority.serving(pair));
        assertSame(tls, files.server(TestAuthority.serving(pair)));
        files.retain(List.of(), List.of());
        assertThrows(IllegalStateException.class, tls::open);
    }

    @Test
    void whatIsMissingAtTheStartIsAnError() throws Exception {
        ServerSettings settings = ServerSettings.of(directory.resolve("none.pem"), directory.resolve("none.key"));
        TlsException e = assertThrows(TlsException.class, () -> files.server(settings));
        assertEquals(
                "certificate \"" + directory.resolve("none.pem") + "\" cannot be used: no such file", e.getMessage());
    }

    /** Nothing that is said about a key may hold a part of it. */
    @Test
    void noMessageQuotesAKey() throws Exception {
        X509Bundle one = authority.issue(TestAuthority.server("one.example"));
        X509Bundle two = authority.issue(TestAuthority.server("two.example"));
        String key = two.getPrivateKeyPEM();
        List<String> messages = new ArrayList<>();
        for (String spoiled : List.of(key, key.replace("PRIVATE", "PUBLIC"), key.substring(0, key.length() / 2))) {
            KeyPairFiles pair = authority.write("pair", one);
            Files.writeString(pair.key(), spoiled);
            TlsException e = assertThrows(TlsException.class, () -> files.server(TestAuthority.serving(pair)));
            ByteArrayOutputStream trace = new ByteArrayOutputStream();
            e.printStackTrace(new java.io.PrintStream(trace, true, StandardCharsets.UTF_8));
            messages.add(trace.toString(StandardCharsets.UTF_8));
        }
        for (String line : key.lines().filter(each -> !each.startsWith("-")).toList()) {
            messages.forEach(message -> assertFalse(message.contains(line), message));
        }
    }
}
