package io.hawser.lb.daemon;

import io.hawser.lb.admin.MetricFamilies;
import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.DiscardReason;
import io.hawser.vrrp.Flood;
import io.hawser.vrrp.RouterStatus;
import io.hawser.vrrp.SpeakerStatus;
import io.hawser.vrrp.election.AlarmKind;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** The metrics of the virtual routers: their states and counts. Thread admin-pages. */
final class VrrpFamilies {
    private final MetricFamilies families;
    private final Supplier<SpeakerStatus> source;

    private VrrpFamilies(MetricFamilies families, Supplier<SpeakerStatus> source) {
        this.families = families;
        this.source = source;
    }

    /**
     * Registers them. A node without virtual routers shows the same families: a rate over a counter that appears with its first increment misses
     * that one.
     */
    static void register(MetricFamilies families, Supplier<SpeakerStatus> source) {
        var all = new VrrpFamilies(families, source);
        all.routers();
        all.packets();
        all.addresses();
    }

    private void routers() {
        families.gauge(
                "hawser_vrrp_state",
                "State of a virtual router: 0 initialize, 1 backup, 2 active",
                rows -> source.get()
                        .routers()
                        .forEach(router -> rows.count(router.state().gauge(), "router", router.name())));
        families.counter(
                "hawser_vrrp_transitions",
                "State changes of a virtual router",
                rows -> source.get()
                        .routers()
                        .forEach(router -> router.transitions()
                                .forEach((change, count) -> rows.count(
                                        count,
                                        "router",
                                        router.name(),
                                        "to",
                                        change.to().label(),
                                        "cause",
                                        change.cause()))));
    }

    private long sum(ToLongFunction<RouterStatus> of) {
        return source.get().routers().stream().mapToLong(of).sum();
    }

    /** Every reason and kind from the start, for the same reason as above. */
    private void packets() {
        families.counter(
                "hawser_vrrp_adverts_sent", "Advertisements sent", rows -> rows.count(sum(RouterStatus::advertsSent)));
        families.counter(
                "hawser_vrrp_adverts_received",
                "Advertisements accepted",
                rows -> rows.count(sum(RouterStatus::advertsReceived)));
        families.counter("hawser_vrrp_discarded", "VRRP packets discarded, by reason", rows -> {
            Map<DiscardReason, Long> discarded = source.get().discarded();
            for (DiscardReason reason : DiscardReason.values()) {
                rows.count(discarded.getOrDefault(reason, 0L), "reason", reason.label());
            }
        });
        families.counter(
                "hawser_vip_conflicts",
                "Answers of another machine for a virtual address",
                rows -> rows.count(source.get().conflicts()));
        families.counter("hawser_vrrp_alarms", "VRRP anomalies detected, by kind", rows -> {
            Map<AlarmKind, Long> alarms = source.get().alarms();
            for (AlarmKind kind : AlarmKind.values()) {
                rows.count(alarms.getOrDefault(kind, 0L), "kind", kind.label());
            }
        });
        families.counter(
                "hawser_link_packets_estimated",
                "VRRP, ARP and neighbour discovery packets that arrived, whoever they were for; an estimate from one in"
                        + " 1024",
                rows -> {
                    Map<Flood.Protocol, Long> arrived = source.get().arrived();
                    for (Flood.Protocol protocol : Flood.Protocol.values()) {
                        rows.count(arrived.getOrDefault(protocol, 0L), "protocol", protocol.label());
                    }
                });
    }

    private void addresses() {
        families.gauge(
                "hawser_vip_present",
                "1 when the virtual address is on this node",
                rows -> source.get()
                        .routers()
                        .forEach(router -> router.addresses()
                                .forEach(held -> rows.count(
                                        held.present() ? 1 : 0,
                                        "address",
                                        AddressText.of(held.address().address())))));
    }
}
