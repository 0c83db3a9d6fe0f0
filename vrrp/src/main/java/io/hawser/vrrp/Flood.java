package io.hawser.vrrp;

/**
 * More packets of a protocol than a working network has. Immutable.
 *
 * @param interfaceName where they arrive
 * @param protocol what they are
 * @param perSecond about how many, as {@link FloodMeter} estimates it
 * @param explanation in words: how many, from whom, and what to do
 */
public record Flood(String interfaceName, Protocol protocol, long perSecond, String explanation) {

    /** What can be flooded with, in no need of an address or a right at this node; the label is stable. */
    public enum Protocol {
        /** IP protocol 112, over IPv4 and IPv6. */
        VRRP("vrrp", "VRRP"),
        /** Requests and answers, gratuitous ones too. */
        ARP("arp", "ARP"),
        /** Neighbour solicitations and advertisements. */
        NEIGHBOR_DISCOVERY("neighbor-discovery", "neighbour discovery");

        private final String label;
        private final String words;

        Protocol(String label, String words) {
            this.label = label;
            this.words = words;
        }

        /** The metric label, lower case with dashes. */
        public String label() {
            return label;
        }

        String words() {
            return words;
        }
    }
}
