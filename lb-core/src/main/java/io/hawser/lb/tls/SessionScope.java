package io.hawser.lb.tls;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hawser.lb.pem.RevocationList;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Decides where a TLS session may be resumed: only where the same server would have been proven to the client, and the client judged
 * in the same way. A digest of both goes into each session (the session id context), and one with another is not resumed. Stateless.
 */
final class SessionScope {

    /*
     * Whoever can open a ticket believes what is in it. With one key file for several listeners, a client without a
     * certificate could else take a ticket of an open listener to one that demands certificates, and somebody on the way
     * could pass a client of one name on to another. The same names, not the same certificate: nodes may have one each, and
     * renew them at different times.
     */

    private SessionScope() {}

    /** The digest, which has the length that the library takes at most. */
    static byte[] of(
            List<X509Certificate> served,
            ServerSettings.@Nullable ClientAuth clients,
            List<X509Certificate> authorities,
            List<RevocationList> lists) {
        SortedSet<String> parts = new TreeSet<>();
        try {
            for (X509Certificate each : served) {
                names(each).forEach(name -> parts.add("serves " + name));
            }
            parts.add("clients " + (clients == null ? "unasked" : clients.required() ? "required" : "optional"));
            for (X509Certificate each : authorities) {
                parts.add("authority " + HexFormat.of().formatHex(each.getEncoded()));
            }
            for (RevocationList each : lists) {
                parts.add("list " + each.identity());
            }
            // A length before each keeps two lists of parts from reading alike.
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String each : parts) {
                digest.update((each.length() + ":" + each).getBytes(UTF_8));
            }
            return digest.digest();
        } catch (CertificateEncodingException e) {
            throw new TlsException("a certificate cannot be encoded: " + e.getMessage());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each JDK has SHA-256", e);
        }
    }

    private static SortedSet<String> names(X509Certificate certificate) throws CertificateEncodingException {
        SortedSet<String> names = new TreeSet<>();
        try {
            Collection<List<?>> all = certificate.getSubjectAlternativeNames();
            if (all != null) {
                for (List<?> each : all) {
                    names.add(each.getFirst() + " "
                            + (each.get(1) instanceof byte[] bytes
                                    ? HexFormat.of().formatHex(bytes)
                                    : each.get(1)));
                }
            }
        } catch (CertificateParsingException _) {
            names.add(HexFormat.of().formatHex(certificate.getEncoded()));
        }
        if (names.isEmpty()) {
            names.add("subject " + certificate.getSubjectX500Principal().getName());
        }
        return names;
    }
}
