package io.hawser.lb.tls;

import io.hawser.sysctl.files.FileReads;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that is made from files and follows their changes. The watching thread of the files, except where it says otherwise; what is read of
 * files is read outside of any monitor.
 *
 * <p>A change is seen by device, inode, size and time of the last change of what a path leads to, symbolic links
 * followed. So it does not matter whether a file was written over, renamed into place, or reached through the link that
 * Kubernetes swaps for a mounted secret; and a change that keeps size and modification time is seen too.
 */
abstract class FilesFollower {
    private static final int TRIES = 2;

    /**
     * When something of a file ends.
     *
     * @param file the certificate or list
     * @param at when the first thing in it ends
     */
    record Expiry(Path file, Instant at) {}

    private final FileReads reads;
    private List<String> seen = List.of();
    private int failures;
    private volatile @Nullable String complaint;

    FilesFollower(FileReads reads) {
        this.reads = reads;
    }

    /** What reads the files. */
    FileReads reads() {
        return reads;
    }

    /** Every file it is made of. */
    abstract List<Path> files();

    /** Reads the files and puts what they give into use; a {@link TlsException} says why not, and then nothing changed. */
    abstract void load(boolean first);

    /** When what is in use ends. Any thread. */
    abstract List<Expiry> expiries();

    /** Does what is due by the clock. */
    abstract void tick(long now);

    /** Lets go of what is in use; sessions that are open go on. Any thread; never waits for a file. */
    abstract void close();

    /** Why the files as they are now are not in use; null when they are. Any thread. */
    @Nullable
    String complaint() {
        return complaint;
    }

    /** Loads for the first time. */
    void start() {
        seen = stamps();
        load(true);
    }

    /*
     * Files that belong together are rarely replaced in one step. One that fails is tried again at the next look, and only
     * then complained about.
     */
    /** Looks whether something changed. */
    void poll(TlsEvents events) {
        List<String> now = stamps();
        if (!now.equals(seen)) {
            seen = now;
            failures = 0;
        } else if (failures == 0 || failures >= TRIES) {
            return;
        }
        try {
            load(false);
            failures = 0;
            complaint = null;
            events.replaced(files());
        } catch (TlsException e) {
            failures++;
            if (failures == TRIES) {
                String why = String.valueOf(e.getMessage());
                complaint = why;
                events.refused(files(), why);
            }
        }
    }

    private List<String> stamps() {
        return files().stream().map(reads::stamp).toList();
    }
}
