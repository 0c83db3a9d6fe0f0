package io.hawser.lb.config;

import io.hawser.lb.tls.ServerSettings;
import io.hawser.sysctl.net.AddressText;
import io.hawser.sysctl.net.HostName;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntPredicate;

/** The types of values that keys have. Stateless. */
final class Types {
    private static final int LONGEST_NAME = 63;
    private static final int LONGEST_INTERFACE_NAME = 15; // IFNAMSIZ less the final zero
    private static final int LONGEST_SOCKET_PATH = 107; // sun_path less the final zero

    private Types() {}

    static Type<Boolean> bool() {
        return new Type<>("true or false", "true or false", text -> switch (text) {
            case "true" -> new Parsed.Ok<>(true);
            case "false" -> new Parsed.Ok<>(false);
            default -> {
                String meant = switch (text.toLowerCase(Locale.ROOT)) {
                    case "true", "yes", "on", "y", "1" -> "true";
                    case "false", "no", "off", "n", "0" -> "false";
                    default -> "true or false";
                };
                yield new Parsed.Bad<>(Messages.quote(text) + " is not true or false: write " + meant);
            }
        });
    }

    /**
     * A whole number.
     *
     * @param noun what it is, with its article
     */
    static Type<Integer> integer(String noun, int min, int max) {
        String range = min + " to " + max;
        return new Type<>(noun + " (" + range + ")", range, text -> WholeNumbers.parse(text, noun, min, max));
    }

    static Type<Integer> port() {
        return integer(WholeNumbers.PORT, WholeNumbers.LEAST_PORT, WholeNumbers.MOST_PORT);
    }

    static Type<Duration> duration(String min, String max) {
        Duration least = Durations.exactly(min);
        Duration most = Durations.exactly(max);
        String range = min + " to " + max;
        return new Type<>(
                "a duration, as in 2s",
                "duration, " + range,
                text -> Durations.parse(text)
                        .unless(value -> value.compareTo(least) < 0 || value.compareTo(most) > 0
                                ? Messages.quote(text) + " is out of range: write " + range
                                : ""));
    }

    /** A duration that is a whole number of steps. */
    static Type<Duration> duration(String min, String max, String step) {
        long nanos = Durations.exactly(step).toNanos();
        Type<Duration> any = duration(min, max);
        return refine(
                any,
                value -> {
                    long over = value.toNanos() % nanos;
                    long below = value.toNanos() - over;
                    return over == 0
                            ? ""
                            : Durations.format(value) + " is not a multiple of " + step + ": write "
                                    + Durations.format(Duration.ofNanos(below == 0 ? nanos : below));
                },
                any.description() + " in steps of " + step);
    }

    /** The interval of either version of VRRP; what only one of them takes is for {@link RouterChecks}. */
    static Type<Duration> advertisementInterval() {
        return refine(
                duration("10ms", "255s", "10ms"),
                value -> "",
                "duration, 10ms to 40.95s in steps of 10ms; in version 2 whole seconds, 1s to 255s");
    }

    /** A value, or a word that stands for none. */
    static <T> Type<Optional<T>> orWord(String word, Type<T> type) {
        return new Type<>(type.expected() + ", or " + word, type.description() + ", or " + word, text -> {
            if (text.equals(word)) {
                return new Parsed.Ok<>(Optional.empty());
            }
            if (word.equals("off") && isLikeOff(text)) {
                return new Parsed.Bad<>(Messages.quote(text) + " is not " + type.expected() + ": write off for none");
            }
            Parsed<Optional<T>> read = type.parse(text).then(value -> new Parsed.Ok<>(Optional.of(value)));
            return read instanceof Parsed.Bad<Optional<T>>(String message)
                    ? new Parsed.Bad<>(message + ", or " + word)
                    : read;
        });
    }

    /** One of an enum's words. */
    static <E extends Enum<E>> Type<E> word(Class<E> type) {
        return word(EnumSet.allOf(type));
    }

    /** One of the words of some of an enum's constants. */
    static <E extends Enum<E>> Type<E> word(EnumSet<E> constants) {
        return oneOf(words(constants));
    }

    /** One of an enum's words, or a word that leaves the choice open. */
    static <E extends Enum<E>> Type<Optional<E>> wordOr(String open, Class<E> type) {
        Map<String, Optional<E>> values = new LinkedHashMap<>();
        values.put(open, Optional.empty());
        words(EnumSet.allOf(type)).forEach((word, constant) -> values.put(word, Optional.of(constant)));
        return oneOf(values);
    }

    private static <E extends Enum<E>> Map<String, E> words(EnumSet<E> constants) {
        Map<String, E> words = new LinkedHashMap<>();
        for (E constant : constants) {
            words.put(Messages.word(constant), constant);
        }
        return words;
    }

