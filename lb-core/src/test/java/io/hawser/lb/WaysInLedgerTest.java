package io.hawser.lb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.TestReferences;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/security.md lists every way into the process, what bounds it, and the tests that show it: each exists. */
class WaysInLedgerTest {
    private static final String HEAD = "| way in | bound | ten times that | also shown by |";

    /** A class and its test, or a class alone. */
    private static final Pattern REFERENCE = Pattern.compile("`(\\w+)(?:\\.(\\w+))?`(?:, |$)");

    /** What a row says of ten times the largest is one test by its name; the rest are classes. */
    private static List<String> problems(String page, TestReferences tests) throws IOException {
        List<String> problems = new ArrayList<>();
        Set<String> ways = new HashSet<>();
        List<String> rows = page.lines()
                .dropWhile(line -> !line.equals(HEAD))
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .toList();
        for (String row : rows) {
            String[] cells = row.substring(1).split("\\|");
            if (cells.length != 4) {
                problems.add("not four cells: " + row);
                continue;
            }
            String way = cells[0].strip();
            if (!ways.add(way)) {
                problems.add(way + " is there twice");
            }
            check(way, cells[2].strip(), true, tests, problems);
            check(way, cells[3].strip(), false, tests, problems);
        }
        if (rows.isEmpty()) {
            problems.add("there is no table of the ways in");
        }
        return problems;
    }

    private static void check(String way, String cell, boolean isNamed, TestReferences tests, List<String> problems)
            throws IOException {
        Matcher reference = REFERENCE.matcher(cell);
        int end = 0;
        while (reference.find() && reference.start() == end) {
            end = reference.end();
            String method = reference.group(2);
            if (isNamed != (method != null)) {
                problems.add(
                        way + ": " + reference.group() + (isNamed ? " names no test" : " names more than a class"));
                continue;
            }
            if (!tests.hasClass(reference.group(1))) {
                problems.add(way + ": there is no test class " + reference.group(1));
            } else if (method != null && !tests.hasTest(reference.group(1), method)) {
                problems.add(way + ": " + reference.group(1) + " has no test " + method);
            }
        }
        if (end == 0 || end != cell.length()) {
            problems.add(way + " names no test: " + cell.substring(end));
        }
    }

    @Test
    void everyWayInHasItsTestsAndTheyExist() throws IOException {
        String page = Files.readString(TestReferences.ROOT.resolve("docs/security.md"));
        assertEquals(List.of(), problems(page, TestReferences.ofAllModules()));
    }

    @Test
    void whatIsWrongWithTheListIsFound() throws IOException {
        String page = HEAD + "\n|---|---|---|---|\n" + """
                | good | some | `WaysInLedgerTest.everyWayInHasItsTestsAndTheyExist` | `HaproxyLedgerTest`, `WaysInLedgerTest` |
                | good | some | `NoSuchTest.a` | `NoSuchTest` |
                | bad | some | `WaysInLedgerTest.problems`, `WaysInLedgerTest` | – |
                | bad row | some |
                """;
        assertEquals(
                List.of(
                        "good is there twice",
                        "good: there is no test class NoSuchTest",
                        "good: there is no test class NoSuchTest",
                        "bad: WaysInLedgerTest has no test problems",
                        "bad: `WaysInLedgerTest` names no test",
                        "bad names no test: –",
                        "not four cells: | bad row | some |"),
                problems(page, TestReferences.ofAllModules()));
        assertTrue(problems("nothing", TestReferences.of(Map.of())).getFirst().contains("no table"));
    }
}
