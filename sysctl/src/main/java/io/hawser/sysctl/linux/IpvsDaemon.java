package io.hawser.sysctl.linux;

import java.util.Objects;

/**
 * A role of this host in copying connections between hosts (the sync daemon of IPVS). Immutable.
 *
 * @param role sends or takes
 * @param interfaceName on which interface, at most 15 characters
 * @param id 0 to 255; who takes believes only senders of the same
 */
public record IpvsDaemon(Role role, String interfaceName, int id) {
    /** What a daemon does. */
    public enum Role {
        /** Sends the connections of this host. */
        MASTER(1),
        /** Takes those of others. */
        BACKUP(2);

        private final int number;

        Role(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }
    }

    static final int LONGEST_NAME = 15;

    /** Checks the ranges. */
    public IpvsDaemon {
        Objects.requireNonNull(role, "role");
        if (interfaceName.isEmpty() || interfaceName.length() > LONGEST_NAME || id < 0 || id > 0xFF) {
            throw new IllegalArgumentException("sync daemon on \"" + interfaceName + "\" with id " + id);
        }
    }
}
