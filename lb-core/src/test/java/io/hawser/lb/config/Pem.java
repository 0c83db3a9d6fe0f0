package io.hawser.lb.config;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;

/** Certificates and keys for tests, written as files that only their owner may read. */
final class Pem {
    private static final String SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";

    /** A revocation list of an authority called ca that should have been replaced on 2020-02-01. */
    static final String OLD_CRL = """
            -----BEGIN X509 CRL-----
            MIGlMEwCAQEwCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCY2EXDTIwMDEwMTAwMDAw
            MFoXDTIwMDIwMTAwMDAwMFqgDjAMMAoGA1UdFAQDAgECMAoGCCqGSM49BAMCA0kA
            MEYCIQCYrPBKAij3yphgoebE2LYK+jFFVZKGR7S3qUAeFilLpgIhANhSZg6obD46
            5CuaIAZ6peIQInX0m3FteNWekMKL1J7C
            -----END X509 CRL-----
            """;

    /** One that is good until 2126. */
    private static final String CRL = """
            -----BEGIN X509 CRL-----
            MIGnME4CAQEwCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCY2EXDTI2MTEyNTE5Mzg0
            NloYDzIxMjYxMTAxMTkzODQ2WqAOMAwwCgYDVR0UBAMCAQEwCgYIKoZIzj0EAwID
            SQAwRgIhAK9kw1PkzMfc67zdP4OA/00rqN09SnLE7qLPS3WGbE0PAiEAyRvTpJ7J
            ClpnzrrstUTpcG3XxaaIhXHJ2J3ZW+yuejU=
            -----END X509 CRL-----
            """;

    private static final X509Bundle AUTHORITY = authority();

    /** A directory with ca.pem, server.pem and server.key for a.example and *.b.example, client.pem and client.key, crl.pem, password, tickets, token. */
    static final Path DIRECTORY = create();

    private Pem() {}

    private static Path create() {
        try {
            Path directory = Files.createTempDirectory("hawser-pem");
            directory.toFile().deleteOnExit();
            write(directory, "ca.pem", AUTHORITY.getCertificatePEM());
            write(directory, "crl.pem", CRL);
            write(directory, "password", "secret\n");
            write(directory, "token", "token\n");
            write(directory, "tickets", "eR5mqdCZ4Dp3TQHkEqVCYOXKhMbW3kLF0yBvIr1aNs8gUuJ2P7xi9nfwltSoZGcA\n");
            X509Bundle server = server(Duration.ofDays(90), "a.example", "*.b.example");
            write(directory, "server.pem", server.getCertificatePathPEM());
            write(directory, "server.key", server.getPrivateKeyPEM());
            X509Bundle client = server(Duration.ofDays(90), "client");
            write(directory, "client.pem", client.getCertificatePathPEM());
            write(directory, "client.key", client.getPrivateKeyPEM());
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static X509Bundle authority() {
        try {
            return new CertificateBuilder()
                    .ecp256()
                    .subject("CN=ca")
                    .setIsCertificateAuthority(true)
                    .notAfter(Instant.now().plus(Duration.ofDays(3650)))
                    .buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException("a certificate for the tests", e);
        }
    }

    /** A certificate for these names that is valid since yesterday and for so long. */
    static X509Bundle server(Duration left, String... names) {
        CertificateBuilder builder = new CertificateBuilder()
                .ecp256()
                .subject("CN=" + names[0].replace("*.", ""))
                .notBefore(Instant.now().minus(Duration.ofDays(1)))
                .notAfter(Instant.now().plus(left));
        try {
            // The builder's own method takes no wildcards.
            return builder.addExtensionOctetString(SUBJECT_ALTERNATIVE_NAME, false, dnsNames(names))
                    .buildIssuedBy(AUTHORITY);
        } catch (Exception e) {
            throw new IllegalStateException("a certificate for the tests", e);
        }
    }

    /** RFC 5280 4.2.1.6: a sequence of names, each with the tag of a dNSName. */
    private static byte[] dnsNames(String... names) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String name : names) {
            byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
            all.write(0x82);
            all.write(ascii.length);
            all.writeBytes(ascii);
        }
        ByteArrayOutputStream sequence = new ByteArrayOutputStream();
        sequence.write(0x30);
        sequence.write(all.size());
        sequence.writeBytes(all.toByteArray());
        return sequence.toByteArray();
    }

    /** Writes a file that only its owner may read. */
    static Path write(Path directory, String name, String text) throws IOException {
        Path file = Files.writeString(directory.resolve(name), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        file.toFile().deleteOnExit();
        return file;
    }
}
