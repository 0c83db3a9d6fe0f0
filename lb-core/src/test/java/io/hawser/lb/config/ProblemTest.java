package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong with a file is said where it is, with what to write. */
class ProblemTest {

    /** The kubeadm file with some text replaced, and what must be said about it. */
    private record Row(String from, String to, List<String> expected) {
        @Override
        public String toString() {
            return from + " -> " + to;
        }
    }

    private static Row row(String from, String to, String... expected) {
        return new Row(from, to, List.of(expected));
    }

    @ParameterizedTest
    @MethodSource({
        "bind",
        "keys",
        "router",
        "addresses",
        "nodes",
        "pools",
        "process",
        "movement",
        "routes",
        "tls",
        "sharing"
    })
    void isNamedWithItsPlaceAndRemedy(Row row) {
        String yaml = Given.KUBEADM.replaceFirst(Pattern.quote(row.from), row.to);
        assertNotEquals(Given.KUBEADM, yaml, "the row changes nothing");
        Given.refuses(Given.lb1(), yaml, row.expected.toArray(String[]::new));
    }

    private static Stream<Row> bind() {
        String bind = "10.77.0.10:6443";
        String at = "7:28: listeners[0].bind: ";
        String quotes = "not YAML: an address in brackets needs quotes: write ";
        return Stream.of(
                row(bind, "[::1]:6443", "7:29: " + quotes + "\"[::1]:6443\""),
                row(
                        bind,
                        "[2001:db8::1]:6443",
                        "7:41: not YAML: an address in brackets needs quotes:" + " write \"[2001:db8::1]:6443\""),
                row(
                        bind,
                        "[[fe80::1]:6443]",
                        "7:29: listeners[0].bind[0]: an address in brackets needs quotes:"
                                + " write \"[fe80::1]:6443\""),
                row(
                        bind,
                        "\"::1:6443\"",
                        at + "\"::1:6443\" is an IPv6 address without brackets: write \"[::1]:6443\""),
                row(bind, "::1:6443", "7:28: not YAML: a value cannot start with a colon: put it in quotes"),
                row(
                        bind,
                        "*:6443",
                        "7:29: not YAML: text that starts with * needs quotes; for every address write"
                                + " 0.0.0.0 or \"[::]\""),
                row(bind, "\":6443\"", at + "\":6443\" has no address: write 0.0.0.0:6443 for every address"),
                row(bind, "6443", at + "6443 is a port alone: write an address and a port, as in 10.77.0.10:6443"),
                row(
                        bind,
                        "10.77.0.10",
                        at + "\"10.77.0.10\" has no port: write 10.77.0.10:PORT, as in 10.77.0.10:6443"),
                row(bind, "10.77.0.10:70000", at + "70000 is not a port (1 to 65535)"),
                row(bind, "10.77.0.10:0", at + "0 is not a port (1 to 65535)"),
                row(bind, "10.77.0.10:http", at + "\"http\" is not a port (1 to 65535)"),
                row(
                        bind,
                        "localhost:6443",
                        at + "\"localhost:6443\" starts with a name: write the IP address to listen on"),
                row(
                        bind,
                        "10.77.0.300:6443",
                        at + "\"10.77.0.300\" is not an IPv4 address: write four numbers of 0 to 255,"
                                + " without leading zeros"),
                row(
                        bind,
                        "\"[10.77.0.10]:6443\"",
                        at + "\"[10.77.0.10]:6443\": only IPv6 stands in brackets;" + " write 10.77.0.10:6443"),
                row(bind, "\"[fe80::1%eth0]:6443\"", at + "\"fe80::1%eth0\" names a zone: write an address without %"),
                row(bind, "\"[::1]\"", at + "\"[::1]\" has no port: write \"[address]:port\""),
                row(bind, "[]", at + "the list is empty: write an address and port, as in 10.77.0.10:6443"),
                row(
                        bind,
                        "{}",
                        at + "a list is expected, each item an address and port, as in 10.77.0.10:6443;"
                                + " found keys and values"),
                row(
                        bind,
                        "0.0.0.0:9100",
                        at + "0.0.0.0:9100 clashes with 0.0.0.0:9100 of admin.bind (its default):"
                                + " write another address or port"),
                row(
                        bind,
                        "[10.77.0.10:6443, 0.0.0.0:6443]",
                        "7:46: listeners[0].bind[1]: 0.0.0.0:6443 clashes with"
                                + " 10.77.0.10:6443 of listeners[0].bind[0] at line 7, column 29: write another address or port"),
                row(
                        "masters}\n",
                        "masters}\n  - {name: second, bind: 10.77.0.10:6443, pool: masters}\n",
                        "8:26: listeners[1].bind: 10.77.0.10:6443 clashes with 10.77.0.10:6443 of listeners[0].bind"
                                + " at line 7, column 28: write another address or port"));
    }

