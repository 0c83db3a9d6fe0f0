package io.hawser.sysctl;

import java.util.List;

/**
 * The result of preparing the kernel. Immutable.
 *
 * @param changes everything that was looked at, in order
 * @param missing what is required and could not be provided; empty when the start may go on
 */
public record Preparation(List<Change> changes, List<Missing> missing) {
    public Preparation {
        changes = List.copyOf(changes);
        missing = List.copyOf(missing);
    }
}
