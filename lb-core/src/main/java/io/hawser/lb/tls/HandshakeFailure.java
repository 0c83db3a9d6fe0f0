package io.hawser.lb.tls;

import java.util.Locale;

/** Why a handshake failed. */
public enum HandshakeFailure {
    /** It was not finished in time. */
    TIMEOUT,
    /** The other side closed or reset the connection in the middle of it. */
    CLOSED,
    /** What came was not TLS. */
    NOT_TLS,
    /** No version in common. */
    VERSION,
    /** No cipher, group or signature algorithm in common. */
    CIPHER,
    /** The member speaks none of the application protocols it was offered. */
    ALPN,
    /** No certificate was sent where one is required. */
    NO_CERTIFICATE,
    /** The certificate has ended or is not valid yet. */
    EXPIRED_CERTIFICATE,
    /** The certificate was revoked. */
    REVOKED_CERTIFICATE,
    /** There is no current revocation list for the certificate's issuer. */
    UNKNOWN_REVOCATION,
    /** No authority that is trusted has issued the certificate. */
    UNKNOWN_AUTHORITY,
    /** The certificate is for another name. */
    WRONG_NAME,
    /** The certificate is not meant for this, or is damaged. */
    BAD_CERTIFICATE,
    /** The other side sent an alert: it may not trust our certificate. */
    ALERT,
    /** The other side broke the protocol. */
    PROTOCOL,
    /** This process could not sign with its key. */
    SIGNATURE,
    /** This process had no memory for it. */
    NO_MEMORY;

    private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** The name for metrics and logs: lower case with dashes. */
    public String label() {
        return label;
    }

    /** By the name of the library's reason, such as {@code NO_SHARED_CIPHER}. */
    static HandshakeFailure of(String reason) {
        return switch (reason) {
            case "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "WRONG_VERSION_NUMBER", "INVALID_OUTER_RECORD_TYPE" -> NOT_TLS;
            case "UNSUPPORTED_PROTOCOL",
                    "UNKNOWN_PROTOCOL",
                    "TLSV1_ALERT_PROTOCOL_VERSION",
                    "NO_SUPPORTED_VERSIONS_ENABLED" -> VERSION;
            case "NO_SHARED_CIPHER", "NO_SHARED_GROUP", "NO_COMMON_SIGNATURE_ALGORITHMS", "UNKNOWN_CIPHER_RETURNED" ->
                CIPHER;
            case "NO_APPLICATION_PROTOCOL", "TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "INVALID_ALPN_PROTOCOL" -> ALPN;
            case "PEER_DID_NOT_RETURN_A_CERTIFICATE" -> NO_CERTIFICATE;
            case "CERTIFICATE_VERIFY_FAILED" -> BAD_CERTIFICATE;
            case "MALLOC_FAILURE" -> NO_MEMORY;
            default -> reason.contains("_ALERT_") ? ALERT : PROTOCOL;
        };
    }
}
