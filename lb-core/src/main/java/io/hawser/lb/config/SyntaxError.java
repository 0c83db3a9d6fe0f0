package io.hawser.lb.config;

import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * What a YAML syntax error most likely means to the one who wrote it. Immutable.
 *
 * @param at where to look
 * @param message what was found and what to write
 */
record SyntaxError(Position at, String message) {
    private static final int MOST_WRITTEN = 1000;

    static SyntaxError of(MarkedYAMLException e, SourceText source) {
        String problem = e.getProblem() == null ? "unreadable" : e.getProblem();
        String context = e.getContext() == null ? "" : e.getContext();
        Position at = e.getProblemMark() == null ? Position.START : TreeParser.at(e.getProblemMark());
        SyntaxError unseen = unseen(at, source);
        if (unseen != null) {
            return unseen;
        }
        String line = source.line(at.line());
        if (line.length() <= MOST_WRITTEN && (line.contains("{{") || line.contains("{%"))) {
            return new SyntaxError(
                    at, line.contains("{%") ? Tree.PLACEHOLDER.replace("{{ }}", "{% %}") : Tree.PLACEHOLDER);
        }
        int index = line.offsetByCodePoints(0, Math.min(at.column() - 1, line.codePointCount(0, line.length())));
        String brackets = bracketedAddress(line);
        if (brackets != null) {
            return new SyntaxError(at, "an address in brackets needs quotes: write \"" + brackets + "\"");
        }
        if (problem.contains("but found ':'")) {
            return new SyntaxError(at, "a value cannot start with a colon: put it in quotes");
        }
        if (problem.contains("\\t(TAB)")) {
            return new SyntaxError(at, tab(line, index));
        }
        if (context.contains("scanning an alias")) {
            return new SyntaxError(
                    at, "text that starts with * needs quotes; for every address write 0.0.0.0 or \"[::]\"");
        }
        if (problem.contains("mapping values are not allowed")) {
            return new SyntaxError(
                    at,
                    "no key can stand here: check the indentation, and put a blank after each colon and dash above");
        }
        if (problem.contains("cannot start any token")) {
            return new SyntaxError(at, "a value cannot start with this character: put it in quotes");
        }
        if (problem.startsWith("expected ',' or") && line.startsWith("?", index)) {
            return new SyntaxError(
                    at, "text with ? needs quotes between braces: write \"" + Messages.cut(word(line, index)) + "\"");
        }
        Mark opened = e.getContextMark();
        if (opened != null && (context.contains("quoted scalar") || context.contains("flow"))) {
            return unclosed(TreeParser.at(opened), at, context, problem);
        }
        return new SyntaxError(at, (context.isEmpty() ? "" : context + ": ") + problem);
    }

    /** What the writer cannot see in the line, or in the one before, whose end the scanner looked for here. */
    private static @Nullable SyntaxError unseen(Position at, SourceText source) {
        for (int number = at.line(); number >= Math.max(1, at.line() - 1); number--) {
            String line = source.line(number);
            int index = Lookalike.indexIn(line);
            if (index >= 0) {
                return new SyntaxError(
                        new Position(number, line.codePointCount(0, index) + 1),
                        "this is " + Lookalike.in(line.substring(index, index + 1)));
            }
        }
        return null;
    }

    private static String tab(String line, int index) {
        if (line.substring(index).stripLeading().startsWith("#")) {
            return "a tab before the comment: write a blank";
        }
        return line.substring(0, index).isBlank() ? "a tab: indent with blanks" : "a tab between words: write a blank";
    }

    /** The text around a place in braces. */
    private static String word(String line, int index) {
        int start = index;
        while (start > 0 && " ,{[".indexOf(line.charAt(start - 1)) < 0) {
            start--;
        }
        int end = index;
        while (end < line.length() && " ,}]".indexOf(line.charAt(end)) < 0) {
            end++;
        }
        return line.substring(start, end);
    }

    private static SyntaxError unclosed(Position opened, Position at, String context, String problem) {
        if (context.contains("quoted scalar") && problem.contains("end of stream")) {
            return new SyntaxError(opened, "the quote that opens here is not closed");
        }
        if (problem.startsWith("expected ',' or")) {
            String bracket = context.contains("mapping") ? "}" : "]";
            return new SyntaxError(
                    at, "a comma or " + bracket + " is missing; the list or the keys start at " + opened);
        }
        return new SyntaxError(at, context + ": " + problem);
    }

    /**
     * The first thing like [::1]:6443 in the line that is not in quotes, without inner quotes; null: there is none, or the line
     * is longer than anybody writes by hand.
     */
    static @Nullable String bracketedAddress(String line) {
        if (line.length() > MOST_WRITTEN) {
            return null;
        }
        int start = -1;
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) == '[') {
                start = i;
            } else if (line.startsWith("]:", i) && start >= 0) {
                String address = address(line, start, i);
                if (address != null) {
                    return address;
                }
                start = -1;
            }
        }
        return null;
    }

    private static @Nullable String address(String line, int start, int close) {
        int end = close + 2;
        while (end < line.length() && Messages.isDigit(line.charAt(end))) {
            end++;
        }
        boolean isBare = end > close + 2 && !(start > 0 && isQuote(line.charAt(start - 1)));
        String inside =
                isBare ? line.substring(start + 1, close).replace("\"", "").replace("'", "") : "";
        return inside.indexOf(':') >= 0 && inside.indexOf(' ') < 0 ? "[" + inside + line.substring(close, end) : null;
    }

    private static boolean isQuote(char c) {
        return c == '"' || c == '\'';
    }
}
