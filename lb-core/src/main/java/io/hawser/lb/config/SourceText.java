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
    private final List<String> shown;

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
        this.shown = shown(lines);
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

    /**
     * What may be shown of a line, which is not what is secret in it: what a mistake put there, such as a key in place of
     * its file's name, must not go from here into a log.
     */
    String shown(int number) {
        return number >= 1 && number <= shown.size() ? shown.get(number - 1) : "";
    }

    private static List<String> shown(List<String> lines) {
        List<String> shown = new ArrayList<>();
        boolean isInPem = false;
        for (String line : lines) {
            shown.add(
                    isInPem
                            ? Secrets.LEFT_OUT
                            : Secrets.maskedIn(line).lines().findFirst().orElse(""));
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
