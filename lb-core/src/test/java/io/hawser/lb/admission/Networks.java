package io.hawser.lb.admission;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

/** Networks as text. */
public final class Networks {
    private Networks() {}

    /** Those of texts such as {@code 192.0.2.0/24}. */
    public static List<Network> of(String... texts) {
        return Arrays.stream(texts).map(Networks::network).toList();
    }

    private static Network network(String text) {
        String[] parts = text.split("/");
        try {
            return new Network(InetAddress.getByName(parts[0]), Integer.parseInt(parts[1]));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
