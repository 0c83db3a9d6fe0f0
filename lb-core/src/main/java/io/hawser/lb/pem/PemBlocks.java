package io.hawser.lb.pem;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The blocks of a small PEM file; what is between them is not looked at. Stateless; any thread. */
public final class PemBlocks {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");

    private PemBlocks() {}

    /**
     * All certificates of a file in its order, at least one.
     *
     * @throws CertificateException when there is none, or one is damaged; the message is a sentence about the file
     */
    public static List<X509Certificate> certificates(byte[] file) throws CertificateException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (byte[] der : of(file, "CERTIFICATE")) {
            X509Certificate certificate = certificate(der);
            if (certificate == null) {
                throw new CertificateException("certificate " + (certificates.size() + 1) + " in it is damaged");
            }
            certificates.add(certificate);
        }
        if (certificates.isEmpty()) {
            throw new CertificateException("it holds no certificate in PEM (BEGIN CERTIFICATE)");
        }
        return certificates;
    }

    /** A certificate of its DER form; null when that is damaged. */
    public static @Nullable X509Certificate certificate(byte[] der) {
        try {
            Certificate read =
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
            return read instanceof X509Certificate certificate ? certificate : null;
        } catch (CertificateException _) {
            return null;
        }
    }

    private static List<byte[]> of(byte[] file, String label) {
        List<byte[]> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(new String(file, ISO_8859_1));
        while (matcher.find()) {
            if (matcher.group(1).equals(label)) {
                try {
                    blocks.add(Base64.getMimeDecoder().decode(matcher.group(2)));
                } catch (IllegalArgumentException _) {
                    blocks.add(new byte[0]);
                }
            }
        }
        return blocks;
    }
}
