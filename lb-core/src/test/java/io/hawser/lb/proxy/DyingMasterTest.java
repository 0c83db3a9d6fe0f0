package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real TLS servers that are frozen, killed or silently gone, real TLS clients that come one after the other, and no health
 * check at all: not one request fails.
 */
@Timeout(300)
class DyingMasterTest {
    private static final String PASSWORD = "password";
    private static final int PATIENCE_MILLIS = Math.toIntExact(Await.LIMIT.toMillis());

    @TempDir
    Path directory;

    private final List<TlsMember> members = new ArrayList<>();
    private final Map<String, Integer> served = new TreeMap<>();
    private final List<String> failures = new ArrayList<>();
    private SSLContext context;

    @BeforeEach
    void startMembers() throws Exception {
        X509Bundle bundle = new CertificateBuilder()
                .subject("CN=members")
                .addSanDnsName("api.example")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("key", bundle.getKeyPair().getPrivate(), PASSWORD.toCharArray(), new Certificate[] {
            bundle.getCertificate()
        });
        Path file = directory.resolve("keys.p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, PASSWORD.toCharArray());
        }
        for (String name : List.of("one", "two", "three")) {
            members.add(new TlsMember(file, PASSWORD, name));
        }
        context = SSLContext.getInstance("TLS");
        context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    }

    @AfterEach
    void stopMembers() throws Exception {
        for (TlsMember member : members) {
            member.close();
        }
    }

    private Fixture fixture(InetSocketAddress... others) {
        List<InetSocketAddress> addresses = new ArrayList<>(List.of(others));
        members.forEach(member -> addresses.add(member.address()));
        return Fixture.serving(
                Fixture.settings(100),
                Fixture.inTurn(5).hedgedAfter(Duration.ofMillis(100)),
                addresses.toArray(InetSocketAddress[]::new));
    }

    private void request(Fixture fixture, int count) {
        for (int i = 0; i < count; i++) {
            String line = "request " + i;
            try (Socket plain = new Socket()) {
                plain.setSoTimeout(PATIENCE_MILLIS);
                plain.connect(fixture.address(), PATIENCE_MILLIS);
                try (SSLSocket socket =
                        (SSLSocket) context.getSocketFactory().createSocket(plain, "api.example", 443, true)) {
                    socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
                    String answer = new BufferedReader(
                                    new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
                            .readLine();
                    if (answer == null || !answer.endsWith(line)) {
                        failures.add(line + ": " + answer);
                    } else {
                        served.merge(answer.substring(0, answer.indexOf(' ')), 1, Integer::sum);
                    }
                }
            } catch (IOException e) {
                failures.add(line + ": " + e);
            }
        }
    }

    @Test
    void noRequestFailsWhenMastersFreezeAndDieOneAfterTheOther() throws Exception {
        try (Fixture fixture = fixture()) {
            request(fixture, 30);
            assertEquals(3, served.size(), served.toString());

            members.get(0).freeze();
            request(fixture, 60);
            members.get(1).kill();
            request(fixture, 60);

            assertEquals(List.of(), failures);
            assertEquals(
                    150, served.values().stream().mapToInt(Integer::intValue).sum());
            ProxyStats.HedgeStats hedges = fixture.proxy.snapshot().hedges().getFirst();
            assertTrue(hedges.won() > 0 && hedges.replayed() > 0, hedges.toString());
            assertTrue(fixture.failed.contains("m1 OUTDONE"), fixture.failed.toString());
            assertTrue(fixture.failed.contains("m2 REFUSED"), fixture.failed.toString());
        }
    }

    @Test
    void noRequestFailsWhenAMasterIsSilentlyGone() throws Exception {
        try (Peers.BlackHole gone = new Peers.BlackHole();
                Fixture fixture = fixture(gone.address())) {
            request(fixture, 60);

            assertEquals(List.of(), failures);
            assertTrue(fixture.failed.contains("m1 OUTDONE"), fixture.failed.toString());
            assertEquals(0, fixture.member(0).connections());
        }
    }
}
