package io.hawser.lb.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tells whether network interfaces are up. Any thread. */
final class Interfaces {
    private static final Path ROOT = Path.of("/sys/class/net");

    private Interfaces() {}

    /** Whether there is one of that name. */
    static boolean exists(String name) {
        return Files.exists(ROOT.resolve(name));
    }

    /** Whether it exists and is operational (RFC 2863); those that cannot tell, such as loopback, count as up. */
    static boolean isUp(String name) {
        try {
            String state =
                    Files.readString(ROOT.resolve(name).resolve("operstate")).strip();
            return state.equals("up") || state.equals("unknown");
        } catch (IOException e) {
            return false;
        }
    }
}
