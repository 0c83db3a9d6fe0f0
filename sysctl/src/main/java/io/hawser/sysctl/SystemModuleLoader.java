package io.hawser.sysctl;

import io.hawser.sysctl.linux.Capabilities;
import io.hawser.sysctl.linux.Capability;
import io.hawser.sysctl.linux.Errno;
import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.KernelModule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Loads kernel modules into the running kernel: with modprobe(8) where it is installed, else itself. */
final class SystemModuleLoader implements ModuleLoader {
    /* modprobe goes first because only it knows what the operator wrote into /etc/modprobe.d: options such as the size
     * of the IPVS connection table, and modules that are not to be loaded. A small container image has none. */
    private static final List<Path> MODPROBE =
            List.of(Path.of("/usr/sbin/modprobe"), Path.of("/sbin/modprobe"), Path.of("/usr/bin/modprobe"));

    private static final String NEEDS_RIGHT =
            "needs CAP_SYS_MODULE: run as root or in a privileged container, or load it on the host with \"modprobe ";

    @Override
    public @Nullable Refusal load(String module, List<Path> files) {
        // Asked first, because modprobe hides the error number in its text.
        if (!Capabilities.ofThisProcess().has(Capability.SYS_MODULE)) {
            return new Refusal("loading it is not permitted", NEEDS_RIGHT + module + "\"");
        }
        for (Path modprobe : MODPROBE) {
            if (Files.isExecutable(modprobe)) {
                return withModprobe(modprobe, module);
            }
        }
        return withoutModprobe(module, files);
    }

    private static @Nullable Refusal withModprobe(Path modprobe, String module) {
        // --use-blacklist: a module that the operator banned is not loaded behind the ban.
        List<String> argv = List.of(modprobe.toString(), "--use-blacklist", module);
        String tried = "\"" + String.join(" ", argv) + "\" ";
        try {
            Process process = new ProcessBuilder(argv).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            int exit = process.waitFor();
            return exit == 0
                    ? null
                    : new Refusal(tried + "exited with " + exit + ": " + output, adviceFor(module, output));
        } catch (IOException e) {
            return new Refusal(tried + "failed: " + e.getMessage(), "load it on the host");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Refusal(tried + "was interrupted", "start again");
        }
    }

    private static String adviceFor(String module, String output) {
        if (output.contains("Operation not permitted")) {
            return NEEDS_RIGHT + module + "\"";
        }
        return output.contains("Key was rejected") || output.contains("Required key")
                ? "Secure Boot accepts only modules that the kernel's vendor signed: install those of the running kernel"
                : "dmesg has the kernel's message";
    }

    private static @Nullable Refusal withoutModprobe(String module, List<Path> files) {
        for (Path file : files) {
            try {
                KernelModule.load(file);
            } catch (ErrnoException e) {
                return new Refusal(e.getMessage(), adviceFor(module, file, e.errno()));
            }
        }
        return null;
    }

    private static String adviceFor(String module, Path file, int errno) {
        return switch (errno) {
            case Errno.EPERM -> NEEDS_RIGHT + module + "\"";
            case Errno.ENOENT -> "the modules in " + file.getParent() + " are not those of the running kernel";
            case Errno.EOPNOTSUPP, Errno.EINVAL, Errno.ENOEXEC ->
                file.toString().endsWith(".ko")
                        ? "the file is not a module of the running kernel"
                        : "this kernel cannot unpack it: install kmod, or load it on the host with \"modprobe " + module
                                + "\"";
            default -> "dmesg has the kernel's message";
        };
    }
}
