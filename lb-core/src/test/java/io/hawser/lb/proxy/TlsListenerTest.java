package io.hawser.lb.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.lb.admission.AccessRules;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.inspect.Hellos;
import io.hawser.lb.tls.HandshakeFailure;
import io.hawser.lb.tls.KeyPairFiles;
import io.hawser.lb.tls.MemberSettings;
import io.hawser.lb.tls.MemberTls;
import io.hawser.lb.tls.ServerSettings;
import io.hawser.lb.tls.ServerTls;
import io.hawser.lb.tls.Session;
import io.hawser.lb.tls.TestAuthority;
import io.hawser.lb.tls.TestSigners;
import io.hawser.lb.tls.TlsEvents;
import io.hawser.lb.tls.TlsFiles;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Listeners that end TLS and members that are spoken to with it, with peers of other makes. */
@Timeout(300)
class TlsListenerTest {
    private static final String NAME = "api.example";

    @TempDir
    Path directory;

    private TlsFiles files;
    private TestAuthority authority;
    private X509Bundle serverBundle;
    private KeyPairFiles server;

    @BeforeEach
    void start() throws Exception {
        files = new TlsFiles(TlsEvents.NONE);
        authority = new TestAuthority("authority", directory);
        serverBundle = authority.issue(TestAuthority.server(NAME, "127.0.0.1"));
        server = authority.write("server", serverBundle);
    }

    @AfterEach
    void stop() {
        files.close();
    }

    private ServerTls listening(String... alpn) {
        return files.server(new ServerSettings(List.of(server), ServerSettings.Version.TLS_1_2, List.of(alpn), null));
    }

    private static Fixture serving(
            @Nullable ServerTls clients,
            @Nullable MemberTls members,
            PoolSettings settings,
            InetSocketAddress... addresses) {
        Fixture fixture = new Fixture(Fixture.settings(200), settings, addresses);
        fixture.proxy.apply(List.of(fixture.plan()
                .with(new ListenerPlan.Tls(clients, members == null ? Map.of() : Map.of(fixture.pool, members)))));
        return fixture;
    }

