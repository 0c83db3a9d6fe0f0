package io.hawser.lb.daemon;

import io.hawser.sysctl.linux.NativeCode;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The native libraries that every start needs: those of the distribution, or else unpacked from its jars. Any thread. */
final class NativeLibraries {

    private NativeLibraries() {}

    /**
     * Loads what calls the C library, and asks the kernel for nothing; null, or what is missing and what to do. The others
     * may wait for the kernel, see {@link KernelAnswer}.
     */
    static @Nullable String whyNoCalls() {
        String whyNot = NativeCode.whyNot();
        return whyNot == null ? null : explain(whyNot);
    }

    /** Loads them all; null, or what is missing and what to do. */
    static @Nullable String whyNot() {
        String whyNot = NativeCode.whyNot();
        if (whyNot == null && !Epoll.isAvailable()) {
            whyNot = rootOf(Epoll.unavailabilityCause());
        }
        return whyNot == null ? null : explain(whyNot);
    }

    private static String rootOf(@Nullable Throwable thrown) {
        Throwable root = thrown == null ? new UnsatisfiedLinkError("epoll") : thrown;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage()).lines().findFirst().orElse("epoll");
    }

    private static String explain(String whyNot) {
        Path unpacked = Path.of(System.getProperty("hawser.home", ""), "lib", "native");
        String temporary = System.getProperty("java.io.tmpdir", "/tmp");
        return "cannot load the native libraries for " + System.getProperty("os.arch") + ": " + unpacked
                + (Files.isDirectory(unpacked)
                        ? " has none that can be loaded (is it on a file system that is mounted noexec?)"
                        : " is missing")
                + ", and " + temporary + ", where they would be unpacked, "
                + (isWritable(temporary) ? "is mounted noexec" : "is not writable") + " (" + whyNot
                + "); install the whole distribution where code may be loaded from, or name a directory that is writable"
                + " and not noexec: HAWSER_JVM_OPTS=-Djava.io.tmpdir=DIRECTORY";
    }

    private static boolean isWritable(String directory) {
        try {
            Files.delete(Files.createTempFile(Path.of(directory), "hawser", ""));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
