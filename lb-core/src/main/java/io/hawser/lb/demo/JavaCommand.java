package io.hawser.lb.demo;

import java.util.ArrayList;
import java.util.List;

/** How this JVM would start another one, small and quick, with its own class path. */
final class JavaCommand {
    private static final List<String> LIGHT =
            List.of("-XX:+UseSerialGC", "-Xmx32m", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto");

    private JavaCommand() {}

    static List<String> of(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current()
                .info()
                .command()
                .orElseGet(() -> System.getProperty("java.home") + "/bin/java"));
        command.addAll(LIGHT);
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-Dio.netty.eventLoopThreads=1",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }
}
