package io.hawser.sysctl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The settings of the kernel as files (proc(5), /proc/sys), in the network namespace of the calling thread. */
final class SysctlTree {
    private final Path procSys;

    SysctlTree(Path procSys) {
        this.procSys = procSys;
    }

    boolean exists(Sysctl setting) {
        return Files.exists(setting.under(procSys));
    }

    /** The value without white space around it. */
    String read(Sysctl setting) throws IOException {
        return Files.readString(setting.under(procSys)).strip();
    }

    void write(Sysctl setting, String value) throws IOException {
        // Without CREATE: a setting that does not exist is not to become a file on some other file system.
        Files.writeString(setting.under(procSys), value + "\n", StandardOpenOption.WRITE);
    }
}
