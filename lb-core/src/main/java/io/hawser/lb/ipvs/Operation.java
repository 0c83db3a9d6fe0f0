package io.hawser.lb.ipvs;

import io.hawser.sysctl.linux.IpvsDestination;
import io.hawser.sysctl.linux.IpvsService;

/** One change of the kernel's table. Immutable. */
sealed interface Operation {
    /** The service that it is about. */
    IpvsService.Key key();

    /** Makes a service, without destinations. */
    record AddService(IpvsService service) implements Operation {
        @Override
        public IpvsService.Key key() {
            return service.key();
        }
    }

    /** Changes what differs of a service; its connections stay. */
    record SetService(IpvsService service) implements Operation {
        @Override
        public IpvsService.Key key() {
            return service.key();
        }
    }

    /** Deletes a service; its connections end. */
    record DeleteService(IpvsService.Key key) implements Operation {}

    /** Adds a destination, which becomes the first of the kernel's list. */
    record AddDestination(IpvsService.Key key, IpvsDestination destination) implements Operation {}

    /** Changes what differs of a destination; its connections stay. */
    record SetDestination(IpvsService.Key key, IpvsDestination destination) implements Operation {}

    /** Deletes a destination; its connections end at their next packet. */
    record DeleteDestination(IpvsService.Key key, IpvsDestination destination) implements Operation {}

    /**
     * Makes a destination the first of the kernel's list: deletes it and adds it again at once. Its connections stay where the
     * kernel does not end those of a deleted destination (net.ipv4.vs.expire_nodest_conn 0).
     */
    record MoveToFront(IpvsService.Key key, IpvsDestination destination) implements Operation {}
}
