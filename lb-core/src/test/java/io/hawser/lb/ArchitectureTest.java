package io.hawser.lb;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The walls of ARCHITECTURE.md between modules and packages. */
class ArchitectureTest {
    private static JavaClasses product;

    @BeforeAll
    static void importProduct() {
        product = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .withImportOption(each -> !each.contains("-tests.jar"))
                .importPackages("io.hawser");
    }

    @Test
    void onlyTheLinuxPackageCallsNativeCode() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("io.hawser.sysctl.linux..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("jnr..", "com.kenai.jffi..", "java.lang.foreign..")
                .because("all libc goes through io.hawser.sysctl.linux, so that errno and ownership have one home"));
    }

    /** Where time, sockets, files, threads and the log would come into the election: in it, or in anything of ours that it uses. */
    @Test
    void theElectionReadsNoClockAndDoesNoInputOrOutput() {
        Set<String> election = reachableFrom(namesIn("io.hawser.vrrp.election"));
        assertTrue(
                election.containsAll(Set.of("io.hawser.vrrp.election.VrrpEngine", "io.hawser.vrrp.election.Group")),
                election::toString);
        check(noClasses()
                .that(new DescribedPredicate<>("are in the election or used by it") {
                    @Override
                    public boolean test(JavaClass each) {
                        return election.contains(each.getName());
                    }
                })
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.hawser.sysctl",
                        "io.hawser.sysctl.linux..",
                        "io.hawser.sysctl.files..",
                        "java.nio.channels..",
                        "java.nio.file..",
                        "java.io..",
                        "java.util.concurrent..",
                        "org.slf4j..")
                .orShould()
                .dependOnClassesThat(new DescribedPredicate<>("are in java.net and more than an address") {
                    @Override
                    public boolean test(JavaClass each) {
                        return each.getPackageName().equals("java.net")
                                && !each.isAssignableTo(InetAddress.class)
                                && !each.isAssignableTo(InetSocketAddress.class);
                    }
                })
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.time.Clock.class)
                .because("the simulation and the daemon run the same engine"));
    }

    private static String[] namesIn(String packageName) {
        return product.stream()
                .filter(each -> each.getPackageName().equals(packageName))
                .map(JavaClass::getName)
                .toArray(String[]::new);
    }

    /** The plans of checks name files, which others read. */
    @Test
    void whatDecidesAboutChecksPeersAndConnectsReadsNoClockAndConnectsToNobody() {
        Set<String> schedule = reachableFrom(
                "io.hawser.healthcheck.CheckSchedule",
                "io.hawser.healthcheck.PeerSchedule",
                "io.hawser.lb.proxy.ConnectPlan");
        check(noClasses()
                .that(
                        new DescribedPredicate<>(
                                "are what the schedules of checks and peers and the connect plan are made of") {
                            @Override
                            public boolean test(JavaClass each) {
                                return schedule.contains(each.getName());
                            }
                        })
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty..", "java.nio.channels..", "io.hawser.sysctl.files..", "org.slf4j..")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .because("their tests turn the time"));
    }

    private static Set<String> reachableFrom(String... names) {
        Set<String> found = new TreeSet<>();
        Deque<String> ahead = new ArrayDeque<>(List.of(names));
        while (!ahead.isEmpty()) {
            String name = ahead.pop();
            if (found.add(name)) {
                product.get(name).getDirectDependenciesFromSelf().stream()
                        .map(each -> each.getTargetClass().getBaseComponentType())
                        .filter(each ->
                                each.getPackageName().startsWith("io.hawser") && product.contain(each.getName()))
                        .forEach(each -> ahead.add(each.getName()));
            }
        }
        return found;
    }

    /** The table of ARCHITECTURE.md, row by row: each package, and whom of ours, and whether Netty, it may know. */
    @Test
    void everyPackageKnowsWhomTheTableLetsItKnow() throws IOException {
        Map<String, Set<String>> mayKnow = table();
        assertTrue(mayKnow.size() >= 15, mayKnow::toString);
        Set<String> violations = new TreeSet<>();
        Set<String> used = new TreeSet<>();
        for (JavaClass each : product) {
            String from = rowOf(mayKnow, each.getPackageName());
            if (from == null) {
                violations.add(each.getPackageName() + " is not in the table");
                continue;
            }
            for (Dependency dependency : each.getDirectDependenciesFromSelf()) {
                String target =
                        dependency.getTargetClass().getBaseComponentType().getPackageName();
                String to = target.startsWith("io.netty.internal.tcnative")
                        ? "netty-tcnative"
                        : target.startsWith("io.netty.channel") || target.startsWith("io.netty.bootstrap")
                                ? "netty"
                                : rowOf(mayKnow, target);
                if (to != null && !to.equals(from)) {
                    used.add(from + " " + to);
                    if (!mayKnow.getOrDefault(from, Set.of()).contains(to)) {
                        violations.add(from + " knows " + to + ", which the table does not say");
                    }
                }
            }
        }
        mayKnow.forEach((from, all) -> all.stream()
                .filter(to -> !used.contains(from + " " + to))
                .filter(_ -> !from.equals("io.hawser.lb.daemon") && !from.equals("io.hawser.benchmarks"))
                .forEach(to -> violations.add(from + " may know " + to + " by the table, and does not")));
        assertEquals(Set.of(), violations);
    }

    private static @Nullable String rowOf(Map<String, Set<String>> table, String packageName) {
        return table.keySet().stream()
                .filter(row -> packageName.equals(row) || packageName.startsWith(row + "."))
                .max(Comparator.comparingInt(String::length))
                .orElse(null);
    }

    private static Map<String, Set<String>> table() throws IOException {
        Map<String, Set<String>> rows = new LinkedHashMap<>();
        Pattern row = Pattern.compile("\\|[^|]*\\| `(io\\.hawser[^`]*)` \\|[^|]*\\| ([^|]*) \\|");
        String text =
                Files.readString(Path.of(System.getProperty("basedir", ".")).resolve("../ARCHITECTURE.md"));
        Matcher matcher = row.matcher(text);
        while (matcher.find()) {
            rows.put(
                    matcher.group(1),
                    Set.of(matcher.group(2)
                            .replaceAll(" ?\\([^)]*\\)", "")
                            .strip()
                            .split(", ")));
        }
        rows.replaceAll((name, known) -> {
            if (known.equals(Set.of("all of them"))) {
                Set<String> all = new TreeSet<>(rows.keySet());
                all.removeIf(other -> other.endsWith(".daemon") || other.endsWith(".benchmarks"));
                all.addAll(Set.of("netty"));
                return all;
            }
            Set<String> names = new TreeSet<>();
            for (String each : known) {
                if (each.startsWith("netty")) {
                    names.add(each);
                } else if (!each.equals("—")) {
                    names.add(rows.containsKey("io.hawser." + each) ? "io.hawser." + each : "io.hawser.lb." + each);
                }
            }
            return names;
        });
        return rows;
    }

    @Test
    void onlyTlsCallsTheTlsLibrary() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("io.hawser.lb.tls..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty.internal.tcnative..")
                .because("the memory rules of the library have one home"));
    }

    @Test
    void featurePackagesFormNoCycles() {
        check(slices().matching("io.hawser.lb.(*)..").should().beFreeOfCycles());
    }

    /**
     * Twenty classes that carry connections once knew each other; two that do can still be read by themselves. By class
     * files, in which a constant of another class leaves no trace.
     */
    @Test
    void inAPackageAtMostTwoClassesKnowEachOther() {
        long all = product.stream().map(ArchitectureTest::outermost).distinct().count();
        assertTrue(all > 400, () -> all + " classes were found");
        Map<String, Set<Set<String>>> knots = new TreeMap<>();
        product.stream()
                .collect(Collectors.groupingBy(JavaClass::getPackageName))
                .forEach((name, types) -> {
                    Set<Set<String>> found = knots(types);
                    if (!found.isEmpty()) {
                        knots.put(name, found);
                    }
                });
        assertEquals(Map.of(), knots);
    }

    /** The sets of more than two classes of a package of which each knows each other one, be it through others. */
    private static Set<Set<String>> knots(List<JavaClass> types) {
        Map<String, Set<String>> known = new TreeMap<>();
        for (JavaClass each : types) {
            String from = outermost(each);
            Set<String> to = known.computeIfAbsent(from, _ -> new TreeSet<>());
            each.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                    .filter(target -> target.getPackageName().equals(each.getPackageName()))
                    .map(ArchitectureTest::outermost)
                    .filter(target -> !target.equals(from))
                    .forEach(to::add);
        }
        Set<Set<String>> knots = new HashSet<>();
        for (String each : known.keySet()) {
            Set<String> knot = reachable(known, each);
            knot.removeIf(other -> !reachable(known, other).contains(each));
            if (knot.size() > 2) {
                knots.add(knot);
            }
        }
        return knots;
    }

    private static String outermost(JavaClass type) {
        return type.getName().replaceFirst("\\$.*", "");
    }

    private static Set<String> reachable(Map<String, Set<String>> known, String from) {
        Set<String> found = new TreeSet<>();
        Deque<String> ahead = new ArrayDeque<>(Set.of(from));
        while (!ahead.isEmpty()) {
            for (String next : known.getOrDefault(ahead.pop(), Set.of())) {
                if (found.add(next)) {
                    ahead.add(next);
                }
            }
        }
        return found;
    }

    @Test
    void aLargePackageHasAReason() throws IOException {
        Path root = Path.of(System.getProperty("basedir", ".")).resolve("..");
        Set<String> large = new TreeSet<>();
        for (String module : List.of("sysctl", "vrrp", "healthcheck", "lb-core")) {
            Path sources = root.resolve(module + "/src/main/java/io/hawser");
            try (Stream<Path> walk = Files.walk(sources)) {
                walk.filter(file -> file.toString().endsWith(".java"))
                        .collect(Collectors.groupingBy(Path::getParent, Collectors.counting()))
                        .forEach((folder, files) -> {
                            if (files > 30) {
                                large.add(sources.relativize(folder).toString().replace('/', '.'));
                            }
                        });
            }
        }
        String text = Files.readString(root.resolve("ARCHITECTURE.md"));
        String table = text.substring(text.indexOf("| package of more than 30 files |"));
        Set<String> explained = new TreeSet<>();
        table.lines()
                .takeWhile(line -> line.startsWith("|"))
                .filter(line -> line.startsWith("| `"))
                .forEach(line -> explained.add(line.split("`")[1]));
        assertEquals(explained, large);
    }

    @Test
    void nothingIsCalledAfterItsLackOfPurpose() {
        check(classes()
                .that()
                .resideInAPackage("io.hawser..")
                .should()
                .haveNameNotMatching(".*(Manager|Helper|Utils?|Impl)$"));
    }

    private static void check(ArchRule rule) {
        rule.check(product);
    }
}
