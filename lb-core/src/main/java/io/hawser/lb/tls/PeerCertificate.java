package io.hawser.lb.tls;

import io.hawser.lb.pem.PemBlocks;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/** A certificate that the other side has proved to own and that was verified where verification is on. Immutable. */
public final class PeerCertificate {
    private final byte[] encoded;
    private @Nullable X509Certificate parsed;

    PeerCertificate(byte[] encoded) {
        this.encoded = encoded;
    }

    /** Its DER form. */
    public byte[] encoded() {
        return encoded.clone();
    }

    /** The subject's common name; null when it has none. */
    public @Nullable String commonName() {
        X509Certificate certificate = parsed;
        if (certificate == null) {
            certificate = PemBlocks.certificate(encoded);
            parsed = certificate;
        }
        return certificate == null ? null : commonName(certificate);
    }

    static @Nullable String commonName(X509Certificate certificate) {
        try {
            for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName())
                    .getRdns()
                    .reversed()) {
                if (rdn.getType().equalsIgnoreCase("CN")) {
                    return rdn.getValue().toString();
                }
            }
        } catch (InvalidNameException _) {
            // A name that cannot be read is no name.
        }
        return null;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PeerCertificate that && Arrays.equals(encoded, that.encoded);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(encoded);
    }

    @Override
    public String toString() {
        return "PeerCertificate[" + commonName() + "]";
    }
}
