package io.hawser.lb.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.sysctl.linux.Libcrypto;
import io.hawser.sysctl.linux.LinuxException;
import io.netty.internal.tcnative.SSLPrivateKeyMethod;
import io.netty.pkitesting.CertificateBuilder;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who signs for RSA certificates. */
@Timeout(300)
class RsaSignerTest {
    private static final String NAME = "api.example";
    private static final InetSocketAddress MEMBER = new InetSocketAddress("127.0.0.1", 6443);

    @TempDir
    Path directory;

    private TestAuthority authority;
    private long liveBefore;
    private long signedBefore;
    private @Nullable HandshakeFailure ended;

    @BeforeEach
    void start() throws Exception {
        authority = new TestAuthority("authority", directory);
        liveBefore = RsaSigner.live();
        signedBefore = RsaSigner.signed();
    }

    @AfterEach
    void noKeyIsLeft() {
        assertEquals(liveBefore, RsaSigner.live(), "signers never freed");
    }

    private static void skipWithoutLibrary() {
        boolean there;
        try {
            there = Libcrypto.load(Libcrypto.NAME) != null;
        } catch (LinuxException _) {
            there = false;
        }
        assumeTrue(there, Libcrypto.NAME);
    }

    private TlsFiles files(String library) {
        return new TlsFiles(TlsEvents.NONE, Duration.ofDays(1), new RsaSigners(library));
    }

    private KeyPairFiles rsa(String file, String name) throws Exception {
        return authority.files(file, TestAuthority.server(name).algorithm(CertificateBuilder.Algorithm.rsa2048));
    }

    private long signed() {
        return RsaSigner.signed() - signedBefore;
    }

    private boolean shake(TlsFiles files, ServerTls server) {
        return shake(server, files.member(authority.verifying(NAME)));
    }

    private static boolean shake(ServerTls server, MemberTls client) {
        try (End one = new End(server.open());
                End other = new End(client.open(MEMBER, null))) {
            return End.shake(other, one);
        }
    }

    @Test
    void theSystemsLibrarySigns() throws Exception {
        skipWithoutLibrary();
        try (TlsFiles files = files(Libcrypto.NAME)) {
            assertTrue(shake(files, files.server(TestAuthority.serving(rsa("rsa", NAME)))));
            assertEquals(1, signed());
        }
    }

    @Test
    void withoutItTheTlsLibrarySigns() throws Exception {
        try (TlsFiles files = files("libnone-of-this-name.so.3")) {
            assertTrue(shake(files, files.server(TestAuthority.serving(rsa("rsa", NAME)))));
            assertEquals(0, signed());
        }
    }

    @Test
    void anotherLibraryIsNotTakenForIt() throws Exception {
        try (TlsFiles files = files("libc.so.6")) {
            assertTrue(shake(files, files.server(TestAuthority.serving(rsa("rsa", NAME)))));
            assertEquals(0, signed());
        }
    }

    @Test
    void anEllipticCertificateBesideItComesFirst() throws Exception {
        skipWithoutLibrary();
        try (TlsFiles files = files(Libcrypto.NAME)) {
            KeyPairFiles elliptic = authority.files("elliptic", TestAuthority.server(NAME));
            ServerTls server = files.server(TestAuthority.serving(rsa("rsa", NAME), elliptic));
            assertTrue(shake(files, server));
            assertEquals(0, signed());

            try (End end = new End(server.open())) {
                JdkClient rsaOnly = new JdkClient(authority.bundle(), NAME, "TLSv1.2");
                rsaOnly.ciphers("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
                assertTrue(rsaOnly.shake(end));
            }
            assertEquals(1, signed());
        }
    }

    @Test
    void severalNamesAreLeftToTheTlsLibrary() throws Exception {
        try (TlsFiles files = files(Libcrypto.NAME)) {
            ServerTls server = files.server(TestAuthority.serving(rsa("rsa", NAME), rsa("other", "other.example")));
            assertEquals(liveBefore, RsaSigner.live());
            assertTrue(shake(files, server));
            assertEquals(0, signed());
        }
    }

    @Test
    void manyThreadsSignAtOnceAndReplacedKeysAreFreed() throws Exception {
        skipWithoutLibrary();
        try (TlsFiles files = files(Libcrypto.NAME);
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            ServerTls server = files.server(TestAuthority.serving(rsa("rsa", NAME)));
            List<Future<Integer>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Callable<Integer> shakes = () -> {
                    int done = 0;
                    for (int k = 0; k < 25; k++) {
                        done += shake(files, server) ? 1 : 0;
                    }
                    return done;
                };
                all.add(threads.submit(shakes));
            }
            for (int k = 0; k < 3; k++) {
                rsa("rsa", NAME);
                server.load(false);
            }
            int done = 0;
            for (Future<Integer> each : all) {
                done += each.get();
            }
            assertEquals(100, done);
            assertTrue(signed() > 0);
            assertEquals(liveBefore + 1, RsaSigner.live(), "replaced keys");
        }
    }

