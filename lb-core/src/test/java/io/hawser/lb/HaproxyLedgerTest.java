package io.hawser.lb;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.testkit.TestReferences;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * docs/haproxy-scenarios.md says of each regression scenario of HAProxy which tests show it: they exist, no scenario that
 * applies is without one, and the counts at the top are those of the rows.
 */
class HaproxyLedgerTest {
    private static final Path PAGE = TestReferences.ROOT.resolve("docs/haproxy-scenarios.md");
    private static final String NONE = "–";

    private static final Pattern ROW = Pattern.compile("\\| ((?:checks|connection|ssl|server|balance|stickiness"
            + "|seamless-reload)/[^ |]+) \\| ([^|]*) \\| ([^|]*) \\| ([^|]*) \\|");

    private static final Pattern COUNTS = Pattern.compile(
            "the (\\d+) files.*?(\\d+) apply, (\\d+) apply with a difference, (\\d+) do not", Pattern.DOTALL);

    /** What is wrong with a page, in words; empty when nothing is. */
    private static List<String> problems(String page, TestReferences known) {
        List<String> problems = new ArrayList<>();
        Set<String> scenarios = new HashSet<>();
        int yes = 0;
        int differs = 0;
        int no = 0;
        for (String line : page.lines().filter(each -> each.startsWith("| ")).toList()) {
            Matcher row = ROW.matcher(line);
            if (!row.matches()) {
                if (!line.startsWith("| scenario |")) {
                    problems.add("not a row: " + line);
                }
                continue;
            }
            String name = row.group(1);
            if (!scenarios.add(name)) {
                problems.add(name + " is there twice");
            }
            if (row.group(2).isBlank()) {
                problems.add(name + " lacks its words");
            }
            String applies = row.group(3);
            String tests = row.group(4);
            if (applies.equals("yes")) {
                yes++;
                problems.addAll(known.problems(name, tests));
            } else if (applies.matches("differs: .+")) {
                differs++;
                problems.addAll(known.problems(name, tests));
            } else if (applies.matches("no: .+")) {
                no++;
                if (!tests.equals(NONE)) {
                    problems.add(name + " does not apply and has tests");
                }
            } else {
                problems.add(name + " applies: " + applies);
            }
        }
        String found = List.of(scenarios.size(), yes, differs, no).toString();
        Matcher counts = COUNTS.matcher(page);
        String said = counts.find()
                ? "[" + counts.group(1) + ", " + counts.group(2) + ", " + counts.group(3) + ", " + counts.group(4) + "]"
                : "nothing";
        if (!said.equals(found)) {
            problems.add("the page says " + said + " of its rows, which are " + found);
        }
        return problems;
    }

    @Test
    void everyScenarioThatAppliesHasItsTestsAndTheyExist() throws IOException {
        assertEquals(List.of(), problems(Files.readString(PAGE), TestReferences.ofAllModules()));
    }

    @Test
    void whatIsWrongWithAPageIsFound() {
        TestReferences known = TestReferences.of(Map.of("ATest", List.of("@Test\n    void a() {} void notATest() {}")));
        assertEquals(List.of(), problems("""
                        Each of the 3 files: 1 apply, 1 apply with a difference, 1 do not.
                        | scenario | what it shows | applies | tests |
                        | ssl/a | a | yes | `ATest.a` |
                        | ssl/b | b | differs: so | `ATest.a` |
                        | ssl/c | c | no: why | – |
                        """, known));
        assertEquals(
                List.of(
                        "ssl/a names no test: –",
                        "ssl/b: there is no test class BTest",
                        "ssl/c: ATest has no test notATest",
                        "ssl/c is there twice",
                        "ssl/c does not apply and has tests",
                        "ssl/d applies: no",
                        "ssl/e names no test: and `ATest.a`",
                        "not a row: | other/f | f | yes | `ATest.a` |",
                        "the page says [9, 1, 1, 1] of its rows, which are [5, 2, 2, 1]"),
                problems("""
                        Each of the 9 files: 1 apply, 1 apply with a difference, 1 do not.
                        | ssl/a | a | yes | – |
                        | ssl/b | b | differs: so | `BTest.a` |
                        | ssl/c | c | yes | `ATest.notATest` |
                        | ssl/c | c | no: why | `ATest.a` |
                        | ssl/d | d | no | – |
                        | ssl/e | e | differs: so | `ATest.a`, and `ATest.a` |
                        | other/f | f | yes | `ATest.a` |
                        """, known));
    }
}
