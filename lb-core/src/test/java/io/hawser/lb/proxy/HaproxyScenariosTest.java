package io.hawser.lb.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.lb.balance.Balance;
import io.hawser.lb.balance.Distribution;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.balance.PoolSettings.OnDown;
import io.hawser.lb.inspect.Hellos;
import io.hawser.lb.tls.KeyPairFiles;
import io.hawser.lb.tls.MemberSettings;
import io.hawser.lb.tls.TestAuthority;
import io.hawser.lb.tls.TlsEvents;
import io.hawser.lb.tls.TlsFiles;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Those scenarios of HAProxy's regression tests that no other test here shows, with real sockets. docs/haproxy-scenarios.md
 * says of each scenario which test shows it.
 */
@Timeout(300)
class HaproxyScenariosTest {
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
        serverBundle = authority.issue(TestAuthority.server(NAME));
        server = authority.write("server", serverBundle);
    }

    @AfterEach
    void stop() {
        files.close();
    }

    private void serve(Fixture fixture, KeyPairFiles... certificates) {
        fixture.proxy.apply(List.of(fixture.plan()
                .with(new ListenerPlan.Tls(files.server(TestAuthority.serving(certificates)), Map.of()))));
    }

    private SSLSocket secured(Fixture fixture, String name) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, authority.bundle().toTrustManagerFactory().getTrustManagers(), null);
        SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(Peers.connect(fixture.address()), name, 443, true);
        socket.startHandshake();
        return socket;
    }

    private String presented(Fixture fixture, String name) throws Exception {
        try (SSLSocket client = secured(fixture, name)) {
            X509Certificate certificate = (X509Certificate) client.getSession().getPeerCertificates()[0];
            return certificate.getSubjectX500Principal().getName();
        }
    }

    private static void exchange(Socket client) throws Exception {
        client.getOutputStream().write(42);
        assertEquals(42, client.getInputStream().read());
    }

    @Test
    void aReloadAddsACertificateAndTakesItAway() throws Exception {
        KeyPairFiles more = authority.files("more", TestAuthority.server("more.example"));
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(member.address())) {
            serve(fixture, server);
            assertEquals("CN=" + NAME, presented(fixture, "more.example"));

            serve(fixture, server, more);
            try (SSLSocket held = secured(fixture, "more.example")) {
                exchange(held);
                assertEquals("CN=more.example", presented(fixture, "more.example"));
                assertEquals("CN=" + NAME, presented(fixture, NAME));

                serve(fixture, server);

                assertEquals("CN=" + NAME, presented(fixture, "more.example"), "the first one is for every other name");
                exchange(held);
            }
        }
    }

    /** The member tells by the first byte whether it is spoken to in TLS, and answers in kind. */
    @Test
    void aReloadEncryptsToMembersAndStopsIt() throws Exception {
        SSLContext secret = SSLContext.getInstance("TLS");
        secret.init(serverBundle.toKeyManagerFactory().getKeyManagers(), null, null);
        AtomicInteger encrypted = new AtomicInteger();
        try (Peers.Server member = new Peers.Server(socket -> {
                    byte[] first = socket.getInputStream().readNBytes(1);
                    if (first[0] != 22) {
                        socket.getOutputStream().write(first);
                        Peers.echo(socket);
                        return;
                    }
                    encrypted.incrementAndGet();
                    try (Socket secured =
                            secret.getSocketFactory().createSocket(socket, new ByteArrayInputStream(first), true)) {
                        Peers.echo(secured);
                    }
                });
                Fixture fixture = Fixture.serving(member.address());
                Socket before = fixture.connect()) {
            exchange(before);
            assertEquals(0, encrypted.get());

            MemberSettings settings = authority.verifying(NAME);
            fixture.proxy.apply(List.of(
                    fixture.plan().with(new ListenerPlan.Tls(null, Map.of(fixture.pool, files.member(settings))))));
            try (Socket during = fixture.connect()) {
                exchange(during);
                assertEquals(1, encrypted.get());
                exchange(before);

                fixture.proxy.apply(List.of(fixture.plan()));
                try (Socket after = fixture.connect()) {
                    exchange(after);
                    assertEquals(1, encrypted.get());
                    exchange(during);
                    exchange(before);
                }
            }
            assertEquals(3, member.connections());
        }
    }

    /** Whoever records early data could send it again, so no session permits any; it is resumed all the same. */
    @Test
    void earlyDataIsNeverTaken() throws Exception {
        assumeTrue(
                Arrays.stream(System.getenv("PATH").split(":"))
                        .anyMatch(path -> new File(path, "openssl").canExecute()),
                "openssl is not installed");
        Path session = directory.resolve("session.pem");
        Path early = Files.writeString(directory.resolve("early"), "early");
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (Peers.Server member = new Peers.Server(socket -> {
                    ByteArrayOutputStream line = new ByteArrayOutputStream();
                    for (int each = 0; each >= 0 && each != '\n'; ) {
                        each = socket.getInputStream().read();
                        line.write(each);
                    }
                    heard.add(line.toString(US_ASCII));
                    socket.getOutputStream().write("answer".getBytes(US_ASCII));
                });
                Fixture fixture = Fixture.serving(member.address())) {
            serve(fixture, server);
            for (String version : List.of("-tls1_2", "-tls1_3")) {
                for (List<String> tickets : List.of(List.<String>of(), List.of("-no_ticket"))) {
                    Files.deleteIfExists(session);
                    openssl(fixture, version, tickets, "-sess_out", session.toString());
                    String said = openssl(
                            fixture, version, tickets, "-sess_in", session.toString(), "-early_data", early.toString());
                    assertTrue(said.contains("Reused, TLSv1"), said);
                    // Of TLS 1.2, which has none, it says nothing.
                    assertEquals(version.equals("-tls1_3"), said.contains("Early data was not sent"), said);
                    assertFalse(said.contains("Early data was accepted"), said);
                }
            }
            assertEquals(List.of("late\n"), heard.stream().distinct().toList());
            assertEquals(8, heard.size());
        }
    }

    /** Says a word once hands are shaken, and stays until it is answered, by when tickets have come. */
    private String openssl(Fixture fixture, String version, List<String> tickets, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "openssl",
                "s_client",
                "-ign_eof",
                "-connect",
                "127.0.0.1:" + fixture.address().getPort(),
                "-servername",
                NAME,
                "-CAfile",
                authority.ca().toString(),
                version));
        command.addAll(tickets);
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            CompletableFuture<String> output =
                    Peers.async(() -> new String(process.getInputStream().readAllBytes(), US_ASCII));
            try (var in = process.getOutputStream()) {
                in.write("late\n".getBytes(US_ASCII));
            }
            String said = Peers.get(output);
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), said);
            assertTrue(said.contains("Verify return code: 0 (ok)"), said);
            assertTrue(said.contains("answer"), said);
            return said;
        } finally {
            process.destroyForcibly();
        }
    }

    /** HAProxy lets a client wait for the member of its hash when asked to; here it waits only when all are full. */
    @Test
    void aHashedSourceGoesToTheNextWhileItsMemberIsFullAndWaitsWhenAllAre() throws Exception {
        Distribution queued = Distribution.DEFAULTS.withSlowStart(Duration.ZERO).withQueue(10, Duration.ofMinutes(10));
        PoolSettings settings =
                new PoolSettings(Balance.SOURCE_HASH, Duration.ofSeconds(5), 3, OnDown.KEEP).with(queued);
        try (Peers.Server one = new Peers.Server(socket -> numbered(1, socket));
                Peers.Server other = new Peers.Server(socket -> numbered(2, socket));
                Fixture fixture = Fixture.serving(Fixture.settings(100), settings, one.address(), other.address())) {
            BalancingTest.limits(fixture, 1, 1);
            Socket first = from(fixture);
            int own = first.getInputStream().read();
            try (Socket second = from(fixture)) {
                assertEquals(3 - own, second.getInputStream().read(), "its member is full");
                try (Socket third = from(fixture)) {
                    Peers.await("it waits", () -> queued(fixture) == 1);
                    first.close();
                    assertEquals(own, third.getInputStream().read());
                }
                Peers.await("room", () -> fixture.member(own - 1).active() == 0);
                try (Socket again = from(fixture)) {
                    assertEquals(own, again.getInputStream().read(), "it is back where its source belongs");
                }
            }
        }
    }

    private static void numbered(int number, Socket socket) throws Exception {
        socket.getOutputStream().write(number);
        Peers.echo(socket);
    }

    private static int queued(Fixture fixture) {
        return fixture.member(0).queued() + fixture.member(1).queued();
    }

    private static Socket from(Fixture fixture) throws Exception {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress("127.0.7.1", 0));
        socket.setSoTimeout(Peers.PATIENCE_MILLIS);
        socket.connect(fixture.address(), Peers.PATIENCE_MILLIS);
        return socket;
    }

    /** A value of the header's own form behind its end, which a reader that overruns would take for a part of it. */
    @Test
    void whatFollowsAProxyHeaderIsDataWhateverItLooksLike() throws Exception {
        byte[] header = HexFormat.of()
                .parseHex(
                        "0d0a0d0a000d0a515549540a" + "2111" + "0014" + "7f0000017f000001002a0539" + "0200053132333435");
        byte[] behind = HexFormat.of().parseHex("0200053534333231");
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = InspectPhaseTest.trusting(PoolSettings.DEFAULTS, "127.0.0.1", member.address());
                Socket client = fixture.connect()) {
            client.getOutputStream().write(Hellos.join(header, behind));
            assertArrayEquals(behind, client.getInputStream().readNBytes(behind.length));
            client.shutdownOutput();
            assertEquals(-1, client.getInputStream().read(), "and nothing else");
        }
    }
}
