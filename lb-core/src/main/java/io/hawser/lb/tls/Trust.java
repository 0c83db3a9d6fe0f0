package io.hawser.lb.tls;

import io.hawser.lb.pem.PemBlocks;
import io.hawser.lb.pem.RevocationList;
import io.netty.internal.tcnative.CertificateVerifier;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertPathValidatorResult;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateParsingException;
import java.security.cert.PKIXCertPathValidatorResult;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXReason;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Authorities and their revocation lists, and whether a chain of certificates leads to one of them (RFC 5280 section 6).
 * Immutable but for what it remembers; any thread.
 *
 * <p>A chain that was found good is remembered until the first of its certificates or lists ends, because members and
 * many clients show the same one again and again; so most handshakes cost a digest and not signatures.
 */
final class Trust {
    /** What the other side is to us. */
    enum Role {
        CLIENT("1.3.6.1.5.5.7.3.2"),
        SERVER("1.3.6.1.5.5.7.3.1");

        private final String usage;

        Role(String usage) {
            this.usage = usage;
        }
    }

    private static final String ANY_USAGE = "2.5.29.37.0";
    private static final int CRL_SIGN = 6;
    private static final int MOST_CERTIFICATES = 8;
    private static final int MOST_REMEMBERED = 1024;

    private final Role role;
    private final Set<X509Certificate> authorities;
    private final Set<TrustAnchor> anchors = new HashSet<>();
    private final List<RevocationList> revocations;
    private final Map<ByteBuffer, Long> good = new ConcurrentHashMap<>();

    Trust(Role role, List<X509Certificate> authorities, List<RevocationList> revocations) {
        this.role = role;
        this.authorities = Set.copyOf(authorities);
        this.revocations = List.copyOf(revocations);
        authorities.forEach(authority -> anchors.add(new TrustAnchor(authority, null)));
    }

    /**
     * Judges a chain.
     *
     * @param chain DER, as it was sent: the other side's own certificate first
     * @param name what the certificate must be for; null for anything
     * @param now the time of day
     * @return null when it is good
     */
    @Nullable
    HandshakeFailure judge(byte[][] chain, @Nullable PeerName name, Instant now) {
        if (chain.length == 0 || chain.length > MOST_CERTIFICATES) {
            return HandshakeFailure.BAD_CERTIFICATE;
        }
        ByteBuffer digest = digest(chain, name);
        Long until = good.get(digest);
        if (until != null && now.toEpochMilli() < until) {
            return null;
        }
        List<X509Certificate> certificates = new ArrayList<>();
        for (byte[] der : chain) {
            X509Certificate certificate = PemBlocks.certificate(der);
            if (certificate == null) {
                return HandshakeFailure.BAD_CERTIFICATE;
            }
            certificates.add(certificate);
        }
        X509Certificate own = certificates.getFirst();
        if (name != null && !name.isNameOf(own)) {
            return HandshakeFailure.WRONG_NAME;
        }
        if (!isMeantForIt(own)) {
            return HandshakeFailure.BAD_CERTIFICATE;
        }
        List<X509Certificate> path = pathOf(certificates);
        if (path == null) {
            return HandshakeFailure.UNKNOWN_AUTHORITY;
        }
        HandshakeFailure failure = validate(path, now);
        if (failure == null) {
            remember(digest, path);
        }
        return failure;
    }

    /*
     * From the first certificate to one that an authority has issued. Each is used once and in any order, so a chain of n
     * costs at most n squared comparisons of names, and one validation.
     */
    private @Nullable List<X509Certificate> pathOf(List<X509Certificate> sent) {
        List<X509Certificate> left = new ArrayList<>(sent);
        List<X509Certificate> path = new ArrayList<>();
        X509Certificate last = left.removeFirst();
        path.add(last);
        while (!isIssuedByAuthority(last)) {
            X509Certificate issued = last;
            X509Certificate issuer = left.stream()
                    .filter(each -> each.getSubjectX500Principal().equals(issued.getIssuerX500Principal()))
                    .findFirst()
                    .orElse(null);
            if (issuer == null) {
                return null;
            }
            left.remove(issuer);
            path.add(issuer);
            last = issuer;
        }
        return path;
    }

    private boolean isIssuedByAuthority(X509Certificate certificate) {
        return authorities.stream()
                .anyMatch(
                        authority -> authority.getSubjectX500Principal().equals(certificate.getIssuerX500Principal()));
    }

    private @Nullable HandshakeFailure validate(List<X509Certificate> path, Instant now) {
        try {
            X509Certificate own = path.getFirst();
            if (authorities.contains(own)) {
                // Trusted by itself, as a self-signed one is; PKIX has no path for it.
                own.checkValidity(Date.from(now));
                return null;
            }
            PKIXParameters parameters = new PKIXParameters(anchors);
            parameters.setDate(Date.from(now));
            parameters.setRevocationEnabled(false);
            CertPathValidatorResult result = CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
            return revocations.isEmpty() || !(result instanceof PKIXCertPathValidatorResult valid)
                    ? null
                    : revocation(path, valid.getTrustAnchor().getTrustedCert(), now);
        } catch (CertPathValidatorException e) {
            return reasonOf(e.getReason());
        } catch (CertificateExpiredException | CertificateNotYetValidException _) {
            return HandshakeFailure.EXPIRED_CERTIFICATE;
        } catch (GeneralSecurityException _) {
            return HandshakeFailure.BAD_CERTIFICATE;
        }
    }

