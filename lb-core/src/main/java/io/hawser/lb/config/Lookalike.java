package io.hawser.lb.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A character that looks like another one, as word processors and web pages put it into what is copied from them.
 *
 * @param character what is there
 * @param name what it is called
 * @param write what is meant
 */
record Lookalike(char character, String name, String write) {
    private static final String BLANK = "an ordinary blank";

    private static final List<Lookalike> ALL = List.of(
            new Lookalike('\u00A0', "a no-break blank", BLANK),
            new Lookalike('\u202F', "a narrow no-break blank", BLANK),
            new Lookalike('\u2007', "a figure blank", BLANK),
            new Lookalike('\u3000', "a wide blank", BLANK),
            new Lookalike('\u200B', "a blank without width", "nothing"),
            new Lookalike('\uFEFF', "a byte order mark", "nothing"),
            new Lookalike('\u201C', "a typographic quote", "\""),
            new Lookalike('\u201D', "a typographic quote", "\""),
            new Lookalike('\u201E', "a typographic quote", "\""),
            new Lookalike('\u00AB', "a typographic quote", "\""),
            new Lookalike('\u00BB', "a typographic quote", "\""),
            new Lookalike('\u2018', "a typographic quote", "'"),
            new Lookalike('\u2019', "a typographic quote", "'"),
            new Lookalike('\u201A', "a typographic quote", "'"),
            new Lookalike('\u2013', "a long dash", "-"),
            new Lookalike('\u2014', "a long dash", "-"),
            new Lookalike('\u2212', "a minus sign", "-"),
            new Lookalike('\uFF1A', "a wide colon", ":"));

    private static @Nullable Lookalike of(char c) {
        if (c < 128) {
            return null;
        }
        for (Lookalike each : ALL) {
            if (each.character == c) {
                return each;
            }
        }
        return null;
    }

    /** The first one in the text; null: there is none. */
    static @Nullable Lookalike in(String text) {
        int at = indexIn(text);
        return at < 0 ? null : of(text.charAt(at));
    }

    /** Where the first one stands in a line of a file, before its comment; -1: there is none. */
    static int indexIn(String line) {
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '#' && (i == 0 || line.charAt(i - 1) <= ' ')) {
                return -1;
            }
            if (of(c) != null) {
                return i;
            }
        }
        return -1;
    }

    /** What it is and what to write. */
    @Override
    public String toString() {
        return name + " (U+%04X): write ".formatted((int) character) + write;
    }
}
