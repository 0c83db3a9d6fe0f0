package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * docs/rfc9568.md says of each requirement which tests show it: they exist, no requirement that applies is without one, and
 * the numbers have no holes.
 */
class RequirementLedgerTest {
    private static final Path PAGE = TestReferences.ROOT.resolve("docs/rfc9568.md");
    private static final String OURS = "ours alone";
    private static final String NONE = "–";
    private static final Set<String> LEVELS = Set.of("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "rule");

    private static final Pattern REQUIREMENT = Pattern.compile("^\\| (\\d+) \\|.*");
    private static final Pattern DISCARD = Pattern.compile("^\\| `([a-z-]+)` \\| [^|]+ \\| ([^|]+) \\|$");
    /** What is wrong with a page, in words; empty when nothing is. */
    private static List<String> problems(String page, TestReferences known) {
        List<String> problems = new ArrayList<>();
        int numbered = 0;
        for (String line : page.lines().toList()) {
            Matcher number = REQUIREMENT.matcher(line);
            if (!number.matches()) {
                continue;
            }
            numbered++;
            String name = "requirement " + number.group(1);
            if (Integer.parseInt(number.group(1)) != numbered) {
                problems.add(name + " is the " + numbered + ". in the page");
            }
            String[] cells = line.substring(2).split(" \\| ?", -1);
            if (cells.length != 8) {
                problems.add(name + " has " + (cells.length - 1) + " cells, not 7");
                continue;
            }
            if (!LEVELS.contains(cells[2])) {
                problems.add(name + " has the level " + cells[2]);
            }
            if (cells[1].isBlank() || cells[3].isBlank()) {
                problems.add(name + " lacks its section or its words");
            }
            evidence(name, cells[4], cells[5], cells[6], known, problems);
        }
        if (numbered == 0) {
            problems.add("there is no requirement");
        }
        return problems;
    }

    private static void evidence(
            String name, String applies, String obeyed, String refused, TestReferences known, List<String> problems) {
        if (applies.matches("no: .+")) {
            if (!obeyed.equals(NONE) || !refused.equals(NONE)) {
                problems.add(name + " does not apply and has tests");
            }
        } else if (applies.equals("yes") || applies.matches("differs: .+")) {
            problems.addAll(known.problems(name, obeyed));
            if (!refused.equals(OURS)) {
                problems.addAll(known.problems(name, refused));
            }
        } else {
            problems.add(name + " applies: " + applies);
        }
    }

    @Test
    void everyRequirementHasItsTestsAndTheyExist() throws IOException {
        assertEquals(List.of(), problems(Files.readString(PAGE), TestReferences.ofAllModules()));
    }

    @Test
    void everyReasonToDiscardIsThereWithItsRequirements() throws IOException {
        String page = Files.readString(PAGE);
        Set<String> numbers = new HashSet<>();
        page.lines().map(REQUIREMENT::matcher).filter(Matcher::matches).forEach(row -> numbers.add(row.group(1)));
        List<String> found = new ArrayList<>();
        for (String line : page.lines().toList()) {
            Matcher row = DISCARD.matcher(line);
            if (row.matches()) {
                found.add(row.group(1));
                for (String number : row.group(2).split(", ")) {
                    assertTrue(number.equals(NONE) || numbers.contains(number), line);
                }
            }
        }
        assertEquals(
                Stream.of(DiscardReason.values()).map(DiscardReason::label).toList(),
                found.stream().sorted(order()).toList());
    }

    private static java.util.Comparator<String> order() {
        List<String> labels =
                Stream.of(DiscardReason.values()).map(DiscardReason::label).toList();
        return java.util.Comparator.comparingInt(labels::indexOf);
    }

    @Test
    void whatIsWrongWithAPageIsFound() {
        TestReferences known = TestReferences.of(Map.of(
                "ATest",
                List.of("@Test\n    void a() {} void notATest() {}\n@ParameterizedTest\n@MethodSource(\"rows\")\n"
                        + "    void b(Row row) { \"a row\" }")));
        assertEquals(List.of(), problems("""
                        | # | section | level | requirement | applies | obeyed | violation refused |
                        | 1 | 5 | MUST | do | yes | `ATest.a` | ours alone |
                        | 2 | 5 | MUST | do | differs: why | `ATest.a`, `ATest.b[a row]` | `ATest.b` |
                        | 3 | 5 | MUST NOT | do | no: why | – | – |
                        """, known));
        assertEquals(
                List.of(
                        "requirement 2 is the 1. in the page",
                        "requirement 3 names no test: –",
                        "requirement 3: there is no test class BTest",
                        "requirement 4: ATest has no test notATest",
                        "requirement 4: ATest has no row \"another\"",
                        "requirement 5 names no test: ",
                        "requirement 5 names no test: and `ATest.a`",
                        "requirement 6 applies: maybe",
                        "requirement 7 has the level MIGHT",
                        "requirement 7 does not apply and has tests",
                        "requirement 8 has 6 cells, not 7"),
                problems("""
                        | 2 | 5 | MUST | do | yes | `ATest.a` | ours alone |
                        | 3 | 5 | MUST | do | yes | – | `BTest.a` |
                        | 4 | 5 | MUST | do | yes | `ATest.notATest` | `ATest.b[another]` |
                        | 5 | 5 | MUST | do | yes |  | `ATest.a`, and `ATest.a` |
                        | 6 | 5 | MUST | do | maybe | `ATest.a` | – |
                        | 7 | 5 | MIGHT | do | no: why | `ATest.a` | – |
                        | 8 | 5 | MUST | do | yes | `ATest.a` |
                        """, known).stream()
                        .filter(each -> !each.matches("requirement [3-8] is the .*"))
                        .toList());
    }
}
