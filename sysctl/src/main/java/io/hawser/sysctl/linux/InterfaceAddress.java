package io.hawser.sysctl.linux;

import java.net.InetAddress;

/**
 * An address of an interface. Immutable.
 *
 * @param interfaceIndex the interface it is on
 * @param address the address; link-local IPv6 addresses carry the interface as scope
 * @param prefix the length of its network prefix in bits
 * @param secondary whether another address of the same network is older (IPv4), so that it goes when that one goes
 * @param permanent whether it has no lifetime
 * @param validSeconds how long it will stay, {@link Long#MAX_VALUE} for ever
 * @param tentative whether duplicate detection still runs (IPv6), so that it cannot be used yet
 * @param dadFailed whether another host has it (IPv6), so that it cannot be used at all
 */
public record InterfaceAddress(
        int interfaceIndex,
        InetAddress address,
        int prefix,
        boolean secondary,
        boolean permanent,
        long validSeconds,
        boolean tentative,
        boolean dadFailed) {}
