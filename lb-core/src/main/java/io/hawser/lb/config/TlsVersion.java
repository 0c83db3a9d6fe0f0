package io.hawser.lb.config;

/** The oldest version of TLS that is spoken. */
public enum TlsVersion {
    /** RFC 5246. */
    TLS_1_2("1.2"),
    /** RFC 8446. */
    TLS_1_3("1.3");

    private final String number;

    TlsVersion(String number) {
        this.number = number;
    }

    /** As it is written: 1.2 or 1.3. */
    public String number() {
        return number;
    }
}
