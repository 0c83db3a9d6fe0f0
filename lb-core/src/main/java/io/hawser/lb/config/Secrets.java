package io.hawser.lb.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes out of a text what somebody could use who must not. Any thread. */
public final class Secrets {
    /** What stands in place of a secret. */
    public static final String LEFT_OUT = "(left out)";

    /*
     * Rather too much than too little: whoever reads a support bundle can ask for what is missing, and nobody can take back
     * what was sent. Paths of files are kept, as they say what is configured; the files themselves are never read.
     */

    private static final Pattern PEM =
            Pattern.compile("-----BEGIN [A-Z0-9 ]{1,60}-----.*?(-----END [A-Z0-9 ]{1,60}-----|\\z)", Pattern.DOTALL);

    /** A name that announces a secret, and is not that of a file. */
    private static final Pattern NAMED = Pattern.compile(
            "(?i)([\"']?[a-z0-9_.-]*(?:password|passphrase|passwd|auth[-_]?pass|secret|token|credential|api-?key)[a-z0-9_.-]*[\"']?\\s*[:=])"
                    + "(\\s*)(\"(?:[^\"\\\\]|\\\\.)*\"|'[^']*'|[^\\s,}\\]#][^,}\\n]*)");

    private static final Pattern OF_FILE = Pattern.compile("(?i)-file[\"']?\\s*[:=]$");
    private static final Pattern AUTHORIZATION = Pattern.compile("(?i)\\b(bearer|basic)(\\s+)[a-z0-9+/=._~-]{4,}");
    private static final Pattern OF_URL = Pattern.compile("(://)[^/\\s:@]+:[^/\\s@]+@");
    private static final Pattern BLOCK = Pattern.compile("(\\s*)(?:-\\s+)?.*:\\s*[|>][0-9+-]*\\s*");

    private Secrets() {}

    /** {@code text} without secrets: passwords, tokens and whatever is in PEM. */
    public static String maskedIn(String text) {
        String masked = PEM.matcher(withoutBlocks(text)).replaceAll(Matcher.quoteReplacement(LEFT_OUT));
        masked = NAMED.matcher(masked)
                .replaceAll(found -> Matcher.quoteReplacement(
                        OF_FILE.matcher(found.group(1)).find()
                                ? found.group()
                                : found.group(1) + found.group(2) + LEFT_OUT));
        masked = AUTHORIZATION.matcher(masked).replaceAll("$1$2" + Matcher.quoteReplacement(LEFT_OUT));
        return OF_URL.matcher(masked).replaceAll("$1" + Matcher.quoteReplacement(LEFT_OUT) + "@");
    }

    /** Block scalars of YAML (8.1) hide a value in the lines after its name; the configuration has no use for any. */
    private static String withoutBlocks(String text) {
        List<String> kept = new ArrayList<>();
        int deeperThan = Integer.MAX_VALUE;
        for (String line : text.split("\n", -1)) {
            int depth = line.length() - line.stripLeading().length();
            if (deeperThan != Integer.MAX_VALUE && (line.isBlank() || depth > deeperThan)) {
                continue;
            }
            deeperThan = Integer.MAX_VALUE;
            kept.add(line);
            if (BLOCK.matcher(line).matches()) {
                kept.add(" ".repeat(depth + 2) + LEFT_OUT);
                deeperThan = depth;
            }
        }
        return String.join("\n", kept);
    }
}
