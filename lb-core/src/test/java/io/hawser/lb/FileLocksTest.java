package io.hawser.lb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.MonitorInstruction;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * No thread that serves may wait for a file: nothing that reads one is reached under a monitor, but for those of {@link #ALLOWED},
 * which no thread of admin, io or vrrp takes.
 */
class FileLocksTest {
    /** Reached under a monitor: the class that it is the monitor of, and all its methods that take it. */
    private static final Map<String, Set<String>> ALLOWED = Map.of(
            // Taken by the main thread and by that of reloads, and by a stop, which interrupts the reading.
            "io.hawser.lb.daemon.Daemon", Set.of("start", "apply", "stop"));

    /** What its callers have done on a thread of its own. */
    private static final String HANDED_OVER = "io.hawser.healthcheck.CredentialSource.loadAny()";

    /** What touches a file that somebody else writes. */
    private static boolean isFileAccess(String owner, String name) {
        return owner.equals("io.hawser.sysctl.files.FileReads")
                && Set.of("bytes", "read", "ask", "stamp").contains(name);
    }

    private static final JavaClasses PRODUCT = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(
                    "io.hawser.sysctl.files",
                    "io.hawser.healthcheck",
                    "io.hawser.lb.admin",
                    "io.hawser.lb.admission",
                    "io.hawser.lb.balance",
                    "io.hawser.lb.config",
                    "io.hawser.lb.daemon",
                    "io.hawser.lb.inspect",
                    "io.hawser.lb.net",
                    "io.hawser.lb.pem",
                    "io.hawser.lb.proxy",
                    "io.hawser.lb.tls");

    @Test
    void nothingReadsAFileUnderAMonitorThatAServingThreadTakes() {
        Map<String, List<String>> found = new HashMap<>();
        for (JavaClass type : PRODUCT) {
            Set<String> locking = takingMonitors(type);
            for (JavaCodeUnit unit : type.getCodeUnits()) {
                if (locking.contains(unit.getName() + unit.getDescriptor()) && !ALLOWED.containsKey(type.getName())) {
                    List<String> way = wayToAFile(unit);
                    if (!way.isEmpty()) {
                        found.put(unit.getFullName(), way);
                    }
                }
            }
        }
        assertEquals(Map.of(), found, "a file is read under a monitor");
    }

    /** Else a thread that only looks at what runs could wait for a reload that waits for a disk. */
    @Test
    void theMonitorsThatFilesAreReadUnderAreTakenByNobodyElse() {
        ALLOWED.forEach((name, methods) -> {
            JavaClass type = PRODUCT.get(name);
            Set<String> taking = takingMonitors(type).stream()
                    .map(method -> method.substring(0, method.indexOf('(')))
                    .collect(Collectors.toSet());
            assertEquals(methods, taking, name);
        });
    }

    /** The test would be worthless if it did not see those that there are. */
    @Test
    void aReloadIsSeenToReadFilesUnderTheMonitorOfTheDaemon() {
        List<JavaCodeUnit> reading = PRODUCT.stream()
                .flatMap(type -> type.getCodeUnits().stream())
                .filter(unit -> unit.getFullName().startsWith("io.hawser.lb.daemon.Daemon.apply(")
                        || unit.getFullName().equals(HANDED_OVER))
                .toList();
        assertEquals(2, reading.size(), reading::toString);
        assertTrue(reading.stream().noneMatch(unit -> wayToAFile(unit).isEmpty()));
    }

    /** The calls that lead from a method to a file; empty: none do. */
    private static List<String> wayToAFile(JavaCodeUnit from) {
        Map<JavaCodeUnit, JavaCodeUnit> calledBy = new HashMap<>();
        Deque<JavaCodeUnit> left = new ArrayDeque<>();
        left.add(from);
        calledBy.put(from, from);
        while (!left.isEmpty()) {
            JavaCodeUnit unit = left.remove();
            Set<AccessTarget.CodeUnitAccessTarget> targets = new HashSet<>();
            unit.getCallsFromSelf().forEach(call -> targets.add(call.getTarget()));
            unit.getCodeUnitReferencesFromSelf().forEach(reference -> targets.add(reference.getTarget()));
            for (AccessTarget.CodeUnitAccessTarget target : targets) {
                if (isFileAccess(target.getOwner().getName(), target.getName())) {
                    return way(unit, calledBy);
                }
                for (JavaCodeUnit next : mayRun(target)) {
                    if (!next.getFullName().equals(HANDED_OVER) && calledBy.putIfAbsent(next, unit) == null) {
                        left.add(next);
                    }
                }
            }
        }
        return List.of();
    }

    private static List<String> way(JavaCodeUnit last, Map<JavaCodeUnit, JavaCodeUnit> calledBy) {
        Deque<String> way = new ArrayDeque<>();
        JavaCodeUnit unit = last;
        while (unit != null && !unit.equals(calledBy.get(unit))) {
            way.addFirst(unit.getFullName());
            unit = calledBy.get(unit);
        }
        way.addFirst(String.valueOf(unit));
        return List.copyOf(way);
    }

    /** What a call may run: the method itself and those that override it. */
    private static List<JavaCodeUnit> mayRun(AccessTarget.CodeUnitAccessTarget target) {
        JavaClass owner = target.getOwner();
        if (!owner.getPackageName().startsWith("io.hawser")) {
            // What is given to the JDK to run counts as called by whoever wrote it down.
            return List.of();
        }
        Set<JavaClass> types = new HashSet<>(owner.getAllSubclasses());
        types.add(owner);
        types.addAll(owner.getAllRawSuperclasses());
        return types.stream()
                .flatMap(type -> type.getCodeUnits().stream())
                .filter(unit -> unit.getName().equals(target.getName())
                        && names(unit.getRawParameterTypes()).equals(names(target.getRawParameterTypes())))
                .toList();
    }

    private static List<String> names(List<JavaClass> types) {
        return types.stream().map(JavaClass::getName).toList();
    }

    private static Set<String> takingMonitors(JavaClass type) {
        Set<String> taking = new HashSet<>();
        for (JavaCodeUnit unit : type.getCodeUnits()) {
            if (unit.getModifiers().contains(JavaModifier.SYNCHRONIZED)) {
                taking.add(unit.getName() + unit.getDescriptor());
            }
        }
        String file = "/" + type.getName().replace('.', '/') + ".class";
        try (InputStream in = FileLocksTest.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("no class file " + file);
            }
            ClassFile.of()
                    .parse(in.readAllBytes())
                    .methods()
                    .forEach(method -> method.code()
                            .ifPresent(code -> code.forEach(element -> {
                                if (element instanceof MonitorInstruction monitor
                                        && monitor.opcode() == Opcode.MONITORENTER) {
                                    taking.add(method.methodName().stringValue()
                                            + method.methodType().stringValue());
                                }
                            })));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return taking;
    }
}
