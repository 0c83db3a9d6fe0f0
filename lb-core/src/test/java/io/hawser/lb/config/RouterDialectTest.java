package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.Password;
import io.hawser.vrrp.RouterSpec.Transport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Virtual routers that speak version 2, and those for IPv6. */
class RouterDialectTest {
    private static final String REST = """
            listeners: [{name: l, bind: "0.0.0.0:80", pool: p}]
            pools: [{name: p, members: ["10.0.0.1:80"]}]
            """;

    @TempDir
    private Path directory;

    private static Environment dual() {
        return Given.host(null, null, "lb1", "10.77.0.11/24", "fd77::11/64", "fe80::11/64");
    }

    private static String file(String first, String second, String... routers) {
        StringBuilder text = new StringBuilder(
                "nodes: [{name: lb1, address: \"%s\"}, {name: lb2, address: \"%s\"}]\nvirtual-routers:\n"
                        .formatted(first, second));
        for (String router : routers) {
            text.append("  - {").append(router).append("}\n");
        }
        return text + REST;
    }

    private static String four(String router) {
        return file("10.77.0.11", "10.77.0.12", router);
    }

    private static String six(String router) {
        return file("fd77::11", "fd77::12", router);
    }

    private static Config read(String text) {
        Loaded loaded = Given.load(dual(), text);
        return loaded instanceof Loaded.Ok ok ? ok.config() : org.junit.jupiter.api.Assertions.fail(loaded.toString());
    }

    private static VirtualRouter router(String text) {
        return read(text).virtualRouters().getFirst();
    }

    // --- IPv6

    @Test
    void theLinkLocalAddressIsMadeOfTheIdAndSentFirst() {
        VirtualRouter made = router(six("name: a, id: 51, addresses: [\"fd77::10\", \"fd77::9/64\"]"));
        assertEquals(
                List.of(
                        Given.virtual("fe80::200:5eff:fe00:233/128"),
                        Given.virtual("fd77::10/128"),
                        Given.virtual("fd77::9/64")),
                made.holding().addresses());
        assertEquals(Transport.UNICAST, made.protocol().transport());
        VirtualRouter low = router(six("name: a, id: 5, addresses: [\"fd77::10\"]"));
        assertEquals(
                Given.virtual("fe80::200:5eff:fe00:205/128"),
                low.holding().addresses().getFirst());
    }

    @Test
    void aWrittenLinkLocalAddressIsUsedInsteadAndMovedToTheFront() {
        assertEquals(
                List.of(Given.virtual("fe80::77/64"), Given.virtual("fd77::10/128")),
                router(six("name: a, id: 51, addresses: [\"fd77::10\", \"fe80::77/64\"]"))
                        .holding()
                        .addresses());
    }

    @Test
    void oneIdServesBothFamiliesAndOneRouterOnlyOne() {
        Config both = read(file(
                "10.77.0.11",
                "10.77.0.12",
                "name: a, id: 51, addresses: [10.77.0.10]",
                "name: b, id: 51, addresses: [\"fd77::10\"]"));
        assertEquals(
                List.of(Transport.UNICAST, Transport.MULTICAST),
                both.virtualRouters().stream()
                        .map(each -> each.protocol().transport())
                        .toList());
        Given.refuses(
                dual(),
                four("name: a, id: 51, addresses: [10.77.0.10, \"fd77::10\"]"),
                "3:47: virtual-routers[0].addresses[1]: fd77::10 is IPv6 and 10.77.0.10 of"
                        + " virtual-routers[0].addresses[0] is IPv4, but a virtual router has one family:"
                        + " make two virtual routers, which may have the same id");
        Given.refuses(
                dual(),
                file(
                        "fd77::11",
                        "fd77::12",
                        "name: a, id: 51, addresses: [\"fd77::10\"]",
                        "name: b, id: 51, addresses: [\"fd77::9\"]"),
                "4:19: virtual-routers[1].id: VRID 51 on eth0 is taken by virtual-routers[0].id at line 3, column 19:"
                        + " write another");
    }

    @Test
    void unicastNeedsNodesOfTheFamily() {
        Given.refuses(
                dual(),
                four("name: a, id: 51, transport: unicast, addresses: [\"fd77::10\"]"),
                "3:34: virtual-routers[0].transport: unicast goes to the nodes' addresses over IPv6, as this router's"
                        + " are, and nodes[0] has 10.77.0.11: write multicast, or give every node an IPv6 address");
        assertEquals(
                Transport.MULTICAST,
                router(six("name: a, id: 51, addresses: [10.77.0.10]"))
                        .protocol()
                        .transport());
    }

    @Test
    void whatCannotMoveOrIsOutsideIsSaid() {
        for (String bad : List.of("::1", "::", "ff02::12")) {
            Given.refuses(
                    dual(),
                    six("name: a, id: 51, addresses: [\"" + bad + "\"]"),
                    "3:35: virtual-routers[0].addresses[0]: " + bad
                            + " cannot move between nodes: write an address of the nodes' network");
        }
        Given.warns(
                dual(),
                six("name: a, id: 51, addresses: [\"fd78::10\"]"),
                "3:35: virtual-routers[0].addresses[0]: fd78::10 is outside the networks of eth0 (fd77::11/64):"
                        + " clients there will not find it");
    }