    /**
     * RFC 5280 section 6.3, for complete lists: each certificate of the path, from that of the authority's on, has to be in
     * none of the lists of its issuer, and there has to be one.
     */
    private @Nullable HandshakeFailure revocation(List<X509Certificate> path, X509Certificate anchor, Instant now) {
        X509Certificate issuer = anchor;
        boolean maySign = true;
        for (X509Certificate certificate : path.reversed()) {
            PublicKey key = issuer.getPublicKey();
            List<RevocationList> about = !maySign
                    ? List.of()
                    : revocations.stream()
                            .filter(list -> list.isAbout(certificate) && list.isCurrent(now) && list.isSignedBy(key))
                            .toList();
            if (about.isEmpty()) {
                return HandshakeFailure.UNKNOWN_REVOCATION;
            } else if (about.stream().anyMatch(list -> list.revokes(certificate))) {
                return HandshakeFailure.REVOKED_CERTIFICATE;
            }
            issuer = certificate;
            maySign = maySignLists(certificate);
        }
        return null;
    }

    // RFC 5280 4.2.1.3: cRLSign. An authority that is trusted by name in a file needs no leave.
    private static boolean maySignLists(X509Certificate certificate) {
        boolean[] usages = certificate.getKeyUsage();
        return usages != null && usages.length > CRL_SIGN && usages[CRL_SIGN];
    }

    private static HandshakeFailure reasonOf(CertPathValidatorException.Reason reason) {
        return switch (reason) {
            case BasicReason.EXPIRED, BasicReason.NOT_YET_VALID -> HandshakeFailure.EXPIRED_CERTIFICATE;
            case BasicReason.INVALID_SIGNATURE, PKIXReason.NO_TRUST_ANCHOR -> HandshakeFailure.UNKNOWN_AUTHORITY;
            default -> HandshakeFailure.BAD_CERTIFICATE;
        };
    }

    private boolean isMeantForIt(X509Certificate certificate) {
        try {
            List<String> usages = certificate.getExtendedKeyUsage();
            return usages == null || usages.contains(role.usage) || usages.contains(ANY_USAGE);
        } catch (CertificateParsingException _) {
            return false;
        }
    }

    private void remember(ByteBuffer digest, List<X509Certificate> path) {
        Instant until = Stream.of(
                        path.stream().map(each -> each.getNotAfter().toInstant()),
                        authorities.stream().map(each -> each.getNotAfter().toInstant()),
                        revocations.stream().map(RevocationList::nextUpdate))
                .flatMap(ends -> ends)
                .filter(Objects::nonNull)
                .min(Instant::compareTo)
                .orElse(Instant.EPOCH);
        if (good.size() >= MOST_REMEMBERED) {
            good.clear();
        }
        good.put(digest, until.toEpochMilli());
    }

    /** SHA-256 of a chain and a name. */
    private static ByteBuffer digest(byte[][] chain, @Nullable PeerName name) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            for (byte[] der : chain) {
                sha.update(der);
            }
            if (name != null) {
                sha.update(name.bytes());
            }
            return ByteBuffer.wrap(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no SHA-256", e);
        }
    }

    /** Chains it remembers. */
    int remembered() {
        return good.size();
    }

    /** The library's number for a failure, which decides about the alert that is sent. */
    static int alertOf(@Nullable HandshakeFailure failure) {
        return switch (failure) {
            case null -> CertificateVerifier.X509_V_OK;
            case EXPIRED_CERTIFICATE -> CertificateVerifier.X509_V_ERR_CERT_HAS_EXPIRED;
            case REVOKED_CERTIFICATE -> CertificateVerifier.X509_V_ERR_CERT_REVOKED;
            case UNKNOWN_AUTHORITY -> CertificateVerifier.X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
            case WRONG_NAME -> CertificateVerifier.X509_V_ERR_HOSTNAME_MISMATCH;
            case UNKNOWN_REVOCATION -> CertificateVerifier.X509_V_ERR_UNABLE_TO_GET_CRL;
            default -> CertificateVerifier.X509_V_ERR_CERT_REJECTED;
        };
    }

    /** Whether a certificate that was good when its session began still is. */
    static boolean isCurrent(byte[] der, Instant now) {
        X509Certificate certificate = PemBlocks.certificate(der);
        try {
            if (certificate == null) {
                return false;
            }
            certificate.checkValidity(Date.from(now));
            return true;
        } catch (CertificateException _) {
            return false;
        }
    }
}
