package io.hawser.lb.daemon;

/**
 * Decides from what a file holds at each look when it is worth reading: when it holds something new, and has held it at
 * two looks in a row, so that a file being written is left alone. Pure; one thread.
 */
final class FileWatch {
    private String read;
    private String seen;

    /**
     * Watches from now on.
     *
     * @param read the digest of what was read last
     */
    FileWatch(String read) {
        this.read = read;
        this.seen = read;
    }

    /** Whether the file is to be read now, given the digest of what it holds; at most once for each content. */
    boolean isDue(String digest) {
        boolean isStable = digest.equals(seen);
        seen = digest;
        if (!isStable || digest.equals(read)) {
            return false;
        }
        read = digest;
        return true;
    }

    /** Whether the file holds what was read last. */
    boolean isRead(String digest) {
        return digest.equals(read);
    }

    /** Somebody else had it read. */
    void wasRead(String digest) {
        read = digest;
        seen = digest;
    }
}