    private static Stream<Row> keys() {
        return Stream.of(
                row("pool: masters", "pol: masters", "7:45: listeners[0]: unknown key \"pol\"; did you mean \"pool\"?"),
                row(
                        "poo",
                        "idle_timeout: 2s, poo",
                        "7:45: listeners[0]: unknown key \"idle_timeout\";" + " did you mean \"idle-timeout\"?"),
                row("pools:", "poools:", "8:1: unknown key \"poools\"; did you mean \"pools\"?"),
                row(
                        "pool: masters",
                        "interval: 2s, pool: masters",
                        "7:45: listeners[0]: unknown key \"interval\" here; it belongs in pools[].health"),
                row(
                        "pool: masters",
                        "backend: x, pool: masters",
                        "7:45: listeners[0]: unknown key \"backend\"; the keys here are name, bind, pool, routes,"
                                + " mode, tls, deny, allow, accept-proxy-protocol, idle-timeout, hello-timeout, limits,"
                                + " access-log, when-no-member"),
                row("id: 51", "id:51", "5:17: virtual-routers[0]: unknown key \"id:51\": put a blank after the colon"),
                row("id: 51", "id 51", "5:17: virtual-routers[0]: unknown key \"id 51\": put a colon after \"id\""),
                row(
                        "id: 51",
                        "id: 51, id: 52",
                        "5:25: virtual-routers[0]: duplicate key \"id\"; the first is at"
                                + " line 5, column 17: keep one"),
                row(
                        ", pool: masters",
                        "",
                        "7:5: listeners[0]: \"pool\" is missing: write the name of a pool, or routes instead"),
                row(
                        "id: 51",
                        "<<: 51, id: 51",
                        "5:17: virtual-routers[0]: merge keys are not read here: write the keys out"),
                row("id: 51", "? [a] : 1, id: 51", "5:19: virtual-routers[0]: a key is a single word; found a list"),
                row("id: 51", "id: !!int 51", "5:21: the tag !!int has no meaning here: remove it"),
                row(
                        "pool: masters",
                        "pool: master",
                        "7:51: listeners[0].pool: no pool \"master\"; the pools are masters;"
                                + " did you mean \"masters\"?"),
                row(
                        "- name: masters",
                        "- name:masters",
                        "10:12: not YAML: no key can stand here: check the indentation,"
                                + " and put a blank after each colon and dash above"),
                row("    health", "\thealth", "11:1: not YAML: a tab: indent with blanks"));
    }

