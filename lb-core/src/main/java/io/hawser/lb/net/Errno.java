package io.hawser.lb.net;

import io.netty.channel.unix.Errors.NativeIoException;
import java.net.NoRouteToHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The error numbers of Linux that matter to a proxy, and how to get them out of Netty's exceptions. */
public final class Errno {
    /** No number: nothing failed, or nobody knows how. */
    public static final int UNKNOWN = 0;

    public static final int EPERM = 1;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int EPIPE = 32;
    public static final int EADDRINUSE = 98;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ENETDOWN = 100;
    public static final int ENETUNREACH = 101;
    public static final int ECONNRESET = 104;
    public static final int ENOBUFS = 105;
    public static final int ETIMEDOUT = 110;
    public static final int ECONNREFUSED = 111;
    public static final int EHOSTDOWN = 112;
    public static final int EHOSTUNREACH = 113;

    // connect(2) fails with a java.net.ConnectException that has the number in its text only.
    private static final Pattern IN_TEXT = Pattern.compile("error\\(-(\\d{1,4})\\)");

    private Errno() {}

    /** The positive error number, or {@link #UNKNOWN}. */
    public static int of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case NativeIoException error -> {
                    return -error.expectedErr();
                }
                case NoRouteToHostException _ -> {
                    return EHOSTUNREACH;
                }
                default -> {
                    Matcher number = IN_TEXT.matcher(String.valueOf(cause.getMessage()));
                    if (number.find()) {
                        return Integer.parseInt(number.group(1));
                    }
                }
            }
        }
        return UNKNOWN;
    }

    /** Whether this process or host has run out of something, so that waiting helps. */
    public static boolean isExhaustion(int errno) {
        return errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    }
}
