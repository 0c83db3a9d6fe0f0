package io.hawser.sysctl.linux;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.Struct;
import jnr.ffi.annotations.SaveError;
import org.jspecify.annotations.Nullable;

/**
 * The C library: with {@link NamespaceCalls} the only place that calls it. Every method returns what the call returned, or the negated
 * error number as the kernel itself does, so that an expected {@code EAGAIN} costs no exception; {@link #check} turns
 * a negative result into an {@link ErrnoException}. Any thread may call it.
 */
final class Libc {
    /* Addresses are passed as plain longs of memory that the caller owns: no copy and no garbage for each call. Each
     * wrapper keeps that memory reachable until the call has returned. jnr's long is C's long, 8 bytes on every
     * 64-bit Linux, hence as wide as a pointer. */
    // Public because jnr implements it in a class loader of its own; nobody outside the package can name it.
    public interface Native {
        @SaveError
        int socket(int domain, int type, int protocol);

        @SaveError
        int close(int fd);

        @SaveError
        int bind(int fd, long address, int length);

        @SaveError
        int setsockopt(int fd, int level, int option, long value, int length);

        @SaveError
        int getsockopt(int fd, int level, int option, long value, long length);

        @SaveError
        long sendmsg(int fd, long message, int flags);

        @SaveError
        long recvmsg(int fd, long message, int flags);

        @SaveError
        long read(int fd, long buffer, long length);

        @SaveError
        long write(int fd, long buffer, long length);

        @SaveError
        int ppoll(long fds, long count, long timeout, long signals);

        @SaveError
        int eventfd(int initial, int flags);

        @SaveError
        int open(CharSequence path, int flags);

        // Variable arguments in C, which are passed like fixed ones where this runs (x86-64, AArch64).
        @SaveError
        int fcntl(int fd, int command, long argument);

        @SaveError
        int dup3(int fd, int as, int flags);

        @SaveError
        int setns(int fd, int kind);

        @SaveError
        int clock_gettime(int clock, long time);

        @SaveError
        int getrlimit(int resource, long limit);

        @SaveError
        int setrlimit(int resource, long limit);

        @SaveError
        int sched_setscheduler(int thread, int policy, long parameter);

        @SaveError
        int mlockall(int flags);

        @SaveError
        int munlockall();

        @SaveError
        int malloc_trim(long pad);

        @SaveError
        int waitid(int kind, int id, long information, int options);

        @SaveError
        long if_indextoname(int index, long name);

        @SaveError
        long syscall(long number, long first, long second, long third);
    }

    /** {@code struct iovec} (uio.h). */
    static final class IoVec extends Struct {
        final Struct.Pointer base = new Struct.Pointer();
        final Struct.size_t length = new Struct.size_t();

        IoVec(Runtime runtime) {
            super(runtime);
        }
    }

    /** {@code struct msghdr} (socket.h). */
    static final class MsgHdr extends Struct {
        final Struct.Pointer name = new Struct.Pointer();
        final Struct.u_int32_t nameLength = new Struct.u_int32_t();
        final Struct.Pointer vectors = new Struct.Pointer();
        final Struct.size_t vectorCount = new Struct.size_t();
        final Struct.Pointer control = new Struct.Pointer();
        final Struct.size_t controlLength = new Struct.size_t();
        final Struct.Signed32 flags = new Struct.Signed32();
        // jnr adds no padding at the end, C does.
        final Struct.Padding padding = new Struct.Padding(jnr.ffi.NativeType.UINT, 1);

        MsgHdr(Runtime runtime) {
            super(runtime);
        }
    }

    /** A message to send or receive: header, peer name, data and control, allocated once. For one thread at a time. */
    static final class Message {
        private final NativeBuffer name;
        private final NativeBuffer data;
        private final NativeBuffer control;
        private final NativeBuffer headerMemory;
        private final NativeBuffer vectorMemory;
        private final MsgHdr header = new MsgHdr(RUNTIME);
        private final IoVec vector = new IoVec(RUNTIME);

        Message(int nameSize, int dataSize, int controlSize) {
            name = new NativeBuffer(nameSize);
            data = new NativeBuffer(dataSize);
            control = new NativeBuffer(Math.max(controlSize, 8));
            vectorMemory = new NativeBuffer(Struct.size(vector));
            vector.useMemory(Pointer.wrap(RUNTIME, vectorMemory.bytes()));
            vector.base.set(Pointer.wrap(RUNTIME, data.bytes()));
            headerMemory = new NativeBuffer(Struct.size(header));
            header.useMemory(Pointer.wrap(RUNTIME, headerMemory.bytes()));
            header.name.set(Pointer.wrap(RUNTIME, name.bytes()));
            header.vectors.set(Pointer.wrap(RUNTIME, vectorMemory.bytes()));
            header.vectorCount.set(1);
            header.control.set(Pointer.wrap(RUNTIME, control.bytes()));
        }

