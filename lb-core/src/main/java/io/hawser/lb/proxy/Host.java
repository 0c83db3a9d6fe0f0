package io.hawser.lb.proxy;

import io.hawser.lb.net.Endpoint;

/** What a phase may ask of the connection that it is a phase of, besides what it answers. Event loop of the connection. */
interface Host extends Endpoint.Owner, Runnable {

    /** Goes on where fairness had it stop. */
    @Override
    void run();

    /** What comes next, for a phase that has learned of it by itself and not by a question of its connection. */
    void follow(Next next);
}
