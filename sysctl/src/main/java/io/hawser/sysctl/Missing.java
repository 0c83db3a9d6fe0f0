package io.hawser.sysctl;

/**
 * A required kernel setting or module that is missing and could not be provided. Immutable.
 *
 * @param setting what is missing, named as in {@link Change}
 * @param reason what was tried and what happened
 * @param remedy what the operator can do
 */
public record Missing(String setting, String reason, String remedy) {
    /** All of it as one line. */
    public String message() {
        return setting + ": " + reason + "; " + remedy;
    }
}
