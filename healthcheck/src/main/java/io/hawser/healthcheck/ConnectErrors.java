package io.hawser.healthcheck;

import io.hawser.sysctl.net.AddressText;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/** Turns errors of connections into causes and words. Immutable. */
final class ConnectErrors {

    // Netty's native transport says "finishConnect(..) failed with error(-111): Connection refused".
    private static final Pattern NATIVE_PREFIX = Pattern.compile("^.*failed(?: with error\\(-?\\d+\\))?: ");
    private static final Pattern ADDRESS_SUFFIX = Pattern.compile(":? [^ ]*/[^ ]*:\\d+$");

    // The errno texts of EMFILE and ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL: this node's shortage, not the member's
    // fault.
    private static final List<String> OWN_LIMITS = List.of(
            "too many open files", "no buffer space", "cannot allocate memory", "cannot assign requested address");

    private ConnectErrors() {}

    /** A connection that could not be made. */
    static CheckResult connect(InetSocketAddress address, Throwable cause, long tookNanos) {
        var what = words(cause);
        if (OWN_LIMITS.stream().anyMatch(what::contains)) {
            return new CheckResult.NotMade(
                    "this node cannot connect to %s: %s".formatted(AddressText.of(address), what));
        }
        if (isRefused(cause)) {
            return new CheckResult.Failed(
                    Cause.REFUSED, "connect to %s refused".formatted(AddressText.of(address)), tookNanos);
        }
        return new CheckResult.Failed(
                Cause.UNREACHABLE, "connect to %s failed: %s".formatted(AddressText.of(address), what), tookNanos);
    }

    static boolean isRefused(Throwable cause) {
        return cause instanceof ConnectException && words(cause).contains("refused");
    }

    /** An established connection on which something failed before the answer was complete. */
    static CheckResult established(InetSocketAddress address, Throwable thrown, long tookNanos) {
        var cause = thrown instanceof DecoderException && thrown.getCause() != null ? thrown.getCause() : thrown;
        var where = AddressText.of(address);
        if (cause instanceof ClosedChannelException || isClosedInHandshake(cause)) {
            return new CheckResult.Failed(
                    Cause.CLOSED, where + " closed the connection during the TLS handshake", tookNanos);
        }
        if (cause instanceof SSLException) {
            return new CheckResult.Refusing(
                    Cause.TLS, "TLS with %s failed: %s".formatted(where, tls(cause)), tookNanos);
        }
        if (cause instanceof IOException) {
            var what = words(cause);
            var kind = what.contains("reset") || what.contains("broken pipe") ? Cause.RESET : Cause.CLOSED;
            return new CheckResult.Failed(kind, "connection to %s lost: %s".formatted(where, what), tookNanos);
        }
        return new CheckResult.Refusing(
                Cause.NOT_HTTP, "answer from %s cannot be read: %s".formatted(where, words(cause)), tookNanos);
    }

    /** An exception's message without transport and address, in lower case. */
    static String words(Throwable cause) {
        var message = cause.getMessage();
        // Netty annotates an exception without a message as "null: /10.77.0.21:6443".
        if (message == null || message.startsWith("null: ")) {
            message = cause instanceof NoRouteToHostException
                    ? "no route to host"
                    : cause.getClass().getSimpleName();
        }
        message = NATIVE_PREFIX.matcher(message).replaceFirst("");
        message = ADDRESS_SUFFIX.matcher(message).replaceFirst("");
        return printable(message.toLowerCase(Locale.ROOT));
    }

    private static boolean isClosedInHandshake(Throwable cause) {
        return cause instanceof SSLException
                && (cause.getCause() instanceof ClosedChannelException
                        || String.valueOf(cause.getMessage()).startsWith("Connection closed while"));
    }

    private static String tls(Throwable thrown) {
        var root = thrown;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return switch (root) {
            case CertificateExpiredException e -> "its certificate has expired (" + words(e) + ")";
            case CertificateNotYetValidException e -> "its certificate is not valid yet (" + words(e) + ")";
            default -> words(root);
        };
    }

    /** Foreign text for one line of a log: short, no control characters. */
    private static String printable(String text) {
        var line = text.replaceAll("\\p{Cntrl}+", " ").strip();
        return line.length() <= 200 ? line : line.substring(0, 200) + "...";
    }
}
