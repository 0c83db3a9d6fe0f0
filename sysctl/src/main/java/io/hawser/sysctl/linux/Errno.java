package io.hawser.sysctl.linux;

/** The error numbers of Linux that this code meets, with name and text (errno(3)); the same on x86-64 and arm64. Immutable. */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int ENOEXEC = 8;
    public static final int EBADF = 9;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int ENODEV = 19;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int EROFS = 30;
    public static final int ENOSYS = 38;
    public static final int ENOPROTOOPT = 92;
    public static final int EPROTONOSUPPORT = 93;
    public static final int EOPNOTSUPP = 95;
    public static final int EAFNOSUPPORT = 97;
    public static final int EADDRINUSE = 98;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ENETDOWN = 100;
    public static final int ENETUNREACH = 101;
    public static final int ENOBUFS = 105;
    public static final int ETIMEDOUT = 110;

    private Errno() {}

    /**
     * Names an error number.
     *
     * @param errno a positive error number
     * @return its symbol, such as {@code EPERM}, or {@code errno} when it is none of the known ones
     */
    public static String symbol(int errno) {
        String known = describe(errno);
        int space = known.indexOf(' ');
        return space < 0 ? known : known.substring(0, space);
    }

    /**
     * Explains an error number in the words of strerror(3).
     *
     * @param errno a positive error number
     * @return the text, such as {@code Operation not permitted}
     */
    public static String text(int errno) {
        String known = describe(errno);
        int space = known.indexOf(' ');
        return space < 0 ? "see errno(3)" : known.substring(space + 1);
    }

    /* A table of our own instead of a library's: the moment it is needed may be the one in which descriptors or
     * memory have run out, which is no time to load 130 constants from a jar. */
    private static String describe(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM Operation not permitted";
            case ENOENT -> "ENOENT No such file or directory";
            case ESRCH -> "ESRCH No such process";
            case EINTR -> "EINTR Interrupted system call";
            case EIO -> "EIO Input/output error";
            case ENXIO -> "ENXIO No such device or address";
            case 7 -> "E2BIG Argument list too long";
            case ENOEXEC -> "ENOEXEC Exec format error";
            case EBADF -> "EBADF Bad file descriptor";
            case EAGAIN -> "EAGAIN Resource temporarily unavailable";
            case ENOMEM -> "ENOMEM Cannot allocate memory";
            case EACCES -> "EACCES Permission denied";
            case EFAULT -> "EFAULT Bad address";
            case EBUSY -> "EBUSY Device or resource busy";
            case EEXIST -> "EEXIST File exists";
            case ENODEV -> "ENODEV No such device";
            case 20 -> "ENOTDIR Not a directory";
            case EINVAL -> "EINVAL Invalid argument";
            case ENFILE -> "ENFILE Too many open files in system";
            case EMFILE -> "EMFILE Too many open files";
            case 28 -> "ENOSPC No space left on device";
            case EROFS -> "EROFS Read-only file system";
            case 32 -> "EPIPE Broken pipe";
            case 34 -> "ERANGE Numerical result out of range";
            case ENOSYS -> "ENOSYS Function not implemented";
            case 71 -> "EPROTO Protocol error";
            case 75 -> "EOVERFLOW Value too large for defined data type";
            case 88 -> "ENOTSOCK Socket operation on non-socket";
            case 89 -> "EDESTADDRREQ Destination address required";
            case 90 -> "EMSGSIZE Message too long";
            case ENOPROTOOPT -> "ENOPROTOOPT Protocol not available";
            case EPROTONOSUPPORT -> "EPROTONOSUPPORT Protocol not supported";
            case 94 -> "ESOCKTNOSUPPORT Socket type not supported";
            case EOPNOTSUPP -> "EOPNOTSUPP Operation not supported";
            case EAFNOSUPPORT -> "EAFNOSUPPORT Address family not supported by protocol";
            case EADDRINUSE -> "EADDRINUSE Address already in use";
            case EADDRNOTAVAIL -> "EADDRNOTAVAIL Cannot assign requested address";
            case ENETDOWN -> "ENETDOWN Network is down";
            case ENETUNREACH -> "ENETUNREACH Network is unreachable";
            case ENOBUFS -> "ENOBUFS No buffer space available";
            case 107 -> "ENOTCONN Transport endpoint is not connected";
            case ETIMEDOUT -> "ETIMEDOUT Connection timed out";
            case 111 -> "ECONNREFUSED Connection refused";
            case 112 -> "EHOSTDOWN Host is down";
            case 113 -> "EHOSTUNREACH No route to host";
            case 126 -> "ENOKEY Required key not available";
            case 129 -> "EKEYREJECTED Key was rejected by service";
            default -> "errno";
        };
    }
}