    private static Stream<Row> router() {
        String id = "id: 51";
        return Stream.of(
                row(id, "id: 256", "5:21: virtual-routers[0].id: 256 is not a VRID (1 to 255)"),
                row(id, "id: 0", "5:21: virtual-routers[0].id: 0 is not a VRID (1 to 255)"),
                row(id, "id: -1", "5:21: virtual-routers[0].id: -1 is not a VRID (1 to 255)"),
                row(id, "id: 051", "5:21: virtual-routers[0].id: 051 is not a VRID (1 to 255): write 51"),
                row(id, "id: 0x33", "5:21: virtual-routers[0].id: \"0x33\" is not a VRID (1 to 255)"),
                row(id, "id: 1:20", "5:21: virtual-routers[0].id: \"1:20\" is not a VRID (1 to 255)"),
                row(id, "id: [51]", "5:21: virtual-routers[0].id: a VRID (1 to 255) is expected; found a list"),
                row(id, "id: ", "5:20: virtual-routers[0].id: a VRID (1 to 255) is expected; found no value"),
                row(id, "id: ~", "5:21: virtual-routers[0].id: a VRID (1 to 255) is expected; found no value"),
                row(
                        "[10.77.0.10]}\n",
                        "[10.77.0.10]}\n  - {name: two, id: 51, addresses: [10.77.0.9]}\n",
                        "6:21: virtual-routers[1].id: VRID 51 on eth0 is taken by virtual-routers[0].id at line 5,"
                                + " column 21: write another"),
                row(
                        "[10.77.0.10]}\n",
                        "[10.77.0.10]}\n  - {name: api, id: 52, addresses: [10.77.0.10]}\n",
                        "6:12: virtual-routers[1].name: the name \"api\" is taken by virtual-routers[0].name at line 5,"
                                + " column 12: write another",
                        "6:37: virtual-routers[1].addresses[0]: 10.77.0.10 is taken by virtual-routers[0].addresses[0]"
                                + " at line 5, column 37: write another"),
                row(id, id + ", version: 4", "5:34: virtual-routers[0].version: 4 is not a VRRP version (2 to 3)"),
                row(
                        id,
                        id + ", advertisement-interval: 15ms",
                        "5:49: virtual-routers[0].advertisement-interval: 15ms is not a multiple of 10ms: write 10ms"),
                row(
                        id,
                        id + ", advertisement-interval: 41s",
                        "5:49: virtual-routers[0].advertisement-interval: 41s is out of range for version 3: write 10ms to 40.95s",
                        "5:49: virtual-routers[0].advertisement-interval: a lease of 2s is too short for an"
                                + " advertisement-interval of 41s: write lease: 82s or a shorter interval"),
                row(
                        id,
                        id + ", advertisement-interval: 1",
                        "5:49: virtual-routers[0].advertisement-interval: 1 has no unit: write 1s, or 1ms"),
                row(
                        id,
                        id + ", lease: 1500ms",
                        "5:32: virtual-routers[0].lease: 1.5s is not a multiple of 1s: write 1s, or off"),
                row(
                        id,
                        id + ", lease: no",
                        "5:32: virtual-routers[0].lease: \"no\" is not a duration, as in 2s: write off for none"),
                row(
                        id,
                        id + ", advertisement-interval: 1s, lease: 1s",
                        "5:60: virtual-routers[0].lease: a lease of 1s is too short for an advertisement-interval of 1s:"
                                + " write lease: 2s or a shorter interval"),
                row(
                        id,
                        id + ", advertisement-interval: 2.01s",
                        "5:49: virtual-routers[0].advertisement-interval: a lease of 2s is too short for an"
                                + " advertisement-interval of 2.01s: write lease: 5s or a shorter interval"),
                row(
                        id,
                        id + ", preempt: yes",
                        "5:34: virtual-routers[0].preempt: \"yes\" is not true or false: write true"),
                row(
                        id,
                        id + ", preempt: {}",
                        "5:34: virtual-routers[0].preempt: \"delay\" is missing: write a duration, as in 2s"),
                row(
                        id,
                        id + ", preempt: []",
                        "5:34: virtual-routers[0].preempt: true or false, or keys such as delay are expected; found a list"),
                row(
                        id,
                        id + ", transport: unicst",
                        "5:36: virtual-routers[0].transport: \"unicst\" is unknown:"
                                + " write auto, unicast or multicast; did you mean \"unicast\"?"),
                row(
                        id,
                        id + ", announce: 5",
                        "5:35: virtual-routers[0].announce: keys such as count, again-after or"
                                + " refresh are expected; found 5"),
                row(
                        id,
                        id + ", track: {listeners: [kube]}",
                        "5:45: virtual-routers[0].track.listeners[0]: no listener \"kube\"; the listeners are kube-api"),
                row(
                        "  - {name: lb2, address: 10.77.0.12}\nvirtual-routers:\n  - {",
                        "virtual-routers:\n  - {transport: unicast, ",
                        "4:17: virtual-routers[0].transport: unicast has no one to send to: nodes lists only this one;"
                                + " list the others or write multicast"));
    }

