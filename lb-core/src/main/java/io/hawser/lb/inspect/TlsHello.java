package io.hawser.lb.inspect;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the first bytes of a client are, as far as TLS is concerned. Immutable. */
public sealed interface TlsHello {

    /** They begin like a ClientHello, and more must come to tell. */
    record NeedMore() implements TlsHello {
        /** The one there need be. */
        public static final NeedMore INSTANCE = new NeedMore();
    }

    /**
     * A whole ClientHello (RFC 8446 4.1.2, RFC 5246 7.4.1.2).
     *
     * @param length how many of the bytes are it, record headers included
     * @param serverName the name the client wants (RFC 6066 3), in lower case and without a dot at its end; null without
     * @param alpn the protocols it offers (RFC 7301), the first {@value TlsHelloReader#MOST_KEPT} of them, a character a byte
     * @param versions the versions it offers, without those that mean nothing (RFC 8701), at most
     *     {@value TlsHelloReader#MOST_KEPT}; 0x0303 is TLS 1.2
     * @param hasEarlyData whether data follows that the server may act on before the handshake (RFC 8446 4.2.10)
     */
    record Client(
            int length, @Nullable String serverName, List<String> alpn, List<Integer> versions, boolean hasEarlyData)
            implements TlsHello {
        public Client {
            alpn = List.copyOf(alpn);
            versions = List.copyOf(versions);
        }

        /**
         * What routes go by, of a hello that was answered here.
         *
         * @param serverName as {@link #serverName()}
         * @param agreed the protocol agreed on; empty for none
         */
        public static Client ofSession(@Nullable String serverName, List<String> agreed) {
            return new Client(0, serverName, agreed, List.of(), false);
        }
    }

    /** They are something else: the first bytes can't be a TLS record with a handshake message. */
    record NotTls() implements TlsHello {
        static final NotTls INSTANCE = new NotTls();
    }

    /**
     * They begin as TLS and break its rules.
     *
     * @param reason the rule
     */
    record Malformed(Reason reason) implements TlsHello {}

    /** They announce, or are, more than {@value TlsHelloReader#MOST_BYTES} bytes of ClientHello. */
    record TooLarge() implements TlsHello {
        static final TooLarge INSTANCE = new TooLarge();
    }

    /** Why a hello is malformed. */
    enum Reason {
        /** A record of no bytes, of too many, or of another type or version amid the hello. */
        RECORD,
        /** The first handshake message is not a ClientHello. */
        NOT_A_CLIENT_HELLO,
        /** Something follows the hello within its last record. */
        TRAILING_BYTES,
        /** A length within the hello doesn't fit what is around it. */
        LENGTH,
        /** An extension that must occur once occurs twice. */
        DUPLICATE_EXTENSION,
        /** The server name is no host name. */
        SERVER_NAME,
        /** A list that must have entries has none, or an entry is empty. */
        EMPTY_LIST;

        private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

        /** The name for logs: lower case with dashes. */
        public String label() {
            return label;
        }
    }
}
