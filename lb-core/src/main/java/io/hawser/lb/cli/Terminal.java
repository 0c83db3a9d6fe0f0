package io.hawser.lb.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Where output goes. Immutable.
 *
 * @param isColoured whether colours may be used
 * @param width columns; {@link #ENDLESS} when it is no terminal, so that nothing is cut for a pipe
 */
record Terminal(boolean isColoured, int width) {
    static final int ENDLESS = Integer.MAX_VALUE;

    private static final String ESCAPE = "\u001b[";

    /** A colour of the eight that every terminal has. */
    enum Colour {
        NONE(""),
        BOLD("1"),
        RED("31"),
        GREEN("32"),
        YELLOW("33");

        private final String code;

        Colour(String code) {
            this.code = code;
        }
    }

    /** Standard output of this process. */
    static Terminal ofProcess(Map<String, String> environment) {
        if (!isTerminal(1)) {
            return new Terminal(false, ENDLESS);
        }
        // no-color.org: any value that is not empty switches colours off.
        boolean wantsColour = environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !environment.getOrDefault("TERM", "dumb").equals("dumb");
        return new Terminal(wantsColour, width(environment));
    }

    /** {@code text} in {@code colour} where colours may be used. */
    String paint(Colour colour, String text) {
        return isColoured && colour != Colour.NONE ? ESCAPE + colour.code + "m" + text + ESCAPE + "0m" : text;
    }

    /** {@code text} without anything that would steer a terminal: it may come from another machine. */
    static String harmless(String text) {
        var clean = new StringBuilder(text.length());
        text.codePoints()
                .forEach(point -> clean.appendCodePoint(
                        Character.isISOControl(point) || Character.getType(point) == Character.FORMAT ? '?' : point));
        return clean.toString();
    }

    /** Whether a person can answer on standard input. */
    static boolean isInput() {
        return isTerminal(0);
    }

    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }

    private static int width(Map<String, String> environment) {
        String columns = environment.getOrDefault("COLUMNS", "");
        if (columns.matches("[0-9]{1,4}")) {
            return Math.max(40, Integer.parseInt(columns));
        }
        return Math.max(40, askedWidth());
    }

    /** What stty says of the terminal on standard input; 80 when it does not say. */
    private static int askedWidth() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(ProcessBuilder.Redirect.INHERIT)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (var answer = stty.inputReader()) {
                String line = answer.readLine();
                stty.waitFor(1, TimeUnit.SECONDS);
                return line != null && line.matches("[0-9]{1,4} [1-9][0-9]{1,3}")
                        ? Integer.parseInt(line.substring(line.indexOf(' ') + 1))
                        : 80;
            }
        } catch (IOException e) {
            return 80;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 80;
        }
    }
}
