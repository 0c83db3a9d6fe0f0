package io.hawser.lb.config;

/** Whole numbers as they are written: digits, without sign or leading zeros. Stateless. */
final class WholeNumbers {
    static final String PORT = "a port";
    static final int LEAST_PORT = 1;
    static final int MOST_PORT = 65_535;

    private static final int MOST_DIGITS = 9;

    private WholeNumbers() {}

    /**
     * Reads a number within a range.
     *
     * @param noun what it is, with its article
     */
    static Parsed<Integer> parse(String text, String noun, int min, int max) {
        String not = Messages.quote(text) + " is not " + noun + " (" + min + " to " + max + ")";
        if (!Messages.isDigits(text) || text.length() > MOST_DIGITS) {
            return new Parsed.Bad<>(not);
        }
        int value = Integer.parseInt(text);
        if (text.length() > 1 && text.startsWith("0")) {
            return new Parsed.Bad<>(not + ": write " + value);
        }
        return value < min || value > max ? new Parsed.Bad<>(not) : new Parsed.Ok<>(value);
    }

    static Parsed<Integer> parsePort(String text) {
        return parse(text, PORT, LEAST_PORT, MOST_PORT);
    }
}
