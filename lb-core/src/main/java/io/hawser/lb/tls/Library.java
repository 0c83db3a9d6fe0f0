package io.hawser.lb.tls;

import io.netty.handler.ssl.OpenSsl;

/** The native TLS library (BoringSSL, as Netty packages it). Any thread. */
final class Library {
    private Library() {}

    /** Loads it, once; some 50 ms. */
    static void load() {
        if (!OpenSsl.isAvailable()) {
            throw new TlsException("cannot load the native TLS library for " + System.getProperty("os.arch") + ": "
                    + OpenSsl.unavailabilityCause()
                    + "; it needs Linux on a processor that it was built for, and a directory that libraries may be"
                    + " loaded from (-Dio.netty.native.workdir=DIRECTORY, or -Djava.io.tmpdir)");
        }
    }
}
