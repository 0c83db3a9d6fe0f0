package io.hawser.healthcheck;

import static io.hawser.healthcheck.Checks.PATIENT;
import static io.hawser.healthcheck.Checks.QUICK;
import static io.hawser.healthcheck.Checks.assertFailed;
import static io.hawser.healthcheck.Checks.assertRefusing;
import static io.hawser.healthcheck.TestTls.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.ReferenceCountUtil;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Single TLS and HTTPS checks against JDK and OpenSSL servers on loopback. */
class TlsCheckTest {
    private static final CheckPlan TLS = CheckPlan.of(CheckPlan.Type.TLS).with(PATIENT);
    private static final CheckPlan HTTPS =
            CheckPlan.of(CheckPlan.Type.HTTPS).with(PATIENT).with(CheckPlan.Request.path("/readyz"));

    @TempDir
    Path dir;

    private final HealthLoop loop = new HealthLoop();
    private X509Bundle authority;
    private X509Bundle own;

    @BeforeEach
    void makeCertificates() throws Exception {
        authority = TestTls.authority("authority");
        own = TestTls.server(authority);
    }

    @AfterEach
    void stop() {
        loop.close();
    }

    @Test
    void tlsPassesAfterTheHandshakeAndSaysGoodbye() throws Exception {
        var end = new CompletableFuture<Integer>();
        try (var server = new TestServer(
                TestTls.listening(own),
                socket -> end.complete(socket.getInputStream().read()))) {
            var result = Checks.run(loop, server.address(), TLS);
            assertInstanceOf(CheckResult.Passed.class, result, result::toString);
            // The JDK's TLS socket throws at an end without close_notify.
            assertEquals(-1, end.get(30, TimeUnit.SECONDS));
            assertTrue(server.failures.isEmpty(), server.failures::toString);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void httpsPassesAndLeavesNoErrorInTheServer(String version) throws Exception {
        var end = new CompletableFuture<Integer>();
        try (var server = new TestServer(TestTls.listening(own), socket -> {
            ((SSLSocket) socket).setEnabledProtocols(new String[] {version});
            TestServer.answer(socket, TestServer.ok("ok"));
            end.complete(socket.getInputStream().read());
        })) {
            var result = Checks.run(loop, server.address(), HTTPS);
            assertInstanceOf(CheckResult.Passed.class, result, result::toString);
            assertEquals(-1, end.get(30, TimeUnit.SECONDS));
            assertTrue(server.failures.isEmpty(), server.failures::toString);
        }
    }

    @Test
    void sendsTheServerNameOnlyWhenGiven() throws Exception {
        var names = new CopyOnWriteArrayList<String>();
        try (var server = new TestServer(TestTls.listening(own), socket -> {
            TestServer.readHead(socket);
            var session = (ExtendedSSLSession) ((SSLSocket) socket).getSession();
            names.add(session.getRequestedServerNames().toString());
            TestServer.write(socket, TestServer.ok("ok"));
        })) {
            Checks.run(loop, server.address(), HTTPS);
            Checks.run(loop, server.address(), HTTPS.with(new CheckPlan.Tls(null, "api.example", null, null)));
            assertEquals("[]", names.get(0));
            assertTrue(names.get(1).contains("api.example"), names::toString);
        }
    }

    @Test
    void certificateThatLeadsToTheAuthorityPasses() throws Exception {
        var ca = write(dir, "ca.pem", authority.getCertificatePEM());
        try (var server = httpsServer(own)) {
            for (var name : new String[] {null, "api.example", "127.0.0.1"}) {
                var result = Checks.run(loop, server.address(), HTTPS.with(new CheckPlan.Tls(ca, name, null, null)));
                assertInstanceOf(CheckResult.Passed.class, result, () -> name + ": " + result);
            }
        }
    }

    @Test
    void certificateForAnotherNameIsRefusing() throws Exception {
        var ca = write(dir, "ca.pem", authority.getCertificatePEM());
        try (var server = httpsServer(own)) {
            var plan = HTTPS.with(new CheckPlan.Tls(ca, "other.example", null, null));
            assertRefusing(Cause.TLS, "other.example", Checks.run(loop, server.address(), plan));
        }
    }

    @Test
    void certificateOfAnotherAuthorityIsRefusingOnlyWhenVerified() throws Exception {
        var ca = write(dir, "ca.pem", TestTls.authority("stranger").getCertificatePEM());
        try (var server = httpsServer(own)) {
            var plan = HTTPS.with(new CheckPlan.Tls(ca, null, null, null));
            assertRefusing(Cause.TLS, "TLS with 127.0.0.1", Checks.run(loop, server.address(), plan));
            assertInstanceOf(CheckResult.Passed.class, Checks.run(loop, server.address(), HTTPS));
        }
    }

    @Test
    void expiredCertificateIsRefusingOnlyWhenVerified() throws Exception {
        var ca = write(dir, "ca.pem", authority.getCertificatePEM());
        try (var server = httpsServer(TestTls.expiredServer(authority))) {
            var plan = HTTPS.with(new CheckPlan.Tls(ca, null, null, null));
            assertRefusing(Cause.TLS, "its certificate has expired", Checks.run(loop, server.address(), plan));
            assertInstanceOf(CheckResult.Passed.class, Checks.run(loop, server.address(), HTTPS));
        }
    }

    @Test
    void clientCertificateIsShownWhereRequired() throws Exception {
        var client = TestTls.client(authority);
        var certificate = write(dir, "client.pem", client.getCertificatePathPEM());
        var key = write(dir, "client.key", client.getPrivateKeyPEM());
        try (var server = new TestServer(
                TestTls.listening(own, authority), socket -> TestServer.answer(socket, TestServer.ok("ok")))) {
            var plan = HTTPS.with(new CheckPlan.Tls(null, null, certificate, key));
            var result = Checks.run(loop, server.address(), plan);
            assertInstanceOf(CheckResult.Passed.class, result, result::toString);
            var without = Checks.run(loop, server.address(), HTTPS);
            assertRefusing(Cause.TLS, "certificate", without);
        }
    }

    @Test
    void noTlsAtAllIsRefusing() throws Exception {
        try (var server = new TestServer(socket -> {
            TestServer.write(socket, "HTTP/1.1 400 Bad Request\r\n\r\n");
            TestServer.readToEnd(socket);
        })) {
            assertRefusing(Cause.TLS, "not an ssl/tls record", Checks.run(loop, server.address(), HTTPS));
        }
    }

    @Test
    void silenceInTheHandshakeIsFailure() throws Exception {
        try (var server = new TestServer(TestServer::readToEnd)) {
            var result = Checks.run(loop, server.address(), TLS.with(QUICK));
            assertFailed(Cause.TIMEOUT, "TLS handshake not complete", result);
        }
    }

    @Test
    void endInTheHandshakeIsFailure() throws Exception {
        try (var server = new TestServer(socket -> socket.getInputStream().read(new byte[1000]))) {
            var result = Checks.run(loop, server.address(), TLS);
            assertEquals(Verdict.FAILURE, result.verdict(), result::toString);
        }
        try (var server = new TestServer(Socket::shutdownOutput)) {
            var result = Checks.run(loop, server.address(), TLS);
            assertEquals(Verdict.FAILURE, result.verdict(), result::toString);
        }
    }

    @Test
    void tokenIsSent() throws Exception {
        var token = write(dir, "token", "s3cret\n");
        var head = new CompletableFuture<List<String>>();
        try (var server = new TestServer(TestTls.listening(own), socket -> {
            head.complete(TestServer.readHead(socket));
            TestServer.write(socket, TestServer.ok("ok"));
        })) {
            var plan = HTTPS.with(new CheckPlan.Request("/readyz", null, java.util.Set.of(200), token));
            Checks.run(loop, server.address(), plan);
            assertTrue(head.get(30, TimeUnit.SECONDS).contains("authorization: Bearer s3cret"), head::toString);
        }
    }

    @Test
    void opensslServerSeesACleanEnd() throws Exception {
        Assumptions.assumeTrue(isInstalled("openssl"), "openssl is not installed");
        var certificate = write(dir, "server.pem", own.getCertificatePathPEM());
        var key = write(dir, "server.key", own.getPrivateKeyPEM());
        int port = Checks.refusing().getPort();
        var process = new ProcessBuilder(
                        "openssl",
                        "s_server",
                        "-accept",
                        "127.0.0.1:" + port,
                        "-cert",
                        certificate.toString(),
                        "-key",
                        key.toString(),
                        "-www",
                        "-naccept",
                        "2",
                        "-state")
                .redirectErrorStream(true)
                .start();
        try {
            var address = new java.net.InetSocketAddress("127.0.0.1", port);
            Await.until(() -> verdict(address, TLS) == Verdict.SUCCESS);
            assertEquals(Verdict.SUCCESS, verdict(address, HTTPS));
            var said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertTrue(said.contains("read:warning:close notify"), said);
            assertTrue(!said.contains("error:"), said);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void loopThatClosesTakesItsConnectionsAlong() throws Exception {
        try (var server = new TestServer(TestTls.listening(own), socket -> {
            TestServer.answer(socket, TestServer.ok("ok"));
            TimeUnit.DAYS.sleep(1);
        })) {
            for (int i = 0; i < 10; i++) {
                // The member does not take leave, so the connection is still there when the loop closes.
                try (var other = new HealthLoop()) {
                    Checks.run(other, server.address(), HTTPS);
                }
            }
        }
    }

    @Test
    void usesOpenSslWhereItIsThere() throws Exception {
        Assumptions.assumeTrue(OpenSsl.isAvailable(), "netty-tcnative has no library for this machine");
        var loaded = new CredentialFiles(CredentialFiles.Key.of(TLS)).load();
        var context = assertInstanceOf(Credentials.Ready.class, loaded).ssl();
        assertInstanceOf(ReferenceCountedOpenSslContext.class, context);
        ReferenceCountUtil.release(context);
    }

    @Test
    void aFifoInThePlaceOfAFileIsNotWaitedFor(@TempDir Path directory) throws Exception {
        var fifo = directory.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        var files = new CredentialFiles(new CredentialFiles.Key(false, CheckPlan.Tls.UNVERIFIED, fifo));
        assertEquals(
                new Credentials.Unusable(
                        "health check bearer-token-file \"" + fifo + "\" cannot be used: it is not a regular file"),
                files.load());
    }

    @Test
    void secretsDoNotAppearInWords() {
        assertTrue(new Credentials.Ready(null, "s3cret").toString().indexOf("s3cret") < 0);
        assertNull(new Credentials.Ready(null, null).token());
    }

    private Verdict verdict(java.net.InetSocketAddress address, CheckPlan plan) {
        try {
            return Checks.run(loop, address, plan).verdict();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean isInstalled(String command) {
        try {
            return new ProcessBuilder(command, "version").start().waitFor() == 0;
        } catch (java.io.IOException | InterruptedException e) {
            return false;
        }
    }

    private static TestServer httpsServer(X509Bundle own) throws Exception {
        return new TestServer(TestTls.listening(own), socket -> TestServer.answer(socket, TestServer.ok("ok")));
    }
}