    private static Stream<Row> addresses() {
        String list = "[10.77.0.10]";
        String at = "5:37: virtual-routers[0].addresses[0]: ";
        String example = "an IP address, as in 10.77.0.10 or 10.77.0.10/24";
        return Stream.of(
                row(
                        list,
                        "[10.77.0.300]",
                        at + "\"10.77.0.300\" is not an IPv4 address: write four numbers of 0 to 255,"
                                + " without leading zeros"),
                row(
                        list,
                        "[10.77.0.010]",
                        at + "\"10.77.0.010\" is not an IPv4 address: write four numbers of 0 to 255,"
                                + " without leading zeros"),
                row(list, "[vip]", at + "\"vip\" is not an IP address: write one such as 10.77.0.11"),
                row(list, "[10.77.0.10/33]", at + "33 is not a prefix (0 to 32)"),
                row(list, "[10.77.0.10/0]", at + "10.77.0.10/0 has no network: write a prefix of 1 to 32"),
                row(list, "[10.77.0.10:80]", at + "\"10.77.0.10:80\" has a port: write 10.77.0.10"),
                row(
                        list,
                        "[127.0.0.2]",
                        at + "127.0.0.2 cannot move between nodes: write an address of the nodes' network"),
                row(
                        list,
                        "[224.0.0.18]",
                        at + "224.0.0.18 cannot move between nodes: write an address of the nodes' network"),
                row(
                        list,
                        "[10.77.0.12]",
                        at + "10.77.0.12 is the own address of nodes[1] at line 3, column 26:"
                                + " write an address that no node has"),
                row(
                        list,
                        "[10.77.0.10, 10.77.0.10/24]",
                        "5:49: virtual-routers[0].addresses[1]: 10.77.0.10 is taken by"
                                + " virtual-routers[0].addresses[0] at line 5, column 37: write another"),
                row(
                        list,
                        "10.77.0.10",
                        "5:36: virtual-routers[0].addresses: a list is expected, each item " + example
                                + "; found \"10.77.0.10\""),
                row(list, "[]", "5:36: virtual-routers[0].addresses: the list is empty: write " + example));
    }

    private static Stream<Row> nodes() {
        return Stream.of(
                row(
                        "10.77.0.12",
                        "10.77.0.11",
                        "3:26: nodes[1].address: 10.77.0.11 is taken by nodes[0].address"
                                + " at line 2, column 26: write another"),
                row(
                        "lb2",
                        "lb1",
                        "3:12: nodes[1].name: the name \"lb1\" is taken by nodes[0].name at line 2, column 12:"
                                + " write another"),
                row(
                        "lb2",
                        "\"lb 2\"",
                        "3:12: nodes[1].name: \"lb 2\" is not a name: write up to 63 letters, digits, dots,"
                                + " dashes and underscores"),
                row(
                        "10.77.0.12",
                        "lb2.example",
                        "3:26: nodes[1].address: \"lb2.example\" is not an IP address:"
                                + " write one such as 10.77.0.11"),
                row(
                        "10.77.0.12",
                        "0.0.0.0",
                        "3:26: nodes[1].address: 0.0.0.0 is no host's address: write one such as" + " 10.77.0.11"),
                row(
                        "10.77.0.12",
                        "\"fe80::12\"",
                        "3:26: nodes[1].address: fe80::12 is link-local, which the other nodes cannot connect to by the"
                                + " address alone: write the node's global, unique local (fd00::/8) or IPv4 address"),
                row(
                        "10.77.0.12}",
                        "10.77.0.12, priority: 256}",
                        "3:48: nodes[1].priority: 256 is not a priority (2 to 255)"),
                row(
                        "10.77.0.12}",
                        "10.77.0.12, priority: 1}",
                        "3:48: nodes[1].priority: 1 is not a priority (2 to 255)"),
                row(
                        "10.77.0.11}\n  - {name: lb2, address: 10.77.0.12}",
                        "10.77.0.11, priority: 255}\n  - {name: lb2, address: 10.77.0.12, priority: 255}",
                        "3:48: nodes[1].priority: nodes[0] has priority 255 too, which makes a node the only owner of"
                                + " the addresses: write 254 or less for one of them"),
                row(
                        "10.77.0.12}",
                        "10.77.0.12, admin-port: 0}",
                        "3:50: nodes[1].admin-port: 0 is not a port (1 to 65535)"),
                row(
                        "  - {name: lb2, address: 10.77.0.12}",
                        "  - lb2",
                        "3:5: nodes[1]: keys such as name, address, priority"
                                + " or admin-port are expected; found \"lb2\""),
                row(
                        "nodes:\n  - {name: lb1, address: 10.77.0.11}\n  - {name: lb2, address: 10.77.0.12}\n",
                        "nodes: []\n",
                        "1:8: nodes: the list is empty: write a list with at least one item"),
                row(
                        "nodes:\n  - {name: lb1, address: 10.77.0.11}\n  - {name: lb2, address: 10.77.0.12}\n",
                        "nodes: lb1\n",
                        "1:8: nodes: a list is expected, each item with a dash; found \"lb1\""),
                row(
                        "nodes:\n  - {name: lb1, address: 10.77.0.11}\n  - {name: lb2, address: 10.77.0.12}\n",
                        "",
                        "1:1: \"nodes\" is missing: write a list with at least one item"));
    }

