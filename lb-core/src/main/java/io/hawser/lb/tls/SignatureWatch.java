package io.hawser.lb.tls;

import java.nio.ByteBuffer;

/**
 * Finds a client's signature by MD5 or SHA-1 in the bytes of a handshake of TLS 1.2: the library takes SHA-1, cannot be told
 * not to, and RFC 9155 forbids it. One thread.
 */
public final class SignatureWatch {
    /** The alert that refuses one: illegal_parameter (RFC 9155 5). */
    public static final int ALERT = 47;

    private static final int HANDSHAKE = 22;
    private static final int CERTIFICATE_VERIFY = 15;
    private static final int SHA1 = 2; // RFC 5246 7.4.1.4.1; MD5 is 1
    private static final int RECORD_HEADER = 5;
    private static final int MESSAGE_HEADER = 4;

    private int recordHeader;
    private int recordLeft;
    private int messageHeader;
    private int messageType;
    private int messageLeft;
    private boolean isOver;

    /** Whether the next bytes that came, all of which were not shown before, begin such a signature. */
    public boolean finds(ByteBuffer bytes, int from, int to) {
        for (int at = from; at < to && !isOver; at++) {
            int b = bytes.get(at) & 0xFF;
            if (recordHeader < RECORD_HEADER) {
                recordHeader(b);
            } else {
                recordLeft--;
                if (message(b)) {
                    return true;
                }
                if (recordLeft == 0) {
                    recordHeader = 0;
                }
            }
        }
        return false;
    }

    private void recordHeader(int b) {
        // What is encrypted, also all but the hello of TLS 1.3, comes in records of other types or behind one.
        isOver = recordHeader == 0 && b != HANDSHAKE;
        recordLeft = recordHeader < 3 ? 0 : (recordLeft << 8) | b;
        recordHeader++;
        if (recordHeader == RECORD_HEADER && recordLeft == 0) {
            recordHeader = 0;
        }
    }

    private boolean message(int b) {
        if (messageHeader < MESSAGE_HEADER) {
            messageType = messageHeader == 0 ? b : messageType;
            messageLeft = messageHeader == 0 ? 0 : (messageLeft << 8) | b;
            messageHeader++;
            if (messageHeader == MESSAGE_HEADER && messageLeft == 0) {
                messageHeader = 0;
            }
            return false;
        }
        if (messageType == CERTIFICATE_VERIFY) {
            isOver = true; // the first byte is the hash, and what follows is of no interest
            return b <= SHA1;
        }
        messageLeft--;
        if (messageLeft == 0) {
            messageHeader = 0;
        }
        return false;
    }
}
