package io.hawser.lb.daemon;

import java.util.Optional;

/**
 * A network interface that must be up.
 *
 * @param name its name
 */
record InterfaceTracker(String name) implements Tracker {
    @Override
    public Optional<String> problem() {
        return Interfaces.isUp(name) ? Optional.empty() : Optional.of("interface " + name + " is not up");
    }
}
