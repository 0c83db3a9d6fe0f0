package io.hawser.lb.config;

/** Something to say about one place of a configuration file. Immutable. */
public sealed interface Finding permits Problem, NotYet, Warning {
    /*
     * A file decides how many findings there are, how long the line of each is and what it says. So each of the three has a
     * limit, for what is written is their product.
     */

    /** Most findings of a kind that a file is told of; one more says how many there are beside them. */
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
}
