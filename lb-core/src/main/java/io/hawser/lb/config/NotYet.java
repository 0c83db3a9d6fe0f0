package io.hawser.lb.config;

import java.util.Set;
import java.util.stream.Collectors;

/** What the table of keys knows and this version does not do yet. Immutable. */
final class NotYet {
    /*
     * A line each: the path of a key, or with a value behind it if only that one is missing. Whoever builds what it asks for
     * removes the line, and nothing else: records, checks and the reference page are there.
     */
    private static final NotYet THIS_VERSION = of("""
            virtual-routers[].virtual-mac: true

            virtual-routers[].accept: false

            virtual-routers[].notify

            """);

    private final Set<String> lines;

    private NotYet(Set<String> lines) {
        this.lines = lines;
    }

    /** What this version does not do yet. */
    static NotYet ofThisVersion() {
        return THIS_VERSION;
    }

    /** A list as it is written above. */
    static NotYet of(String text) {
        return new NotYet(text.lines().filter(line -> !line.isBlank()).collect(Collectors.toUnmodifiableSet()));
    }

    /** Paths of keys, with a value where only that is missing. */
    Set<String> lines() {
        return lines;
    }

    /** Why a key with this value cannot be had; empty: it can. */
    String whyNot(Key<?> key, Tree value) {
        if (lines.contains(key.path())) {
            return "not in this version yet: remove it";
        }
        return value instanceof Tree.Scalar(Position _, String text, boolean _)
                        && lines.contains(key.path() + ": " + text)
                ? text + " is not in this version yet: write another value or remove the key"
                : "";
    }
}
