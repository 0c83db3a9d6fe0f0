package io.hawser.lb.config;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The recurring parts of messages. Stateless. */
final class Messages {
    private static final int SHOWN = 60;
    private static final int LISTED = 20;

    private Messages() {}

    /** What the file says, in quotes unless it is a whole number; long text is cut and control characters are replaced. */
    static String quote(String text) {
        if (isNumber(text)) {
            return text;
        }
        StringBuilder shown = new StringBuilder("\"");
        text.codePoints().limit(SHOWN).forEach(c -> shown.appendCodePoint(Character.isISOControl(c) ? '\uFFFD' : c));
        return shown.append(text.codePointCount(0, text.length()) > SHOWN ? "...\"" : "\"")
                .toString();
    }

    /** The start of a text that may be longer than a message should be. */
    static String cut(String text) {
        return text.codePointCount(0, text.length()) <= SHOWN
                ? text
                : text.substring(0, text.offsetByCodePoints(0, SHOWN)) + "...";
    }

    private static boolean isNumber(String text) {
        int start = text.startsWith("-") ? 1 : 0;
        return text.length() > start
                && text.length() <= 20
                && text.chars().skip(start).allMatch(Messages::isDigit);
    }

    /** Whether the character is one of 0 to 9; other scripts' digits are not. */
    static boolean isDigit(int character) {
        return character >= '0' && character <= '9';
    }

    /** Whether the text is one or more of 0 to 9. */
    static boolean isDigits(String text) {
        return !text.isEmpty() && text.chars().allMatch(Messages::isDigit);
    }

    /** How an enum's constant is written in the file. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** {@code a, b or c}. */
    static String or(List<String> words) {
        return join(words, " or ");
    }

    /** {@code a, b and c}. */
    static String and(List<String> words) {
        return join(words, " and ");
    }

    private static String join(List<String> words, String before) {
        int last = words.size() - 1;
        return last < 1 ? String.join("", words) : String.join(", ", words.subList(0, last)) + before + words.get(last);
    }

    /** That a name means nothing, and which ones do. */
    static String noSuch(String kind, String name, List<String> names) {
        String known =
                names.isEmpty() ? "there are none" : "the " + kind + "s are " + some(names) + didYouMean(name, names);
        return "no " + kind + " " + quote(name) + "; " + known;
    }

    private static String some(List<String> names) {
        int more = names.size() - LISTED;
        return String.join(", ", more > 0 ? names.subList(0, LISTED) : names)
                + (more > 0 ? " and " + more + " more" : "");
    }

    /** {@code ; did you mean "x"?} when a candidate is near, else nothing. */
    static String didYouMean(String word, Collection<String> candidates) {
        String nearest = nearest(word, candidates);
        return nearest == null ? "" : "; did you mean \"" + nearest + "\"?";
    }

    /** The candidate that is at most a few slips of the keyboard away from the word; null: none is. */
    static @Nullable String nearest(String word, Collection<String> candidates) {
        if (word.length() > SHOWN) {
            return null;
        }
        String best = null;
        int bound = 1 + word.length() / 4;
        for (String candidate : candidates) {
            if (Math.abs(word.length() - candidate.length()) > bound) {
                continue;
            }
            int distance = distance(word, candidate);
            if (distance <= bound && distance < candidate.length()) {
                best = candidate;
                bound = distance - 1;
            }
        }
        return best;
    }

    /** Fewest insertions, deletions, replacements and swaps of neighbours (optimal string alignment) between the two. */
    static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                d[i][j] = i == 0 || j == 0 ? i + j : step(d, a, b, i, j);
            }
        }
        return d[a.length()][b.length()];
    }

    private static int step(int[][] d, String a, String b, int i, int j) {
        int replaced = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        int best = Math.min(replaced, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
        boolean isSwap = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        return isSwap ? Math.min(best, d[i - 2][j - 2] + 1) : best;
    }
}
