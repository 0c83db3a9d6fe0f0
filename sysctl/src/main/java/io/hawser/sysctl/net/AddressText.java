package io.hawser.sysctl.net;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/** An address as text, in the one form of RFC 5952: what Java writes by itself cannot be searched for. Stateless. */
public final class AddressText {
    private static final int GROUPS = 8;
    private static final int MAPPED_GROUP = 5;

    private AddressText() {}

    /** The address without a zone: {@code 10.77.0.10}, {@code 2001:db8::1}. */
    public static String of(InetAddress address) {
        byte[] bytes = address.getAddress();
        return bytes.length == 4 ? dotted(bytes, 0) : colons(bytes);
    }

    /** The address and its port: {@code 10.77.0.10:6443}, {@code [2001:db8::1]:6443}; the name where it is not resolved. */
    public static String of(InetSocketAddress address) {
        String host = address.isUnresolved() ? address.getHostString() : of(address.getAddress());
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
    }

    private static String dotted(byte[] bytes, int from) {
        return (bytes[from] & 0xFF)
                + "." + (bytes[from + 1] & 0xFF)
                + "." + (bytes[from + 2] & 0xFF)
                + "." + (bytes[from + 3] & 0xFF);
    }

    private static String colons(byte[] bytes) {
        int[] groups = new int[GROUPS];
        for (int i = 0; i < GROUPS; i++) {
            groups[i] = ((bytes[2 * i] & 0xFF) << 8) | (bytes[2 * i + 1] & 0xFF);
        }
        int from = 0;
        int to = 0;
        for (int i = 0; i < GROUPS; i++) {
            int end = i;
            while (end < GROUPS && groups[end] == 0) {
                end++;
            }
            // RFC 5952 4.2: the first of the longest runs, and none of a single group.
            if (end - i > Math.max(1, to - from)) {
                from = i;
                to = end;
            }
        }
        // RFC 5952 5: an IPv4 address that is mapped is recognized by its prefix.
        if (from == 0 && to == MAPPED_GROUP && groups[MAPPED_GROUP] == 0xFFFF) {
            return "::ffff:" + dotted(bytes, 12);
        }
        return to == 0 ? hex(groups, 0, GROUPS) : hex(groups, 0, from) + "::" + hex(groups, to, GROUPS);
    }

    private static String hex(int[] groups, int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < to; i++) {
            text.append(i == from ? "" : ":").append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }
}
