package io.hawser.lb.demo;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;

/**
 * A self-signed P-256 certificate for the demo's masters, valid for a few days and for the addresses given. Immutable.
 *
 * <p>The JDK can read and check certificates but has no public way to write one, so the few DER structures of RFC 5280 section 4.1 that are
 * needed are written here; the JDK's own parser reads the result back, and verifies its signature.
 */
record DemoCertificate(X509Certificate certificate, PrivateKey key) {
    private static final int SEQUENCE = 0x30;
    private static final int SET = 0x31;
    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int OCTET_STRING = 0x04;
    private static final int OBJECT_IDENTIFIER = 0x06;
    private static final int UTF8_STRING = 0x0C;
    private static final int UTC_TIME = 0x17;
    private static final int EXPLICIT_0 = 0xA0;
    private static final int EXPLICIT_3 = 0xA3;
    private static final int IP_ADDRESS_NAME = 0x87;

    private static final byte[] ECDSA_WITH_SHA256 = {0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 0x04, 0x03, 0x02};
    private static final byte[] COMMON_NAME = {0x55, 0x04, 0x03};
    private static final byte[] SUBJECT_ALTERNATIVE_NAME = {0x55, 0x1D, 0x11};

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    /** A new key and a certificate for it, named {@code commonName}, for literal IP addresses. */
    static DemoCertificate create(String commonName, List<String> addresses, Instant now) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair pair = generator.generateKeyPair();
            byte[] unsigned = toBeSigned(commonName, addresses, now, pair);
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(pair.getPrivate());
            signature.update(unsigned);
            byte[] der = der(SEQUENCE, unsigned, algorithm(), bits(signature.sign()));
            X509Certificate certificate = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
            certificate.verify(pair.getPublic());
            return new DemoCertificate(certificate, pair.getPrivate());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a P-256 certificate for " + addresses + " could not be made", e);
        }
    }

    private static byte[] toBeSigned(String commonName, List<String> addresses, Instant now, KeyPair pair) {
        byte[] name = der(
                SEQUENCE,
                der(
                        SET,
                        der(
                                SEQUENCE,
                                der(OBJECT_IDENTIFIER, COMMON_NAME),
                                der(UTF8_STRING, commonName.getBytes(StandardCharsets.UTF_8)))));
        byte[] validity = der(SEQUENCE, time(now.minusSeconds(86_400)), time(now.plusSeconds(7 * 86_400)));
        byte[] extension = der(
                SEQUENCE,
                der(OBJECT_IDENTIFIER, SUBJECT_ALTERNATIVE_NAME),
                der(
                        OCTET_STRING,
                        der(
                                SEQUENCE,
                                addresses.stream()
                                        .map(a -> der(IP_ADDRESS_NAME, literal(a)))
                                        .toArray(byte[][]::new))));
        return der(
                SEQUENCE,
                der(EXPLICIT_0, der(INTEGER, new byte[] {2})), // version 3
                der(INTEGER, new byte[] {1}),
                algorithm(),
                name,
                validity,
                name,
                pair.getPublic().getEncoded(), // already a SubjectPublicKeyInfo
                der(EXPLICIT_3, der(SEQUENCE, extension)));
    }

    private static byte[] algorithm() {
        return der(SEQUENCE, der(OBJECT_IDENTIFIER, ECDSA_WITH_SHA256));
    }

    /* RFC 5280 4.1.2.5: dates through the year 2049 MUST be UTCTime. */
    private static byte[] time(Instant at) {
        return der(UTC_TIME, TIME.format(at).getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] bits(byte[] content) {
        return der(BIT_STRING, new byte[] {0}, content); // no unused bits
    }

    private static byte[] literal(String address) {
        try {
            return InetAddress.ofLiteral(address).getAddress();
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("\"" + address + "\" is not an IP address", e);
        }
    }

    private static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        int length = content.size();
        if (length >= 0x100) {
            out.writeBytes(new byte[] {(byte) 0x82, (byte) (length >> 8), (byte) length});
        } else if (length >= 0x80) {
            out.writeBytes(new byte[] {(byte) 0x81, (byte) length});
        } else {
            out.write(length);
        }
        out.writeBytes(content.toByteArray());
        return out.toByteArray();
    }

    /** The certificate as PEM. */
    String certificatePem() {
        try {
            return pem("CERTIFICATE", certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate that was parsed has no encoding", e);
        }
    }

    /** The private key as PKCS#8 PEM. */
    String keyPem() {
        return pem("PRIVATE KEY", key.getEncoded());
    }

    private static String pem(String label, byte[] der) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
    }
}
