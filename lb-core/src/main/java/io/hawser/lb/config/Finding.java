package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

/** Something to say about one place of a configuration file. Immutable. */
public sealed interface Finding {
    /*
     * A file decides how many findings there are, how long the line of each is and what it says. So each of the three has a
     * limit, for what is written is their product.
     */

    /** Most findings of a kind that a file is told of; one more says how many more there are. */
    int MOST = 100;

    /** Most characters of a line that are shown before the place. */
    int BEFORE = 100;

    /** Most characters of a line that are shown from the place on. */
    int AFTER = 100;

    /** The file as it was named. */
    String file();

    /** Line, from 1. */
    int line();

    /** Column in characters, from 1. */
    int column();

    /** The key that it is about, as in {@code listeners[0].pool}; empty: the file. */
    String path();

    /** What was found and what to write: lower case, no full stop. */
    String message();

    /**
     * The line of the file without what is secret, cut to {@link #BEFORE} characters before the column and {@link #AFTER} from
     * there on; empty when there is none to show.
     */
    String source();

    /** One line: {@code hawser.yaml:14:11: listeners[0].pool: what is wrong}. */
    default String render() {
        String subject = path().isEmpty() ? "" : path() + ": ";
        return file() + ":" + line() + ":" + column() + ": " + subject + message();
    }

    /** {@link #render()}, then {@link #source()} with a caret under the column, each indented by four blanks. */
    default String renderWithSource() {
        if (source().isBlank()) {
            return render();
        }
        StringBuilder under = new StringBuilder();
        int[] characters =
                source().codePoints().limit(Math.min(column() - 1L, BEFORE)).toArray();
        for (int character : characters) {
            // A tab stays a tab, so that the caret lines up whatever width the terminal gives it.
            under.append(character == '\t' ? '\t' : ' ');
        }
        return render() + "\n    " + source() + "\n    " + under + "^";
    }

    /**
     * Why a file is no valid configuration, on any host and at any time. Immutable.
     *
     * @param file the file as it was named
     * @param line from 1
     * @param column in characters, from 1
     * @param path the key that it is about; empty: the file
     * @param message what was found and what to write
     * @param source the line of the file around the column; empty when there is none
     */
    record Problem(String file, int line, int column, String path, String message, String source) implements Finding {
        /** Checks that all are present. */
        public Problem {
            requireNonNull(file, "file");
            requireNonNull(path, "path");
            requireNonNull(message, "message");
            requireNonNull(source, "source");
        }
    }

    /**
     * What a file needs of its host and the network that is not there now, and may be in a moment: the file is right. Immutable.
     *
     * @param file the file as it was named
     * @param line from 1
     * @param column in characters, from 1
     * @param path the key that it is about; empty: the file
     * @param message what is waited for
     * @param source the line of the file around the column; empty when there is none
     * @param isNeeded whether nothing can be done by the file before; false: all the rest goes on meanwhile
     */
    record NotYet(String file, int line, int column, String path, String message, String source, boolean isNeeded)
            implements Finding {
        /** Checks that all are present. */
        public NotYet {
            requireNonNull(file, "file");
            requireNonNull(path, "path");
            requireNonNull(message, "message");
            requireNonNull(source, "source");
        }
    }

    /**
     * What is legal in a file but probably not meant. Immutable.
     *
     * @param file the file as it was named
     * @param line from 1
     * @param column in characters, from 1
     * @param path the key that it is about; empty: the file
     * @param message what was found and what to write
     * @param source the line of the file around the column; empty when there is none
     */
    record Warning(String file, int line, int column, String path, String message, String source) implements Finding {
        /** Checks that all are present. */
        public Warning {
            requireNonNull(file, "file");
            requireNonNull(path, "path");
            requireNonNull(message, "message");
            requireNonNull(source, "source");
        }
    }
}
