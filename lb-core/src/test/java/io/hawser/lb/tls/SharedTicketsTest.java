package io.hawser.lb.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.tls.ServerSettings.ClientAuth;
import io.hawser.lb.tls.ServerSettings.Version;
import io.netty.pkitesting.X509Bundle;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two processes with one file of ticket keys: what one has begun, the other goes on with, and nothing else. */
@Timeout(300)
class SharedTicketsTest {
    private static final InetSocketAddress MEMBER = new InetSocketAddress("127.0.0.1", 6443);

    @TempDir
    Path directory;

    private final List<String> said = new CopyOnWriteArrayList<>();
    private final TlsFiles clients = new TlsFiles(TlsEvents.NONE, Duration.ofDays(1));
    private TlsFiles lb1;
    private TlsFiles lb2;
    private TestAuthority authority;
    private KeyPairFiles pair;

    @BeforeEach
    void start() throws Exception {
        lb1 = node("lb1");
        lb2 = node("lb2");
        authority = new TestAuthority("authority", directory);
        pair = authority.files("server", TestAuthority.server("a.example"));
    }

    @AfterEach
    void stop() {
        lb1.close();
        lb2.close();
        clients.close();
    }

    private TlsFiles node(String name) {
        return new TlsFiles(
                new TlsEvents() {
                    @Override
                    public void replaced(List<Path> changed) {
                        said.add(name + " replaced");
                    }

                    @Override
                    public void refused(List<Path> changed, String why) {
                        said.add(name + " refused " + why.replace(directory + "/", ""));
                    }

                    @Override
                    public void expires(Path file, Instant at, long days) {
                        said.add(name + " expires " + file.getFileName());
                    }
                },
                Duration.ofDays(1));
    }

    /** Writes the keys of these numbers, as that of one node or of both. */
    private Path keys(String file, int... numbers) throws Exception {
        Path path = directory.resolve(file);
        TestAuthority.replace(
                path,
                IntStream.of(numbers).mapToObj(SharedTicketsTest::key).collect(Collectors.joining("\n", "", "\n")));
        return path;
    }

    private static String key(int number) {
        byte[] key = new byte[number % 2 == 0 ? 48 : 80];
        new Random(number).nextBytes(key);
        return Base64.getEncoder().encodeToString(key);
    }

    private ServerSettings settings(@Nullable Path keys, @Nullable ClientAuth asked, KeyPairFiles served) {
        return new ServerSettings(List.of(served), Version.TLS_1_2, List.of(), asked, keys);
    }

    private ServerSettings settings(Path keys) {
        return settings(keys, null, pair);
    }

    private MemberTls client(@Nullable KeyPairFiles shown) {
        // One with no session yet: a name of its own makes settings of its own.
        return clients.member(new MemberSettings(false, null, "client" + said.size() + System.nanoTime(), shown));
    }

    private MemberTls client() {
        return client(null);
    }

    /** Whether a client goes on with its session; it talks a little, so that the next ticket arrives. */
    private static boolean resumes(ServerTls tls, MemberTls client) {
        try (End server = new End(tls.open());
                End end = new End(client.open(MEMBER, null))) {
            assertTrue(End.shake(end, server), () -> end.session.failure() + " " + server.session.failure());
            end.take(server.seal(new byte[] {1}));
            assertEquals(1, end.received().length);
            return server.session.isResumed();
        }
    }

    @Test
    void theOtherNodeGoesOnWithASession() throws Exception {
        Path keys = keys("keys", 1, 2, 3);
        MemberTls client = client();
        assertFalse(resumes(lb1.server(settings(keys)), client));
        assertTrue(resumes(lb2.server(settings(keys)), client));
        assertTrue(resumes(lb1.server(settings(keys)), client), "and back");
        assertFalse(resumes(lb2.server(settings(null, null, pair)), client), "without the file nothing is shared");
    }

