package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hawser.lb.cli.Cli;
import io.hawser.lb.cli.ExitCode;
import io.hawser.sysctl.linux.StandardStream;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;

/** The process. */
public final class Main {
    /* Where there is no shell, the command is a file whose first line names the JVM as interpreter; the kernel then hands
     * over the name of that file as the first argument (execve(2)). */
    private static final String SCRIPT = System.getProperty("hawser.script", "");

    private Main() {}

    /** Does what the arguments ask and exits with the contract's code. */
    public static void main(String[] args) {
        String[] words = commandLine(args, SCRIPT);
        PrintStream out = System.out;
        PrintStream err = System.err;
        if (List.of(words).contains("run")) {
            String whyNot = NativeLibraries.whyNoCalls();
            if (whyNot != null) {
                err.println("hawser: " + whyNot);
                System.exit(ExitCode.PRIVILEGE);
            }
            // Before anything is logged: what the JVM prints by itself must not wait for a reader.
            StandardStream output = StandardStream.out();
            StandardStream error = StandardStream.error();
            System.setOut(printing(output));
            System.setErr(printing(error));
            // With locks of their own: the log may wait for ever in the others, and the end of the process flushes
            // these.
            out = printing(output);
            err = printing(error);
        }
        System.exit(run(words, out, err));
    }

    private static int run(String[] words, PrintStream out, PrintStream err) {
        try {
            return Cli.run(words, new NodeHandlers(), System.getenv(), out, err);
        } catch (LinkageError e) {
            String whyNot = NativeLibraries.whyNot();
            if (whyNot == null) {
                throw e;
            }
            err.println("hawser: " + whyNot);
            return ExitCode.PRIVILEGE;
        }
    }

    private static PrintStream printing(StandardStream stream) {
        return new PrintStream(stream, true, UTF_8);
    }

    /** The arguments without the script that the kernel put before them. */
    static String[] commandLine(String[] args, String script) {
        boolean isScript = args.length > 0 && !script.isEmpty() && args[0].equals(script);
        return isScript ? Arrays.copyOfRange(args, 1, args.length) : args;
    }
}
