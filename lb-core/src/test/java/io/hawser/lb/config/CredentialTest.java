package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.config.Finding.NotYet;
import io.hawser.lb.config.Finding.Problem;
import io.hawser.lb.config.Finding.Warning;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates, keys and revocation lists are judged when the file is read, and nothing of a key is told. */
class CredentialTest {
    @TempDir
    private Path directory;

    /** What is said, in file order, about a listener that ends TLS with s.pem and s.key. */
    private List<String> said(String more) throws IOException {
        Path file = Files.writeString(directory.resolve("hawser.yaml"), """
                nodes: [{name: lb1, address: 10.77.0.11}]
                listeners: [{name: l, bind: "10.77.0.11:443", %s, mode: tls, tls: {certificate: s.pem, key: s.key}}]
                pools: [{name: p, members: ["10.77.0.31:80"]}]
                """.formatted(more));
        Loaded loaded = ConfigLoader.parse(file, Files.readString(file), Given.lb1());
        Stream<? extends Finding> findings = switch (loaded) {
            case Loaded.Ok ok when !ok.waits().isEmpty() -> ok.waits().stream();
            case Loaded.Ok ok -> ok.warnings().stream();
            case Loaded.Invalid invalid -> invalid.problems().stream();
        };
        return findings.map(Finding::message)
                .map(message -> message.replace(directory + "/", ""))
                .toList();
    }

    private List<String> said() throws IOException {
        return said("pool: p");
    }

    private X509Bundle server(Duration left, String... names) throws IOException {
        X509Bundle server = Pem.server(left, names);
        Pem.write(directory, "s.pem", server.getCertificatePathPEM());
        Pem.write(directory, "s.key", server.getPrivateKeyPEM());
        return server;
    }

    private static String day(Duration from) {
        return Instant.now().plus(from).atZone(ZoneOffset.UTC).toLocalDate().toString();
    }

    @Test
    void aGoodPairIsNotMentioned() throws IOException {
        server(Duration.ofDays(90), "a.example");
        assertEquals(List.of(), said());
    }

    @Test
    void aCertificateAtItsEnd() throws IOException {
        server(Duration.ofDays(6).plusHours(12), "a.example");
        assertEquals(
                List.of("the certificate in \"s.pem\" expires on "
                        + day(Duration.ofDays(6).plusHours(12)) + ", in less than 7 days: renew it"),
                said());
        server(Duration.ofHours(-2), "a.example");
        assertEquals(
                List.of("the certificate in \"s.pem\" expired on " + day(Duration.ofHours(-2)) + ": renew it"), said());
    }

    @Test
    void filesThatAreNotThereOrHoldSomethingElse() throws IOException {
        assertEquals(
                List.of(
                        "the file \"s.pem\" does not exist: write it, or correct the path",
                        "the file \"s.key\" does not exist: write it, or correct the path"),
                said());
        X509Bundle server = server(Duration.ofDays(90), "a.example");
        Pem.write(directory, "s.pem", server.getPrivateKeyPEM());
        Pem.write(directory, "s.key", server.getCertificatePEM());
        assertTrue(said().getFirst()
                .startsWith("the file \"s.pem\" cannot be used: it holds no certificate in PEM (BEGIN CERTIFICATE)"));
        server(Duration.ofDays(90), "a.example");
        Pem.write(directory, "s.key", server.getCertificatePEM());
        assertEquals(List.of("the file \"s.key\" holds no private key in PEM (BEGIN PRIVATE KEY)"), said());
    }

