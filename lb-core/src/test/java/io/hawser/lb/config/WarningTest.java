package io.hawser.lb.config;

import org.junit.jupiter.api.Test;

/** What is legal but unwise is said, and the file is used. */
class WarningTest {

    private static void warns(String from, String to, String... expected) {
        Given.warns(Given.lb1(), Given.KUBEADM.replace(from, to), expected);
    }

    @Test
    void onePriorityForTwoNodes() {
        warns(
                "10.77.0.11}",
                "10.77.0.11, priority: 190}",
                "3:5: nodes[1]: nodes[0] has priority 190 too: the higher address decides between them; give each its own");
    }

    @Test
    void anOwnerOfTheAddresses() {
        warns(
                "10.77.0.11}",
                "10.77.0.11, priority: 255}",
                "2:48: nodes[0].priority: 255 makes this node the owner of every virtual address: it takes them back"
                        + " whenever it can serve, whatever preempt says; write 254 or less to let them stay where they work");
    }

    @Test
    void aVirtualAddressOutsideTheInterfacesNetworks() {
        warns(
                "10.77.0.10",
                "10.78.0.10",
                "5:37: virtual-routers[0].addresses[0]: 10.78.0.10 is outside the networks of eth0 (10.77.0.11/24):"
                        + " clients there will not find it");
    }

    @Test
    void butNotBecauseTheAddressIsOnTheInterfaceAlready() {
        Given.warns(Given.host(null, null, "lb1", "10.77.0.11/24", "10.77.0.10/32"), Given.KUBEADM);
    }

    @Test
    void aBindAddressOfNobody() {
        warns(
                "bind: 10.77.0.10",
                "bind: 10.77.0.99",
                "7:28: listeners[0].bind: 10.77.0.99 is neither a virtual address nor on this host:"
                        + " no connection will arrive until it is");
    }

    @Test
    void listeningOnEveryIpv6AddressAlone() {
        warns(
                "bind: 10.77.0.10:6443",
                "bind: \"[::]:6443\"",
                "7:28: listeners[0].bind: [::]:6443 takes IPv6 only: write bind: [\"0.0.0.0:6443\", \"[::]:6443\"] if"
                        + " clients come over IPv4 too");
    }

    @Test
    void butNotNextToEveryIpv4AddressWhoseverThatIs() {
        warns("bind: 10.77.0.10:6443", "bind: [\"[::]:6443\", \"0.0.0.0:6443\"]");
        warns(
                "bind: 10.77.0.10:6443, pool: masters}",
                "bind: \"[::]:6443\", pool: masters}\n  - {name: other, bind: \"0.0.0.0:6443\", pool: masters}");
    }

    @Test
    void butNotWhereNobodyHasAnIpv4Address() {
        String yaml = Given.KUBEADM
                .replace("10.77.0.10:6443", "\"[::]:6443\"")
                .replaceAll("10\\.77\\.0\\.(1[0-9])", "\"fd77::$1\"");
        Given.warns(Given.host(null, null, "lb1", "fd77::11/64"), yaml);
    }

    @Test
    void aMemberOnANodeWithTheListenersPort() {
        warns(
                "10.77.0.21:6443",
                "10.77.0.12:6443",
                "10:15: pools[0].members[0]: 10.77.0.12:6443 is on a load-balancer node, where a listener has the same port"
                        + " on another address: the server there must not listen on every address");
    }

    @Test
    void aHostNameWithSeveralAddresses() {
        warns(
                "[10.77.0.21:6443, 10.77.0.22:6443, 10.77.0.23:6443]",
                "[both.example:6443]",
                "10:15: pools[0].members[0]: \"both.example\" has 2 addresses and only 10.77.0.22 is used:"
                        + " write a member for each");
    }

    @Test
    void aPoolThatNoListenerUses() {
        warns(
                "pools:\n",
                "pools:\n  - {name: spare, members: [10.77.0.29:1]}\n",
                "9:5: pools[0]: no listener uses this pool");
    }

    @Test
    void aPoolWithoutWeight() {
        warns(
                "[10.77.0.21:6443, 10.77.0.22:6443, 10.77.0.23:6443]",
                "[{address: 10.77.0.21:6443, weight: 0}]",
                "10:14: pools[0].members: every member has weight 0: the pool takes no connections");
    }

