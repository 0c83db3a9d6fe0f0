package io.hawser.lb.config;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes docs/configuration.md from the table of keys. Stateless. */
final class ReferencePage {
    private static final String START = """
            # Configuration

            <!-- Written from the table of keys (Keys.java) by ReferencePageTest: change the table, not this page. -->

            One YAML file, the same on every node: `/etc/hawser/hawser.yaml`, or what `--config` or `HAWSER_CONFIG` names. This is a complete one:

            ```yaml
            %s```

            ## How it is read

            - **Everything or nothing.** The whole file is read and checked before anything is started or changed. All problems are listed at once (100 of them, if there are more), each
              with line, column, what was found and what to write; `hawser check` does only that. Unknown keys, duplicate keys and durations without a unit are errors.
            - **Which node this is:** the one that `--node` names; else `HAWSER_NODE`; else the one with this host's name (with or without its domain); else the one
              whose address is on this host. A name that is given but unknown is an error, not passed over.
            - **Durations** are one number and one unit of `ms`, `s`, `m`, `h`, `d`: `250ms`, `1.5s`, `4h`.
            - **Text is taken as it is written.** YAML's guesses mean nothing here: `off` is a word (`no` and `false` are not it), `010` is not 8, and quotes around a number do
              not matter. An IPv6 address with a port needs quotes: `"[2001:db8::10]:6443"`.
            - **Wrong, or not there yet.** What is wrong on any host and at any time (syntax, ranges, contradictions, a file that holds something else) is a problem: exit code 3. What
              may come by itself (a name that does not resolve, an interface, the node's address, a file that cannot be read now) is listed apart, as `not yet`, and is no reason for
              3. `hawser check --offline` looks at no host at all and judges the text alone: on any machine, for CI.
            - **Members may be host names.** A name is resolved when the file is read, on each node, within 2 s for all names together, and without the JVM's memory of older answers.
              Of several addresses the first is used, with a warning. A member whose name does not resolve is down ("does not resolve: NAME") until it does, which is looked for once a
              second; one that runs keeps its last address, with a warning. Nodes and listeners are always addresses.
            - **Files** that a key names are relative to the configuration file and must be readable: regular files, not pipes or devices, of at most 1 MiB (revocation lists: 128 MiB). One whose disk or
              file server gives nothing for 5 s counts as unreadable. A file that cannot be read at the start is waited for: the node lives (`/livez` 200), is not ready (`/readyz` 503 with the
              reason), and starts when it comes. One that holds something else is a problem.
            - Anchors and aliases work; merge keys (`<<`), tags and several documents do not. The file has at most 1 MiB.
            - A **[]** in a path stands for each item of a list: `pools[].members[].weight`.
            """;

    private static final String WARNINGS = """

            ## What is warned about

            Legal, but probably not meant:

            - **Who holds the address:** two nodes with one priority; an owner (priority 255); `preempt: true` without a delay; a group of one router; a notify command that does
              not exist or cannot be run; a virtual address outside its interface's networks; an admin endpoint on loopback while there are other nodes; a version 2
              password of more than 8 bytes.
            - **Who is let in:** a listener on an address that is neither a virtual address nor on this host; an allowed network inside a denied one; PROXY headers believed from
              everybody; a limit for one source above that for all.
            - **Where connections go:** a member on a load-balancer node with a listener's port; a host name with several addresses; a pool that no listener uses, or whose members
              all have weight 0 or are all backups; a hedge that never comes; a PROXY header for members whose checks send none; members that are checked over TLS and sent
              decrypted bytes; `verify: false`.
            - **Checks:** a tcp check of port 6443; a token sent in the clear; a fast interval slower than the interval; checks that notice a dead member (interval, then fall less
              one fast intervals, then the timeout) only after 5 s or after the address has moved, whichever is longer.
            - **Files:** a certificate that expires within 14 days or is not valid yet or any more; a route for a name that no certificate of its listener bears; a key or password
              file that every user of the host can read; authorities that have all expired; a revocation list that should have been replaced.

            A certificate and a key that do not belong together, a key with a passphrase, and a file without what it should hold are errors.
            """;

    private ReferencePage() {}

    static String render() {
        StringBuilder page = new StringBuilder(START.formatted(Given.KUBEADM));
        for (Key<?> top : Keys.of("")) {
            page.append("\n## ")
                    .append(top.name())
                    .append("\n\n")
                    .append(top.doc())
                    .append(' ');
            page.append(absence(top)).append("\n\n| key | value | default | meaning |\n|---|---|---|---|\n");
            Keys.all().stream()
                    .filter(key -> key.path().startsWith(top.inside() + "."))
                    .forEach(key -> page.append(row(key)));
        }
        page.append(WARNINGS);
        return page.toString();
    }

    private static String row(Key<?> key) {
        return "| `%s` | %s | %s | %s |\n".formatted(key.path(), value(key), shortAbsence(key), key.doc());
    }

    private static String absence(Key<?> key) {
        return switch (key.absence()) {
            case Key.Absence.Refused() -> "Required.";
            case Key.Absence.Default(String text) -> "Default: " + text + ".";
            case Key.Absence.Derived(String words) -> "If absent: " + words + ".";
        };
    }

    private static String shortAbsence(Key<?> key) {
        return switch (key.absence()) {
            case Key.Absence.Refused() -> "required";
            case Key.Absence.Default(String text) -> "`" + text + "`";
            case Key.Absence.Derived(String words) -> words;
        };
    }

    private static String value(Key<?> key) {
        return switch (key.form()) {
            case ValueShape.One<?> one -> one.type().description();
            case ValueShape.Many<?> many ->
                (many.isBareAllowed() ? "one or a list: " : "list: ")
                        + many.type().description();
            case ValueShape.Nested(Type<?> shorthand) ->
                orKeys(shorthand == null ? null : shorthand.description(), "keys");
            case ValueShape.NestedList(Type<?> shorthand) ->
                orKeys(shorthand == null ? null : "list: " + shorthand.description(), "keys");
        };
    }

    private static String orKeys(@Nullable String shorthand, String keys) {
        return String.join(
                ", or ",
                List.of(Objects.requireNonNullElse(shorthand, keys), keys).stream()
                        .distinct()
                        .toList());
    }
}
