package io.hawser.healthcheck;

/** A listener for news of peers. Called on the health loop, so it must not block; what it throws is logged and changes nothing. */
@FunctionalInterface
public interface PeerListener {

    /** Takes one report. None comes for a peer once its unwatch has been carried out on the health loop. */
    void report(PeerReport report);
}
