package io.hawser.lb.tls;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority of a test, and the PEM files of what it issues. */
public final class TestAuthority {
    private static final Duration DAY = Duration.ofDays(1);

    private final X509Bundle authority;
    private final Path directory;

    public TestAuthority(String name, Path directory) throws Exception {
        this.directory = directory;
        authority = new CertificateBuilder()
                .ecp256()
                .subject("CN=" + name)
                .setIsCertificateAuthority(true)
                .notAfter(Instant.now().plus(DAY.multipliedBy(400)))
                .buildSelfSigned();
        Files.writeString(ca(), authority.getCertificatePEM());
    }

    /** Its certificate's file. */
    public Path ca() {
        return directory.resolve(name() + "-ca.pem");
    }

    private String name() {
        return authority.getCertificate().getSubjectX500Principal().getName().substring(3);
    }

    public X509Bundle bundle() {
        return authority;
    }

    /** A certificate for servers, elliptic, for a hundred days. */
    public static CertificateBuilder server(String... names) {
        CertificateBuilder builder = new CertificateBuilder()
                .ecp256()
                .subject("CN=" + (names.length == 0 ? "nobody" : names[0].replace("*", "star")))
                .addExtendedKeyUsageServerAuth()
                .notBefore(Instant.now().minus(DAY))
                .notAfter(Instant.now().plus(DAY.multipliedBy(100)));
        if (names.length == 1 && names[0].startsWith("*")) {
            return wildcard(builder, names[0]);
        }
        for (String name : names) {
            if (Character.isDigit(name.charAt(0))) {
                builder.addSanIpAddress(name);
            } else {
                builder.addSanDnsName(name);
            }
        }
        return builder;
    }

    // The builder takes names for hosts, which a star is not.
    private static CertificateBuilder wildcard(CertificateBuilder builder, String name) {
        try {
            return builder.addExtensionOctetString(
                    "2.5.29.17", false, new GeneralNames(new GeneralName(GeneralName.dNSName, name)).getEncoded());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static CertificateBuilder client(String name) {
        return new CertificateBuilder()
                .ecp256()
                .subject("CN=" + name)
                .addExtendedKeyUsageClientAuth()
                .notBefore(Instant.now().minus(DAY))
                .notAfter(Instant.now().plus(DAY.multipliedBy(100)));
    }

    public static CertificateBuilder expired(CertificateBuilder builder) {
        return builder.notBefore(Instant.now().minus(DAY.multipliedBy(10)))
                .notAfter(Instant.now().minus(DAY));
    }

    public X509Bundle issue(CertificateBuilder builder) throws Exception {
        return builder.buildIssuedBy(authority);
    }

    /** Issues it and writes its files, {@code name.pem} and {@code name.key}. */
    public KeyPairFiles files(String name, CertificateBuilder builder) throws Exception {
        return write(name, issue(builder));
    }

    public KeyPairFiles write(String name, X509Bundle bundle) throws IOException {
        KeyPairFiles files = new KeyPairFiles(directory.resolve(name + ".pem"), directory.resolve(name + ".key"));
        replace(files.certificate(), bundle.getCertificatePathPEM());
        replace(files.key(), bundle.getPrivateKeyPEM());
        return files;
    }

    /** Replaces a file in one step, so that no reader finds half of it. */
    public static void replace(Path file, String text) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.writeString(next, text);
        Files.move(
                next,
                file,
                java.nio.file.StandardCopyOption.ATOMIC_MOVE,
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    /** Writes a revocation list with these certificates in it. */
    public Path revoke(String name, Instant until, X509Certificate... revoked) throws Exception {
        JcaX509v2CRLBuilder builder = new JcaX509v2CRLBuilder(
                authority.getCertificate().getSubjectX500Principal(), Date.from(until.minus(DAY.multipliedBy(20))));
        builder.setNextUpdate(Date.from(until));
        for (X509Certificate each : revoked) {
            BigInteger serial = each.getSerialNumber();
            builder.addCRLEntry(serial, Date.from(until.minus(DAY.multipliedBy(20))), CRLReason.keyCompromise);
        }
        X509CRL list = new JcaX509CRLConverter()
                .getCRL(builder.build(new JcaContentSignerBuilder("SHA256withECDSA")
                        .build(authority.getKeyPair().getPrivate())));
        Path file = directory.resolve(name + ".crl");
        replace(
                file,
                "-----BEGIN X509 CRL-----\n" + Base64.getMimeEncoder().encodeToString(list.getEncoded())
                        + "\n-----END X509 CRL-----\n");
        return file;
    }

    /** Settings for a listener with these certificates and nothing else. */
    public static ServerSettings serving(KeyPairFiles... certificates) {
        return new ServerSettings(List.of(certificates), ServerSettings.Version.TLS_1_2, List.of(), null);
    }

    /** Settings for members that this authority has certified by this name; null for their address. */
    public MemberSettings verifying(@org.jspecify.annotations.Nullable String name) {
        return new MemberSettings(true, ca(), name, null);
    }
}
