package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.config.Finding.NotYet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is not there now is told from what is wrong for ever. */
class NotYetTest {

    private static Loaded.Ok ok(Environment host, String yaml) {
        Loaded loaded = Given.load(host, yaml);
        return assertInstanceOf(Loaded.Ok.class, loaded, loaded::toString);
    }

    @Test
    void aNameThatDoesNotResolveIsWaitedFor() {
        String yaml = Given.KUBEADM.replace("10.77.0.21:6443", "nope.example:6443");
        Given.waits(
                Given.lb1(),
                yaml,
                "10:15: pools[0].members[0]: the host \"nope.example\" does not resolve on this node: correct it, or write"
                        + " its IP address");
        Loaded.Ok loaded = ok(Given.lb1(), yaml);
        assertEquals(List.of(), loaded.needs(), "the others serve meanwhile");
        Member member = loaded.config().pools().getFirst().members().getFirst();
        assertTrue(member.address().isUnresolved(), member::toString);
        assertEquals("nope.example:6443", member.name());
    }

    @Test
    void aMemberThatIsWrittenTwiceIsWrongEvenWhileItDoesNotResolve() {
        Given.refuses(
                Given.lb1(),
                Given.KUBEADM.replace("10.77.0.21:6443, 10.77.0.22:6443", "nope.example:6443, nope.example:6443"),
                "10:34: pools[0].members[1]: nope.example:6443 is taken by pools[0].members[0] at line 10, column 15: write"
                        + " another");
    }

    @Test
    void anInterfaceThatIsMissingIsWaitedFor() {
        String yaml = Given.KUBEADM.replace("id: 51", "id: 51, interface: eth1, track: {interfaces: [eht0]}");
        Given.waits(
                Given.lb1(),
                yaml,
                "5:36: virtual-routers[0].interface: no interface \"eth1\" on this host; it has lo, eth0, uplink; did you"
                        + " mean \"eth0\"?",
                "5:63: virtual-routers[0].track.interfaces[0]: no interface \"eht0\" on this host; it has lo, eth0, uplink;"
                        + " did you mean \"eth0\"?");
        Loaded.Ok loaded = ok(Given.lb1(), yaml);
        assertEquals(List.of(), loaded.needs());
        assertEquals(
                "eth1", loaded.config().virtualRouters().getFirst().carrier().interfaceName());
    }

    @Test
    void theAddressOfTheNodeIsWaitedFor() {
        Environment host = Given.host(null, null, "lb1", "10.77.0.19/24");
        Given.waits(
                host,
                Given.KUBEADM,
                "2:26: nodes[0].address: 10.77.0.11 is not on this host, which this entry is for; it has 10.77.0.19 (eth0)");
        Loaded.Ok loaded = ok(host, Given.KUBEADM);
        assertEquals(List.of(), loaded.needs());
        assertEquals(
                VirtualRouter.NOT_KNOWN_YET,
                loaded.config().virtualRouters().getFirst().carrier().interfaceName());
    }

    @Test
    void aFileIsNeeded() {
        Loaded.Ok loaded = ok(
                Given.lb1(), Given.KUBEADM.replace("path: /readyz", "path: /readyz, bearer-token-file: /nope/token"));
        assertEquals(
                List.of("the file \"/nope/token\" does not exist: write it, or correct the path"),
                loaded.needs().stream().map(NotYet::message).toList());
    }

    @Test
    void aNodeThatNobodyCanTellYetIsNoneOfThem() {
        Loaded.Ok loaded = ok(Given.host(null, null, "box7", "10.0.0.5/24"), Given.KUBEADM);
        assertEquals(1, loaded.needs().size());
        assertEquals(Node.NOT_KNOWN_YET, loaded.config().self().name());
        assertEquals(2, loaded.config().peers().size());
    }

    @Test
    void whatIsWrongForEverStaysWrongBesideIt() {
        Given.refuses(
                Given.lb1(),
                Given.KUBEADM
                        .replace("10.77.0.21:6443", "nope.example:6443")
                        .replace("10.77.0.22:6443", "10.77.0.22:70000"),
                "10:34: pools[0].members[1]: 70000 is not a port (1 to 65535)");
    }

    @Test
    void offlineTheTextCountsAlone() {
        String yaml = Given.KUBEADM
                .replace("10.77.0.21:6443", "nope.example:6443")
                .replace("id: 51", "id: 51, interface: eth7, notify: [/nope/moved]")
                .replace("path: /readyz", "path: /readyz, bearer-token-file: /nope/token, ca: /nope/ca");
        Loaded.Ok loaded = ok(Environment.ofNoHost(null), yaml);
        assertEquals(List.of(), loaded.waits());
        assertEquals(List.of(), loaded.warnings());
        assertEquals(
                "lb2", ok(Environment.ofNoHost("lb2"), yaml).config().self().name());
        Given.refuses(
                Environment.ofNoHost(null),
                Given.KUBEADM.replace(
                        "[10.77.0.10]}\n", "[10.77.0.10]}\n  - {name: b, id: 51, addresses: [10.77.0.9]}\n"),
                "6:19: virtual-routers[1].id: VRID 51 on the node's interface is taken by virtual-routers[0].id at line 5,"
                        + " column 21: write another");
        Given.refuses(
                Environment.ofNoHost("lb3"),
                Given.KUBEADM,
                "2:3: nodes: --node is \"lb3\", which is no node here; the nodes are lb1, lb2; did you mean \"lb1\"?");
    }
}
