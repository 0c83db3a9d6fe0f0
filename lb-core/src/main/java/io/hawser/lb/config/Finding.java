package io.hawser.lb.config;

/** Something to say about one place of a configuration file. Immutable. */
public sealed interface Finding permits Problem, Warning {

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

    /** The line of the file; empty when there is none to show. */
    String source();

    /** One line: {@code hawser.yaml:14:11: listeners[0].pool: what is wrong}. */
    default String render() {
        String subject = path().isEmpty() ? "" : path() + ": ";
        return file() + ":" + line() + ":" + column() + ": " + subject + message();
    }

    /** {@link #render()}, then the line of the file with a caret under the column, each indented by four blanks. */
    default String renderWithSource() {
        if (source().isBlank()) {
            return render();
        }
        StringBuilder under = new StringBuilder();
        int[] characters = source().codePoints().limit(column() - 1L).toArray();
        for (int character : characters) {
            // A tab stays a tab, so that the caret lines up whatever width the terminal gives it.
            under.append(character == '\t' ? '\t' : ' ');
        }
        return render() + "\n    " + source() + "\n    " + under + "^";
    }
}
