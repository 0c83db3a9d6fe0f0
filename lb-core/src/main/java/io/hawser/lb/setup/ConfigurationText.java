package io.hawser.lb.setup;

import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes a configuration file. Stateless. */
final class ConfigurationText {
    private static final Pattern PLAIN = Pattern.compile("[0-9A-Za-z./_][0-9A-Za-z./_-]*");

    private ConfigurationText() {}

    /** The file for a layout. */
    static String of(Layout layout, @Nullable String vrid, @Nullable String interfaceName) {
        StringBuilder text = new StringBuilder("""
                # The same file on every node. hawser check says what is wrong with it; docs/configuration.md has every key.
                nodes: # highest priority first
                """);
        for (Layout.NamedNode node : layout.nodes()) {
            text.append("  - {name: %s, address: %s}\n".formatted(value(node.name()), value(node.address())));
        }
        text.append("virtual-routers:\n  - name: api\n");
        text.append("    id: %s # nothing else in this network may use it, Keepalived included\n"
                .formatted(value(vrid == null ? InitAnswers.DEFAULT_VRID : vrid)));
        text.append("    addresses: [%s]\n".formatted(value(layout.writtenVip())));
        if (interfaceName != null) {
            text.append("    interface: %s\n".formatted(value(interfaceName)));
        }
        text.append("listeners:\n");
        if (layout.isStacked()) {
            text.append("""
                      # The API servers are on these nodes. Only the virtual address is listened on, so that theirs stay with them.
                    """);
        }
        text.append("  - {name: kube-api, bind: %s, pool: masters}\n".formatted(value(layout.endpoint())));
        text.append("pools:\n  - name: masters\n    members:\n");
        text.append(layout.masters().stream()
                .map(master -> "      - %s\n".formatted(value(master.toString())))
                .collect(Collectors.joining()));
        text.append("    health: {type: https, path: /readyz}\n");
        return text.toString();
    }

    /** A text as a YAML value that reads as the same text. */
    static String value(String text) {
        return PLAIN.matcher(text).matches()
                ? text
                : "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
