package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration needs to know about the host that reads it. Immutable but for what the resolver asks.
 *
 * @param nodeOption value of {@code --node}; null: not given
 * @param nodeVariable value of {@code HAWSER_NODE}; null: not set
 * @param hostName this host's name, with or without its domain
 * @param interfaces the network interfaces of this host, with or without addresses
 * @param resolver answers for members that are given by host name
 * @param isKnown whether this is a host to judge the file for; false: nothing of a host is known, and the text counts alone
 */
public record Environment(
        @Nullable String nodeOption,
        @Nullable String nodeVariable,
        String hostName,
        List<Interface> interfaces,
        Resolver resolver,
        boolean isKnown) {

    private static final Path INTERFACES = Path.of("/proc/self/net/dev");
    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    public Environment {
        requireNonNull(hostName, "hostName");
        interfaces = List.copyOf(interfaces);
        requireNonNull(resolver, "resolver");
    }

    /** A host to judge the file for. */
    public Environment(
            @Nullable String nodeOption,
            @Nullable String nodeVariable,
            String hostName,
            List<Interface> interfaces,
            Resolver resolver) {
        this(nodeOption, nodeVariable, hostName, interfaces, resolver, true);
    }

    /**
     * No host at all: whoever reads a file for it looks at no interface, asks no resolver and reads no other file.
     *
     * @param nodeOption value of {@code --node}; null: not given
     */
    public static Environment ofNoHost(@Nullable String nodeOption) {
        return new Environment(nodeOption, null, "", List.of(), _ -> List.of(), false);
    }

    /**
     * A network interface.
     *
     * @param name its name, as in eth0
     * @param addresses its addresses
     */
    public record Interface(String name, List<Cidr> addresses) {
        public Interface {
            requireNonNull(name, "name");
            addresses = List.copyOf(addresses);
        }
    }

    /** Turns a host name into addresses; may block. */
    @FunctionalInterface
    public interface Resolver {
        /** The addresses of the host, best first; empty when it has none. */
        List<InetAddress> resolve(String host);

        /** Says which names will be asked for, all of them. */
        default void prepare(Collection<String> hosts) {}

        /** The addresses that the host had when it resolved last; empty when that was never, or is not kept. */
        default List<InetAddress> last(String host) {
            return List.of();
        }
    }

    /**
     * The host that this process runs on, in its network namespace.
     *
     * @param nodeOption value of {@code --node}; null: not given
     * @throws UncheckedIOException when the kernel does not list its interfaces
     */
    public static Environment ofThisHost(@Nullable String nodeOption) {
        return ofThisHost(nodeOption, new Names());
    }

    /**
     * The same, with a resolver that remembers what it was asked before.
     *
     * @param nodeOption value of {@code --node}; null: not given
     * @throws UncheckedIOException when the kernel does not list its interfaces
     */
    public static Environment ofThisHost(@Nullable String nodeOption, Resolver resolver) {
        try {
            return new Environment(
                    nodeOption, System.getenv("HAWSER_NODE"), readHostName(), readInterfaces(), resolver);
        } catch (IOException e) {
            throw new UncheckedIOException("listing this host's network interfaces failed: " + e.getMessage(), e);
        }
    }

    private static String readHostName() throws IOException {
        return Files.readString(HOST_NAME).strip();
    }

    private static List<Interface> readInterfaces() throws IOException {
        Map<String, List<Cidr>> found = new LinkedHashMap<>();
        // The JDK leaves out interfaces without any address; the kernel's own list has them.
        for (String line : Files.readAllLines(INTERFACES)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                found.put(line.substring(0, colon).strip(), new ArrayList<>());
            }
        }
        for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
            List<Cidr> addresses = found.computeIfAbsent(each.getName(), name -> new ArrayList<>());
            for (InterfaceAddress one : each.getInterfaceAddresses()) {
                addresses.add(new Cidr(one.getAddress(), one.getNetworkPrefixLength()));
            }
        }
        return found.entrySet().stream()
                .map(entry -> new Interface(entry.getKey(), entry.getValue()))
                .toList();
    }

    /** The interface with that name; null: none. */
    @Nullable
    Interface interfaceNamed(String name) {
        for (Interface each : interfaces) {
            if (each.name().equals(name)) {
                return each;
            }
        }
        return null;
    }

    /** The first interface that holds the address; null: none. */
    @Nullable
    Interface interfaceHolding(InetAddress address) {
        for (Interface each : interfaces) {
            for (Cidr one : each.addresses()) {
                if (one.address().equals(address)) {
                    return each;
                }
            }
        }
        return null;
    }

    /** All addresses of this host. */
    List<InetAddress> addresses() {
        return interfaces.stream()
                .flatMap(each -> each.addresses().stream())
                .map(Cidr::address)
                .toList();
    }
}