    private static Stream<Row> pools() {
        String member = "10.77.0.21:6443";
        String health = "{type: https, path: /readyz}";
        String at = "10:15: pools[0].members[0]: ";
        return Stream.of(
                row(
                        member,
                        "10.77.0.10:8443",
                        at + "10.77.0.10 is the virtual address of virtual-routers[0].addresses[0]"
                                + " at line 5, column 37, so connections would come back here: write the server's own address"),
                row(
                        member,
                        "vip.example:6443",
                        at + "10.77.0.10 is the virtual address of virtual-routers[0].addresses[0]"
                                + " at line 5, column 37, so connections would come back here: write the server's own address"),
                row(
                        member,
                        "10.77.0.22:6443",
                        "10:32: pools[0].members[1]: 10.77.0.22:6443 is taken by"
                                + " pools[0].members[0] at line 10, column 15: write another"),
                row(member, "-x-:6443", at + "\"-x-\" is neither an address nor a host name"),
                row(
                        member,
                        "10.77.0.21",
                        at + "\"10.77.0.21\" has no port: write 10.77.0.21:PORT, as in 10.77.0.21:6443"),
                row(
                        member,
                        "{address: 10.77.0.21:6443, weight: 1001}",
                        "10:50: pools[0].members[0].weight: 1001 is not a weight (0 to 1000)"),
                row(member, "{name: m1}", at + "\"address\" is missing: write a host and port, as in 10.77.0.21:6443"),
                row(
                        "10.77.0.21:6443, 10.77.0.22:6443",
                        "{name: m, address: 10.77.0.21:6443}, {name: m, address: 10.77.0.22:6443}",
                        "10:59: pools[0].members[1].name: the name \"m\" is taken by pools[0].members[0].name at line 10,"
                                + " column 22: write another"),
                row(
                        "[10.77.0.21:6443, 10.77.0.22:6443, 10.77.0.23:6443]",
                        "[]",
                        "10:14: pools[0].members: the list is empty: write a list with at least one item"),
                row(
                        "pools:\n",
                        "pools:\n  - {name: masters, members: [10.77.0.29:1]}\n",
                        "10:11: pools[1].name: the name \"masters\" is taken by pools[0].name at line 9, column 12:"
                                + " write another"),
                row(
                        "health",
                        "retries: 11\n    health",
                        "11:14: pools[0].retries: 11 is not a number of retries (0 to 10)"),
                row(
                        health,
                        "{path: /readyz}",
                        "11:20: pools[0].health.path: means nothing for type tcp (the default),"
                                + " only for http and https: write one of these types or remove it"),
                row(
                        health,
                        "{type: http, ca: /}",
                        "11:30: pools[0].health.ca: means nothing for type http, only for tls and https:"
                                + " write one of these types or remove it"),
                row(
                        health,
                        "{type: https, ca: /}",
                        "11:31: pools[0].health.ca: the file \"/\" is a directory: name the file in it"),
                row(
                        health,
                        "{type: https, path: readyz}",
                        "11:33: pools[0].health.path: \"readyz\" does not start with /: write \"/readyz\""),
                row(
                        health,
                        "{type: https, key: /proc/version}",
                        "11:32: pools[0].health.key: needs certificate next to it: write both or none"),
                row(
                        health,
                        "{type: https, expect: [200, 199]}",
                        "11:41: pools[0].health.expect[1]: 199 is not a final HTTP status (200 to 599)"),
                row(
                        health,
                        "{type: https, host: a/b}",
                        "11:33: pools[0].health.host: \"a/b\" is not a host: write a name or an address, without a port"),
                row(
                        health,
                        "{type: htps}",
                        "11:20: pools[0].health.type: \"htps\" is unknown: write tcp, tls, http or https;"
                                + " did you mean \"https\"?"),
                row(health, "&h {type: *h}", "11:23: the alias \"*h\" stands inside its own anchor"),
                row(
                        health,
                        "*h",
                        "11:13: \"*h\" is an alias without an anchor: put text that starts with * in quotes"));
    }