    @Test
    void checksThatAreSlowerThanTheFailover() {
        warns(
                "path: /readyz",
                "interval: 10s",
                "11:37: pools[0].health.interval: a dead member is noticed after up to 11.25s, while the address moves within"
                        + " 400ms: write a shorter interval or timeout, or a smaller fall");
    }

    @Test
    void aFastIntervalThatIsSlower() {
        warns(
                "path: /readyz",
                "fast-interval: 1500ms",
                "11:42: pools[0].health.fast-interval: 1.5s is slower than the interval of 1s");
    }

    @Test
    void preemptionWithoutDelay() {
        warns(
                "id: 51",
                "id: 51, preempt: true",
                "5:34: virtual-routers[0].preempt: a node that comes back takes the addresses as soon as it can serve, and"
                        + " again each time that it fails and returns: write {delay: 60s}, or false to leave them where"
                        + " they work");
    }

    @Test
    void aGroupOfOne() {
        warns(
                "id: 51",
                "id: 51, group: g",
                "5:32: virtual-routers[0].group: no other virtual router is of the group \"g\"");
    }

    @Test
    void aNotifyCommandThatIsNotThere() {
        warns(
                "id: 51",
                "id: 51, notify: [/nowhere/moved x, /etc/passwd, /etc]",
                "5:34: virtual-routers[0].notify[0]: \"/nowhere/moved\" does not exist",
                "5:52: virtual-routers[0].notify[1]: \"/etc/passwd\" is not executable: chmod +x it",
                "5:65: virtual-routers[0].notify[2]: \"/etc\" is a directory");
    }

    @Test
    void aCheckOfAnApiServerThatSeesOnlyItsPort() {
        String tcp =
                ": a tcp check sees only that port 6443 is open, which it also is while the API server cannot serve:"
                        + " write health: {type: https, path: /readyz}";
        warns("{type: https, path: /readyz}", "{interval: 1s}", "11:13: pools[0].health" + tcp);
        warns("    health: {type: https, path: /readyz}\n", "", "9:5: pools[0]" + tcp);
        warns("health: {type: https, path: /readyz}", "health: {type: https}");
    }

    @Test
    void networksThatLimitNobodyOrBelieveEverybody() {
        warns(
                "pool: masters",
                "pool: masters, deny: 10.0.0.0/8, allow: [10.1.0.0/16, 11.0.0.0/8], accept-proxy-protocol: 0.0.0.0/0",
                "7:86: listeners[0].allow[0]: 10.1.0.0/16 lies in 10.0.0.0/8 of listeners[0].deny, which is looked at"
                        + " first: nobody there may connect",
                "7:135: listeners[0].accept-proxy-protocol: 0.0.0.0/0 is everybody: whoever connects can say that he is"
                        + " any client, also one of allow; name the proxies alone");
        warns(
                "pool: masters",
                "pool: masters, limits: {connections: 5, connections-per-source: 6}",
                "7:109: listeners[0].limits.connections-per-source: 6 is more than the 5 connections of all sources"
                        + " together: it limits nobody");
    }

    @Test
    void poolsThatDoNotDoWhatTheySay() {
        warns(
                "[10.77.0.21:6443, 10.77.0.22:6443, 10.77.0.23:6443]",
                "[{address: 10.77.0.21:6443, backup: true}]",
                "10:14: pools[0].members: every member is a backup, so none is: write backup for the others only");
        warns(
                "    health",
                "    hedge-after: 1s\n    health",
                "11:18: pools[0].hedge-after: 1s never comes: a member is given up after the connect-timeout of 1s");
        warns(
                "    health",
                "    send-proxy-protocol: v2\n    health",
                "11:26: pools[0].send-proxy-protocol: checks send no PROXY header, and a member that insists on one will"
                        + " fail them: write health.port with a port that wants none");
    }

    @Test
    void aTokenInTheClear() {
        warns(
                "type: https, path: /readyz",
                "type: http, bearer-token-file: /proc/version",
                "11:45: pools[0].health.bearer-token-file: the token travels in the clear: write type: https");
    }

    @Test
    void anAdminEndpointThatPeersCannotProbe() {
        warns(
                "nodes:",
                "admin: {bind: 127.0.0.1:9100}\nnodes:",
                "1:15: admin.bind: 127.0.0.1 keeps the other nodes from probing this one: write 0.0.0.0 or the node's address");
    }
}
