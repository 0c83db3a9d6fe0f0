package io.hawser.healthcheck;

/**
 * News of a peer.
 *
 * @param peer the node
 * @param evidence what was found
 * @param atNanos when, on the scale of System.nanoTime()
 */
public record PeerReport(Peer peer, PeerEvidence evidence, long atNanos) {}
