package io.hawser.lb.proxy;

import java.util.concurrent.atomic.LongAdder;

/** What a proxy counts that belongs to no listener. Any thread. */
final class Counters {
    /** Times that an acceptor had to wait for room under a limit. */
    final LongAdder pauses = new LongAdder();

    /** Times that descriptors, ports or memory were not to be had. */
    final LongAdder shortages = new LongAdder();

    /** Those of them that were connects to a member for which no source port was left. */
    final LongAdder portless = new LongAdder();

    /** Connections that were ended because memory was short and they held some for a side that did not read. */
    final LongAdder unread = new LongAdder();

    /** Connections that a defect has ended. */
    final LongAdder mistakes = new LongAdder();
}
