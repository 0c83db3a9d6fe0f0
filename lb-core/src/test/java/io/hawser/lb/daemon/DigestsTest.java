package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admin.ConfigDigest;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.MemberPlan;
import io.hawser.lb.config.Cidr;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DigestsTest {
    @TempDir
    Path directory;

    private Config config(String node, String id, String members, String own) throws IOException {
        Path password = directory.resolve("password");
        Files.writeString(password, "topsecrt");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
        Path file = directory.resolve("hawser.yaml");
        Files.writeString(file, """
                nodes: [{name: one, address: 10.79.1.11}, {name: two, address: 10.79.1.12}]
                admin: {bind: "0.0.0.0:9100", socket: "%s"}
                virtual-routers:
                  - {name: api, id: %s, version: 2, advertisement-interval: 1s, addresses: [10.79.1.10],
                     authentication: {type: pass, password-file: password}}
                listeners:
                  - {name: api, bind: "10.79.1.10:6443", pool: masters}
                  - {name: own, bind: "%s:6445", pool: masters}
                pools:
                  - {name: masters, members: [%s]}
                """.formatted(directory.resolve("s"), id, own, members));
        String address = node.equals("one") ? "10.79.1.11" : "10.79.1.12";
        List<Environment.Interface> interfaces =
                List.of(new Environment.Interface("eth7", List.of(new Cidr(InetAddress.ofLiteral(address), 24))));
        return switch (ConfigLoader.load(file, new Environment(node, null, node, interfaces, _ -> List.of()))) {
            case Loaded.Invalid(var problems) -> throw new AssertionError(problems.toString());
            case Loaded.Ok(Config config, var _, var _) -> config;
        };
    }

    private static final String TWO = "{name: a, address: \"10.0.0.1:6443\"}, {name: b, address: \"10.0.0.2:6443\"}";

    @Test
    void oneFileIsOneDigestOnEachNodeAlsoWhereItBindsTheNodesOwnAddress() throws IOException {
        ConfigDigest one = digest(config("one", "51", TWO, "10.79.1.11"));
        ConfigDigest two = digest(config("two", "51", TWO, "10.79.1.12"));
        assertEquals(Map.of(), one.differences(two, "two"));
        assertEquals(one, two);
    }

    @Test
    void anotherIdAndAMissingMemberAreNamed() throws IOException {
        ConfigDigest one = digest(config("one", "51", TWO, "10.79.1.11"));
        ConfigDigest two = digest(config("two", "52", "{name: b, address: \"10.0.0.2:6443\"}", "10.79.1.12"));
        assertEquals(
                Map.of(
                        "virtual-routers",
                        "virtual router api: id is 51 here and 52 on two",
                        "pools",
                        "pool masters: members is 2 here and 1 on two; member masters/a is 10.0.0.1:6443 here and"
                                + " missing on two"),
                one.differences(two, "two"));
    }

    @Test
    void noSecretIsTold() throws IOException {
        Config config = config("one", "51", TWO, "10.79.1.11");
        assertTrue(config.virtualRouters().getFirst().protocol().password().isPresent());
        String told = digest(config).toString();
        assertFalse(told.contains("topsecrt"), told);
        assertFalse(told.contains("password"), told);
    }

    private static ConfigDigest digest(Config config) {
        return ActiveConfiguration.first(config, List.of(), MemberSources.FILE).digest();
    }

    /** What a name server or a cluster says is not the same everywhere at each moment: no reason for an alarm. */
    @Test
    void membersThatEachNodeFindsForItselfAreNotCompared() throws IOException {
        MemberPlan found =
                new MemberPlan("found", new InetSocketAddress("10.0.0.9", 6443), 100, false, Member.UNLIMITED);
        Config config = config("one", "51", TWO, "10.79.1.11");
        MemberSources nothing = (_, _) -> List::of;
        MemberSources one = (_, _) -> () -> List.of(found);

        assertEquals(
                ActiveConfiguration.first(config, List.of(), nothing).digest(),
                ActiveConfiguration.first(config, List.of(), one).digest());
    }
}
