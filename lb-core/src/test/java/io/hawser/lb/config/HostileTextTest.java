package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.config.Finding.Problem;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a file holds, what is done and said about it stays in proportion to its size, or below a limit. */
class HostileTextTest {
    /** Ten times the largest file that is read. */
    private static final int LARGE = 10 * ConfigLoader.MOST_BYTES;

    /** A text that counts how often its characters are looked at. */
    private static final class Counted implements CharSequence {
        private final String text;
        private final AtomicInteger looks;

        Counted(String text, AtomicInteger looks) {
            this.text = text;
            this.looks = looks;
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            looks.incrementAndGet();
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return new Counted(text.substring(start, end), looks);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private static String repeat(String what, int length) {
        return what.repeat(length / what.length() + 1).substring(0, length);
    }

    static Stream<String> masked() {
        return Stream.of(
                "a",
                "p",
                "token",
                "pass",
                "passwor",
                "-",
                " ",
                "a ",
                "a=",
                ":",
                "\"",
                "'",
                "\\",
                "token: ",
                "token: \"",
                "token: '",
                "token: \"a' ",
                "token: \"\\",
                "token: \"\\\"",
                "token=\\\"",
                "token   ",
                "basic ",
                "basic\t\t\t\t",
                "bearer ab ",
                "://",
                "://a:",
                "://a",
                "-----BEGIN ",
                "-----BEGIN A-----",
                "-----END A-----",
                "-----BEGIN AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    }

    @ParameterizedTest
    @MethodSource("masked")
    void eachCharacterIsLookedAtAFewTimesForSecrets(String repeated) {
        for (String before : List.of("", "# token: \"", "# token: '", "://", "basic ", "-----BEGIN A-----", "x: ")) {
            String text = before + repeat(repeated, 5_000);
            List<Function<CharSequence, String>> steps = List.of(
                    Secrets::withoutPem, Secrets::withoutNamed, Secrets::withoutAuthorization, Secrets::withoutUrls);
            for (int i = 0; i < steps.size(); i++) {
                AtomicInteger looks = new AtomicInteger();
                steps.get(i).apply(new Counted(text, looks));
                int limit = 100 * text.length();
                assertTrue(looks.get() < limit, "step " + i + " of " + before + repeated + ": " + looks + " looks");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "\\\"", "token: ", " "})
    void aLineOfTenTimesTheLargestFileIsMasked(String repeated) {
        assertTrue(Secrets.maskedIn("# token: \"" + repeat(repeated, LARGE)).length() <= 2 * LARGE);
    }

    @Test
    void aLongLineOfBlanksOpensNoBlockAndIsLeftAlone() {
        String text = repeat(" ", LARGE) + "x";
        assertEquals(text, Secrets.withoutBlocks(text));
    }

    private static List<Problem> problems(String yaml) {
        return assertInstanceOf(Loaded.Invalid.class, Given.load(yaml)).problems();
    }

    private static String keys(int count) {
        return IntStream.range(0, count).mapToObj(i -> "k" + i + ": 1").collect(Collectors.joining(","));
    }

    private static String rendered(List<Problem> problems) {
        return problems.stream().map(Problem::renderWithSource).collect(Collectors.joining("\n"));
    }

    @Test
    void manyProblemsOnOneLongLineAreAHundredShortOnes() {
        List<Problem> problems = problems("virtual-routers: [{name: q, " + keys(45_000) + "}]\n");
        assertEquals(Finding.MOST + 1, problems.size());
        String last = problems.getLast().message();
        assertTrue(last.matches("and 4[45][0-9]{3} more problems: look again without those above"), last);
        String all = rendered(problems);
        assertTrue(all.length() < 100_000, () -> all.length() + " characters");
        assertTrue(all.contains("unknown key \"k0\""), all);
        assertTrue(all.lines().allMatch(line -> line.length() < 1_500), all);
    }

    @Test
    void aHundredProblemsAreAHundred() {
        String yaml = Given.KUBEADM + keys(100).replace(",", "\n") + "\n";
        assertEquals(100, problems(yaml).size());
        assertEquals(100, problems(yaml.replace("k0:", "k00:")).size());
        List<Problem> more = problems(yaml + "k: 1\n");
        assertEquals(101, more.size());
        assertEquals(
                "and 1 more problems: look again without those above",
                more.getLast().message());
    }

    @Test
    void theCaretStandsUnderTheColumnOfALongLine() {
        String blanks = " ".repeat(300);
        Problem problem = problems(Given.KUBEADM + "x" + blanks + "\u00e4: {" + repeat("a", 300) + "}\n")
                .getFirst();
        assertEquals(1, problem.column());
        Problem far = problems(Given.KUBEADM + "limits: {" + blanks + "odd: 1," + repeat(" ", 400) + "}\n")
                .getFirst();
        String[] lines = far.renderWithSource().split("\n");
        assertEquals(310, far.column());
        assertEquals("odd: 1,", lines[1].substring(lines[2].indexOf('^'), lines[2].indexOf('^') + 7));
        assertTrue(lines[1].startsWith("    ... ") && lines[1].endsWith(" ..."), lines[1]);
        assertTrue(lines[1].length() <= 4 + Finding.BEFORE + Finding.AFTER + 3, lines[1]);
    }

    @Test
    void whatNobodyIsToldIsNotThoughtAbout() {
        Report report = new Report(new SourceText("f", java.nio.file.Path.of("/"), "x", true));
        AtomicInteger asked = new AtomicInteger();
        for (int i = 0; i < 10_000; i++) {
            report.problem(new SourceLocation(Position.START, "k" + i), () -> "m" + asked.incrementAndGet());
        }
        assertEquals(Finding.MOST, asked.get());
        assertTrue(report.isFull());
        assertEquals(
                "and 9900 more problems: look again without those above",
                report.problems().getLast().message());
    }

    static Stream<String> files() {
        int n = ConfigLoader.MOST_BYTES - 2_000;
        return Stream.of(
                "# " + repeat("a", n),
                "# token: \"" + repeat("a", n),
                "x: \"" + repeat("a", n),
                repeat("[", n),
                repeat("{", n),
                repeat("{a: ", n),
                repeat("- ", n),
                repeat("? ", n),
                repeat("[]:1", n),
                "limits: [" + repeat("]:", n),
                "limits: [" + repeat("[],", n) + "]",
                "listeners: [" + repeat("{bind: []},", n) + "]",
                "listeners: [" + repeat("{pool: x},", n) + "]\npools: [{name: a}]",
                "%TAG !e! " + repeat("a", n / 2) + "\n---\n[" + repeat("!e!a ,", n / 2) + "]",
                "[" + repeat("!<a> ,", n) + "]",
                "!" + repeat("a", n) + " x",
                "nodes: &a [" + repeat("{name: 1},", n / 2) + "]\npools: [" + repeat("*a,", n / 2) + "]",
                "*" + repeat("a", n),
                "&" + repeat("a", n) + " x",
                "'" + repeat("''", n),
                "\"" + repeat("\\\"", n),
                "x: |\n" + repeat(" a\n", n),
                repeat("\n", n),
                repeat("a: 1\n", n),
                repeat("a\n", n),
                repeat(": ", n),
                repeat("a: ", n),
                repeat("\u2028", n / 3));
    }

    @ParameterizedTest
    @MethodSource("files")
    void whatIsSaidOfAFileIsBounded(String yaml) {
        String all = rendered(problems(yaml));
        assertTrue(all.length() < 150_000, () -> all.length() + " characters");
        assertFalse(all.isEmpty());
    }

    @Test
    void namesThatAreMeantAreNotAllListed() {
        List<String> names =
                IntStream.range(0, 5_000).mapToObj(i -> "pool-" + i).toList();
        String said = Messages.noSuch("pool", "x", names);
        assertTrue(said.endsWith("pool-19 and 4980 more"), said);
    }
}
