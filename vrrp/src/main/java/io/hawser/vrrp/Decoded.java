package io.hawser.vrrp;

import java.net.InetAddress;

/** The result of decoding a received packet. Immutable. */
sealed interface Decoded {

    /**
     * A well-formed advertisement.
     *
     * @param advertisement its content
     * @param checksum which form of checksum it carried
     */
    record Ok(Advertisement advertisement, ChecksumForm checksum) implements Decoded {}

    /**
     * Not to be looked at further.
     *
     * @param reason the first rule that it broke
     */
    record Bad(DiscardReason reason) implements Decoded {}

    /**
     * What the network layer says about a packet.
     *
     * @param source its sender
     * @param destination where it was sent to; of the same family
     * @param ttl TTL or hop limit on arrival
     */
    record Context(InetAddress source, InetAddress destination, int ttl) {}
}
