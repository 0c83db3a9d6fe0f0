package io.hawser.lb.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Removes passwords, tokens, keys and other secrets from a text. Any thread. */
public final class Secrets {
    /** What stands in place of a secret. */
    public static final String LEFT_OUT = "(left out)";

    /*
     * Rather too much than too little: whoever reads a support bundle can ask for what is missing, and nobody can take back
     * what was sent. Paths of files are kept, as they say what is configured; the files themselves are never read.
     *
     * Every line of a file comes through here, whoever wrote it. So no step may look back, and none may call itself: names
     * and their values are found by one walk, and what is left to patterns is possessive, where each repetition ends at a
     * character that it cannot contain.
     */

    private static final String DASHES = "-----";
    private static final Pattern MARK = Pattern.compile("-----(?:BEGIN|END) [A-Z0-9 ]{1,60}+-----");

    /** What is in a name that announces a secret. */
    private static final List<String> WORDS = List.of(
            "password",
            "passphrase",
            "passwd",
            "authpass",
            "auth-pass",
            "auth_pass",
            "secret",
            "token",
            "credential",
            "apikey",
            "api-key");

    private static final String OF_FILE = "-file";
    private static final Pattern AUTHORIZATION = Pattern.compile("(?i)\\b(bearer|basic)(\\s++)[a-z0-9+/=._~-]{4,}+");
    private static final Pattern OF_URL = Pattern.compile("(://)[^/\\s:@]++:[^/\\s@]++@");

    private Secrets() {}

    /** {@code text} without secrets: passwords, tokens and whatever is in PEM. */
    public static String maskedIn(String text) {
        return withoutUrls(withoutAuthorization(withoutNamed(withoutPem(withoutBlocks(text)))));
    }

    /** From each first mark to the next last one, or to the end. */
    static String withoutPem(CharSequence text) {
        Matcher mark = MARK.matcher(text);
        StringBuilder kept = new StringBuilder();
        int from = 0;
        boolean isInside = false;
        while (mark.find()) {
            boolean isFirst = text.charAt(mark.start() + DASHES.length()) == 'B';
            if (isFirst && !isInside) {
                kept.append(text, from, mark.start()).append(LEFT_OUT);
                isInside = true;
            } else if (!isFirst && isInside) {
                from = mark.end();
                isInside = false;
            }
        }
        return (isInside ? kept : kept.append(text, from, text.length())).toString();
    }

    /** The values of names that announce a secret, and are not those of files. */
    static String withoutNamed(CharSequence text) {
        StringBuilder kept = new StringBuilder(text.length());
        int from = 0;
        int at = 0;
        while (at < text.length()) {
            int name = at;
            while (at < text.length() && isOfName(text.charAt(at))) {
                at++;
            }
            if (at == name || !announces(text, name, at)) {
                at = at == name ? at + 1 : at;
                continue;
            }
            int sign = afterBlanks(text, isQuote(text, at) ? at + 1 : at);
            if (sign == text.length() || (text.charAt(sign) != ':' && text.charAt(sign) != '=')) {
                continue;
            }
            int value = afterBlanks(text, sign + 1);
            int end = endOfValue(text, value);
            boolean isPath = at - name >= OF_FILE.length() && isAt(text, at - OF_FILE.length(), at, OF_FILE);
            if (end > value && !isPath) {
                kept.append(text, from, value).append(LEFT_OUT);
                from = end;
            }
            at = Math.max(sign + 1, end);
        }
        return kept.append(text, from, text.length()).toString();
    }

    private static boolean isOfName(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '_'
                || c == '.'
                || c == '-';
    }

    private static boolean isQuote(CharSequence text, int at) {
        return at < text.length() && (text.charAt(at) == '"' || text.charAt(at) == '\'');
    }

    private static boolean announces(CharSequence text, int from, int end) {
        for (int at = from; at < end; at++) {
            for (String word : WORDS) {
                if (isAt(text, at, end, word)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether the word stands there before the end, in whatever case. */
    private static boolean isAt(CharSequence text, int at, int end, String word) {
        if (end - at < word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            char c = text.charAt(at + i);
            if (word.charAt(i) != (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c)) {
                return false;
            }
        }
        return true;
    }

    private static int afterBlanks(CharSequence text, int from) {
        int at = from;
        while (at < text.length() && isBlank(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private static boolean isBlank(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    /** The end of the value that starts there: of what is in quotes, or of what a comma, a brace or a line ends. */
    private static int endOfValue(CharSequence text, int from) {
        if (from == text.length() || ",}]#".indexOf(text.charAt(from)) >= 0) {
            return from;
        }
        if (isQuote(text, from)) {
            int close = closing(text, from);
            if (close > 0) {
                return close + 1;
            }
        }
        int at = from + 1;
        while (at < text.length() && text.charAt(at) != ',' && text.charAt(at) != '}' && text.charAt(at) != '\n') {
            at++;
        }
        return at;
    }

    // It is looked for in vain at most once for each of the two quotes: had there been a second one, it would have been
    // found.
    private static int closing(CharSequence text, int open) {
        char quote = text.charAt(open);
        for (int at = open + 1; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == quote) {
                return at;
            }
            if (c == '\\' && quote == '"') {
                at++;
            }
        }
        return -1;
    }

    static String withoutAuthorization(CharSequence text) {
        return AUTHORIZATION.matcher(text).replaceAll("$1$2" + Matcher.quoteReplacement(LEFT_OUT));
    }

    static String withoutUrls(CharSequence text) {
        return OF_URL.matcher(text).replaceAll("$1" + Matcher.quoteReplacement(LEFT_OUT) + "@");
    }

    /** Block scalars of YAML (8.1) hide a value in the lines after its name; the configuration has no use for any. */
    static String withoutBlocks(String text) {
        List<String> kept = new ArrayList<>();
        int deeperThan = Integer.MAX_VALUE;
        for (String line : text.split("\n", -1)) {
            int depth = line.length() - line.stripLeading().length();
            if (deeperThan != Integer.MAX_VALUE && (line.isBlank() || depth > deeperThan)) {
                continue;
            }
            deeperThan = Integer.MAX_VALUE;
            kept.add(line);
            if (opensBlock(line)) {
                kept.add(" ".repeat(depth + 2) + LEFT_OUT);
                deeperThan = depth;
            }
        }
        return String.join("\n", kept);
    }

    /** Whether the line ends with a colon and a | or a >, with or without how to keep line ends and indentation. */
    private static boolean opensBlock(String line) {
        int at = line.length() - 1;
        while (at >= 0 && isBlank(line.charAt(at))) {
            at--;
        }
        while (at >= 0 && (Messages.isDigit(line.charAt(at)) || line.charAt(at) == '+' || line.charAt(at) == '-')) {
            at--;
        }
        if (at < 0 || (line.charAt(at) != '|' && line.charAt(at) != '>')) {
            return false;
        }
        at--;
        while (at >= 0 && isBlank(line.charAt(at))) {
            at--;
        }
        return at >= 0 && line.charAt(at) == ':';
    }
}
