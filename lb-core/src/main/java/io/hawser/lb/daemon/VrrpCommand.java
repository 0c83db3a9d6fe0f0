package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hawser.lb.admin.JsonWriter;
import io.hawser.lb.cli.ExitCode;
import io.hawser.lb.cli.Handlers;
import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.AdvertTap;
import io.hawser.vrrp.ObservedAdvert;
import io.hawser.vrrp.RouterSpec;
import io.hawser.vrrp.VrrpException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** {@code hawser vrrp}. Main thread. */
final class VrrpCommand {
    /** With several interfaces each is looked at in turn, this long at most. */
    private static final Duration TURN = Duration.ofMillis(50);

    private static final Duration LONG = Duration.ofMinutes(1);

    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

    private record Listening(String interfaceName, AdvertTap tap) {}

    private final Handlers.VrrpOptions options;
    private final List<RouterSpec> expected;
    private final PrintStream out;
    private final PrintStream err;
    private long heard;

    /** @param expected the routers of this node; may be empty */
    VrrpCommand(Handlers.VrrpOptions options, List<RouterSpec> expected, PrintStream out, PrintStream err) {
        this.options = options;
        this.expected = expected;
        this.out = out;
        this.err = err;
    }

    int run() {
        List<String> interfaces = options.interfaceName() != null
                ? List.of(options.interfaceName())
                : expected.stream()
                        .map(each -> each.carrier().interfaceName())
                        .distinct()
                        .toList();
        if (interfaces.isEmpty()) {
            err.println("hawser vrrp: the configuration has no virtual router: name an interface with --interface");
            return ExitCode.USAGE;
        }
        List<Listening> all = new ArrayList<>();
        try {
            for (String name : interfaces) {
                AdvertTap tap = AdvertTap.open(name, expected);
                if (tap == null) {
                    err.println("hawser vrrp: there is no interface " + name + ": see ip -brief link");
                    return ExitCode.USAGE;
                }
                all.add(new Listening(name, tap));
            }
        } catch (VrrpException e) {
            all.forEach(each -> each.tap().close());
            err.println("hawser vrrp: " + e.getMessage());
            return ExitCode.PRIVILEGE;
        }
        try {
            listen(all);
        } catch (VrrpException e) {
            err.println("hawser vrrp: " + e.getMessage());
            return ExitCode.FAILED;
        } finally {
            all.forEach(each -> each.tap().close());
        }
        if (heard == 0) {
            err.println("hawser vrrp: no advertisement on " + String.join(", ", interfaces)
                    + "; unicast between other hosts is not visible here");
        }
        return ExitCode.DONE;
    }

    private void listen(List<Listening> all) {
        long start = System.nanoTime();
        Integer seconds = options.seconds();
        Integer count = options.count();
        while (count == null || heard < count) {
            Duration left = seconds == null ? LONG : Duration.ofSeconds(seconds).minusNanos(System.nanoTime() - start);
            // A reader that went away, such as head, ends this too.
            if (left.isNegative() || left.isZero() || out.checkError()) {
                return;
            }
            Duration turn = all.size() == 1 || left.compareTo(TURN) < 0 ? left : TURN;
            for (Listening each : all) {
                ObservedAdvert sighting = each.tap().next(turn);
                if (sighting != null && (count == null || heard < count)) {
                    heard++;
                    print(each.interfaceName(), all.size() > 1, sighting);
                }
            }
        }
    }

    private void print(String interfaceName, boolean isOneOfMany, ObservedAdvert sighting) {
        if (options.json()) {
            out.println(new String(json(interfaceName, sighting), UTF_8));
        } else {
            out.println((isOneOfMany ? interfaceName + " " : "") + text(sighting));
            sighting.warnings().forEach(warning -> out.println("    warning: " + warning));
        }
    }

    static String text(ObservedAdvert sighting) {
        var text = new StringBuilder(160)
                .append(CLOCK.format(sighting.at()))
                .append(' ')
                .append(AddressText.of(sighting.source()))
                .append(" (")
                .append(sighting.mac())
                .append(sighting.isOutgoing() ? ", this host)" : ")");
        if (!sighting.destination().isMulticastAddress()) {
            text.append(" to ").append(AddressText.of(sighting.destination()));
        }
        if (sighting.vrid() >= 0) {
            text.append(" VRID ").append(sighting.vrid());
        }
        sighting.content().ifPresentOrElse(content -> append(text, content), () -> text.append(" unreadable"));
        return text.toString();
    }

    private static void append(StringBuilder text, ObservedAdvert.Content content) {
        text.append(" version ").append(content.version()).append(" priority ").append(content.priority());
        if (content.priority() == 0) {
            text.append(" (resigns)");
        }
        text.append(" every ")
                .append(content.interval().toMillis())
                .append(" ms, ")
                .append(content.addresses().stream().map(AddressText::of).collect(Collectors.joining(", ")))
                .append(", checksum over ")
                .append(content.checksum().equals("message") ? "the message" : "pseudo-header and message");
        if (content.version() == 2) {
            text.append(", authentication ").append(content.authentication());
        }
    }

    private static byte[] json(String interfaceName, ObservedAdvert sighting) {
        return JsonWriter.bytes(json -> {
            json.text("at", sighting.at())
                    .text("interface", interfaceName)
                    .text("source", AddressText.of(sighting.source()))
                    .text("mac", sighting.mac())
                    .text("destination", AddressText.of(sighting.destination()))
                    .flag("fromThisHost", sighting.isOutgoing())
                    .number("ttl", sighting.ttl())
                    .number("vrid", sighting.vrid());
            sighting.content()
                    .ifPresent(content -> json.number("version", content.version())
                            .number("priority", content.priority())
                            .seconds("intervalSeconds", content.interval())
                            .texts(
                                    "addresses",
                                    content.addresses().stream()
                                            .map(AddressText::of)
                                            .toList())
                            .text("checksum", content.checksum())
                            .text("authentication", content.authentication()));
            json.texts("warnings", sighting.warnings());
        });
    }
}
