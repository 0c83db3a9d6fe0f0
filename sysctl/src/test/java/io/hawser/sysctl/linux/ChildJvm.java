package io.hawser.sysctl.linux;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs a class with a main method in a process of its own, with fewer rights or another view of the files. */
public final class ChildJvm {
    private ChildJvm() {}

    /**
     * Runs it to its end and returns what it wrote.
     *
     * @param wrapper the command that is given the command line of the JVM as arguments
     */
    public static String run(Class<?> main, List<String> wrapper, String... arguments) throws Exception {
        List<String> argv = new ArrayList<>(wrapper);
        argv.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        argv.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp"));
        argv.add(System.getProperty("java.class.path"));
        argv.add(main.getName());
        argv.addAll(List.of(arguments));
        Process process = new ProcessBuilder(argv).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        if (exit != 0) {
            throw new AssertionError(String.join(" ", wrapper) + " exited with " + exit + ": " + output);
        }
        return output;
    }
}
