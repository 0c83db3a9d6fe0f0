package io.hawser.sysctl.linux;

/** A system call failed. Immutable. */
public final class ErrnoException extends LinuxException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * Describes a failed call.
     *
     * @param call the call with its arguments, such as {@code sendmsg(fd=19, 224.0.0.18)}
     * @param errno the positive error number
     * @param advice what is missing or what to do, or an empty string
     */
    public ErrnoException(String call, int errno, String advice) {
        super(message(call, errno, advice));
        this.errno = errno;
    }

    private static String message(String call, int errno, String advice) {
        String general = advice.isEmpty() ? generalAdvice(errno) : advice;
        String failed = call + " failed: " + Errno.symbol(errno) + " (" + errno + ") " + Errno.text(errno);
        return general.isEmpty() ? failed : failed + "; " + general;
    }

    private static String generalAdvice(int errno) {
        return switch (errno) {
            case Errno.EMFILE -> "raise the open-file limit of this process (LimitNOFILE= or ulimit -n)";
            case Errno.ENFILE -> "raise fs.file-max";
            default -> "";
        };
    }

    /** The positive error number, as in errno(3). */
    public int errno() {
        return errno;
    }

    /** The symbol of the error number, such as {@code EPERM}. */
    public String symbol() {
        return Errno.symbol(errno);
    }
}
