package io.hawser.lb.daemon;

import io.hawser.lb.cli.Cli;

/** The process. */
public final class Main {
    private Main() {}

    /** Does what the arguments ask and exits with the contract's code. */
    public static void main(String[] args) {
        System.exit(Cli.run(args, new NodeHandlers(), System.getenv(), System.out, System.err));
    }
}
