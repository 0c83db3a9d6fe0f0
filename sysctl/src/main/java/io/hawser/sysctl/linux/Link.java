package io.hawser.sysctl.linux;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * A network interface.
 *
 * @param index its index in its network namespace, from 1
 * @param name its name
 * @param up whether an operator has switched it on (IFF_UP)
 * @param running whether it can carry packets: on, with carrier, and operational (IFF_RUNNING)
 * @param mac its link-layer address: 6 bytes for Ethernet, none for some tunnels; not to be changed
 * @param mtu the largest packet in bytes
 * @param kind what kind of virtual interface it is, such as {@code macvlan}; empty for others
 * @param parent the index of the interface that it is made on, 0 for none
 */
@SuppressWarnings("ArrayRecordComponent") // equality by content is written below
public record Link(int index, String name, boolean up, boolean running, byte[] mac, int mtu, String kind, int parent) {
    @Override
    public boolean equals(Object other) {
        return other instanceof Link that
                && index == that.index
                && name.equals(that.name)
                && up == that.up
                && running == that.running
                && Arrays.equals(mac, that.mac)
                && mtu == that.mtu
                && kind.equals(that.kind)
                && parent == that.parent;
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + index;
    }

    @Override
    public String toString() {
        return name + "#" + index + (up ? " up" : " down") + (running ? " running " : " not running ")
                + HexFormat.ofDelimiter(":").formatHex(mac) + " mtu " + mtu
                + (kind.isEmpty() ? "" : " " + kind + " on #" + parent);
    }
}
