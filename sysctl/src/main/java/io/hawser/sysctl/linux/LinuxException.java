package io.hawser.sysctl.linux;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The kernel, or a tool that speaks to it, refused what was asked; the message says what was tried and what to do. */
public sealed class LinuxException extends RuntimeException permits ErrnoException {
    private static final long serialVersionUID = 1L;

    LinuxException(String message) {
        super(message);
    }

    LinuxException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** What was tried, what happened, and what to do; never null. */
    @Override
    public String getMessage() {
        return Objects.requireNonNullElse(super.getMessage(), "");
    }
}
