package io.hawser.sysctl.linux;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.SaveError;

/**
 * The calls of the C library that make and remove a network namespace with a name: apart from {@link Libc}, whose every method costs each
 * start of a node some time, as only the demo and tests make namespaces. Results as there. Any thread.
 */
final class NamespaceCalls {
    private static final int CLONE_NEWNET = 0x40000000;
    private static final int MS_BIND = 4_096;
    private static final int MNT_DETACH = 2;

    // Public because jnr implements it in a class loader of its own; nobody outside the package can name it.
    public interface Native {
        @SaveError
        int unshare(int flags);

        @SaveError
        int mount(CharSequence source, CharSequence target, CharSequence type, long flags, long data);

        @SaveError
        int umount2(CharSequence target, int flags);
    }

    private static final Native C = LibraryLoader.create(Native.class).load("c");
    private static final Runtime RUNTIME = Runtime.getRuntime(C);

    private NamespaceCalls() {}

    /** Puts the calling thread into a new network namespace (unshare(2)). */
    static int newNetwork() {
        return result(C.unshare(CLONE_NEWNET));
    }

    /** Makes a file stand for another one (mount(2), MS_BIND). */
    static int bindMount(String source, String target) {
        return result(C.mount(source, target, "none", MS_BIND, 0));
    }

    /** Takes away what a file stands for, also where it is in use (umount2(2), MNT_DETACH). */
    static int detach(String target) {
        return result(C.umount2(target, MNT_DETACH));
    }

    private static int result(int returned) {
        return returned == -1 ? -RUNTIME.getLastError() : returned;
    }
}
