package io.hawser.lb.config;

import java.util.List;

/**
 * What is run when a virtual router changes its state. No shell reads it. Immutable.
 *
 * @param words an absolute path and its first arguments, at least the path; name, state and priority follow them
 */
public record NotifyCommand(List<String> words) {
    public NotifyCommand {
        words = List.copyOf(words);
        if (words.isEmpty()) {
            throw new IllegalArgumentException("a command has no words");
        }
    }

    /** As it is written. */
    @Override
    public String toString() {
        return String.join(" ", words);
    }
}
