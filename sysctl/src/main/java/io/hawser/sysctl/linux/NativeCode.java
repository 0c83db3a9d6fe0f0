package io.hawser.sysctl.linux;

import org.jspecify.annotations.Nullable;

/** Whether native code can be called at all. Any thread. */
public final class NativeCode {

    private NativeCode() {}

    /** Loads what calls the C library; null, or why it cannot be loaded. */
    public static @Nullable String whyNot() {
        try {
            Libc.gettid();
            return null;
        } catch (LinkageError | RuntimeException e) {
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            String message = root.getMessage();
            return message == null
                    ? root.toString()
                    : message.lines().findFirst().orElse(root.toString());
        }
    }
}
