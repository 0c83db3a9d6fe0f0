package io.hawser.lb.config;

import io.hawser.sysctl.files.FileReads;
import io.hawser.sysctl.files.UnreadableFileException;
import java.io.InputStream;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Whether a file that the configuration names can be read now. One thread. */
final class FileCheck {
    private final Report report;
    private final SourceText source;

    FileCheck(Report report, SourceText source) {
        this.report = report;
        this.source = source;
    }

    /** What a file holds that is at most as large as its reader takes; null: the key is not written, or files are not read, or the report says why. */
    byte @Nullable [] bytes(Section section, Key<Path> key) {
        return read(section, key, FileReads.MOST_BYTES, InputStream::readAllBytes);
    }

    /** What is made of what a file holds; null: the key is not written, or the report says why. */
    <T> @Nullable T read(Section section, Key<Path> key, long most, FileReads.Content<T> content) {
        Path written = section.has(key) ? section.find(key) : null;
        if (written == null || !source.readsFiles()) {
            return null;
        }
        Path file = source.directory().resolve(written);
        try {
            return FileReads.standard().read(file, most, content);
        } catch (UnreadableFileException e) {
            tell(report, section.spot(key), file, e);
            return null;
        }
    }

    /** Reports a file that could not be read: as missing for now, or as one that never can be. */
    static void tell(Report report, SourceLocation spot, Path file, UnreadableFileException e) {
        String subject = "the file " + Messages.quote(file.toString()) + " ";
        switch (e.reason()) {
            // What is mounted or written later, or gets its mode later, or lies on a server that does not answer.
            case MISSING, FORBIDDEN, SLOW, INTERRUPTED, FAILED -> report.notYet(spot, true, () -> subject + why(e));
            case DIRECTORY, NOT_REGULAR, TOO_LARGE -> report.problem(spot, subject + why(e));
        }
    }

    /** Why a file could not be read and what to do, as the end of a sentence that begins with it. */
    static String why(UnreadableFileException e) {
        return switch (e.reason()) {
            case MISSING -> "does not exist: write it, or correct the path";
            case DIRECTORY -> "is a directory: name the file in it";
            case FORBIDDEN -> "cannot be read: change its owner or mode";
            case NOT_REGULAR -> "is not a regular file but a pipe, a socket or a device: name a file";
            case TOO_LARGE, SLOW, INTERRUPTED, FAILED -> "cannot be used: " + e.getMessage();
        };
    }
}
