package io.hawser.lb.cli;

import java.util.Objects;

/** The version of this build. */
public final class Version {
    private Version() {}

    /** Such as {@code 0.1.0}; {@code development} when not run from a jar. */
    public static String text() {
        return Objects.requireNonNullElse(Version.class.getPackage().getImplementationVersion(), "development");
    }

    static String words() {
        return "hawser " + text() + "\njava " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")\n"
                + System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch");
    }
}