    /** The files are not replaced at the same moment, and no session is lost meanwhile. */
    @Test
    void aRotationLosesNoSessionWhicheverNodeIsFirst() throws Exception {
        Path one = keys("one", 1, 2, 3);
        Path two = keys("two", 1, 2, 3);
        ServerTls first = lb1.server(settings(one));
        ServerTls second = lb2.server(settings(two));
        MemberTls client = client();
        MemberTls idle = client();
        resumes(first, client);
        resumes(second, idle);

        keys("one", 2, 3, 4);
        lb1.lookNow();
        assertTrue(resumes(first, client), "a ticket of before");
        assertTrue(resumes(second, client), "a ticket of the key that the other node does not seal with yet");
        keys("two", 2, 3, 4);
        lb2.lookNow();
        assertTrue(resumes(second, client));
        assertTrue(resumes(first, idle), "a ticket of the key before");
        assertEquals(List.of("lb1 replaced", "lb2 replaced"), said);

        MemberTls old = client();
        resumes(first, old);
        keys("one", 5, 6, 7);
        lb1.lookNow();
        assertFalse(resumes(first, old), "a ticket of a key that is gone");
        first.tick(System.nanoTime() + 5 * TicketKeys.EVERY_NANOS);
        assertTrue(resumes(first, old), "shared keys do not change by the hour");
    }

    @Test
    void aWrongFileIsRefusedAndTheOldKeysStay() throws Exception {
        Path keys = keys("keys", 1, 2);
        ServerTls tls = lb1.server(settings(keys));
        MemberTls client = client();
        resumes(tls, client);
        try (End server = new End(tls.open());
                End end = new End(client().open(MEMBER, null))) {
            assertTrue(End.shake(end, server));
            TestAuthority.replace(keys, key(1) + "\nnot a key\n");
            lb1.lookNow();
            lb1.lookNow();
            lb1.lookNow();
            assertEquals(
                    List.of(
                            "lb1 refused ticket-keys \"keys\" cannot be used: line 2 is not base64: write one key a line,"
                                    + " each made with openssl rand -base64 48 (a binary key: base64 -w0 FILE)"),
                    said);
            assertTrue(resumes(tls, client));
            keys("keys", 2, 1);
            lb1.lookNow();
            assertTrue(resumes(tls, client));
            end.take(server.seal(new byte[] {1, 2, 3}));
            assertEquals(3, end.received().length, "a connection of before goes on");
        }
    }

    /** Else a client without a certificate would be let in by a ticket of a listener that asks for none. */
    @Test
    void aTicketIsWorthNothingWhereMoreIsAsked() throws Exception {
        Path keys = keys("keys", 1, 2);
        ServerTls open = lb1.server(settings(keys));
        ServerTls optional = lb1.server(settings(keys, new ClientAuth(false, authority.ca(), null), pair));
        ServerTls required = lb2.server(settings(keys, new ClientAuth(true, authority.ca(), null), pair));
        for (ServerTls lenient : List.of(open, optional)) {
            MemberTls client = client();
            resumes(lenient, client);
            assertTrue(resumes(lenient, client));
            try (End server = new End(required.open());
                    End end = new End(client.open(MEMBER, null))) {
                End.shake(end, server);
                assertEquals(HandshakeFailure.NO_CERTIFICATE, server.session.failure());
            }
        }
    }

    /** Else who sits on the way could pass a client of one name on to the server of another. */
    @Test
    void aTicketIsWorthNothingUnderAnotherName() throws Exception {
        Path keys = keys("keys", 1, 2);
        KeyPairFiles renewed = authority.files("renewed", TestAuthority.server("a.example"));
        KeyPairFiles other = authority.files("other", TestAuthority.server("b.example"));
        MemberTls client = client();
        resumes(lb1.server(settings(keys)), client);
        assertFalse(resumes(lb2.server(settings(keys, null, other)), client));
        MemberTls same = client();
        resumes(lb1.server(settings(keys)), same);
        assertTrue(resumes(lb2.server(settings(keys, null, renewed)), same), "a certificate of its own for the name");
    }

    @Test
    void aRevokedClientIsNotLetInByATicketOfBefore() throws Exception {
        Path keys = keys("keys", 1, 2);
        X509Bundle bundle = authority.issue(TestAuthority.client("leaver"));
        KeyPairFiles leaver = authority.write("leaver", bundle);
        Path list = authority.revoke("list", Instant.now().plus(Duration.ofDays(5)));
        ServerSettings settings = settings(keys, new ClientAuth(true, authority.ca(), list), pair);
        ServerTls first = lb1.server(settings);
        ServerTls second = lb2.server(settings);
        MemberTls client = client(leaver);
        resumes(first, client);
        assertTrue(resumes(second, client));

        authority.revoke("list", Instant.now().plus(Duration.ofDays(5)), bundle.getCertificate());
        lb2.lookNow();
        try (End server = new End(second.open());
                End end = new End(client.open(MEMBER, null))) {
            End.shake(end, server);
            assertEquals(HandshakeFailure.REVOKED_CERTIFICATE, server.session.failure());
        }
        assertNotNull(Files.readString(list));
    }
}
