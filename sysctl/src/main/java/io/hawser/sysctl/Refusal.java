package io.hawser.sysctl;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;

/** Why something could not be done, and what to do about it. Immutable. */
record Refusal(String reason, String remedy) {
    /** Explains why a file under /proc/sys could not be read or written. */
    static Refusal of(String doing, IOException e) {
        String detail = detail(e);
        return new Refusal(doing + " failed: " + detail, remedy(detail, e));
    }

    // The kernel's own words, which Java hands on as the reason of a FileSystemException.
    private static String detail(IOException e) {
        return switch (e) {
            case NoSuchFileException absent -> "No such file or directory";
            case AccessDeniedException denied -> "Permission denied";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName());
        };
    }

    private static String remedy(String detail, IOException e) {
        if (detail.contains("Read-only file system")) {
            return "/proc/sys is read-only here: set it on the host, or run the container privileged"
                    + " (securityContext.privileged: true)";
        }
        if (e instanceof AccessDeniedException || detail.contains("Operation not permitted")) {
            return "needs root with CAP_NET_ADMIN in this network namespace: grant it, or set it on the host";
        }
        return "set it on the host";
    }
}
