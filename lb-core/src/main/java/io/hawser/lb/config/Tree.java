package io.hawser.lb.config;

import java.util.List;

/** YAML as it was written: text and places, no guessed types. Immutable; aliases share the anchored tree and its place. */
sealed interface Tree {
    /** What is said of a file that a template engine should have made. */
    String PLACEHOLDER = "{{ }} is a place in a template that nobody has filled in: write what belongs there";

    /** Where it starts. */
    Position at();

    /** What it is, for messages. */
    String kind();

    /**
     * A single value.
     *
     * @param at where it starts
     * @param text its text without quotes; YAML's types (010, 1:30, yes) mean nothing here
     * @param isPlain whether it stood without quotes
     */
    record Scalar(Position at, String text, boolean isPlain) implements Tree {

        /** Whether it says that there is no value. */
        boolean isNull() {
            return isPlain
                    && switch (text) {
                        case "", "~", "null", "Null", "NULL" -> true;
                        default -> false;
                    };
        }

        @Override
        public String kind() {
            return isNull() ? "no value" : Messages.quote(text);
        }
    }

    /** A list. */
    record Sequence(Position at, List<Tree> items) implements Tree {
        public Sequence {
            items = List.copyOf(items);
        }

        @Override
        public String kind() {
            return "a list";
        }
    }

    /** Keys with values, in file order; a key may come twice. */
    record Mapping(Position at, List<Entry> entries) implements Tree {
        public Mapping {
            entries = List.copyOf(entries);
        }

        /** Whether braces stand in braces: a template's, as no key is a mapping. */
        boolean isPlaceholder() {
            return !entries.isEmpty() && entries.getFirst().key() instanceof Mapping;
        }

        @Override
        public String kind() {
            return isPlaceholder() ? "{{ }}" : "keys and values";
        }
    }

    /** A key with its value. */
    record Entry(Tree key, Tree value) {}
}
