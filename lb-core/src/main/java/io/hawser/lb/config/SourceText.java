package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A configuration file's text with its name. Immutable. */
final class SourceText {
    private final String file;
    private final Path directory;
    private final String text;
    private final List<String> lines;

    /**
     * @param file its name for messages
     * @param directory what relative paths in it are relative to
     * @param text all of it
     */
    SourceText(String file, Path directory, String text) {
        this.file = requireNonNull(file, "file");
        this.directory = requireNonNull(directory, "directory");
        this.text = requireNonNull(text, "text");
        this.lines = split(text);
    }

    // Lines end where the YAML scanner counts one, so that its line numbers find them.
    private static List<String> split(String text) {
        List<String> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean isBreak = c == '\n' || c == '\u0085' || c == '\u2028' || c == '\u2029';
            boolean isReturn = c == '\r' && !(i + 1 < text.length() && text.charAt(i + 1) == '\n');
            if (isBreak || isReturn) {
                int end = c == '\n' && i > start && text.charAt(i - 1) == '\r' ? i - 1 : i;
                lines.add(text.substring(start, end));
                start = i + 1;
            }
        }
        lines.add(text.substring(start));
        return lines;
    }

    String file() {
        return file;
    }

    Path directory() {
        return directory;
    }

    String text() {
        return text;
    }

    /** The text of a line, from 1; empty when there is no such line. */
    String line(int number) {
        return number >= 1 && number <= lines.size() ? lines.get(number - 1) : "";
    }

    /** Number of lines. */
    int lineCount() {
        return lines.size();
    }
}
