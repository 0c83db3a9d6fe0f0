package io.hawser.sysctl.linux;

import java.nio.file.Path;

/** Loads kernel modules (finit_module(2)). Any thread. */
public final class KernelModule {
    private static final int O_CLOEXEC = 0x80000;
    /** The kernel unpacks the file itself, since Linux 5.17. */
    private static final int MODULE_INIT_COMPRESSED_FILE = 4;

    private KernelModule() {}

    /**
     * Loads one module file, {@code .ko} or compressed; what it needs has to be loaded before. One that is loaded
     * already is fine.
     *
     * @throws ErrnoException EPERM without CAP_SYS_MODULE, ENOENT when the file or a module it needs is not there,
     *     ENOEXEC when it was built for another kernel, EKEYREJECTED when it lacks a trusted signature
     */
    public static void load(Path file) {
        String path = file.toString();
        try (Descriptor descriptor = Descriptor.of(Libc.open(path, O_CLOEXEC), "open(" + path + ")", "")) {
            int flags = path.endsWith(".ko") ? 0 : MODULE_INIT_COMPRESSED_FILE;
            long result = Libc.finitModule(descriptor.fd(), "", flags);
            if (result != -Errno.EEXIST) {
                Libc.check(result, "finit_module(" + path + ")", advice((int) -result));
            }
        }
    }

    private static String advice(int errno) {
        return switch (errno) {
            case Errno.EPERM -> "needs CAP_SYS_MODULE";
            case Errno.ENOSYS -> "this kernel cannot load modules";
            default -> "";
        };
    }
}
