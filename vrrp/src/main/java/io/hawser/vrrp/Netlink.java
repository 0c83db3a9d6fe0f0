package io.hawser.vrrp;

import io.hawser.sysctl.linux.LinuxException;
import io.hawser.sysctl.linux.RouteSocket;

/**
 * Requests to the kernel about interfaces and addresses. Each may wait, without limit, for the lock (rtnl) that the
 * kernel takes for all of them on the whole machine, which the removal of a network namespace holds for seconds. Vrrp
 * thread.
 */
interface Netlink {

    /**
     * Has a request carried out after those before it.
     *
     * @param what the request; it touches nothing that the vrrp thread touches
     * @param then takes what came of it, on the vrrp thread
     */
    <T> void request(Request<T> what, Answer<T> then);

    /** What is asked, by the thread that may wait. */
    @FunctionalInterface
    interface Request<T> {
        /**
         * Does it, and waits for the kernel.
         *
         * @throws LinuxException when the kernel refuses
         */
        T carryOut(RouteSocket routes);
    }

    /** What is done with the answer, by the vrrp thread. */
    @FunctionalInterface
    interface Answer<T> {
        /** Takes it. */
        void take(Outcome<T> outcome);
    }

    /** What came of a request. Immutable. */
    sealed interface Outcome<T> {
        /** The kernel did it. */
        record Done<T>(T result) implements Outcome<T> {}

        /** The kernel refused, which is a {@link LinuxException}, or this program failed. */
        record Refused<T>(RuntimeException why) implements Outcome<T> {}
    }

    /** Carries out each request at once, on the thread that asks: for the time before anything has to be in time. */
    static Netlink direct(RouteSocket routes) {
        return new Netlink() {
            @Override
            public <T> void request(Request<T> what, Answer<T> then) {
                then.take(outcome(what, routes));
            }
        };
    }

    /** Carries a request out. */
    static <T> Outcome<T> outcome(Request<T> what, RouteSocket routes) {
        try {
            return new Outcome.Done<>(what.carryOut(routes));
        } catch (RuntimeException e) {
            return new Outcome.Refused<>(e);
        } catch (StackOverflowError | LinkageError e) {
            // Without an answer, who asked would wait for ever.
            return new Outcome.Refused<>(new IllegalStateException(e));
        }
    }
}