    private SSLSocket connect(Fixture fixture, String... alpn) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, authority.bundle().toTrustManagerFactory().getTrustManagers(), null);
        return connect(context, fixture, alpn);
    }

    private static SSLSocket connect(SSLContext context, Fixture fixture, String... alpn) throws Exception {
        Socket plain = Peers.connect(fixture.address());
        SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(plain, NAME, 443, true);
        SSLParameters parameters = secured.getSSLParameters();
        parameters.setApplicationProtocols(alpn);
        secured.setSSLParameters(parameters);
        secured.startHandshake();
        return secured;
    }

    /** A member that speaks TLS and these protocols. */
    private Peers.Server member(X509Bundle bundle, String protocols, Peers.Behaviour behaviour) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(bundle.toKeyManagerFactory().getKeyManagers(), null, null);
        return new Peers.Server(socket -> {
            SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(socket, null, true);
            secured.setUseClientMode(false);
            SSLParameters parameters = secured.getSSLParameters();
            parameters.setApplicationProtocols(protocols.isEmpty() ? new String[0] : protocols.split(","));
            secured.setSSLParameters(parameters);
            secured.startHandshake();
            try (secured) {
                behaviour.serve(secured);
            }
        });
    }

    private static void answer(Socket socket) throws IOException {
        byte[] request = new byte[4096];
        int read = 0;
        while (!new String(request, 0, read, US_ASCII).contains("\r\n\r\n")) {
            int more = socket.getInputStream().read(request, read, request.length - read);
            if (more < 0) {
                return;
            }
            read += more;
        }
        socket.getOutputStream()
                .write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nserved".getBytes(US_ASCII));
        socket.shutdownOutput();
    }

    private static long failures(Fixture fixture, HandshakeFailure why) {
        return fixture.proxy
                .snapshot()
                .listeners()
                .getFirst()
                .handshakes()
                .failures()
                .getOrDefault(why, 0L);
    }

    /** What a program prints, and how it ends. */
    private record Ran(int status, String output) {}

    private static Ran run(String input, String... command) throws Exception {
        assumeTrue(
                Arrays.stream(System.getenv("PATH").split(":"))
                        .anyMatch(path -> new File(path, command[0]).canExecute()),
                command[0] + " is not installed");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            CompletableFuture<String> output =
                    Peers.async(() -> new String(process.getInputStream().readAllBytes(), US_ASCII));
            try (var in = process.getOutputStream()) {
                in.write(input.getBytes(US_ASCII));
            }
            String said = Peers.get(output);
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), String.join(" ", command));
            return new Ran(process.exitValue(), said);
        } finally {
            process.destroyForcibly();
        }
    }

    private static String at(Fixture fixture) {
        return "127.0.0.1:" + fixture.address().getPort();
    }

    @Test
    void aServerNameWithADotAtItsEndFindsItsRoute() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = new Fixture(Fixture.settings(10), PoolSettings.DEFAULTS, member.address())) {
            Routes routes = Routes.of(List.of(new Routes.Route(Set.of("api.example"), Set.of(), fixture.pool)), null);
            fixture.proxy.apply(List.of(new ListenerPlan(
                            Fixture.LISTENER,
                            List.of(Fixture.ANY_PORT),
                            routes,
                            ListenerPlan.Greeting.DEFAULTS,
                            ListenerPlan.DEFAULT_IDLE_TIMEOUT,
                            0,
                            WhenNoMember.CLOSE,
                            AccessRules.OPEN)
                    .with(new ListenerPlan.Tls(listening(), Map.of()))));
            for (String name : List.of("api.example", "API.Example", "api.example.", "API.EXAMPLE.")) {
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(null, authority.bundle().toTrustManagerFactory().getTrustManagers(), null);
                try (Socket plain = Peers.connect(fixture.address());
                        SSLSocket secured =
                                (SSLSocket) context.getSocketFactory().createSocket(plain, NAME, 443, true)) {
                    SSLParameters parameters = secured.getSSLParameters();
                    // The JDK's own type for host names refuses the dot.
                    parameters.setServerNames(List.of(new SNIServerName(0, name.getBytes(US_ASCII)) {}));
                    secured.setSSLParameters(parameters);
                    secured.startHandshake();
                    secured.getOutputStream().write("to it".getBytes(US_ASCII));
                    assertEquals("to it", new String(secured.getInputStream().readNBytes(5), US_ASCII), name);
                }
            }
        }
    }

    @Test
    void curlIsServedThroughBothLegs() throws Exception {
        try (Peers.Server member = member(serverBundle, "http/1.1", TlsListenerTest::answer);
                Fixture fixture = serving(
                        listening("http/1.1"),
                        files.member(authority.verifying(NAME)),
                        PoolSettings.DEFAULTS,
                        member.address())) {
            for (String version : List.of("--tlsv1.2", "--tlsv1.3")) {
                Ran ran = run(
                        "",
                        "curl",
                        "-sS",
                        version,
                        "--cacert",
                        authority.ca().toString(),
                        "--resolve",
                        NAME + ":" + fixture.address().getPort() + ":127.0.0.1",
                        "https://" + NAME + ":" + fixture.address().getPort() + "/");
                assertEquals(new Ran(0, "served"), ran);
            }
        }
    }

    @Test
    void nothingIsSignedWithSha1() throws Exception {
        KeyPairFiles rsa = authority.write(
                "rsa", authority.issue(TestAuthority.server(NAME).rsa2048()));
        try (Peers.Server member = new Peers.Server(TlsListenerTest::answer);
                TlsFiles ofLibrary = new TlsFiles(TlsEvents.NONE)) {
            int refused = 0;
            for (KeyPairFiles key : List.of(server, rsa)) {
                ServerSettings settings =
                        new ServerSettings(List.of(key), ServerSettings.Version.TLS_1_2, List.of(), null);
                try (Fixture fixture =
                        serving(ofLibrary.server(settings), null, PoolSettings.DEFAULTS, member.address())) {
                    Ran ran = sha1(fixture, "-sigalgs", "ECDSA+SHA1:RSA+SHA1");
                    assertTrue(ran.output().contains("alert handshake failure"), ran.output());
                    fixture.awaitEnded(Outcome.TLS_FAILED, 1);
                    assertEquals(1, failures(fixture, HandshakeFailure.CIPHER));
                    Ran today = sha1(fixture, "-sigalgs", "ECDSA+SHA256:RSA+SHA256");
                    assertTrue(today.output().contains("Cipher    : ECDHE"), today.output());
                    refused++;
                }
            }
            assertEquals(2, refused);
        }
    }

    @Test
    void aClientThatSignsWithSha1IsRefused() throws Exception {
        KeyPairFiles own = authority.write(
                "client", authority.issue(TestAuthority.client("client").rsa2048()));
        ServerTls asking = files.server(new ServerSettings(
                List.of(server),
                ServerSettings.Version.TLS_1_2,
                List.of(),
                new ServerSettings.ClientAuth(true, authority.ca(), null)));
        try (Peers.Server member = new Peers.Server(TlsListenerTest::answer);
                Fixture fixture = serving(asking, null, PoolSettings.DEFAULTS, member.address())) {
            String certificate = own.certificate().toString();
            String key = own.key().toString();
            Ran today = sha1(fixture, "-cert", certificate, "-key", key, "-client_sigalgs", "RSA+SHA256");
            assertTrue(today.output().contains("Cipher    : ECDHE"), today.output());

            Ran ran = sha1(
                    fixture,
                    "-cert",
                    certificate,
                    "-key",
                    key,
                    "-client_sigalgs",
                    "RSA+SHA1",
                    "-sigalgs",
                    "ECDSA+SHA256:RSA+SHA1");
            assertTrue(ran.output().contains("alert illegal parameter"), ran.output());
            assertEquals(1, failures(fixture, HandshakeFailure.CIPHER));
        }
    }

    @Test
    void anAlertOnAnEstablishedSessionIsFollowedByAnEnd() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(listening(), null, PoolSettings.DEFAULTS, member.address())) {
            SSLContext context = SSLContext.getInstance("TLSv1.2");
            context.init(null, authority.bundle().toTrustManagerFactory().getTrustManagers(), null);
            try (Socket plain = Peers.connect(fixture.address());
                    SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(plain, NAME, 443, false)) {
                secured.setEnabledProtocols(new String[] {"TLSv1.2"});
                secured.startHandshake();
                secured.getOutputStream().write(1);
                assertEquals(1, secured.getInputStream().read());

                // A record that nobody with the keys has made.
                byte[] forged = new byte[5 + 64];
                forged[0] = 23;
                forged[1] = 3;
                forged[2] = 3;
                forged[4] = 64;
                plain.getOutputStream().write(forged);

                byte[] said = plain.getInputStream().readAllBytes();
                assertEquals(21, said[0], "an alert");
            }
            fixture.awaitEnded(Outcome.CLIENT_RESET, 1);
        }
    }

    private Ran sha1(Fixture fixture, String... options) throws Exception {
        List<String> command = new ArrayList<>(
                List.of("openssl", "s_client", "-connect", at(fixture), "-tls1_2", "-cipher", "ALL:@SECLEVEL=0"));
        command.addAll(List.of(options));
        return run("", command.toArray(String[]::new));
    }

    @Test
    void opensslResumesWithAndWithoutTickets() throws Exception {
        try (Peers.Server member = new Peers.Server(TlsListenerTest::answer);
                Fixture fixture = serving(listening(), null, PoolSettings.DEFAULTS, member.address())) {
            for (String way : List.of("-servername", "-no_ticket")) {
                List<String> command = new ArrayList<>(List.of(
                        "openssl",
                        "s_client",
                        "-connect",
                        at(fixture),
                        "-CAfile",
                        authority.ca().toString()));
                command.addAll(List.of("-tls1_2", "-reconnect", way));
                if (way.equals("-servername")) {
                    command.add(NAME);
                }
                Ran ran = run("", command.toArray(String[]::new));
                assertTrue(ran.output().contains("Verify return code: 0 (ok)"), ran.output());
                assertEquals(5, ran.output().split("Reused, TLSv1.2", -1).length - 1, way + "\n" + ran.output());
            }
            assertEquals(
                    10,
                    fixture.proxy.snapshot().listeners().getFirst().handshakes().resumed());
        }
    }

    /** The session of one node is gone on with by the other one, by a client that knows nothing of either. */
    @Test
    void opensslResumesOnTheOtherNodeWhereTheyShareKeys() throws Exception {
        Path keys = Files.writeString(
                directory.resolve("tickets"),
                run("", "openssl", "rand", "-base64", "48").output());
        List<String> answers = new ArrayList<>();
        for (boolean shared : new boolean[] {true, false}) {
            ServerSettings settings = new ServerSettings(
                    List.of(server), ServerSettings.Version.TLS_1_2, List.of(), null, shared ? keys : null);
            for (String version : List.of("-tls1_2", "-tls1_3")) {
                try (TlsFiles others = new TlsFiles(TlsEvents.NONE);
                        Peers.Server member = new Peers.Server(TlsListenerTest::answer);
                        Fixture one = serving(files.server(settings), null, PoolSettings.DEFAULTS, member.address());
                        Fixture other =
                                serving(others.server(settings), null, PoolSettings.DEFAULTS, member.address())) {
                    Path session = directory.resolve("session" + version + shared);
                    String first = asked(one, version, "-sess_out", session);
                    assertTrue(first.contains("New, TLSv1."), first);
                    String second = asked(other, version, "-sess_in", session);
                    assertTrue(second.contains("served"), second);
                    answers.add(version + " " + (second.contains("Reused, TLSv1.") ? "Reused" : "New"));
                }
            }
        }
        assertEquals(List.of("-tls1_2 Reused", "-tls1_3 Reused", "-tls1_2 New", "-tls1_3 New"), answers);
    }

    private String asked(Fixture fixture, String version, String what, Path session) throws Exception {
        return run(
                        "GET / HTTP/1.1\r\n\r\n",
                        "openssl",
                        "s_client",
                        "-connect",
                        at(fixture),
                        "-servername",
                        NAME,
                        "-CAfile",
                        authority.ca().toString(),
                        "-ign_eof",
                        version,
                        what,
                        session.toString())
                .output();
    }

    @Test
    void sslscanFindsNothingWeak() throws Exception {
        try (Peers.Server member = new Peers.Server(TlsListenerTest::answer);
                Fixture fixture = serving(listening(), null, PoolSettings.DEFAULTS, member.address())) {
            String said = run("", "sslscan", "--no-colour", at(fixture)).output();
            for (String old : List.of("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1")) {
                assertTrue(said.contains(old + "     disabled") || said.contains(old + "   disabled"), said);
            }
            assertTrue(said.contains("TLSv1.2   enabled"), said);
            assertTrue(said.contains("TLSv1.3   enabled"), said);
            said.lines()
                    .filter(line -> line.startsWith("Accepted") || line.startsWith("Preferred"))
                    .forEach(line ->
                            assertTrue(line.contains("GCM") || line.contains("CHACHA20"), "weak cipher: " + line));
            assertTrue(said.contains("Session renegotiation not supported"), said);
            said.lines()
                    .filter(line -> line.contains("vulnerable to heartbleed"))
                    .forEach(line -> assertTrue(line.contains("not vulnerable"), line));
            assertFalse(said.contains("Compression enabled"), said);
        }
    }

    @Test
    void nginxServesAsAMember() throws Exception {
        int port = Peers.refusing().getPort();
        Path config = Files.writeString(
                directory.resolve("nginx.conf"), """
                daemon off; master_process off; pid %1$s/nginx.pid; error_log %1$s/error.log;
                events {}
                http {
                  access_log off; client_body_temp_path %1$s; proxy_temp_path %1$s; fastcgi_temp_path %1$s;
                  uwsgi_temp_path %1$s; scgi_temp_path %1$s;
                  server {
                    listen 127.0.0.1:%2$d ssl; ssl_certificate %3$s; ssl_certificate_key %4$s;
                    location / { return 200 "by nginx"; }
                  }
                }
                """.formatted(directory, port, server.certificate(), server.key()));
        run("", "nginx", "-v");
        Process nginx = new ProcessBuilder("nginx", "-c", config.toString())
                .redirectErrorStream(true)
                .start();
        try (Fixture fixture = serving(
                listening(),
                files.member(authority.verifying(NAME)),
                PoolSettings.DEFAULTS,
                new InetSocketAddress("127.0.0.1", port))) {
            Peers.await("nginx listens", () -> {
                try (Socket socket = new Socket("127.0.0.1", port)) {
                    return socket.isConnected();
                } catch (IOException e) {
                    return false;
                }
            });
            for (int i = 0; i < 3; i++) {
                try (SSLSocket client = connect(fixture)) {
                    client.getOutputStream()
                            .write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".getBytes(US_ASCII));
                    String answer = new String(client.getInputStream().readAllBytes(), US_ASCII);
                    assertTrue(answer.endsWith("by nginx"), answer);
                }
            }
            fixture.awaitEnded(Outcome.COMPLETED, 3);
        } finally {
            nginx.destroy();
            nginx.waitFor(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void theMemberIsOfferedWhatTheClientGot() throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (Peers.Server member = member(serverBundle, "h2,http/1.1,other", socket -> {
                    seen.complete(((SSLSocket) socket).getApplicationProtocol());
                    Peers.echo(socket);
                });
                Fixture fixture = serving(
                        listening("h2", "http/1.1"),
                        files.member(authority.verifying(NAME)),
                        PoolSettings.DEFAULTS,
                        member.address());
                SSLSocket client = connect(fixture, "other", "http/1.1")) {
            assertEquals("http/1.1", client.getApplicationProtocol());
            assertEquals("http/1.1", Peers.get(seen));
        }
    }

    @Test
    void aMemberThatDoesNotSpeakTheClientsProtocolIsLeftForAnother() throws Exception {
        try (Peers.Server old = member(serverBundle, "http/1.1", Peers::echo);
                Peers.Server current = member(serverBundle, "h2", Peers::echo);
                Fixture fixture = serving(
                        listening("h2"),
                        files.member(authority.verifying(NAME)),
                        Fixture.inTurn(1),
                        old.address(),
                        current.address());
                SSLSocket client = connect(fixture, "h2")) {
            client.getOutputStream().write(7);
            assertEquals(7, client.getInputStream().read());
        }
    }

    @Test
    void aMemberWhoseCertificateIsNotTrustedIsLeftForAnother() throws Exception {
        X509Bundle foreign = new TestAuthority("other", directory).issue(TestAuthority.server(NAME));
        X509Bundle wrongName = authority.issue(TestAuthority.server("else.example"));
        X509Bundle expired = authority.issue(TestAuthority.expired(TestAuthority.server(NAME)));
        try (Peers.Server first = member(foreign, "", Peers::echo);
                Peers.Server second = member(wrongName, "", Peers::echo);
                Peers.Server third = member(expired, "", Peers::echo);
                Peers.Server good = member(serverBundle, "", Peers::echo);
                Fixture fixture = serving(
                        listening(),
                        files.member(authority.verifying(NAME)),
                        Fixture.inTurn(3),
                        first.address(),
                        second.address(),
                        third.address(),
                        good.address())) {
            for (int i = 0; i < 4; i++) {
                try (SSLSocket client = connect(fixture)) {
                    client.getOutputStream().write(7);
                    assertEquals(7, client.getInputStream().read());
                }
            }
            assertEquals(
                    0,
                    fixture.failed.stream()
                            .filter(each -> each.startsWith("m4"))
                            .count());
            assertTrue(fixture.failed.stream().allMatch(each -> each.endsWith(" TLS")), fixture.failed.toString());
            assertTrue(fixture.failed.size() >= 3, fixture.failed.toString());
        }
    }

    @Test
    void whenNoMemberIsTrustedTheClientSeesAReset() throws Exception {
        X509Bundle foreign = new TestAuthority("other", directory).issue(TestAuthority.server(NAME));
        try (Peers.Server member = member(foreign, "", Peers::echo);
                Fixture fixture = serving(
                        listening(), files.member(authority.verifying(NAME)), Fixture.inTurn(0), member.address());
                SSLSocket client = connect(fixture)) {
            assertTrue(Peers.endsByReset(new SecuredSocket(client, client)));
            fixture.awaitEnded(Outcome.CONNECT_FAILED, 1);
        }
    }

    /** Its kernel accepts, and nobody is there to shake hands: the client notices nothing. */
    @Test
    void aFrozenMemberIsLeftForAnotherDuringTheHandshake() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (Peers.Server frozen = new Peers.Server(_ -> end.await());
                Peers.Server alive = member(serverBundle, "", Peers::echo);
                Fixture fixture = serving(
                        listening(),
                        files.member(authority.verifying(NAME)),
                        Fixture.inTurn(2),
                        frozen.address(),
                        alive.address())) {
            for (int i = 0; i < 2; i++) {
                try (SSLSocket client = connect(fixture)) {
                    client.getOutputStream().write(7);
                    assertEquals(7, client.getInputStream().read());
                }
            }
            assertEquals(List.of("m1 TIMEOUT"), fixture.failed);
            end.countDown();
        }
    }

    @Test
    void anEndWithoutGoodByeIsPassedOnAsAReset() throws Exception {
        CompletableFuture<Boolean> reset = new CompletableFuture<>();
        try (Peers.Server member = new Peers.Server(socket -> {
                    socket.getOutputStream().write(1);
                    reset.complete(Peers.endsByReset(socket));
                });
                Fixture fixture = serving(listening(), null, PoolSettings.DEFAULTS, member.address())) {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, authority.bundle().toTrustManagerFactory().getTrustManagers(), null);
            try (Socket plain = Peers.connect(fixture.address());
                    SSLSocket client = (SSLSocket) context.getSocketFactory().createSocket(plain, NAME, 443, false)) {
                client.getOutputStream().write("half a reque".getBytes(US_ASCII));
                assertEquals(1, client.getInputStream().read());
                plain.shutdownOutput();
                assertTrue(Peers.get(reset));
            }
            fixture.awaitEnded(Outcome.CLIENT_RESET, 1);
        }
    }

    @Test
    void aMembersEndWithoutGoodByeIsPassedOnAsAReset() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        SSLContext secret = SSLContext.getInstance("TLS");
        secret.init(serverBundle.toKeyManagerFactory().getKeyManagers(), null, null);
        try (Peers.Server member = new Peers.Server(socket -> {
                    SSLSocket secured = (SSLSocket) secret.getSocketFactory().createSocket(socket, null, false);
                    secured.setUseClientMode(false);
                    secured.getOutputStream().write(secured.getInputStream().read());
                    socket.shutdownOutput();
                    seen.await();
                });
                Fixture fixture = serving(
                        listening(),
                        files.member(authority.verifying(NAME)),
                        PoolSettings.DEFAULTS,
                        member.address())) {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, authority.bundle().toTrustManagerFactory().getTrustManagers(), null);
            try (Socket plain = Peers.connect(fixture.address());
                    SSLSocket client = (SSLSocket) context.getSocketFactory().createSocket(plain, NAME, 443, false)) {
                client.getOutputStream().write(7);
                assertEquals(7, client.getInputStream().read());
                assertTrue(Peers.endsByReset(plain), "half an answer was passed on as a whole one");
            } finally {
                seen.countDown();
            }
            fixture.awaitEnded(Outcome.MEMBER_RESET, 1);
        }
    }

    @Test
    void whatIsNoHandshakeIsCountedByReason() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(listening(), null, PoolSettings.DEFAULTS, member.address())) {
            try (Socket client = Peers.connect(fixture.address())) {
                client.getOutputStream().write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(US_ASCII));
                client.getInputStream().readAllBytes();
            } catch (IOException e) {
                // A reset is as good.
            }
            fixture.awaitEnded(Outcome.NOT_TLS, 1);
            assertEquals(1, failures(fixture, HandshakeFailure.NOT_TLS));

            Ran old = run("", "openssl", "s_client", "-connect", at(fixture), "-tls1_1", "-cipher", "ALL:@SECLEVEL=0");
            assertTrue(old.output().contains("protocol version"), old.output());
            fixture.awaitEnded(Outcome.TLS_FAILED, 1);
            assertEquals(1, failures(fixture, HandshakeFailure.VERSION));

            Peers.reset(Peers.connect(fixture.address()));
            fixture.awaitEnded(Outcome.CLIENT_LEFT, 1);
            assertEquals(1, failures(fixture, HandshakeFailure.CLOSED));
            assertEquals(0, member.connections());
        }
    }

    @Test
    void aSignerThatFailsCostsOneHandshake() throws Exception {
        AtomicBoolean broken = new AtomicBoolean();
        KeyPairFiles rsa =
                authority.files("rsa", TestAuthority.server(NAME).algorithm(CertificateBuilder.Algorithm.rsa2048));
        try (TlsFiles signed = TestSigners.files(broken);
                Peers.Server member = new Peers.Server(TlsListenerTest::answer);
                Fixture fixture = serving(
                        signed.server(TestAuthority.serving(rsa)), null, PoolSettings.DEFAULTS, member.address())) {
            broken.set(true);
            assertThrows(IOException.class, () -> connect(fixture));
            fixture.awaitEnded(Outcome.INTERNAL, 1);
            assertEquals(1, failures(fixture, HandshakeFailure.SIGNATURE));

            try (SSLSocket next = connect(fixture)) {
                next.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
                assertTrue(new String(next.getInputStream().readAllBytes(), US_ASCII).endsWith("served"));
            }
        }
    }

    /** The second case of TLS 1.3 has the server ask for another key share first (HelloRetryRequest). */
    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3", "-tls1_3 -groups P-521:P-384"})
    void aClientIsToldThatTheSignerFails(String options) throws Exception {
        AtomicBoolean broken = new AtomicBoolean();
        try (TlsFiles signed = TestSigners.files(broken);
                Peers.Server member = new Peers.Server(TlsListenerTest::answer);
                Fixture fixture = serving(failing(signed, broken), null, PoolSettings.DEFAULTS, member.address())) {
            List<String> command = new ArrayList<>(List.of("openssl", "s_client", "-msg", "-connect", at(fixture)));
            command.addAll(List.of(options.split(" ")));
            Ran ran = run("", command.toArray(String[]::new));
            assertTrue(ran.output().contains("Alert [length 0002], fatal internal_error"), ran.output());
            assertEquals(options.contains("groups"), ran.output().contains("<<< TLS 1.3, Handshake"), ran.output());
            assertFalse(ran.output().contains("errno"), "no reset: " + ran.output());
            fixture.awaitEnded(Outcome.INTERNAL, 1);
            assertEquals(1, failures(fixture, HandshakeFailure.SIGNATURE));
        }
    }

    @Test
    void theAlertOfAFailedSignerIsInTheClearAndFollowedByAnEnd() throws Exception {
        AtomicBoolean broken = new AtomicBoolean();
        try (TlsFiles signed = TestSigners.files(broken);
                Peers.Server member = new Peers.Server(TlsListenerTest::answer);
                Fixture fixture = serving(failing(signed, broken), null, PoolSettings.DEFAULTS, member.address());
                Socket client = Peers.connect(fixture.address())) {
            // The JDK offers TLS 1.3 first.
            client.getOutputStream().write(Hellos.ofJdk(NAME));
            assertArrayEquals(
                    new byte[] {21, 3, 3, 0, 2, 2, 80}, client.getInputStream().readAllBytes());
            fixture.awaitEnded(Outcome.INTERNAL, 1);
        }
    }

    /** A listener with a signer that fails at its first handshake. */
    private ServerTls failing(TlsFiles signed, AtomicBoolean broken) throws Exception {
        KeyPairFiles rsa =
                authority.files("rsa", TestAuthority.server(NAME).algorithm(CertificateBuilder.Algorithm.rsa2048));
        ServerTls tls = signed.server(TestAuthority.serving(rsa));
        broken.set(true);
        return tls;
    }

    @Test
    void aHandshakeThatTakesTooLongIsEnded() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(listening(), null, PoolSettings.DEFAULTS, member.address());
                Socket silent = Peers.connect(fixture.address());
                Socket slow = Peers.connect(fixture.address())) {
            slow.getOutputStream().write(new byte[] {22, 3, 1, 2, 0, 1});
            fixture.awaitActive(2);

            fixture.pass(Duration.ofSeconds(11));

            fixture.awaitEnded(Outcome.HELLO_TIMEOUT, 2);
            assertEquals(2, failures(fixture, HandshakeFailure.TIMEOUT));
            assertTrue(silent.isConnected());
        }
    }

    @Test
    void theMemberIsToldOfTheClientsTls() throws Exception {
        CompletableFuture<String> header = new CompletableFuture<>();
        try (Peers.Server member = new Peers.Server(socket -> {
                    byte[] first = socket.getInputStream().readNBytes(16);
                    int length = (first[14] & 0xFF) << 8 | first[15] & 0xFF;
                    header.complete(new String(socket.getInputStream().readNBytes(length), US_ASCII));
                    Peers.echo(socket);
                });
                Fixture fixture = serving(
                        listening("h2"),
                        null,
                        PoolSettings.DEFAULTS.announcing(PoolSettings.SendProxyProtocol.V2),
                        member.address());
                SSLSocket client = connect(fixture, "h2")) {
            client.getOutputStream().write(7);
            assertEquals(7, client.getInputStream().read());
            String told = Peers.get(header);
            assertTrue(told.contains("TLSv1.3"), told);
            assertTrue(told.contains(NAME), told);
            assertTrue(told.contains("h2"), told);
            assertTrue(told.contains("AES"), told);
        }
    }

    @Test
    void aMemberThatSpeaksTlsGetsTheHeaderBeforeIt() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(serverBundle.toKeyManagerFactory().getKeyManagers(), null, null);
        CompletableFuture<Byte> kind = new CompletableFuture<>();
        try (Peers.Server member = new Peers.Server(socket -> {
                    byte[] first = socket.getInputStream().readNBytes(16);
                    socket.getInputStream().readNBytes((first[14] & 0xFF) << 8 | first[15] & 0xFF);
                    kind.complete(first[12]);
                    SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(socket, null, true);
                    secured.setUseClientMode(false);
                    Peers.echo(secured);
                });
                Fixture fixture = serving(
                        listening(),
                        files.member(authority.verifying(NAME)),
                        PoolSettings.DEFAULTS.announcing(PoolSettings.SendProxyProtocol.V2),
                        member.address());
                SSLSocket client = connect(fixture)) {
            client.getOutputStream().write(7);
            assertEquals(7, client.getInputStream().read());
            assertEquals((byte) 0x21, Peers.get(kind));
        }
    }

    /** Requests all the time, each on a connection of its own, while the certificate changes again and again. */
    @Test
    void certificatesChangeUnderLoadWithoutAFailedRequest() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger served = new AtomicInteger();
        try (Peers.Server member = new Peers.Server(TlsListenerTest::answer);
                Fixture fixture = serving(listening(), null, PoolSettings.DEFAULTS, member.address())) {
            List<CompletableFuture<Integer>> clients = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                clients.add(Peers.async(() -> {
                    while (!stop.get()) {
                        try (SSLSocket client = connect(fixture)) {
                            client.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
                            String answer = new String(client.getInputStream().readAllBytes(), US_ASCII);
                            assertTrue(answer.endsWith("served"), answer);
                            served.incrementAndGet();
                        }
                    }
                    return 0;
                }));
            }
            for (int i = 0; i < 3; i++) {
                X509Bundle next = authority.issue(TestAuthority.server(NAME));
                long serial = next.getCertificate().getSerialNumber().longValue();
                authority.write("server", next);
                Peers.await("the new one is served", () -> serialOf(fixture) == serial);
                int before = served.get();
                Peers.await("more are served", () -> served.get() > before + 5);
            }
            stop.set(true);
            for (CompletableFuture<Integer> client : clients) {
                assertEquals(0, Peers.get(client));
            }
        }
    }

    private long serialOf(Fixture fixture) {
        try (SSLSocket client = connect(fixture)) {
            return ((java.security.cert.X509Certificate) client.getSession().getPeerCertificates()[0])
                    .getSerialNumber()
                    .longValue();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Most are left in the middle of the handshake, which is cheap for the test; some are reset. */
    @Test
    void tenThousandConnectionsLeaveNothingBehind() throws Exception {
        long sessions = Session.live();
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(listening(), null, PoolSettings.DEFAULTS, member.address())) {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, authority.bundle().toTrustManagerFactory().getTrustManagers(), null);
            visit(context, fixture, 0);
            visit(context, fixture, 2);
            fixture.awaitActive(0);
            int descriptors = descriptors();

            for (int i = 0; i < 10_000; i++) {
                visit(context, fixture, i % 20 == 0 ? i / 20 % 3 : 3);
            }

            fixture.awaitActive(0);
            Peers.await("all sessions are closed", () -> Session.live() == sessions);
            Peers.await("all descriptors are closed, were " + descriptors, () -> descriptors() <= descriptors + 4);
        }
    }

    private static void visit(SSLContext context, Fixture fixture, int way) throws Exception {
        if (way == 3) {
            try (Socket half = Peers.connect(fixture.address())) {
                half.getOutputStream().write(new byte[] {22, 3, 1, 0, 100, 1, 0, 0, 96, 3, 3});
            }
            return;
        }
        SSLSocket client = connect(context, fixture);
        client.getOutputStream().write(7);
        assertEquals(7, client.getInputStream().read());
        if (way == 2) {
            client.setSoLinger(true, 0);
        }
        client.close();
    }

    private static int descriptors() {
        String[] open = new File("/proc/self/fd").list();
        return open == null ? 0 : open.length;
    }

    @Test
    void fewHandshakesAreMadeBetweenTwoLooksAtTheSockets() throws Exception {
        try (Fixture fixture = new Fixture(Fixture.settings(10), PoolSettings.DEFAULTS, Fixture.ANY_PORT)) {
            IoLoop loop = fixture.proxy.loops().getFirst();
            CompletableFuture<List<Integer>> made = new CompletableFuture<>();
            loop.executor().execute(() -> {
                List<Integer> counts = new ArrayList<>();
                Runnable count = () -> {
                    int allowed = 0;
                    while (loop.mayShakeHands()) {
                        allowed++;
                    }
                    counts.add(allowed);
                };
                count.run();
                loop.later(() -> {
                    count.run();
                    loop.later(() -> {
                        count.run();
                        made.complete(counts);
                    });
                });
            });
            assertEquals(List.of(4, 4, 4), Peers.get(made));
        }
    }

    @Test
    void membersMayAskForOurCertificate() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                serverBundle.toKeyManagerFactory().getKeyManagers(),
                authority.bundle().toTrustManagerFactory().getTrustManagers(),
                null);
        KeyPairFiles own = authority.files("own", TestAuthority.client("hawser"));
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (Peers.Server member = new Peers.Server(socket -> {
                    SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(socket, null, true);
                    secured.setUseClientMode(false);
                    secured.setNeedClientAuth(true);
                    secured.startHandshake();
                    seen.complete(secured.getSession().getPeerPrincipal().getName());
                    Peers.echo(secured);
                });
                Fixture fixture = serving(
                        listening(),
                        files.member(new MemberSettings(true, authority.ca(), NAME, own)),
                        PoolSettings.DEFAULTS,
                        member.address());
                SSLSocket client = connect(fixture)) {
            client.getOutputStream().write(7);
            assertEquals(7, client.getInputStream().read());
            assertEquals("CN=hawser", Peers.get(seen));
        }
    }
}
