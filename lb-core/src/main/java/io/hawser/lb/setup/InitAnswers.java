package io.hawser.lb.setup;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration is made of, as it was given. Immutable.
 *
 * @param vip the virtual address, or address/prefix; null: not given
 * @param nodes each as name=address; empty: not given
 * @param masters each as address or address:port, names allowed; empty: not given
 * @param vrid VRRP's number of the virtual router; null: {@value #DEFAULT_VRID}
 * @param interfaceName what carries the address; null: the one with the node's address
 * @param port what clients connect to; null: {@value #API_PORT}, or {@value #STACKED_PORT} where the API servers are on the nodes
 * @param areServersBound whether API servers on the nodes listen on their node's address only, so that the port is free on the virtual one
 */
public record InitAnswers(
        @Nullable String vip,
        List<String> nodes,
        List<String> masters,
        @Nullable String vrid,
        @Nullable String interfaceName,
        @Nullable String port,
        boolean areServersBound) {
    static final String DEFAULT_VRID = "51";
    static final String API_PORT = "6443";
    static final String STACKED_PORT = "8443";

    public InitAnswers {
        nodes = List.copyOf(nodes);
        masters = List.copyOf(masters);
    }

    /** Flags without which there is no configuration. */
    List<String> missing() {
        return Stream.of(
                        vip == null ? "--vip ADDRESS" : "",
                        nodes.isEmpty() ? "--node NAME=ADDRESS" : "",
                        masters.isEmpty() ? "--master ADDRESS" : "")
                .filter(flag -> !flag.isEmpty())
                .toList();
    }

    InitAnswers with(String newVip, List<String> newNodes, List<String> newMasters) {
        return new InitAnswers(
                requireNonNull(newVip, "vip"), newNodes, newMasters, vrid, interfaceName, port, areServersBound);
    }
}