    private static <T> Type<T> oneOf(Map<String, T> values) {
        List<String> words = List.copyOf(values.keySet());
        String or = Messages.or(words);
        return new Type<>(or, or, text -> {
            T value = values.get(text);
            if (value != null) {
                return new Parsed.Ok<>(value);
            }
            return new Parsed.Bad<>(Messages.quote(text) + " is unknown: write " + or + meant(text, words));
        });
    }

    private static String meant(String text, List<String> words) {
        return words.contains("off") && isLikeOff(text)
                ? "; did you mean \"off\"?"
                : Messages.didYouMean(text.toLowerCase(Locale.ROOT), words);
    }

    // Readers of YAML 1.1 take no and false for off; here only the word counts.
    private static boolean isLikeOff(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "false", "no", "none", "never", "off", "0" -> true;
            default -> false;
        };
    }

    static Type<String> name() {
        return text(
                "a name",
                "name: up to " + LONGEST_NAME + " letters, digits, dots, dashes and underscores",
                "write up to " + LONGEST_NAME + " letters, digits, dots, dashes and underscores",
                LONGEST_NAME,
                c -> isLetterOrDigit(c) || c == '.' || c == '-' || c == '_');
    }

    static Type<String> interfaceName() {
        return text(
                "the name of an interface",
                "name of an interface",
                "write up to " + LONGEST_INTERFACE_NAME + " characters without blanks and slashes",
                LONGEST_INTERFACE_NAME,
                c -> c > ' ' && c < 127 && c != '/' && c != ':');
    }

    /** A host as it stands in a Host header and a TLS server name. */
    static Type<String> host() {
        return new Type<>("a host name or address", "host name or address", text -> {
            String host = HostName.canonical(text);
            if (Addresses.isHostName(host) || Addresses.parse(host) instanceof Parsed.Ok) {
                return new Parsed.Ok<>(host);
            }
            return new Parsed.Bad<>(
                    Messages.quote(text) + " is not a host: write a name or an address, without a port");
        });
    }

    static Type<String> urlPath() {
        Type<String> visible = text(
                "a path, as in /readyz",
                "path that starts with /",
                "write a path without blanks, as in /readyz",
                1024,
                c -> c > ' ' && c < 127 && c != '#');
        return refine(
                visible,
                value -> value.startsWith("/")
                        ? ""
                        : Messages.quote(value) + " does not start with /: write " + Messages.quote("/" + value),
                visible.description());
    }

    private static Type<String> text(String noun, String description, String write, int longest, IntPredicate allowed) {
        return new Type<>(noun, description, text -> {
            boolean isGood =
                    !text.isEmpty() && text.length() <= longest && text.chars().allMatch(allowed);
            return isGood
                    ? new Parsed.Ok<>(text)
                    : new Parsed.Bad<>(Messages.quote(text) + " is not " + noun + ": " + write);
        });
    }

    private static boolean isLetterOrDigit(int c) {
        return Messages.isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    /** A file; relative to the configuration file. */
    static Type<Path> file() {
        return new Type<>("the name of a file", "file, relative to this one", text -> {
            if (text.contains("-----BEGIN ")) {
                // Not quoted: it may be a key.
                return new Parsed.Bad<>("this is what belongs in a file: write it to one, and its name here");
            }
            try {
                return text.isEmpty()
                        ? new Parsed.Bad<>("\"\" is not a file: write its name")
                        : new Parsed.Ok<>(Path.of(text));
            } catch (InvalidPathException e) {
                return new Parsed.Bad<>(Messages.quote(text) + " is not a file name: " + e.getReason());
            }
        });
    }

    /** The path of a unix socket. */
    static Type<Path> socketFile() {
        return refine(
                file(),
                path -> {
                    if (!path.isAbsolute()) {
                        return Messages.quote(path.toString()) + " is not absolute: write a path that starts with /";
                    }
                    int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
                    return length > LONGEST_SOCKET_PATH
                            ? "a path of " + length + " bytes is too long for a socket: write at most "
                                    + LONGEST_SOCKET_PATH
                            : "";
                },
                "absolute path");
    }

    static Type<InetAddress> address() {
        return refine(
                new Type<>("an IP address, as in 10.77.0.11", "IP address", Addresses::parse),
                address -> address.isAnyLocalAddress() || address.isMulticastAddress()
                        ? AddressText.of(address) + " is no host's address: write one such as 10.77.0.11"
                        : "",
                "IP address");
    }

    static Type<Cidr> virtualAddress() {
        return refine(
                new Type<>("an IP address, as in 10.77.0.10 or 10.77.0.10/24", "", Addresses::parseCidr),
                Types::whyNotVirtual,
                "IP address, or address/prefix; /32 or /128 if no prefix");
    }

    private static String whyNotVirtual(Cidr cidr) {
        InetAddress address = cidr.address();
        String shown = AddressText.of(address);
        boolean isNoHost = address.isAnyLocalAddress()
                || address.isMulticastAddress()
                || address.isLoopbackAddress()
                || shown.equals("255.255.255.255");
        if (isNoHost) {
            return shown + " cannot move between nodes: write an address of the nodes' network";
        }
        return cidr.prefix() == 0
                ? cidr + " has no network: write a prefix of 1 to " + address.getAddress().length * 8
                : "";
    }

    /** Where to listen: an address, never a name. */
    static Type<InetSocketAddress> socketAddress() {
        return new Type<>(
                "an address and port, as in 10.77.0.10:6443",
                "address:port; IPv6 as \"[address]:port\"",
                Addresses::parseSocketAddress);
    }

    /** Where to connect to: an address or a name. */
    static Type<HostPort> hostPort() {
        return new Type<>(
                "a host and port, as in 10.77.0.21:6443",
                "host:port; IPv6 as \"[address]:port\"",
                Addresses::parseHostPort);
    }

    /** The word off, where a section may stand as well. */
    static Type<String> off() {
        return oneOf(Map.of("off", "off"));
    }

    static Type<ServerSettings.Version> tlsVersion() {
        Map<String, ServerSettings.Version> values = new LinkedHashMap<>();
        for (ServerSettings.Version version : ServerSettings.Version.values()) {
            values.put(version.number(), version);
        }
        return oneOf(values);
    }

    /** A network: its host part is zero. */
    static Type<Cidr> network() {
        return new Type<>(
                "a network, as in 10.0.0.0/8",
                "address/prefix, or an address",
                text -> Addresses.parseCidr(text).unless(Types::whyNotNetwork));
    }

    private static String whyNotNetwork(Cidr cidr) {
        Cidr network = cidr.network();
        return network.equals(cidr)
                ? ""
                : cidr + " is an address in a network: write " + network + " for the network, or "
                        + AddressText.of(cidr.address()) + " for the address alone";
    }

    /** A name that TLS clients ask for, or a wildcard for those below one. */
    static Type<ServerName> serverName() {
        String write = ": write a name, as in api.example, or \"*.example\" for all below it";
        return new Type<>("a server name, as in api.example", "host name, or \"*.\" and a host name", text -> {
            boolean isWildcard = text.startsWith("*.");
            String host = HostName.canonical(isWildcard ? text.substring(2) : text);
            if (Addresses.parse(text) instanceof Parsed.Ok) {
                return new Parsed.Bad<>(Messages.quote(text)
                        + " is an address, and clients never ask for one by it (RFC 6066 3)" + write);
            }
            return Addresses.isHostName(host)
                    ? new Parsed.Ok<>(new ServerName(host, isWildcard))
                    : new Parsed.Bad<>(Messages.quote(text) + " is not a server name" + write);
        });
    }

    /** A protocol's name in ALPN, RFC 7301. */
    static Type<String> protocol() {
        return text(
                "a protocol, as in h2",
                "name of a protocol, as in h2 or http/1.1",
                "write up to 255 visible characters",
                255,
                c -> c > ' ' && c < 127);
    }

    /** A command line that no shell reads. */
    static Type<NotifyCommand> command() {
        return new Type<>("a command, as in /usr/local/bin/moved --fast", "absolute path with arguments", text -> {
            List<String> words = Arrays.stream(text.split(" "))
                    .filter(word -> !word.isEmpty())
                    .toList();
            boolean isPath = !words.isEmpty() && words.getFirst().startsWith("/");
            return isPath
                    ? new Parsed.Ok<>(new NotifyCommand(words))
                    : new Parsed.Bad<>(Messages.quote(text)
                            + " does not start with an absolute path: write it, as in /usr/local/bin/moved");
        });
    }

    static Type<AccessLog> accessLog() {
        String words = "off, errors, all or 1/N, as in 1/100";
        Type<Integer> share = integer("a share", 2, 1_000_000);
        return new Type<>(words, "off, errors, all, or 1/N with N of 2 to 1000000", text -> switch (text) {
            case "off" -> new Parsed.Ok<>(new AccessLog.Off());
            case "errors" -> new Parsed.Ok<>(new AccessLog.Errors());
            case "all" -> new Parsed.Ok<>(new AccessLog.All());
            default ->
                text.startsWith("1/") && share.parse(text.substring(2)) instanceof Parsed.Ok<Integer>(Integer of)
                        ? new Parsed.Ok<>(new AccessLog.OneOf(of))
                        : new Parsed.Bad<>(Messages.quote(text) + " is unknown: write " + words
                                + (isLikeOff(text) ? "; did you mean \"off\"?" : ""));
        });
    }

    /** A type of which some values are refused: the check answers why, or with nothing. */
    private static <T> Type<T> refine(Type<T> type, Function<T, String> whyNot, String description) {
        return new Type<>(type.expected(), description, text -> type.parse(text).unless(whyNot));
    }
}
