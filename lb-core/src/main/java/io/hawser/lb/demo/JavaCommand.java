package io.hawser.lb.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** How to start another class of this product as a small process of its own. */
final class JavaCommand {
    /** After the distribution's own options, which they override. */
    private static final List<String> LIGHT = List.of("-Xms16m", "-Xmx32m", "-XX:TieredStopAtLevel=1");

    private JavaCommand() {}

    static List<String> of(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        String home = System.getProperty("hawser.home");
        command.add(java());
        command.addAll(home == null ? bare() : distributed(Path.of(home)));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return command;
    }

    private static List<String> bare() {
        List<String> options = new ArrayList<>(LIGHT);
        options.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path")));
        return options;
    }

    /* The options, the order of the class path and so the AOT cache are the launcher's: three masters start in the time of one. */
    private static List<String> distributed(Path home) {
        List<String> options = new ArrayList<>(List.of("@" + home.resolve("etc/jvm.options")));
        options.addAll(LIGHT);
        Path cache = home.resolve("lib/hawser.aot");
        if (Files.isReadable(cache)) {
            options.add("-XX:AOTCache=" + cache);
        }
        // Where the launcher has it: the jars hold no native code.
        Path natives = home.resolve("lib/native");
        options.add("-Djava.library.path=" + natives);
        options.add("-Djffi.boot.library.path=" + natives);
        options.add("-cp");
        options.add(classPath(home.resolve("lib")));
        return options;
    }

    private static String classPath(Path lib) {
        try {
            return Files.readAllLines(lib.resolve("classpath")).stream()
                    .map(jar -> lib.resolve(jar).toString())
                    .collect(Collectors.joining(":"));
        } catch (IOException e) {
            throw DemoException.failed("read of %s: %s".formatted(lib.resolve("classpath"), e.getMessage()));
        }
    }

    private static String java() {
        String home = System.getProperty("hawser.home");
        if (home != null && Files.isExecutable(Path.of(home, "runtime/bin/java"))) {
            return Path.of(home, "runtime/bin/java").toString();
        }
        return ProcessHandle.current().info().command().orElseGet(() -> System.getProperty("java.home") + "/bin/java");
    }
}
