package io.hawser.lb.proxy;

/** The part of the heap that holds long-lived objects. Any thread. */
interface Heap {
    /** How many bytes it may have. */
    long most();

    /** How many bytes are used, those included that a collection would free. */
    long used();

    /** Collects, which stops every thread meanwhile. */
    void collect();
}
