package io.hawser.sysctl.linux;

/** A file descriptor with one owner: closed once, and unusable afterwards. Owner's thread. */
final class Descriptor implements AutoCloseable {
    private final String what;
    private int fd;

    private Descriptor(String what, int fd) {
        this.what = what;
        this.fd = fd;
    }

    /**
     * Takes over what a call returned.
     *
     * @param result a descriptor or a negated error number
     * @param call the call, for messages
     * @param advice what to do when it failed, or an empty string
     */
    static Descriptor of(int result, String call, String advice) {
        return new Descriptor(call, (int) Libc.check(result, call, advice));
    }

    /** The number of the open descriptor. */
    int fd() {
        if (fd < 0) {
            // Never hand out a number that may belong to someone else by now.
            throw new IllegalStateException(what + " is closed");
        }
        return fd;
    }

    boolean isOpen() {
        return fd >= 0;
    }

    void option(int level, int option, int value, String name) {
        Libc.check(
                Libc.setsockopt(fd(), level, option, value),
                "setsockopt(fd=" + fd + ", " + name + ", " + value + ")",
                "");
    }

    /** Sets an option that older kernels lack; without it the socket works, only less well. */
    void optionIfKnown(int level, int option, int value, String name) {
        int result = Libc.setsockopt(fd(), level, option, value);
        if (result != -Errno.ENOPROTOOPT) {
            Libc.check(result, "setsockopt(fd=" + fd + ", " + name + ", " + value + ")", "");
        }
    }

    void option(int level, int option, NativeBuffer value, String name) {
        Libc.check(
                Libc.setsockopt(fd(), level, option, value, value.size()),
                "setsockopt(fd=" + fd + ", " + name + ")",
                "");
    }

    @Override
    public void close() {
        if (fd >= 0) {
            int closing = fd;
            fd = -1;
            Libc.close(closing);
        }
    }
}
