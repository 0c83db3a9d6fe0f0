package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A configuration file's text with its name. One thread. */
final class SourceText {
    private final String file;
    private final Path directory;
    private final String text;
    private final boolean readsFiles;
    private final List<String> lines;
    private @Nullable String @Nullable [] shown;

    /**
     * @param file its name for messages
     * @param directory what relative paths in it are relative to
     * @param text all of it
     * @param readsFiles whether the files that it names are looked at
     */
    SourceText(String file, Path directory, String text, boolean readsFiles) {
        this.file = requireNonNull(file, "file");
        this.directory = requireNonNull(directory, "directory");
        this.text = requireNonNull(text, "text");
        this.readsFiles = readsFiles;
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

    /** Whether the files that it names are looked at; otherwise the text is judged alone. */
    boolean readsFiles() {
        return readsFiles;
    }

    String text() {
        return text;
    }

    /** The text of a line, from 1; empty when there is no such line. */
    String line(int number) {
        return number >= 1 && number <= lines.size() ? lines.get(number - 1) : "";
    }

    /**
     * What may be shown of the line around a place, which is not what is secret in it: what a mistake put there, such as a key
     * in place of its file's name, must not go from here into a log. The place is the character after the first {@link
     * Finding#BEFORE}, or where it is in the line when that is less. What is left out on either side is three dots.
     */
    String excerpt(Position at) {
        String line = shown(at.line());
        int length = line.codePointCount(0, line.length());
        int start = Math.max(0, Math.min(at.column() - 1, length) - Finding.BEFORE);
        int end = Math.min(length, start + Finding.BEFORE + Finding.AFTER);
        int from = line.offsetByCodePoints(0, start);
        int to = line.offsetByCodePoints(from, end - start);
        String middle = line.substring(start == 0 ? 0 : line.offsetByCodePoints(from, Math.min(3, end - start)), to);
        return (start == 0 ? "" : "...") + middle + (end == length ? "" : "...");
    }

    private String shown(int number) {
        if (number < 1 || number > lines.size()) {
            return "";
        }
        if (shown == null) {
            // Only for a file with findings: most have none. And only lines with findings are looked at closely.
            shown = withoutPem(lines);
        }
        @Nullable String known = shown[number - 1];
        if (known == null) {
            known = Secrets.maskedIn(lines.get(number - 1)).lines().findFirst().orElse("");
            shown[number - 1] = known;
        }
        return known;
    }

    private static @Nullable String[] withoutPem(List<String> lines) {
        @Nullable String[] shown = new @Nullable String[lines.size()];
        boolean isInPem = false;
        for (int i = 0; i < shown.length; i++) {
            String line = lines.get(i);
            if (isInPem) {
                shown[i] = Secrets.LEFT_OUT;
            }
            isInPem = line.lastIndexOf("-----BEGIN") > line.lastIndexOf("-----END")
                    || (isInPem && !line.contains("-----END"));
        }
        return shown;
    }

    /** Number of lines. */
    int lineCount() {
        return lines.size();
    }
}