    @Test
    void aKeyOfAnotherCertificateAndOneWithAPassphrase() throws IOException {
        server(Duration.ofDays(90), "a.example");
        Pem.write(
                directory, "s.key", Pem.server(Duration.ofDays(90), "b.example").getPrivateKeyPEM());
        assertEquals(
                List.of(
                        "the file \"s.key\" holds the key of another certificate, not of CN=a.example: name the two that"
                                + " belong together"),
                said());
        Pem.write(
                directory,
                "s.key",
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n");
        assertEquals(
                List.of("the file \"s.key\" holds a key that is encrypted, and nobody is there to type its passphrase:"
                        + " decrypt it with openssl pkey -in FILE -out NEW"),
                said());
        Pem.write(directory, "s.key", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n");
        assertEquals(List.of("the file \"s.key\" holds a private key that cannot be read: write it anew"), said());
    }

    @Test
    void aKeyThatEverybodyCanRead() throws IOException {
        server(Duration.ofDays(90), "a.example");
        Files.setPosixFilePermissions(directory.resolve("s.key"), PosixFilePermissions.fromString("rw-r--r--"));
        assertEquals(List.of("every user of this host can read the key \"s.key\": chmod 600 it"), said());
    }

    @Test
    void aRouteForWhichThereIsNoCertificate() throws IOException {
        server(Duration.ofDays(90), "a.example", "*.b.example");
        assertEquals(
                List.of(
                        "no certificate of this listener is for x.y.b.example, so its clients will not trust it; they are"
                                + " for a.example, *.b.example"),
                said("routes: [{sni: [a.example, x.b.example, x.y.b.example, \"*.b.example\"], pool: p}]"));
    }

    @Test
    void revocationListsThatAreOldOrNone() throws IOException {
        server(Duration.ofDays(90), "a.example");
        Pem.write(directory, "old.pem", Pem.OLD_CRL);
        Path ca = Pem.DIRECTORY.resolve("ca.pem");
        String yaml = """
                nodes: [{name: lb1, address: 10.77.0.11}]
                listeners:
                  - {name: l, bind: "10.77.0.11:443", pool: p, mode: tls, tls: {certificate: s.pem, key: s.key,
                     client-auth: {mode: required, ca: %s, crl: %s}}}
                pools: [{name: p, members: ["10.77.0.31:80"]}]
                """;
        Path file = directory.resolve("hawser.yaml");
        Loaded old = ConfigLoader.parse(file, yaml.formatted(ca, "old.pem"), Given.lb1());
        assertEquals(
                List.of("a revocation list in \"" + directory + "/old.pem\" should have been replaced on 2020-02-01:"
                        + " fetch the next one"),
                ((Loaded.Ok) old).warnings().stream().map(Warning::message).toList());
        Loaded none = ConfigLoader.parse(file, yaml.formatted(ca, "s.pem"), Given.lb1());
        assertEquals(
                List.of("the file \"" + directory
                        + "/s.pem\" cannot be used: it holds no revocation list in PEM (BEGIN X509 CRL)"),
                ((Loaded.Invalid) none)
                        .problems().stream().map(Problem::message).toList());
    }

    private List<String> saidOfTickets(String content) throws IOException {
        server(Duration.ofDays(90), "a.example");
        Pem.write(directory, "tickets", content);
        Path file = directory.resolve("hawser.yaml");
        Loaded loaded = ConfigLoader.parse(file, """
                nodes: [{name: lb1, address: 10.77.0.11}]
                listeners:
                  - {name: l, bind: "10.77.0.11:443", pool: p, mode: tls,
                     tls: {certificate: s.pem, key: s.key, ticket-keys: tickets}}
                pools: [{name: p, members: ["10.77.0.31:80"]}]
                """, Given.lb1());
        Stream<? extends Finding> findings = switch (loaded) {
            case Loaded.Ok ok -> Stream.concat(ok.waits().stream(), ok.warnings().stream());
            case Loaded.Invalid invalid -> invalid.problems().stream();
        };
        return findings.map(each -> each.path() + ": " + each.message().replace(directory + "/", ""))
                .toList();
    }

    @Test
    void ticketKeysAreJudged() throws IOException {
        String key = "eR5mqdCZ4Dp3TQHkEqVCYOXKhMbW3kLF0yBvIr1aNs8gUuJ2P7xi9nfwltSoZGcA";
        assertEquals(List.of(), saidOfTickets(key + "\n"));
        assertEquals(
                List.of(
                        "listeners[0].tls.ticket-keys: the file \"tickets\" cannot be used: line 2 has 3 bytes, and a key"
                                + " has 48 or 80, in one line: make it with openssl rand -base64 48"),
                saidOfTickets(key + "\nAAAA\n"));
        saidOfTickets(key + "\n");
        Files.setPosixFilePermissions(directory.resolve("tickets"), PosixFilePermissions.fromString("rw-r--r--"));
        Loaded loaded = ConfigLoader.load(Files.writeString(directory.resolve("hawser.yaml"), """
                        nodes: [{name: lb1, address: 10.77.0.11}]
                        listeners:
                          - {name: l, bind: "10.77.0.11:443", pool: p, mode: tls,
                             tls: {certificate: s.pem, key: s.key, ticket-keys: tickets}}
                        pools: [{name: p, members: ["10.77.0.31:80"]}]
                        """), Given.lb1());
        assertEquals(
                List.of("every user of this host can read the ticket keys \"" + directory + "/tickets\": chmod 600 it"),
                ((Loaded.Ok) loaded).warnings().stream().map(Warning::message).toList());
        Files.delete(directory.resolve("tickets"));
        loaded = ConfigLoader.load(directory.resolve("hawser.yaml"), Given.lb1());
        assertEquals(
                List.of("the file \"" + directory + "/tickets\" does not exist: write it, or correct the path"),
                ((Loaded.Ok) loaded).waits().stream().map(NotYet::message).toList(),
                "it may be mounted later");
    }

    @Test
    void keysOfTheFormsBeforePkcs8AreCompared() throws Exception {
        var rsa = KeyPairGenerator.getInstance("RSA");
        rsa.initialize(2048);
        var one = rsa.generateKeyPair();
        byte[] pkcs8 = one.getPrivate().getEncoded();
        // RFC 5958 2: of a key of 2048 bits the PKCS #1 form starts behind 26 bytes.
        String pem = "-----BEGIN RSA PRIVATE KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(Arrays.copyOfRange(pkcs8, 26, pkcs8.length))
                + "\n-----END RSA PRIVATE KEY-----\n";
        byte[] file = pem.getBytes(StandardCharsets.US_ASCII);
        assertEquals(PrivateKeyMatch.MATCHES, PrivateKeyMatch.of(file, one.getPublic()));
        assertEquals(
                PrivateKeyMatch.OTHER,
                PrivateKeyMatch.of(file, rsa.generateKeyPair().getPublic()));
    }

    /** As templates write it that were given the key itself. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "key: \"%1$s\"", // one line, with \n
                "key: |\n        %2$s", // a block
                "key: |\n%3$s", // a block whose indentation was lost
                "key: \"%3$s\"", // a text of several lines
                "key: s.key, %3$s",
                "key: s.key\n%3$s"
            })
    void aKeyInPlaceOfItsFileIsNotShown(String written) throws IOException {
        String pem = server(Duration.ofDays(90), "a.example")
                .getPrivateKeyPEM()
                .replace("\r", "")
                .trim();
        Path file = Files.writeString(directory.resolve("hawser.yaml"), """
                nodes: [{name: lb1, address: 10.77.0.11}]
                listeners:
                  - name: l
                    bind: "10.77.0.11:443"
                    pool: p
                    mode: tls
                    tls:
                      certificate: s.pem
                      %s
                pools: [{name: p, members: ["10.77.0.31:80"]}]
                """.formatted(
                        written.formatted(pem.replace("\n", "\\n"), pem.replace("\n", "\n        "), pem)));
        Loaded.Invalid loaded = (Loaded.Invalid) ConfigLoader.load(file, Given.lb1());
        String told = loaded.problems().stream().map(Problem::renderWithSource).collect(Collectors.joining("\n"));
        pem.lines().filter(line -> !line.startsWith("-")).forEach(line -> {
            for (int i = 0; i + 8 <= line.length(); i++) {
                assertFalse(told.contains(line.substring(i, i + 8)), told);
            }
        });
    }

    @Test
    void aPasswordInPlaceOfItsFileIsNotShown() throws IOException {
        Path file = Files.writeString(directory.resolve("hawser.yaml"), """
                nodes: [{name: lb1, address: 10.77.0.11}]
                virtual-routers:
                  - name: api
                    id: 51
                    addresses: [10.77.0.10]
                    version: 2
                    authentication: {type: pass, password: hunter2!}
                """);
        Loaded.Invalid loaded = (Loaded.Invalid) ConfigLoader.load(file, Given.lb1());
        String told = loaded.problems().toString();
        assertTrue(told.contains("password-file"), told);
        assertFalse(told.contains("hunter2"), told);
    }

    @Test
    void nothingOfAKeyIsTold() throws IOException {
        X509Bundle server = server(Duration.ofDays(90), "a.example");
        String secret = server.getPrivateKeyPEM().lines().skip(1).findFirst().orElseThrow();
        Pem.write(directory, "s.key", secret + "\n");
        assertFalse(said().toString().contains(secret.substring(4, 20)));
    }
}
