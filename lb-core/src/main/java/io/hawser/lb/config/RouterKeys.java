package io.hawser.lb.config;

import io.hawser.vrrp.RouterSpec.Checksum;
import io.hawser.vrrp.RouterSpec.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The keys of {@code virtual-routers}. Stateless. */
final class RouterKeys {
    private static final List<Key<?>> ALL = new ArrayList<>();

    static final Key<List<Section>> ROUTERS = key("virtual-routers", "Virtual addresses that the nodes share by VRRP.")
            .derived("none")
            .sections();
    static final Key<String> NAME = key("virtual-routers[].name", "Name of the virtual router.")
            .required()
            .one(Types.name());
    static final Key<Integer> ID = key(
                    "virtual-routers[].id",
                    "VRID. It must be unique on the network, Keepalived included. A router for IPv4 and one for IPv6 may have the same VRID.")
            .required()
            .value(VirtualRouter::id)
            .one(Types.integer("a VRID", 1, 255));
    static final Key<List<Cidr>> ADDRESSES = key(
                    "virtual-routers[].addresses",
                    "The virtual addresses, all IPv4 or all IPv6. They move together. IPv6 advertises a link-local address first (RFC 9568); if none is written, it is derived from the VRID: fe80::200:5eff:fe00:233 for VRID 51.")
            .required()
            .value(router -> router.holding().addresses())
            .many(Types.virtualAddress());
    static final Key<String> INTERFACE = key(
                    "virtual-routers[].interface", "Interface for the addresses and the advertisements.")
            .derived("the interface that has the node's address")
            .value(router -> router.carrier().interfaceName())
            .one(Types.interfaceName());
    static final Key<Integer> VERSION = key(
                    "virtual-routers[].version",
                    "VRRP version. 2 is for IPv4 only, with nodes that speak nothing newer.")
            .byDefault("3")
            .value(router -> router.protocol().version())
            .one(Types.integer("a VRRP version", 2, 3));
    static final Key<Duration> INTERVAL = key(
                    "virtual-routers[].advertisement-interval",
                    "Time between advertisements. A silent active node is replaced after a little more than three intervals.")
            .derived("100ms; 1s in version 2")
            .value(router -> router.intervals().own())
            .one(Types.advertisementInterval());
    static final Key<Optional<Transport>> TRANSPORT = key(
                    "virtual-routers[].transport",
                    "How advertisements are sent. auto is unicast when nodes lists other nodes and all have an address of the router's family; otherwise multicast.")
            .byDefault("auto")
            .value(router -> router.protocol().transport())
            .one(Types.wordOr("auto", Transport.class));
    static final Key<Section> PREEMPT = key(
                    "virtual-routers[].preempt",
                    "Whether a node of higher priority takes the addresses from a working node: false, true, or {delay: 60s}.")
            .byDefault("false")
            .value(router -> router.takeover().preempt())
            .section(Types.bool());
    static final Key<Duration> PREEMPT_DELAY = key(
                    "virtual-routers[].preempt.delay",
                    "Take the addresses over only after this node could serve for so long.")
            .required()
            .one(Types.duration("100ms", "1h"));
    static final Key<Section> AUTHENTICATION = key(
                    "virtual-routers[].authentication", "For VRRP version 2 only, to run alongside Keepalived.")
            .derived("none")
            .value(router -> router.protocol().password().isPresent())
            .section(null);
    static final Key<AuthenticationType> AUTHENTICATION_TYPE = key(
                    "virtual-routers[].authentication.type",
                    "pass sends a password in the clear: it guards against mistakes, not against attackers.")
            .required()
            .one(Types.word(AuthenticationType.class));
    static final Key<Path> AUTHENTICATION_FILE = key(
                    "virtual-routers[].authentication.password-file",
                    "File whose first line is the password. Only its first 8 bytes count.")
            .required()
            .valueIn(router -> router.protocol().password(), Function.identity())
            .one(Types.file());
    static final Key<Checksum> CHECKSUM = key(
                    "virtual-routers[].checksum",
                    "Checksum form that VRRP version 3 sends over IPv4. Both forms are accepted; auto sends the one that the peers send. Version 2 and IPv6 have only one form.")
            .byDefault("auto")
            .value(router -> router.protocol().checksum())
            .one(Types.word(Checksum.class));
    static final Key<Duration> LONGEST = key(
                    "virtual-routers[].longest-interval",
                    "The longest advertisement interval that is accepted from a peer, so that a forged advertisement cannot delay a takeover. Not for version 2, where all nodes must have the same interval.")
            .derived("ten times the advertisement-interval, at least 1s")
            .value(router -> router.intervals().longest())
            .one(Types.duration("10ms", "40.95s", "10ms"));
    static final Key<Duration> START_DELAY = key(
                    "virtual-routers[].start-delay",
                    "Extra time that this node listens after its start before it takes the addresses without having heard an advertisement. The first advertisement that it hears ends the delay.")
            .derived("1s for each node of higher priority, so that nodes that boot together agree at once")
            .value(router -> router.takeover().startDelay())
            .one(Types.duration("0s", "1h"));
    static final Key<Boolean> VIRTUAL_MAC = key(
                    "virtual-routers[].virtual-mac",
                    "Put the addresses on a macvlan interface with the virtual router's MAC address (00:00:5e:00:01:id, for IPv6 00:00:5e:00:02:id), so that neighbours need not update their caches after a failover. Switches and hypervisors must allow that MAC address.")
            .byDefault("false")
            .value(router -> router.carrier().virtualMac())
            .one(Types.bool());
    static final Key<Boolean> ACCEPT = key(
                    "virtual-routers[].accept",
                    "Whether the active node accepts packets to the addresses (Accept_Mode of RFC 9568). With false it drops everything but neighbour discovery and only forwards, as a gateway does; no listener may then be bound to one of the addresses. An owner (priority 255) always accepts.")
            .byDefault("true")
            .value(router -> router.holding().accept())
            .one(Types.bool());
    static final Key<Optional<Duration>> LEASE = key(
                    "virtual-routers[].lease",
                    "Lifetime of the addresses in the kernel, renewed while the process lives. At least two advertisement intervals.")
            .byDefault("2s")
            .value(router -> router.holding().lease())
            .one(Types.orWord("off", Types.duration("1s", "1h", "1s")));
    static final Key<Section> ANNOUNCE = key(
                    "virtual-routers[].announce",
                    "How a new active node announces the addresses (gratuitous ARP, unsolicited neighbour advertisements).")
            .derived("its keys' defaults")
            .section(null);
    static final Key<Integer> ANNOUNCE_COUNT = key(
                    "virtual-routers[].announce.count", "Announcements for each address in a burst.")
            .byDefault("5")
            .value(router -> router.holding().announce().count())
            .one(Types.integer("a count", 1, 100));
    static final Key<Optional<Duration>> ANNOUNCE_AGAIN = key(
                    "virtual-routers[].announce.again-after", "Send a second burst after this time.")
            .byDefault("5s")
            .value(router -> router.holding().announce().againAfter())
            .one(Types.orWord("off", Types.duration("100ms", "1h")));
    static final Key<Optional<Duration>> ANNOUNCE_REFRESH = key(
                    "virtual-routers[].announce.refresh", "Repeat one announcement at this interval.")
            .byDefault("60s")
            .value(router -> router.holding().announce().refresh())
            .one(Types.orWord("off", Types.duration("1s", "1d")));
    static final Key<Section> TRACK = key(
                    "virtual-routers[].track", "What must work on a node for it to hold the addresses.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<List<String>> TRACK_LISTENERS = key(
                    "virtual-routers[].track.listeners",
                    "Listeners that must be bound and have at least one member up in each pool that they route to. [] for none.")
            .derived("all")
            .mayBeEmpty()
            .value(router -> router.track().listeners())
            .many(Types.name());
    static final Key<List<String>> TRACK_INTERFACES = key(
                    "virtual-routers[].track.interfaces", "Interfaces that must be up. [] for none.")
            .derived("the router's own interface")
            .mayBeEmpty()
            .value(router -> router.track().interfaces())
            .many(Types.interfaceName());
    static final Key<String> GROUP = key(
                    "virtual-routers[].group",
                    "All routers of a group are active on the same node. What makes one of them leave a node moves all of them. All must have the same preempt.")
            .derived("none: the router moves alone")
            .value(VirtualRouter::group)
            .one(Types.name());
    static final Key<List<NotifyCommand>> NOTIFY = key(
                    "virtual-routers[].notify",
                    "Commands to run at each change of state. They get the router's name, the new state (initialize, backup or active) and the priority as further arguments. Write an absolute path and its arguments, separated by blanks; no shell is involved.")
            .derived("none")
            .value(VirtualRouter::notifyCommands)
            .many(Types.command());

    private RouterKeys() {}

    /** These keys, in the order of the reference page. */
    static List<Key<?>> all() {
        return Collections.unmodifiableList(ALL);
    }

    private static KeyRow<VirtualRouter> key(String path, String doc) {
        return new KeyRow<>(VirtualRouter.class, ALL, path, doc);
    }
}
