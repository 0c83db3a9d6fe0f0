package io.hawser.benchmarks.compare;

import java.util.Locale;

/** The works that are compared, in the order of the table. */
enum Work {
    KEEP("small keep-alive requests, 1 KiB answers", "request"),
    CLOSE("a connection per request", "connection"),
    DOWNLOAD("download of 256 MiB files", "GiB"),
    UPLOAD("upload, 64 KiB a write", "GiB"),
    RATE("2,000 keep-alive requests a second", "request"),
    TLS_ECDSA("TLS 1.3 full handshake, ECDSA P-256, and one request", "connection"),
    TLS_RSA("TLS 1.3 full handshake, RSA 2048, and one request", "connection"),
    TLS_RESUMED("TLS 1.3 resumed handshake, and one request", "connection"),
    TLS_KEEP("TLS keep-alive requests, 1 KiB answers", "request"),
    TLS_DOWNLOAD("TLS download of 256 MiB files", "GiB"),
    REENCRYPT("TLS to the proxy and from it, keep-alive requests", "request"),
    IDLE("5,000 idle connections", "connection pair"),
    START("start to first answer", "start");

    private final String words;
    private final String unit;

    Work(String words, String unit) {
        this.words = words;
        this.unit = unit;
    }

    /** How it is called on the command line and in results. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    String words() {
        return words;
    }

    String unit() {
        return unit;
    }

    boolean isTls() {
        return name().startsWith("TLS") || this == REENCRYPT;
    }

    /** Whether splice makes a difference. */
    boolean isBulk() {
        return this == DOWNLOAD || this == UPLOAD;
    }
}
