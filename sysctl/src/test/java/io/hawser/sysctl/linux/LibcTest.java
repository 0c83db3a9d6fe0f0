package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class LibcTest {
    // What gcc says on x86-64 and arm64: sizeof(struct msghdr), sizeof(struct iovec).
    @Test
    void structuresAreAsLargeAsInC() {
        assertEquals(56, Libc.sizeOfMsgHdr());
        assertEquals(16, Libc.sizeOfIoVec());
    }

    // offsetof: name 0, namelen 8, iov 16, iovlen 24, control 32, controllen 40, flags 48.
    @Test
    void structureMembersAreWhereCPutsThem() {
        assertEquals("[0, 8, 16, 24, 32, 40, 48]", Libc.offsetsOfMsgHdr().toString());
    }

    @Test
    void failureIsTheNegatedErrorNumber() {
        assertEquals(-Errno.EBADF, Libc.close(-1));
        assertEquals(-Errno.EAFNOSUPPORT, Libc.socket(99, 3, 0));
        assertEquals(-Errno.ENOENT, Libc.open("/no/such/file", 0));
    }

    @Test
    void errorNumberIsThatOfTheLastFailureAlthoughCallsSucceededBetween() {
        assertEquals(-Errno.ENOENT, Libc.open("/no/such/file", 0));
        int fd = Libc.eventfd(0);
        assertEquals(0, Libc.close(fd));
        assertEquals(-Errno.EBADF, Libc.close(fd));
    }

    @Test
    void messageNamesCallReasonAndRemedy() {
        ErrnoException e = new ErrnoException("sendmsg(fd=19, 224.0.0.18)", Errno.EPERM, "needs CAP_NET_RAW");
        assertEquals(
                "sendmsg(fd=19, 224.0.0.18) failed: EPERM (1) Operation not permitted; needs CAP_NET_RAW",
                e.getMessage());
        assertEquals(1, e.errno());
        assertEquals("EPERM", e.symbol());
    }

    @Test
    void unknownErrorNumberStillHasAMessage() {
        assertEquals("f() failed: errno (4095) see errno(3)", new ErrnoException("f()", 4095, "").getMessage());
    }

    @Test
    void outOfDescriptorsNamesTheLimit() {
        assertEquals(
                "eventfd() failed: EMFILE (24) Too many open files; raise the open-file limit of this process"
                        + " (LimitNOFILE= or ulimit -n)",
                new ErrnoException("eventfd()", Errno.EMFILE, "").getMessage());
    }

    @Test
    void interfaceIsNamedByIndex() {
        assertEquals("lo", Libc.interfaceName(1));
        ErrnoException e = assertThrows(ErrnoException.class, () -> Libc.interfaceName(1_999_999));
        assertEquals(Errno.ENXIO, e.errno());
    }
}
