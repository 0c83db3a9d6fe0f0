package io.hawser.lb.tls;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** What happens to the files of TLS. Called on the thread that watches them: the callee must not throw. */
public interface TlsEvents {
    /** Nobody listens. */
    TlsEvents NONE = new TlsEvents() {};

    /** Files changed and new connections use them. */
    default void replaced(List<Path> files) {}

    /** Files changed and cannot be used; what was there before stays in use. */
    default void refused(List<Path> files, String why) {}

    /**
     * A certificate or a revocation list is about to end, or has ended. Said once at each of 30, 7, 1 and 0 days before.
     *
     * @param days whole days left; 0 when less than one is left or it has ended
     */
    default void expires(Path file, Instant at, long days) {}
}
