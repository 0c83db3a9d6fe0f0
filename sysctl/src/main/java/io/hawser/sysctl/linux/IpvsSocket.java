package io.hawser.sysctl.linux;

import io.hawser.sysctl.net.AddressText;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The table of virtual services of the network namespace it was opened in (IPVS, by generic netlink): asks and changes. Nobody
 * is told what others change, so whoever wants to know must ask again. Every call needs CAP_NET_ADMIN in the initial user
 * namespace, asking too, and throws {@link ErrnoException} when the kernel refuses. Owner's thread.
 */
public final class IpvsSocket implements AutoCloseable {
    private static final String NONE_HERE =
            "this kernel has no IPVS, or its module ip_vs is not loaded: modprobe ip_vs; see whether /etc/modprobe.d bans it";
    private static final String NOT_ALLOWED =
            "IPVS needs CAP_NET_ADMIN of the host: run as root or in a privileged container, not in a user namespace";

    private final GenericNetlink netlink;

    private IpvsSocket(GenericNetlink netlink) {
        this.netlink = netlink;
    }

    /** Opens a socket for requests; the kernel is asked by the first of them, and may load its module for that. */
    public static IpvsSocket open() {
        return new IpvsSocket(GenericNetlink.open("IPVS"));
    }

    /** Which IPVS this is. */
    public IpvsInfo info() {
        return one(
                IpvsMessages.GET_INFO,
                "IPVS_CMD_GET_INFO",
                message -> IpvsMessages.info(message, netlink.attributes()));
    }

    /**
     * All services, whoever made them, in the kernel's order. One that this does not understand is left out. A list that was
     * made while another program changed the table may lack some or have some twice.
     */
    public List<IpvsService> services() {
        return all(
                IpvsMessages.GET_SERVICE,
                "IPVS_CMD_GET_SERVICE(all)",
                request -> {},
                message -> IpvsMessages.service(message, netlink.attributes()));
    }

    /** The destinations of a service in the kernel's order, the last one that was added first; none when there is no such service. */
    public List<IpvsDestination> destinations(IpvsService.Key service) {
        Objects.requireNonNull(service, "service");
        return all(
                IpvsMessages.GET_DEST,
                "IPVS_CMD_GET_DEST(" + service + ")",
                request -> IpvsMessages.serviceKey(request, service),
                message -> IpvsMessages.destination(message, netlink.attributes(), service.family()));
    }

    /** Adds a service; EEXIST when it is there, ENOENT when the kernel has not got its scheduler. */
    public void add(IpvsService service) {
        command(
                IpvsMessages.NEW_SERVICE,
                "IPVS_CMD_NEW_SERVICE(" + text(service) + ")",
                request -> IpvsMessages.service(request, service));
    }

    /** Changes scheduler, flags and persistence of a service; ESRCH when it is not there. */
    public void set(IpvsService service) {
        command(
                IpvsMessages.SET_SERVICE,
                "IPVS_CMD_SET_SERVICE(" + text(service) + ")",
                request -> IpvsMessages.service(request, service));
    }

    /** Deletes a service with its destinations; ESRCH when it is not there. */
    public void delete(IpvsService.Key service) {
        command(
                IpvsMessages.DEL_SERVICE,
                "IPVS_CMD_DEL_SERVICE(" + service + ")",
                request -> IpvsMessages.serviceKey(request, service));
    }

    /** Adds a destination, before all others; EEXIST when it is there, ESRCH when the service is not. */
    public void add(IpvsService.Key service, IpvsDestination destination) {
        command(
                IpvsMessages.NEW_DEST,
                "IPVS_CMD_NEW_DEST(" + service + ", " + text(destination) + ")",
                request -> IpvsMessages.destination(request, service, destination));
    }

    /** Changes weight, forwarding and thresholds of a destination; ENOENT when it is not there, ESRCH when the service is not. */
    public void set(IpvsService.Key service, IpvsDestination destination) {
        command(
                IpvsMessages.SET_DEST,
                "IPVS_CMD_SET_DEST(" + service + ", " + text(destination) + ")",
                request -> IpvsMessages.destination(request, service, destination));
    }

