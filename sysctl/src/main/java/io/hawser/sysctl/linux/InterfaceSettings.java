package io.hawser.sysctl.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Settings of an interface that rtnetlink cannot change, as files (proc(5)), in the caller's network namespace. */
public final class InterfaceSettings {
    private static final Path IPV6 = Path.of("/proc/sys/net/ipv6/conf");

    private InterfaceSettings() {}

    /**
     * Changes a setting below {@code net.ipv6.conf.NAME}.
     *
     * @throws IOException when it does not exist, or {@code /proc/sys} is read-only or the right is missing
     */
    public static void setIpv6(String interfaceName, String key, int value) throws IOException {
        Path file = IPV6.resolve(interfaceName).resolve(key);
        // Without CREATE: a setting that does not exist is not to become a file on some other file system.
        Files.writeString(file, value + "\n", StandardOpenOption.WRITE);
    }
}
