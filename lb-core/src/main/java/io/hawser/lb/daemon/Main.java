package io.hawser.lb.daemon;

import io.hawser.lb.cli.Cli;
import java.util.Arrays;

/** The process. */
public final class Main {
    /* Where there is no shell, the command is a file whose first line names the JVM as interpreter; the kernel then hands
     * over the name of that file as the first argument (execve(2)). */
    private static final String SCRIPT = System.getProperty("hawser.script", "");

    private Main() {}

    /** Does what the arguments ask and exits with the contract's code. */
    public static void main(String[] args) {
        System.exit(Cli.run(commandLine(args, SCRIPT), new NodeHandlers(), System.getenv(), System.out, System.err));
    }

    /** The arguments without the script that the kernel put before them. */
    static String[] commandLine(String[] args, String script) {
        boolean isScript = args.length > 0 && !script.isEmpty() && args[0].equals(script);
        return isScript ? Arrays.copyOfRange(args, 1, args.length) : args;
    }
}