    private static Stream<Row> movement() {
        String id = "id: 51";
        String second = "[10.77.0.10]}\n  - {name: two, id: 52, addresses: [10.77.0.9], group: g, ";
        return Stream.of(
                row(
                        id,
                        id + ", longest-interval: 50ms",
                        "5:43: virtual-routers[0].longest-interval: 50ms is less than the advertisement-interval of"
                                + " 100ms, so the peers' own would not be believed: write at least that"),
                row(
                        id,
                        id + ", version: 2, longest-interval: 5s",
                        "5:55: virtual-routers[0].longest-interval: means nothing for version 2, where an advertisement"
                                + " with another interval is discarded: remove it"),
                row(
                        id,
                        id + ", notify: [moved --fast]",
                        "5:34: virtual-routers[0].notify[0]: \"moved --fast\" does not start with an absolute path:"
                                + " write it, as in /usr/local/bin/moved"),
                row(
                        id,
                        id + ", accept: false",
                        "7:28: listeners[0].bind: 10.77.0.10 is an address of virtual-routers[0], which drops what is"
                                + " sent to it (accept: false at line 5, column 33): write accept: true there, or"
                                + " listen on another address"),
                row(
                        id + ", addresses: [10.77.0.10]}\n",
                        id + ", group: g, addresses: " + second + "preempt: {delay: 1m}}\n",
                        "6:68: virtual-routers[1].preempt: differs from virtual-routers[0] of the same group at line 5,"
                                + " column 5, and a group moves together: write the same preempt in both"));
    }

