package io.hawser.lb.config;

import io.hawser.sysctl.net.AddressText;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** Addresses as they are written. Nothing here asks a resolver. Stateless. */
final class Addresses {
    private static final String EXAMPLE = ": write an address and a port, as in 10.77.0.10:6443";

    private Addresses() {}

    /** An IPv4 or IPv6 address without port, prefix or zone. */
    static Parsed<InetAddress> parse(String text) {
        String shown = Messages.quote(text);
        int colon = text.indexOf(':');
        if (text.startsWith("[")) {
            return new Parsed.Bad<>(shown + ": write the address without brackets");
        }
        if (text.indexOf('/') >= 0) {
            return new Parsed.Bad<>(shown + " has a prefix: write the address alone");
        }
        if (text.indexOf('%') >= 0) {
            return new Parsed.Bad<>(shown + " names a zone: write an address without %");
        }
        if (colon >= 0 && colon == text.lastIndexOf(':') && ipv4(text.substring(0, colon)) != null) {
            return new Parsed.Bad<>(shown + " has a port: write " + text.substring(0, colon));
        }
        return colon >= 0 ? parse6(text) : parse4(text);
    }

    private static Parsed<InetAddress> parse4(String text) {
        byte[] bytes = ipv4(text);
        if (bytes != null) {
            return new Parsed.Ok<>(of(bytes));
        }
        return new Parsed.Bad<>(Messages.quote(text) + whyNot4(text));
    }

    private static String whyNot4(String text) {
        return isDigitsAndDots(text)
                ? " is not an IPv4 address: write four numbers of 0 to 255, without leading zeros"
                : " is not an IP address: write one such as 10.77.0.11";
    }

    private static Parsed<InetAddress> parse6(String text) {
        String not = Messages.quote(text) + " is not an IPv6 address: write one such as 2001:db8::11";
        if (!text.chars().allMatch(c -> c == ':' || c == '.' || (c < 128 && Character.digit(c, 16) >= 0))) {
            return new Parsed.Bad<>(not);
        }
        try {
            InetAddress address = InetAddress.ofLiteral(text);
            return address instanceof Inet4Address
                    ? new Parsed.Bad<>(Messages.quote(text) + " is an IPv4 address: write " + AddressText.of(address))
                    : new Parsed.Ok<>(address);
        } catch (IllegalArgumentException e) {
            return new Parsed.Bad<>(not);
        }
    }

    /** The address that four numbers with dots say; null: they are not that. */
    private static byte @Nullable [] ipv4(String text) {
        byte[] bytes = new byte[4];
        int start = 0;
        for (int i = 0; i < 4; i++) {
            int end = i < 3 ? text.indexOf('.', start) : text.length();
            if (end < 0) {
                return null;
            }
            String part = text.substring(start, end);
            boolean isGood =
                    Messages.isDigits(part) && part.length() <= 3 && (part.length() == 1 || !part.startsWith("0"));
            if (!isGood || Integer.parseInt(part) > 255) {
                return null;
            }
            bytes[i] = (byte) Integer.parseInt(part);
            start = end + 1;
        }
        return bytes;
    }

