package io.hawser.lb.cli;

/** How the process ends; each is part of the contract with scripts. */
public final class ExitCode {
    /** Did what was asked. */
    public static final int DONE = 0;

    /** Failed while running. */
    public static final int FAILED = 1;

    /** The command line is wrong. */
    public static final int USAGE = 2;

    /** The configuration is invalid; every problem was listed. */
    public static final int CONFIGURATION = 3;

    /** A privilege or kernel feature is missing; it was named, with the remedy. */
    public static final int PRIVILEGE = 4;

    private ExitCode() {}
}
