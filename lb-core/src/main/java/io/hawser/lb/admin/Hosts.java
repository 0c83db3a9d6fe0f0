package io.hawser.lb.admin;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * By which names the admin port may be asked. A page of a stranger can make its own name lead here (DNS rebinding), and
 * then a browser inside would read for it what the port says; but the browser tells that name. Immutable.
 */
public final class Hosts {
    /** This host only, by its loopback addresses and localhost, and each connection's own address. */
    static final Hosts LOCAL = new Hosts(Set.of(), Set.of());

    private static final int LONGEST = 300;

    private final Set<InetAddress> addresses;
    private final Set<String> names = new HashSet<>();

    /**
     * These, and always loopback and localhost.
     *
     * @param addresses that are asked for as they are
     * @param names of hosts; an address among them is taken for one
     */
    public Hosts(Collection<InetAddress> addresses, Collection<String> names) {
        this.addresses = new HashSet<>(addresses);
        this.names.add("localhost");
        for (String name : names) {
            InetAddress address = address(name);
            if (address == null) {
                this.names.add(canonical(name));
            } else {
                this.addresses.add(address);
            }
        }
    }

    /**
     * Whether a request with this Host header is answered.
     *
     * @param host its value: a name or an address, perhaps with a port (RFC 9110, 7.2)
     * @param own the address that the connection came to; null when it has none
     */
    boolean accept(String host, @Nullable InetAddress own) {
        if (host.length() > LONGEST) {
            return false;
        }
        String name = withoutPort(host.strip());
        InetAddress address = address(name);
        if (address == null) {
            return names.contains(canonical(name));
        }
        return address.isLoopbackAddress() || address.equals(own) || addresses.contains(address);
    }

    private static String withoutPort(String host) {
        if (host.startsWith("[")) {
            int end = host.indexOf(']');
            return end < 0 ? host : host.substring(1, end);
        }
        int colon = host.indexOf(':');
        return colon < 0 ? host : host.substring(0, colon);
    }

    private static String canonical(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    /** The address that is written there, without asking anybody; null when it is none. */
    private static @Nullable InetAddress address(String text) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
        try {
            return bytes == null ? null : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
        }
    }
}