    private static InetAddress of(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
        }
    }

    /** The link-local address made of a VRID's virtual MAC address, RFC 9568 7.3 and RFC 4291 appendix A. */
    static InetAddress linkLocalOf(int vrid) {
        return InetAddress.ofLiteral("fe80::200:5eff:fe00:2%02x".formatted(vrid));
    }

    /** An address, or address/prefix; without a prefix it is all of the address. */
    static Parsed<Cidr> parseCidr(String text) {
        int slash = text.indexOf('/');
        String host = slash < 0 ? text : text.substring(0, slash);
        return parse(host).then(address -> {
            int most = address.getAddress().length * 8;
            return slash < 0
                    ? new Parsed.Ok<>(new Cidr(address, most))
                    : WholeNumbers.parse(text.substring(slash + 1), "a prefix", 0, most)
                            .then(prefix -> new Parsed.Ok<>(new Cidr(address, prefix)));
        });
    }

    /** An address with a port; a name is refused. */
    static Parsed<InetSocketAddress> parseSocketAddress(String text) {
        return parseHostPort(text).then(found -> {
            InetAddress literal = found.literal();
            return literal == null
                    ? new Parsed.Bad<>(Messages.quote(text) + " starts with a name: write the IP address to listen on")
                    : new Parsed.Ok<>(new InetSocketAddress(literal, found.port()));
        });
    }

    /** An address or a host name, with a port. */
    static Parsed<HostPort> parseHostPort(String text) {
        boolean isBracketed = text.startsWith("[");
        int colon = isBracketed ? text.indexOf("]:") + 1 : text.indexOf(':');
        String whyNot = isBracketed ? whyNotBracketed(text, colon) : whyNotBare(text, colon);
        if (!whyNot.isEmpty()) {
            return new Parsed.Bad<>(whyNot);
        }
        String host = isBracketed ? text.substring(1, colon - 1) : text.substring(0, colon);
        return WholeNumbers.parsePort(text.substring(colon + 1)).then(port -> withHost(text, host, port, isBracketed));
    }

    private static String whyNotBracketed(String text, int colon) {
        return colon > 0 ? "" : Messages.quote(text) + " has no port: write \"[address]:port\"";
    }

    private static String whyNotBare(String text, int colon) {
        String shown = Messages.quote(text);
        if (text.isEmpty()) {
            return shown + " is no address" + EXAMPLE;
        }
        if (colon == 0 && Messages.isDigits(text.substring(1))) {
            return shown + " has no address: write 0.0.0.0" + text + " for every address";
        }
        if (colon < 0) {
            return Messages.isDigits(text)
                    ? shown + " is a port alone" + EXAMPLE
                    : shown + " has no port: write " + text + ":PORT, as in " + text + ":6443";
        }
        if (text.indexOf(':', colon + 1) < 0) {
            return "";
        }
        int last = text.lastIndexOf(':');
        boolean isAddress =
                parse6(text.substring(0, last)) instanceof Parsed.Ok && Messages.isDigits(text.substring(last + 1));
        return shown + " is an IPv6 address without brackets: write "
                + (isAddress
                        ? "\"[" + text.substring(0, last) + "]" + text.substring(last) + "\""
                        : "\"[address]:port\"");
    }

    private static Parsed<HostPort> withHost(String text, String host, int port, boolean isBracketed) {
        if (isBracketed) {
            return parse(host)
                    .then(address -> address instanceof Inet4Address
                            ? new Parsed.Bad<>(
                                    Messages.quote(text) + ": only IPv6 stands in brackets; write " + host + ":" + port)
                            : new Parsed.Ok<>(new HostPort(text, host, port, address)));
        }
        byte[] bytes = ipv4(host);
        if (bytes != null) {
            return new Parsed.Ok<>(new HostPort(text, host, port, of(bytes)));
        }
        return isHostName(host)
                ? new Parsed.Ok<>(new HostPort(text, host, port, null))
                : new Parsed.Bad<>(Messages.quote(host)
                        + (isDigitsAndDots(host) ? whyNot4(host) : " is neither an address nor a host name"));
    }

    private static boolean isDigitsAndDots(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c == '.' || Messages.isDigit(c));
    }

    /** Whether the text can be a host's name: labels of letters, digits, dashes and underscores, the last not a number. */
    static boolean isHostName(String text) {
        String[] labels = text.split("\\.", -1);
        for (String label : labels) {
            boolean isGood = !label.isEmpty()
                    && label.length() <= 63
                    && !label.startsWith("-")
                    && label.chars().allMatch(c -> Messages.isDigit(c) || c == '-' || c == '_' || isLetter(c));
            if (!isGood) {
                return false;
            }
        }
        // A last label of digits only would make 10.77.0.300 a name.
        return text.length() <= 253 && !Messages.isDigits(labels[labels.length - 1]);
    }

    private static boolean isLetter(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
}