    private static Stream<Row> routes() {
        String pool = "pool: masters}";
        return Stream.of(
                row(
                        pool,
                        "pool: masters, routes: [{pool: masters}]}",
                        "7:68: listeners[0].routes: pool is written too: keep one of them; what no route takes goes to a"
                                + " last one with nothing but pool"),
                row(
                        pool,
                        "routes: []}",
                        "7:53: listeners[0].routes: the list is empty: write a list with at least one item"),
                row(
                        pool,
                        "routes: [{pool: masters}, {sni: a.example, pool: masters}]}",
                        "7:71: listeners[0].routes[1]: is never reached: listeners[0].routes[0] at line 7, column 54"
                                + " names nothing but a pool and takes every connection; write that one last"),
                row(
                        pool,
                        "routes: [{sni: [a.example, A.EXAMPLE], pool: masters}]}",
                        "7:72: listeners[0].routes[0].sni[1]: a.example is never reached: listeners[0].routes[0].sni[0]"
                                + " at line 7, column 61 has it already: write it once"),
                row(
                        pool,
                        "routes: [{sni: \"*.example\", pool: masters}, {sni: a.example, alpn: h2, pool: masters}]}",
                        "7:95: listeners[0].routes[1].sni: a.example is never reached: listeners[0].routes[0].sni at"
                                + " line 7, column 60, *.example, takes it: write the narrower name before it"),
                row(
                        pool,
                        "routes: [{sni: 10.0.0.1, pool: masters}]}",
                        "7:60: listeners[0].routes[0].sni: \"10.0.0.1\" is an address, and clients never ask for one by"
                                + " it (RFC 6066 3): write a name, as in api.example, or \"*.example\" for all below it"),
                row(
                        pool,
                        "routes: [{sni: a.*.example, pool: other}]}",
                        "7:60: listeners[0].routes[0].sni: \"a.*.example\" is not a server name: write a name, as in"
                                + " api.example, or \"*.example\" for all below it",
                        "7:79: listeners[0].routes[0].pool: no pool \"other\"; the pools are masters"),
                row(
                        pool,
                        pool.replace("}", ", deny: 10.1.2.3/8}"),
                        "7:66: listeners[0].deny: 10.1.2.3/8 is an address in a network: write 10.0.0.0/8 for the"
                                + " network, or 10.1.2.3 for the address alone"),
                row(
                        pool,
                        pool.replace("}", ", access-log: 1/0}"),
                        "7:72: listeners[0].access-log: \"1/0\" is unknown: write off, errors, all or 1/N, as in 1/100"));
    }

    private static Stream<Row> tls() {
        String pool = "pool: masters}";
        String files = "certificate: " + Pem.DIRECTORY + "/server.pem, key: " + Pem.DIRECTORY + "/server.key";
        return Stream.of(
                row(
                        pool,
                        "pool: masters, mode: tls}",
                        "7:66: listeners[0].mode: mode tls needs a certificate: write tls: {certificate: FILE, key: FILE}"),
                row(
                        pool,
                        "pool: masters, tls: {}}",
                        "7:65: listeners[0].tls: means nothing for mode tcp, which passes TLS on as it is: write mode: tls"
                                + " or remove it"),
                row(
                        pool,
                        "pool: masters, mode: tls, tls: {}}",
                        "7:76: listeners[0].tls: \"certificate\" is missing: write the name of a file, and key with that"
                                + " of its key"),
                row(
                        pool,
                        "pool: masters, mode: tls, tls: {key: k}}",
                        "7:82: listeners[0].tls.key: needs certificate next to it: write both or none"),
                row(
                        pool,
                        "pool: masters, mode: tls, tls: {certificates: [{" + files + "}], " + files + "}}",
                        "7:91: listeners[0].tls.certificates: certificate and key are written too: make them the first"
                                + " item of this list"),
                row(
                        pool,
                        "pool: masters, mode: tls, tls: {" + files + ", min-version: 1.1}}",
                        "7:%d: listeners[0].tls.min-version: \"1.1\" is unknown: write 1.2 or 1.3; did you mean \"1.2\"?"
                                .formatted(92 + files.length())));
    }

    private static Stream<Row> sharing() {
        String health = "health: {type: https, path: /readyz}";
        return Stream.of(
                row(
                        health,
                        "queue: {length: 5}\n    " + health,
                        "11:12: pools[0].queue: nothing ever waits: write max-connections for members, or remove it"),
                row(
                        health,
                        "affinity: {by: client-certificate}\n    " + health,
                        "11:20: pools[0].affinity.by: listeners[0] asks no client for a certificate: write mode: tls and"
                                + " tls.client-auth there, or by: source-ip"),
                row(
                        health,
                        "tls: {server-name: api}\n    " + health,
                        "11:10: pools[0].tls: listeners[0] passes on what clients have encrypted themselves, which must"
                                + " not be encrypted again: write mode: tls there, or remove this",
                        "11:10: pools[0].tls: \"ca\" is missing: write the file with the certificates that members' must"
                                + " lead to, or verify: false to believe any"),
                row(health, "rebalance: on\n    " + health, "11:16: pools[0].rebalance: \"on\" is unknown: write off"),
                row(
                        health,
                        "rebalance: {}\n    " + health,
                        "11:16: pools[0].rebalance: \"rate\" is missing: write a number of connections (1 to 1000)"),
                row(
                        health,
                        "slow-start: 0\n    " + health,
                        "11:17: pools[0].slow-start: 0 is not a duration, as in 2s: write off for none"));
    }