    /** The judging of certificates is left to the session as well, once signatures are. */
    @Test
    void clientCertificatesAreJudgedBesideIt() throws Exception {
        skipWithoutLibrary();
        try (TlsFiles files = files(Libcrypto.NAME)) {
            ServerTls server = files.server(new ServerSettings(
                    List.of(rsa("rsa", NAME)),
                    ServerSettings.Version.TLS_1_2,
                    List.of(),
                    new ServerSettings.ClientAuth(true, authority.ca(), null)));
            KeyPairFiles known = authority.files("client", TestAuthority.client("client"));
            KeyPairFiles ended = authority.files("ended", TestAuthority.expired(TestAuthority.client("client")));
            assertTrue(shake(server, files.member(new MemberSettings(true, authority.ca(), NAME, known))));
            try (End one = new End(server.open());
                    End other = new End(files.member(new MemberSettings(true, authority.ca(), NAME, ended))
                            .open(MEMBER, null))) {
                End.shake(other, one);
                assertEquals(Session.Step.FAILED, one.step);
                assertEquals(HandshakeFailure.EXPIRED_CERTIFICATE, one.session.failure());
            }
        }
    }

    @Test
    void clientsOfTls12AreServed() throws Exception {
        skipWithoutLibrary();
        try (TlsFiles files = files(Libcrypto.NAME)) {
            ServerTls server = files.server(TestAuthority.serving(rsa("rsa", NAME)));
            try (End end = new End(server.open())) {
                assertTrue(new JdkClient(authority.bundle(), NAME, "TLSv1.2").shake(end));
            }
            assertEquals(1, signed());
        }
    }

    @Test
    void aSessionThatIsResumedNeedsNoSignature() throws Exception {
        skipWithoutLibrary();
        try (TlsFiles files = files(Libcrypto.NAME)) {
            ServerTls server = files.server(TestAuthority.serving(rsa("rsa", NAME)));
            MemberTls clients = files.member(authority.verifying(NAME));
            for (boolean resumed : new boolean[] {false, true, true}) {
                try (End one = new End(server.open());
                        End other = new End(clients.open(MEMBER, null))) {
                    assertTrue(End.shake(other, one));
                    assertEquals(resumed, one.session.isResumed());
                    // So that the tickets arrive.
                    other.take(one.seal(new byte[] {1}));
                }
            }
            assertEquals(1, signed());
        }
    }

    /** All paddings and digests, verified by another implementation. */
    @Test
    void opensslTakesEachKindOfSignature() throws Exception {
        skipWithoutLibrary();
        try (TlsFiles files = files(Libcrypto.NAME)) {
            ServerTls server = files.server(TestAuthority.serving(rsa("rsa", NAME)));
            int signatures = 0;
            for (String digest : List.of("SHA256", "SHA384", "SHA512")) {
                for (List<String> wish : List.of(
                        List.of("-tls1_3", "-sigalgs", "RSA-PSS+" + digest),
                        List.of("-tls1_2", "-sigalgs", "RSA-PSS+" + digest),
                        List.of("-tls1_2", "-sigalgs", "RSA+" + digest))) {
                    String said = openssl(server, wish);
                    assertTrue(said.contains("Verify return code: 0 (ok)"), said);
                    assertTrue(said.contains("Peer signing digest: " + digest), said);
                    assertTrue(
                            said.contains(
                                    "Peer signature type: " + (wish.get(2).startsWith("RSA-PSS") ? "RSA-PSS" : "RSA")),
                            said);
                    assertEquals(++signatures, signed(), String.join(" ", wish));
                }
            }
        }
    }

