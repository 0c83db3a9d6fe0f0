package io.hawser.lb.demo;

import java.io.PrintStream;
import java.util.function.BooleanSupplier;

/** {@code hawser demo}: the main job, shown on one machine. Call once a process, from its main thread. */
public final class Demo {
    private Demo() {}

    /**
     * Runs the demo.
     *
     * @param once one round without a terminal and a report, instead of rounds until Ctrl-C
     * @param single one load balancer on loopback without root, instead of two nodes in network namespaces
     * @return the exit code: 0 done, 1 the address was not served again or the demo could not go on, 4 a right or tool is missing
     */
    public static int run(boolean once, boolean single, PrintStream out, PrintStream err) {
        return single ? runSingle(once, out, err) : runCluster(once, out, err);
    }

    private static int runCluster(boolean once, PrintStream out, PrintStream err) {
        try (ClusterDemo demo = new ClusterDemo(out)) {
            return guarded(demo, demo::isClosed, err, () -> {
                if (once) {
                    return demo.runOnce();
                }
                demo.runForever();
                return true;
            });
        }
    }

    private static int runSingle(boolean once, PrintStream out, PrintStream err) {
        try (SingleDemo demo = new SingleDemo(out)) {
            return guarded(demo, demo::isClosed, err, () -> {
                if (once) {
                    return demo.runOnce();
                }
                demo.runForever();
                return true;
            });
        }
    }

    private static int guarded(AutoCloseable demo, BooleanSupplier isEnding, PrintStream err, BooleanSupplier body) {
        // Ctrl-C and TERM: the JVM ends with this hook, while the body is still under way.
        Thread cleaning = Thread.ofPlatform().name("demo-cleaning").unstarted(() -> closeOnExit(demo, err));
        Runtime.getRuntime().addShutdownHook(cleaning);
        try {
            return body.getAsBoolean() ? 0 : 1;
        } catch (DemoException e) {
            if (isEnding.getAsBoolean()) {
                return 0;
            }
            closeOnExit(demo, err); // first, so that the screen is given back
            err.println("hawser demo: " + e.getMessage());
            return e.exitCode();
        }
    }

    private static void closeOnExit(AutoCloseable demo, PrintStream err) {
        try {
            demo.close();
        } catch (Exception e) {
            err.println("hawser demo: " + e.getMessage());
        }
    }
}