    @Test
    void theAdminEndpointIsWhereIpv6PeersProbeIt() {
        String text = six("name: a, id: 51, addresses: [\"fd77::10\"]");
        assertEquals("[::]:9100", AddressText.of(read(text).admin().bind()));
        Given.refuses(
                dual(),
                text + "admin: {bind: \"0.0.0.0:9100\"}\n",
                "6:15: admin.bind: 0.0.0.0 is not reached over IPv6, by which the other nodes probe this one at"
                        + " fd77::11: write \"[::]:9100\", which takes both, or the node's address");
    }

    @Test
    void aLinkLocalAddressCannotBeListenedOn() {
        Given.refuses(
                dual(),
                six("name: a, id: 51, addresses: [\"fe80::10\"]").replace("0.0.0.0:80", "[fe80::10]:80"),
                "4:29: listeners[0].bind: fe80::10 is link-local, which cannot be listened on without naming an"
                        + " interface: write a global or unique local (fd00::/8) address");
    }

    // --- version 2

    @Test
    void versionTwoCountsInSecondsAndHasOneChecksumAndNoIpv6() {
        String two = "name: a, id: 51, addresses: [10.77.0.10], version: 2";
        assertEquals(Duration.ofSeconds(1), router(four(two)).intervals().own());
        assertEquals(Optional.empty(), router(four(two)).protocol().password());
        assertEquals(
                Duration.ofSeconds(255),
                router(four(two + ", lease: off, advertisement-interval: 255s"))
                        .intervals()
                        .own());
        Given.refuses(
                dual(),
                four(two + ", advertisement-interval: 1500ms, lease: off"),
                "3:84: virtual-routers[0].advertisement-interval: 1.5s is not a whole number of seconds, in which"
                        + " version 2 counts (1s to 255s): write 1s");
        Given.refuses(
                dual(),
                four(two + ", checksum: auto"),
                "3:70: virtual-routers[0].checksum: means nothing for version 2, which has one checksum,"
                        + " only for version 3 over IPv4: remove it");
        Given.refuses(
                dual(),
                six("name: a, id: 51, addresses: [\"fd77::10\"], version: 2"),
                "3:57: virtual-routers[0].version: version 2 is for IPv4 only (RFC 3768), and this router's addresses"
                        + " are IPv6: write version: 3");
    }

    private Loaded withPassword(byte[] content) throws IOException {
        Path secret = Files.write(Pem.write(directory, "secret", ""), content);
        return ConfigLoader.parse(
                directory.resolve("hawser.yaml"), password(secret.getFileName().toString()), dual());
    }

    private static String password(String name) {
        return four("name: a, id: 51, addresses: [10.77.0.10], version: 2, authentication: {type: pass,"
                + " password-file: " + name + "}");
    }

    private Optional<Password> passwordOf(String content) throws IOException {
        Loaded loaded = withPassword(content.getBytes(StandardCharsets.UTF_8));
        return ((Loaded.Ok) loaded)
                .config()
                .virtualRouters()
                .getFirst()
                .protocol()
                .password();
    }

    private String onlyMessage(Loaded loaded) {
        List<? extends Finding> all = switch (loaded) {
            case Loaded.Ok ok -> ok.warnings();
            case Loaded.Invalid invalid -> invalid.problems();
        };
        assertEquals(1, all.size(), all::toString);
        return all.getFirst().message().replace(directory.toString(), "DIR");
    }

    @Test
    void thePasswordIsTheFirstLineOfTheFile() throws IOException {
        for (String content : List.of("s3cret", "s3cret\n", "s3cret\r\n", "s3cret\nsecond line\n")) {
            assertEquals(Optional.of(new Password("s3cret")), passwordOf(content), content);
        }
        assertEquals(Optional.of(new Password(" s3 ")), passwordOf(" s3 \n"), "blanks count");
    }

    @Test
    void aPasswordFileThatHoldsNoneIsAnError() throws IOException {
        String empty = "the file \"DIR/secret\" has an empty first line: write the password there, 1 to 8 bytes";
        assertEquals(empty, onlyMessage(withPassword(new byte[0])));
        assertEquals(empty, onlyMessage(withPassword("\nlater\n".getBytes(StandardCharsets.UTF_8))));
        assertEquals(
                "the file \"DIR/secret\" is not UTF-8 in its first line: write the password as text",
                onlyMessage(withPassword(new byte[] {(byte) 0xFF, 'x'})));
        Given.waits(
                dual(),
                password("/nope/secret"),
                "3:104: virtual-routers[0].authentication.password-file: the file \"/nope/secret\" does not exist: write it, or correct the path");
    }

    @Test
    void aLongPasswordIsCutWithAWarningThatDoesNotTellIt() throws IOException {
        Loaded loaded = withPassword("0123456789\n".getBytes(StandardCharsets.UTF_8));
        assertEquals(
                "the password has 10 bytes and version 2 has room for 8: the first 8 are used, as Keepalived does",
                onlyMessage(loaded));
    }

    @Test
    void nothingThatIsPrintedTellsThePassword() throws IOException {
        Loaded loaded = withPassword("hunter22x\n".getBytes(StandardCharsets.UTF_8));
        assertFalse(loaded.toString().contains("hunter"), "findings and configuration as text");
        assertEquals("***", new Password("hunter22").toString());
    }
}
