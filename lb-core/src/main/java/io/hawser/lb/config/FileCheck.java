package io.hawser.lb.config;

import java.nio.file.Files;
import java.nio.file.Path;

/** Whether a file that the configuration names can be read now. One thread. */
final class FileCheck {
    private final Report report;
    private final SourceText source;

    FileCheck(Report report, SourceText source) {
        this.report = report;
        this.source = source;
    }

    /** Whether the file is there or the key is not written; else the report says why. */
    boolean check(Section section, Key<Path> key) {
        Path written = section.has(key) ? section.find(key) : null;
        if (written == null) {
            return true;
        }
        Path file = source.directory().resolve(written);
        String why = whyNot(file);
        if (!why.isEmpty()) {
            report.problem(section.spot(key), "the file " + Wording.quote(file.toString()) + " " + why);
        }
        return why.isEmpty();
    }

    private static String whyNot(Path file) {
        if (!Files.exists(file)) {
            return "does not exist: write it, or correct the path";
        } else if (Files.isDirectory(file)) {
            return "is a directory: name the file in it";
        }
        return Files.isReadable(file) ? "" : "cannot be read: change its owner or mode";
    }
}
