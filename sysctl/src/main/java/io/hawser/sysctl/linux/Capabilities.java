package io.hawser.sysctl.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/** What the process may do at present: its effective capabilities. Immutable. */
public final class Capabilities {
    private static final String FIELD = "CapEff:";

    private final Set<Capability> effective;

    private Capabilities(Set<Capability> effective) {
        this.effective = Set.copyOf(effective);
    }

    /** Those of the process; none when the kernel does not tell. */
    public static Capabilities ofThisProcess() {
        try {
            return parse(Files.readString(Path.of("/proc/self/status")));
        } catch (IOException e) {
            return new Capabilities(EnumSet.noneOf(Capability.class));
        }
    }

    /** Reads a status file as proc_pid_status(5) describes it; a missing or malformed field means none. */
    static Capabilities parse(String status) {
        EnumSet<Capability> found = EnumSet.noneOf(Capability.class);
        status.lines().filter(line -> line.startsWith(FIELD)).findFirst().ifPresent(line -> {
            long mask = mask(line.substring(FIELD.length()).strip());
            for (Capability capability : Capability.values()) {
                if ((mask >>> capability.bit() & 1) != 0) {
                    found.add(capability);
                }
            }
        });
        return new Capabilities(found);
    }

    private static long mask(String hexadecimal) {
        try {
            return Long.parseUnsignedLong(hexadecimal, 16);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Whether all of the given are there. */
    public boolean has(Capability... needed) {
        return effective.containsAll(Set.of(needed));
    }

    /** Those of {@link Capability} that are there. */
    public Set<Capability> effective() {
        return effective;
    }

    @Override
    public String toString() {
        return effective.toString();
    }
}
