package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What comes into a file from templates, web pages and word processors is named, with what to write. */
class CopiedTextTest {

    private static Arguments row(String what, String by, String expected) {
        return Arguments.of(what, by, expected);
    }

    static Stream<Arguments> files() {
        String blank = "a no-break blank (U+00A0): write an ordinary blank";
        String template = "{{ }} is a place in a template that nobody has filled in: write what belongs there";
        return Stream.of(
                row(
                        "path: /readyz}",
                        "path: /readyz?verbose}",
                        "11:40: not YAML: text with ? needs quotes between braces: write \"/readyz?verbose\""),
                row(
                        "{type: https, path: /readyz}",
                        "{path: /readyz?a&b, type: https}",
                        "11:27: not YAML: text with ? needs quotes between braces: write \"/readyz?a&b\""),
                row("nodes:", "nodes:\t# two", "1:7: not YAML: a tab before the comment: write a blank"),
                row("nodes:", "\t# two\nnodes:", "1:1: not YAML: a tab before the comment: write a blank"),
                row("- name: masters", "- name:\tmasters", "9:10: not YAML: a tab between words: write a blank"),
                row("    health", "\thealth", "11:1: not YAML: a tab: indent with blanks"),
                row("- name: masters", "- name:\u00a0masters", "9:10: not YAML: this is " + blank),
                row(
                        "    health",
                        "\u00a0\u00a0\u00a0\u00a0health",
                        "11:1: unknown key \"\u00a0\u00a0\u00a0\u00a0health\"; the keys here are nodes, virtual-routers, listeners, pools,"
                                + " admin, kernel, limits; it has " + blank),
                row("nodes:", "nodes:\u00a0", "1:7: not YAML: this is " + blank),
                row(
                        "{name: lb1, address: 10.77.0.11}",
                        "{name: lb1, address: \u00a010.77.0.11}",
                        "2:26: nodes[0].address: \"\u00a010.77.0.11\" is not an IP address: write one such as 10.77.0.11;"
                                + " it has " + blank),
                row(
                        "- name: masters",
                        "- name: \u201cmasters\u201d",
                        "7:51: listeners[0].pool: no pool \"masters\"; there are none\n"
                                + "9:11: pools[0].name: \"\u201cmasters\u201d\" is not a name: write up to 63 letters, digits,"
                                + " dots, dashes and underscores; it has a typographic quote (U+201C): write \""),
                row(
                        "  - name: masters",
                        "  \u2013 name: masters",
                        "9:3: not YAML: this is a long dash (U+2013): write -"),
                row(
                        "[10.77.0.10]",
                        "[{{ vip }}]",
                        "5:37: virtual-routers[0].addresses[0]: an IP address, as in 10.77.0.10 or"
                                + " 10.77.0.10/24 is expected; found {{ }}; " + template),
                row("bind: 10.77.0.10:6443", "bind: {{ vip }}:6443", "7:37: not YAML: " + template),
                row("nodes:", "{% if x %}\nnodes:", "1:2: not YAML: " + template.replace("{{ }}", "{% %}")),
                row("10.77.0.22:6443", "{{ m2 }}", "10:32: pools[0].members[1]: " + template),
                row(
                        "10.77.0.22:6443",
                        "\"{{ m2 }}:6443\"",
                        "10:32: pools[0].members[1]: \"{{ m2 }}\" is neither an address nor a host name; " + template));
    }

    @ParameterizedTest
    @MethodSource("files")
    void isNamedWithWhatToWrite(String what, String by, String expected) {
        Given.refuses(
                Given.lb1(),
                Given.KUBEADM.replaceFirst(
                        java.util.regex.Pattern.quote(what), java.util.regex.Matcher.quoteReplacement(by)),
                expected);
    }

    @Test
    void whatIsInACommentIsNobodysBusiness() {
        String yaml = Given.KUBEADM.replace("nodes:", "nodes: # \u201cour\u00a0two\u201d {{ x }}");
        assertEquals(Given.config(Given.KUBEADM), Given.config(yaml));
        Given.refuses(Given.lb1(), yaml.replace("    health", "\thealth"), "11:1: not YAML: a tab: indent with blanks");
    }
}