    /** Else any client could have the signer given up, and failures counted as this process's own. */
    @Test
    void aClientThatKnowsOnlySha1IsRefusedAndLeavesTheSignerInUse() throws Exception {
        skipWithoutLibrary();
        try (TlsFiles files = files(Libcrypto.NAME)) {
            ServerTls server = files.server(TestAuthority.serving(rsa("rsa", NAME)));
            openssl(server, List.of("-tls1_2", "-cipher", "ALL:@SECLEVEL=0", "-sigalgs", "RSA+SHA1"));
            assertEquals(HandshakeFailure.CIPHER, ended);
            assertTrue(shake(files, server));
            assertEquals(1, signed());
        }
    }

    /** Serves one connection of {@code openssl s_client}; what that prints. */
    private String openssl(ServerTls tls, List<String> options) throws Exception {
        assumeTrue(
                Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .anyMatch(each -> new File(each, "openssl").canExecute()),
                "openssl");
        List<String> command = new ArrayList<>(List.of("openssl", "s_client", "-CAfile"));
        command.addAll(List.of(authority.ca().toString(), "-servername", NAME, "-verify_hostname", NAME, "-connect"));
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            command.add("127.0.0.1:" + listening.getLocalPort());
            command.addAll(options);
            Process process = new ProcessBuilder(command)
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .start();
            try (Socket socket = listening.accept();
                    End end = new End(tls.open())) {
                byte[] bytes = new byte[8192];
                int read;
                while (end.step != Session.Step.FAILED
                        && (read = socket.getInputStream().read(bytes)) > 0) {
                    socket.getOutputStream().write(end.take(Arrays.copyOf(bytes, read)));
                }
                ended = end.session.failure();
            }
            return new String(process.getInputStream().readAllBytes(), US_ASCII);
        }
    }

    @Test
    void aFailingSignerCostsOneHandshakeAndTheTlsLibrarySignsTheNext() throws Exception {
        AtomicBoolean broken = new AtomicBoolean();
        try (TlsFiles files = TestSigners.files(broken)) {
            ServerTls alone = files.server(TestAuthority.serving(rsa("alone", NAME)));
            ServerTls beside = files.server(TestAuthority.serving(
                    authority.files("elliptic", TestAuthority.server(NAME)), rsa("beside", NAME)));
            failsOnce(alone, "TLSv1.3", broken);
            rsa("alone", NAME);
            alone.load(false);
            failsOnce(alone, "TLSv1.2", broken);
            failsOnce(beside, "TLSv1.2", broken);
        }
    }

    private void failsOnce(ServerTls server, String version, AtomicBoolean broken) throws Exception {
        long before = signed();
        broken.set(false);
        assertNull(failure(server, version), version);
        assertEquals(before + 1, signed(), version);
        broken.set(true);
        assertEquals(HandshakeFailure.SIGNATURE, failure(server, version), version);
        assertNull(failure(server, version), version + " after the failure");
        broken.set(false);
        assertNull(failure(server, version), version);
        assertEquals(before + 1, signed(), version + ": it was asked again");
    }

    /** Of a handshake with a client that, in TLS 1.2, knows RSA only; null for none. */
    private @Nullable HandshakeFailure failure(ServerTls server, String version) throws Exception {
        try (End end = new End(server.open())) {
            JdkClient client = new JdkClient(authority.bundle(), NAME, version);
            if (version.equals("TLSv1.2")) {
                client.ciphers("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
            }
            boolean done = client.shake(end);
            assertEquals(done, end.session.failure() == null);
            return end.session.failure();
        }
    }

    @Test
    void otherAlgorithmsAreRefused() throws Exception {
        skipWithoutLibrary();
        Libcrypto library = Libcrypto.load(Libcrypto.NAME);
        RsaSigner signer = new RsaSigner(library.key(authority
                .issue(TestAuthority.server(NAME).algorithm(CertificateBuilder.Algorithm.rsa2048))
                .getPrivateKeyPEM()
                .getBytes(US_ASCII)));
        try {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> signer.trial(SSLPrivateKeyMethod.SSL_SIGN_ED25519, new byte[9]));
        } finally {
            signer.free();
        }
        assertThrows(LinuxException.class, () -> library.key("no key".getBytes(US_ASCII)));
    }
}
