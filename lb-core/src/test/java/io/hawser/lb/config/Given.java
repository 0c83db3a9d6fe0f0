package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.hawser.lb.config.Finding.Problem;
import io.hawser.lb.config.Finding.Warning;
import io.hawser.vrrp.VirtualAddress;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The one door through which tests read configurations: a host, a valid file, and what reading must say. */
final class Given {
    static final Path FILE = Path.of("hawser.yaml");

    /** The ten lines for a kubeadm cluster. */
    static final String KUBEADM = """
            nodes:
              - {name: lb1, address: 10.77.0.11}
              - {name: lb2, address: 10.77.0.12}
            virtual-routers:
              - {name: api, id: 51, addresses: [10.77.0.10]}
            listeners:
              - {name: kube-api, bind: 10.77.0.10:6443, pool: masters}
            pools:
              - name: masters
                members: [10.77.0.21:6443, 10.77.0.22:6443, 10.77.0.23:6443]
                health: {type: https, path: /readyz}
            """;

    private Given() {}

    /** The host lb1 as the contract's example has it. */
    static Environment lb1() {
        return host(null, null, "lb1", "10.77.0.11/24");
    }

    /** A host with eth0, an interface without address, and a resolver that knows m1.example and both.example. */
    static Environment host(
            @Nullable String option, @Nullable String variable, String hostName, String... addressesOfEth0) {
        List<Cidr> eth0 = new ArrayList<>();
        for (String address : addressesOfEth0) {
            eth0.add(cidr(address));
        }
        return new Environment(
                option,
                variable,
                hostName,
                List.of(
                        new Environment.Interface("lo", List.of(cidr("127.0.0.1/8"), cidr("::1/128"))),
                        new Environment.Interface("eth0", eth0),
                        new Environment.Interface("uplink", List.of())),
                name -> switch (name) {
                    case "m1.example" -> List.of(address("10.77.0.21"));
                    case "vip.example" -> List.of(address("10.77.0.10"));
                    case "both.example" -> List.of(address("10.77.0.22"), address("10.77.0.23"));
                    default -> List.of();
                });
    }

    static InetAddress address(String text) {
        return InetAddress.ofLiteral(text);
    }

    static Cidr cidr(String text) {
        int slash = text.indexOf('/');
        return new Cidr(address(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
    }

    static VirtualAddress virtual(String text) {
        Cidr cidr = cidr(text);
        return new VirtualAddress(cidr.address(), cidr.prefix());
    }

    /** What the file says on a host, for a version in which nothing is missing. */
    static Loaded load(Environment host, String yaml) {
        return ConfigLoader.parse(FILE, yaml, host);
    }

    static Loaded load(String yaml) {
        return load(lb1(), yaml);
    }

    /** The configuration of a file that lb1 reads without a warning. */
    static Config config(String yaml) {
        return switch (load(yaml)) {
            case Loaded.Ok(Config config, List<Warning> warnings, var _) -> {
                assertEquals("", lines(warnings), "warnings");
                yield config;
            }
            case Loaded.Invalid(List<Problem> problems) -> fail(lines(problems));
        };
    }

    /** The configuration of a file that lb1 reads with or without warnings. */
    static Config configWithWarnings(String yaml) {
        return switch (load(yaml)) {
            case Loaded.Ok ok -> ok.config();
            case Loaded.Invalid(List<Problem> problems) -> fail(lines(problems));
        };
    }

    /** The file must be invalid for exactly these reasons, each as {@code line:column: path: message}. */
    static void refuses(Environment host, String yaml, String... expected) {
        Loaded loaded = load(host, yaml);
        String found = loaded instanceof Loaded.Invalid(List<Problem> problems) ? lines(problems) : "a valid file";
        assertEquals(String.join("\n", expected), found);
    }

    /** The file must be valid and wait for exactly this. */
    static void waits(Environment host, String yaml, String... expected) {
        switch (load(host, yaml)) {
            case Loaded.Ok ok -> assertEquals(String.join("\n", expected), lines(ok.waits()));
            case Loaded.Invalid(List<Problem> problems) -> fail(lines(problems));
        }
    }

    /** The file must be valid with exactly these warnings. */
    static void warns(Environment host, String yaml, String... expected) {
        switch (load(host, yaml)) {
            case Loaded.Ok ok -> assertEquals(String.join("\n", expected), lines(ok.warnings()));
            case Loaded.Invalid(List<Problem> problems) -> fail(lines(problems));
        }
    }

    private static String lines(List<? extends Finding> findings) {
        return findings.stream()
                .map(Finding::render)
                .map(line -> line.substring((FILE + ":").length()))
                .collect(Collectors.joining("\n"));
    }
}