        ByteBuffer name() {
            return name.bytes();
        }

        ByteBuffer data() {
            return data.bytes();
        }

        ByteBuffer control() {
            return control.bytes();
        }

        /** How many bytes of control the kernel wrote. */
        int controlLength() {
            return (int) header.controlLength.get();
        }

        int flags() {
            return header.flags.get();
        }

        private void lengths(int nameLength, int dataLength, int controlLength) {
            header.nameLength.set(nameLength);
            vector.length.set(dataLength);
            header.controlLength.set(controlLength);
            header.flags.set(0);
        }
    }

    /** The largest index name with its terminating zero (net/if.h). */
    private static final int IFNAMSIZ = 16;

    private static final Native C = load();
    private static final Runtime RUNTIME = Runtime.getRuntime(C);

    private Libc() {}

    private static Native load() {
        try {
            return LibraryLoader.create(Native.class).load("c");
        } catch (LinkageError e) {
            // jffi unpacks its stub into java.io.tmpdir, which hardened hosts mount noexec.
            LinkageError explained = new UnsatisfiedLinkError("calling the C library failed: " + e.getMessage()
                    + "; start with --enable-native-access=ALL-UNNAMED and, where java.io.tmpdir is mounted noexec,"
                    + " with -Djffi.extract.dir=DIR for a directory that is not");
            explained.initCause(e);
            throw explained;
        }
    }

    static long addressOf(ByteBuffer direct) {
        return Pointer.wrap(RUNTIME, direct).address();
    }

    /** Sizes as jnr lays the structures out, for the test that compares them with C's. */
    static int sizeOfMsgHdr() {
        return Struct.size(new MsgHdr(RUNTIME));
    }

    static List<Long> offsetsOfMsgHdr() {
        MsgHdr header = new MsgHdr(RUNTIME);
        return List.of(
                header.name.offset(),
                header.nameLength.offset(),
                header.vectors.offset(),
                header.vectorCount.offset(),
                header.control.offset(),
                header.controlLength.offset(),
                header.flags.offset());
    }

    static int sizeOfIoVec() {
        return Struct.size(new IoVec(RUNTIME));
    }

    /**
     * Passes a result on, or throws when it is a negated error number.
     *
     * @param result what a method of this class returned
     * @param call the call with its arguments, for the message
     * @param advice what to do about it, or an empty string
     */
    static long check(long result, String call, String advice) {
        if (result < 0) {
            throw new ErrnoException(call, (int) -result, advice);
        }
        return result;
    }

    static int socket(int domain, int type, int protocol) {
        return (int) result(C.socket(domain, type, protocol));
    }

    static int close(int fd) {
        // Not repeated on EINTR: Linux has released the descriptor by then (close(2)).
        return (int) result(C.close(fd));
    }

    static int bind(int fd, NativeBuffer address, int length) {
        try {
            return (int) result(C.bind(fd, address.address(), length));
        } finally {
            Reference.reachabilityFence(address);
        }
    }

    static int setsockopt(int fd, int level, int option, NativeBuffer value, int length) {
        try {
            return (int) result(C.setsockopt(fd, level, option, value.address(), length));
        } finally {
            Reference.reachabilityFence(value);
        }
    }

    static int setsockopt(int fd, int level, int option, int value) {
        NativeBuffer memory = new NativeBuffer(Integer.BYTES);
        memory.bytes().putInt(0, value);
        return setsockopt(fd, level, option, memory, Integer.BYTES);
    }

    /** Reads an option. @return how many bytes of {@code value} were written, or -errno */
    static int getsockopt(int fd, int level, int option, NativeBuffer value) {
        NativeBuffer length = new NativeBuffer(Integer.BYTES);
        length.bytes().putInt(0, value.size());
        try {
            int failed = (int) result(C.getsockopt(fd, level, option, value.address(), length.address()));
            return failed < 0 ? failed : length.bytes().getInt(0);
        } finally {
            Reference.reachabilityFence(value);
            Reference.reachabilityFence(length);
        }
    }

    static int sendmsg(int fd, Message message, int nameLength, int dataLength, int controlLength) {
        message.lengths(nameLength, dataLength, controlLength);
        try {
            long n;
            do {
                n = result(C.sendmsg(fd, message.headerMemory.address(), 0));
            } while (n == -Errno.EINTR);
            return (int) n;
        } finally {
            Reference.reachabilityFence(message);
        }
    }

    static int recvmsg(int fd, Message message, int flags) {
        try {
            long n;
            do {
                message.lengths(message.name.size(), message.data.size(), message.control.size());
                n = result(C.recvmsg(fd, message.headerMemory.address(), flags));
            } while (n == -Errno.EINTR);
            return (int) n;
        } finally {
            Reference.reachabilityFence(message);
        }
    }