    /** Deletes a destination; ENOENT when it is not there, ESRCH when the service is not. */
    public void delete(IpvsService.Key service, IpvsDestination destination) {
        command(
                IpvsMessages.DEL_DEST,
                "IPVS_CMD_DEL_DEST(" + service + ", " + text(destination) + ")",
                request -> IpvsMessages.destinationKey(request, service, destination));
    }

    /** The roles that copy connections, at most one of each kind. */
    public List<IpvsDaemon> daemons() {
        return all(
                IpvsMessages.GET_DAEMON,
                "IPVS_CMD_GET_DAEMON(all)",
                request -> {},
                message -> IpvsMessages.daemon(message, netlink.attributes()));
    }

    /** Begins to copy connections; EEXIST when one of that role runs, ENODEV when there is no such interface. */
    public void add(IpvsDaemon daemon) {
        command(
                IpvsMessages.NEW_DAEMON,
                "IPVS_CMD_NEW_DAEMON(" + daemon + ")",
                request -> IpvsMessages.daemon(request, daemon));
    }

    /** Ends a role; ESRCH when it does not run. */
    public void delete(IpvsDaemon daemon) {
        command(
                IpvsMessages.DEL_DAEMON,
                "IPVS_CMD_DEL_DAEMON(" + daemon + ")",
                request -> IpvsMessages.daemon(request, daemon));
    }

    /** After how long without a packet entries end. */
    public IpvsTimeouts timeouts() {
        return one(
                IpvsMessages.GET_CONFIG,
                "IPVS_CMD_GET_CONFIG",
                message -> IpvsMessages.timeouts(message, netlink.attributes()));
    }

    /** Changes after how long entries end, for all services. */
    public void set(IpvsTimeouts timeouts) {
        command(
                IpvsMessages.SET_CONFIG,
                "IPVS_CMD_SET_CONFIG(" + timeouts + ")",
                request -> IpvsMessages.timeouts(request, timeouts));
    }

    private static String text(IpvsService service) {
        return service.key() + ", " + service.scheduler();
    }

    private static String text(IpvsDestination destination) {
        return AddressText.of(new InetSocketAddress(destination.address(), destination.port())) + " "
                + destination.forwarding() + " weight " + destination.weight();
    }

    private void command(int command, String call, GenericNetlink.Body body) {
        check(netlink.acknowledged(command, body, message -> {}), call);
    }

    private <T> T one(int command, String call, Function<NetlinkMessages, @Nullable T> read) {
        List<T> found = new ArrayList<>(1);
        check(netlink.acknowledged(command, request -> {}, adding(found, read)), call);
        if (found.isEmpty()) {
            throw new ErrnoException(call, Errno.EIO, "the kernel's answer was not understood");
        }
        return found.getFirst();
    }

    private <T> List<T> all(
            int command, String call, GenericNetlink.Body body, Function<NetlinkMessages, @Nullable T> read) {
        List<T> found = new ArrayList<>();
        check(netlink.dump(command, body, found::clear, adding(found, read)), call);
        return List.copyOf(found);
    }

    private static <T> Consumer<NetlinkMessages> adding(List<T> found, Function<NetlinkMessages, @Nullable T> read) {
        return message -> {
            T each = read.apply(message);
            if (each != null) {
                found.add(each);
            }
        };
    }

    private void check(int error, String call) {
        if (error == 0) {
            return;
        }
        String advice = switch (-error) {
            case Errno.EPERM -> NOT_ALLOWED;
            case Errno.ENOENT -> netlink.isKnown() ? netlink.explanation() : NONE_HERE;
            default -> netlink.explanation();
        };
        throw new ErrnoException(call, -error, advice);
    }

    @Override
    public void close() {
        netlink.close();
    }
}