    private static Stream<Row> process() {
        return Stream.of(
                row(
                        "nodes:",
                        "kernel: {ipvs: false}\nnodes:",
                        "1:16: kernel.ipvs: \"false\" is unknown: write off, auto or required; did you mean \"off\"?"),
                row(
                        "nodes:",
                        "kernel: {ip-forward: on}\nnodes:",
                        "1:22: kernel.ip-forward: \"on\" is not true or false: write true"),
                row(
                        "nodes:",
                        "limits: {connections: 0, drain: 1m30s}\nnodes:",
                        "1:23: limits.connections: 0 is not a number of connections (1 to 10000000), or auto",
                        "1:33: limits.drain: \"1m30s\" has several parts: write one number and one unit, as in 90s"),
                row(
                        "nodes:",
                        "admin: {socket: run/x}\nnodes:",
                        "1:17: admin.socket: \"run/x\" is not absolute: write a path that starts with /"),
                row(
                        "nodes:",
                        "admin: {socket: /" + "x".repeat(107) + "}\nnodes:",
                        "1:17: admin.socket: a path of 108 bytes is too long for a socket: write at most 107"),
                row(
                        "nodes:",
                        "admin:\nnodes:",
                        "1:7: admin: keys such as bind, socket, hosts or metrics are expected; found no value"));
    }

    @Test
    void everythingIsSaidAtOnceInFileOrder() {
        Given.refuses(
                Given.lb1(),
                """
                pools:
                  - {name: p, members: [10.0.0.1:99999]}
                listeners:
                  - {name: l, bind: 10.77.0.10, pool: q}
                nodes:
                  - {name: lb1, address: 10.77.0.11, priority: x}
                """,
                "2:25: pools[0].members[0]: 99999 is not a port (1 to 65535)",
                "4:21: listeners[0].bind: \"10.77.0.10\" has no port: write 10.77.0.10:PORT, as in 10.77.0.10:6443",
                "4:39: listeners[0].pool: no pool \"q\"; the pools are p",
                "6:48: nodes[0].priority: \"x\" is not a priority (2 to 255)");
    }

    @Test
    void aMemberIsRefusedWhereItsListenerWouldReachItself() {
        String wildcard = Given.KUBEADM.replace("bind: 10.77.0.10:6443", "bind: 0.0.0.0:6443");
        for (String own : List.of("127.0.0.1", "10.77.0.11", "10.77.0.12")) {
            Given.refuses(
                    Given.lb1(),
                    wildcard.replace("10.77.0.21", own),
                    "10:15: pools[0].members[0]: " + own
                            + ":6443 is where listeners[0].bind listens, so connections would"
                            + " come back here: write the server's own address or another port");
        }
        assertEquals(
                1,
                Given.config(wildcard.replace("10.77.0.21:6443", "127.0.0.1:7443"))
                        .pools()
                        .size());
    }

    @Test
    void eachDefaultPriorityIsTenLowerUntilNoneIsLeft() {
        StringBuilder nodes = new StringBuilder("nodes:\n");
        for (int i = 0; i < 21; i++) {
            nodes.append("  - {name: lb%d, address: 10.77.1.%d}\n".formatted(i, i + 1));
        }
        String rest = "listeners: [{name: l, bind: 0.0.0.0:80, pool: p}]\npools: [{name: p, members: [10.0.0.1:80]}]\n";
        String last = "  - {name: lb20, address: 10.77.1.21}\n";
        Given.refuses(
                Given.host("lb0", null, "x"),
                nodes + rest,
                "22:5: nodes[20]: no default priority is left for so many nodes (200, 190 ... 10): write priority, 2 to 254");
        Given.warns(
                Given.host("lb0", null, "x"),
                nodes.toString().replace(last, last.replace("}", ", priority: 5}")) + rest);
    }
}