    static long read(int fd, NativeBuffer buffer) {
        try {
            return result(C.read(fd, buffer.address(), buffer.size()));
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    static long write(int fd, NativeBuffer buffer) {
        try {
            return result(C.write(fd, buffer.address(), buffer.size()));
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    /** Waits for descriptors; {@code timeout} is a timespec, or null to wait for ever. */
    static int ppoll(NativeBuffer fds, int count, @Nullable NativeBuffer timeout) {
        try {
            return (int) result(C.ppoll(fds.address(), count, timeout == null ? 0 : timeout.address(), 0));
        } finally {
            Reference.reachabilityFence(fds);
            Reference.reachabilityFence(timeout);
        }
    }

    static int eventfd(int flags) {
        return (int) result(C.eventfd(0, flags));
    }

    static int open(String path, int flags) {
        int n;
        do {
            n = (int) result(C.open(path, flags));
        } while (n == -Errno.EINTR);
        return n;
    }

    static int fcntl(int fd, int command, long argument) {
        return (int) result(C.fcntl(fd, command, argument));
    }

    static int dup3(int fd, int as, int flags) {
        int n;
        do {
            n = (int) result(C.dup3(fd, as, flags));
        } while (n == -Errno.EINTR);
        return n;
    }

    /** Writes the first bytes of a buffer. */
    static long write(int fd, NativeBuffer buffer, int length) {
        try {
            return result(C.write(fd, buffer.address(), length));
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    static int setns(int fd, int kind) {
        return (int) result(C.setns(fd, kind));
    }

    static int clock_gettime(int clock, NativeBuffer time) {
        try {
            return (int) result(C.clock_gettime(clock, time.address()));
        } finally {
            Reference.reachabilityFence(time);
        }
    }

    static int getrlimit(int resource, NativeBuffer limit) {
        try {
            return (int) result(C.getrlimit(resource, limit.address()));
        } finally {
            Reference.reachabilityFence(limit);
        }
    }

    static int setrlimit(int resource, NativeBuffer limit) {
        try {
            return (int) result(C.setrlimit(resource, limit.address()));
        } finally {
            Reference.reachabilityFence(limit);
        }
    }

    /** Sets the policy of the calling thread. */
    static int setScheduler(int policy, NativeBuffer parameter) {
        try {
            return (int) result(C.sched_setscheduler(0, policy, parameter.address()));
        } finally {
            Reference.reachabilityFence(parameter);
        }
    }

    /** Looks at children, or takes their exit status; the kernel fills in {@code information}, a siginfo_t. */
    static int waitid(int kind, int id, NativeBuffer information, int options) {
        try {
            int n;
            do {
                n = (int) result(C.waitid(kind, id, information.address(), options));
            } while (n == -Errno.EINTR);
            return n;
        } finally {
            Reference.reachabilityFence(information);
        }
    }

    static int mlockall(int flags) {
        return (int) result(C.mlockall(flags));
    }

    static int munlockall() {
        return (int) result(C.munlockall());
    }

    /** 1: something was given back, 0: nothing; glibc's alone. */
    static int mallocTrim(long pad) {
        return C.malloc_trim(pad);
    }

    /** The name of an interface in the namespace of the calling thread; {@code call} for the message of a failure. */
    static String interfaceName(int index) {
        NativeBuffer name = new NativeBuffer(IFNAMSIZ);
        long found = C.if_indextoname(index, name.address());
        if (found == 0) {
            throw new ErrnoException("if_indextoname(" + index + ")", RUNTIME.getLastError(), "the interface is gone");
        }
        byte[] bytes = new byte[IFNAMSIZ];
        name.bytes().get(0, bytes);
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    /** The calls that glibc has no function for, or only in newer versions than the oldest that is supported. */
    enum Syscall {
        GETTID(186, 178),
        FINIT_MODULE(313, 273);

        private final int x86;
        private final int arm64;

        Syscall(int x86, int arm64) {
            this.x86 = x86;
            this.arm64 = arm64;
        }

        private int number() {
            String architecture = System.getProperty("os.arch", "");
            return switch (architecture) {
                case "amd64", "x86_64" -> x86;
                case "aarch64" -> arm64;
                default ->
                    throw new LinuxException("the number of the system call " + this + " is not known on \""
                            + architecture + "\"; amd64 and aarch64 are supported");
            };
        }
    }

    static long gettid() {
        return result(C.syscall(Syscall.GETTID.number(), 0, 0, 0));
    }

    /** finit_module(2): loads the kernel module in an open file. */
    static long finitModule(int fd, String parameters, int flags) {
        byte[] text = parameters.getBytes(StandardCharsets.UTF_8);
        NativeBuffer memory = new NativeBuffer(text.length + 1);
        memory.bytes().put(0, text);
        try {
            return result(C.syscall(Syscall.FINIT_MODULE.number(), fd, memory.address(), flags));
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    // errno is read only after -1: a call that succeeds leaves an older value there.
    private static long result(long returned) {
        return returned == -1 ? -RUNTIME.getLastError() : returned;
    }
}
