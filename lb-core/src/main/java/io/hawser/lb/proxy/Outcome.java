package io.hawser.lb.proxy;

import io.hawser.lb.admission.Refusal;
import java.util.Locale;

/** How a connection ended. */
public enum Outcome {
    /** Both sides said that they were done. */
    COMPLETED(By.BOTH),
    /** The client reset it. */
    CLIENT_RESET(By.CLIENT),
    /** The member reset it. */
    MEMBER_RESET(By.MEMBER),
    /** The client stopped answering. */
    CLIENT_LOST(By.CLIENT),
    /** The member stopped answering. */
    MEMBER_LOST(By.MEMBER),
    /** The client ended it before a member was connected. */
    CLIENT_LEFT(By.CLIENT),
    /** The pool had no member to offer. */
    NO_MEMBER(By.PROXY),
    /** Every attempt to connect to a member failed. */
    CONNECT_FAILED(By.MEMBER),
    /** Nothing was sent for the idle timeout. */
    IDLE(By.PROXY),
    /** Its member went down, or an operator closed it. */
    MEMBER_DOWN(By.PROXY),
    /** The client's ClientHello was not complete within the hello timeout, or within 5 s when memory ran short. */
    HELLO_TIMEOUT(By.PROXY),
    /** The client began with something else than TLS, where routes need its hello. */
    NOT_TLS(By.PROXY),
    /** The client's ClientHello broke the rules of TLS. */
    HELLO_MALFORMED(By.PROXY),
    /** The client's ClientHello was longer than 16 KiB, or announced to be. */
    HELLO_TOO_LARGE(By.PROXY),
    /** The TLS handshake with the client failed; the listener counts why. */
    TLS_FAILED(By.CLIENT),
    /** No route fits its server name and protocols, and there is no pool for the rest. */
    NO_ROUTE(By.PROXY),
    /** A trusted proxy did not begin with a PROXY header, or not within the hello timeout. */
    PROXY_HEADER_MISSING(By.PROXY),
    /** The PROXY header of a trusted proxy was malformed. */
    PROXY_HEADER_MALFORMED(By.PROXY),
    /** A client outside the trusted networks sent a PROXY header. */
    PROXY_HEADER_UNTRUSTED(By.PROXY),
    /** Its address may not connect. */
    DENIED(By.PROXY),
    /** Its source had as many connections as it may. */
    SOURCE_CONNECTIONS(By.PROXY),
    /** Its source opened connections faster than it may, or too many that end for nothing. */
    SOURCE_RATE(By.PROXY),
    /** Every member had as many connections as it may, and as many waited as may. */
    QUEUE_FULL(By.PROXY),
    /** No member had a place for it in time. */
    QUEUE_TIMEOUT(By.PROXY),
    /** It was closed so that its client may come to a member that has fewer. */
    REBALANCED(By.PROXY),
    /** The address that the client had connected to was given up by this node. */
    ADDRESS_LOST(By.PROXY),
    /** Memory ran short, and one of its sides had for longest not read what the other had sent. */
    UNREAD(By.PROXY),
    /** The proxy stopped and it had not ended by itself in time. */
    STOPPED(By.PROXY),
    /** This process lacked memory or descriptors, or failed. */
    INTERNAL(By.PROXY);

    /** Who ended a connection. */
    public enum By {
        CLIENT,
        MEMBER,
        /** Client and member, each its side. */
        BOTH,
        PROXY;

        /** The name for logs. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final By by;
    private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

    Outcome(By by) {
        this.by = by;
    }

    /** The end of a connection that is not let in. */
    static Outcome of(Refusal refusal) {
        return switch (refusal) {
            case DENIED -> DENIED;
            case TOO_MANY -> SOURCE_CONNECTIONS;
            case TOO_FAST -> SOURCE_RATE;
        };
    }

    /** The name for metrics and logs: lower case with dashes. */
    public String label() {
        return label;
    }

    /** Who brought the end about. */
    public By by() {
        return by;
    }
}
