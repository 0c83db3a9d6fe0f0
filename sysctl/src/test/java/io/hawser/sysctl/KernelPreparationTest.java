package io.hawser.sysctl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.KernelSettings.Ipvs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Prepares the kernel of a made-up tree of files. */
class KernelPreparationTest {
    private static final String FORWARD = "proc/sys/net/ipv4/ip_forward";
    private static final String BIND4 = "proc/sys/net/ipv4/ip_nonlocal_bind";
    private static final String BIND6 = "proc/sys/net/ipv6/ip_nonlocal_bind";
    private static final String MODULES = "lib/modules/6.1.0-test/";
    private static final List<String> ALL =
            List.of("ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_lc", "ip_vs_wlc", "ip_vs_sh");

    @TempDir
    Path root;

    /** What was asked to be loaded, and what the loader answers. */
    private final List<String> loads = new ArrayList<>();

    private @Nullable Refusal loaderSays;
    private boolean loadingWorks = true;

    @BeforeEach
    void makeTree() throws IOException {
        put(FORWARD, "0\n");
        put(BIND4, "0\n");
        put(BIND6, "0\n");
        put("proc/sys/net/ipv6/conf/all/forwarding", "0\n");
        put("proc/sys/kernel/osrelease", "6.1.0-test\n");
        put("proc/sys/kernel/modules_disabled", "0\n");
        put("proc/modules", "");
        Files.createDirectories(root.resolve("sys/module"));
    }

    private void put(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private String get(String path) throws IOException {
        return Files.readString(root.resolve(path)).strip();
    }

    private Preparation prepare(boolean forward, boolean bind, Ipvs ipvs) {
        return new KernelPreparation(root, this::load).prepare(new KernelSettings(forward, bind, ipvs));
    }

    private @Nullable Refusal load(String module, List<Path> files) {
        loads.add(module + " from "
                + files.stream().map(f -> f.getFileName().toString()).toList());
        try {
            for (Path file : files) {
                if (loaderSays == null && loadingWorks) {
                    put("sys/module/" + ModuleCatalog.nameOf(file.toString()) + "/initstate", "live\n");
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return loaderSays;
    }

    @Test
    void findsWhatWasSwitchedOffAgainAndLeavesIt() throws IOException {
        var preparation = new KernelPreparation(root, this::load);
        KernelSettings wishes = new KernelSettings(true, true, Ipvs.OFF);
        preparation.prepare(wishes);
        assertEquals(List.of(), preparation.unmet(wishes));
        put(FORWARD, "0\n");
        Files.delete(root.resolve(BIND6));
        List<Change> unmet = preparation.unmet(wishes);
        assertEquals(1, unmet.size());
        assertEquals("net.ipv4.ip_forward", unmet.getFirst().setting());
        assertTrue(unmet.getFirst().why().contains("sysctl -w net.ipv4.ip_forward=1"), unmet::toString);
        assertEquals("0", get(FORWARD));
        assertEquals(List.of(), preparation.unmet(new KernelSettings(false, true, Ipvs.OFF)));
    }

    private static Change change(Preparation preparation, String setting) {
        return preparation.changes().stream()
                .filter(c -> c.setting().equals(setting))
                .findFirst()
                .orElseThrow();
    }

    private static List<Outcome> outcomes(Preparation preparation) {
        return preparation.changes().stream().map(Change::outcome).toList();
    }

    // ---- settings

    @Test
    void settingsAreSwitchedOnAndReported() throws IOException {
        Preparation done = prepare(true, true, Ipvs.OFF);
        assertEquals("1", get(FORWARD));
        assertEquals("1", get(BIND4));
        assertEquals("1", get(BIND6));
        assertEquals(
                new Change(
                        "net.ipv4.ip_forward",
                        "0",
                        "1",
                        "packets for a virtual address are passed on to other nodes",
                        Outcome.CHANGED),
                done.changes().getFirst());
        assertEquals(
                List.of("net.ipv4.ip_forward", "net.ipv4.ip_nonlocal_bind", "net.ipv6.ip_nonlocal_bind"),
                done.changes().stream().map(Change::setting).toList());
        assertEquals(List.of(), done.missing());
    }

    @Test
    void whatHasTheValueIsNotWritten() throws IOException {
        for (String path : List.of(FORWARD, BIND4, BIND6)) {
            put(path, "1\n");
            Files.setLastModifiedTime(root.resolve(path), FileTime.fromMillis(0));
        }
        Preparation done = prepare(true, true, Ipvs.OFF);
        assertEquals(List.of(Outcome.ALREADY, Outcome.ALREADY, Outcome.ALREADY), outcomes(done));
        for (String path : List.of(FORWARD, BIND4, BIND6)) {
            assertEquals(0, Files.getLastModifiedTime(root.resolve(path)).toMillis(), path);
        }
    }

    @Test
    void whatIsNotWishedIsLeftAsItIs() throws IOException {
        put(BIND4, "1\n");
        Preparation done = prepare(false, false, Ipvs.OFF);
        assertEquals(List.of(), done.changes());
        assertEquals("0", get(FORWARD));
        assertEquals("1", get(BIND4));
    }

    @Test
    void ipv6ForwardingIsNeverTouched() throws IOException {
        prepare(true, true, Ipvs.AUTO);
        assertEquals("0", get("proc/sys/net/ipv6/conf/all/forwarding"));
    }

    @Test
    void kernelWithoutIpv6IsNoError() throws IOException {
        Files.delete(root.resolve(BIND6));
        Files.delete(root.resolve("proc/sys/net/ipv6/conf/all/forwarding"));
        Files.delete(root.resolve("proc/sys/net/ipv6/conf/all"));
        Files.delete(root.resolve("proc/sys/net/ipv6/conf"));
        Files.delete(root.resolve("proc/sys/net/ipv6"));
        Preparation done = prepare(false, true, Ipvs.OFF);
        assertEquals(List.of(Outcome.CHANGED, Outcome.ABSENT), outcomes(done));
        assertEquals(List.of(), done.missing());
    }

    @Test
    void settingThatDoesNotExistIsMissing() throws IOException {
        Files.delete(root.resolve(FORWARD));
        Preparation done = prepare(true, true, Ipvs.OFF);
        assertEquals(List.of(Outcome.ABSENT, Outcome.CHANGED, Outcome.CHANGED), outcomes(done));
        Missing missing = done.missing().getFirst();
        assertEquals(
                "net.ipv4.ip_forward: reading it failed: No such file or directory; set it on the host",
                missing.message());
        assertTrue(Files.notExists(root.resolve(FORWARD)), "no file is made in its place");
    }

    @Test
    void writeThatDoesNotLastIsNotBelieved() throws IOException {
        Files.delete(root.resolve(FORWARD));
        Files.createSymbolicLink(root.resolve(FORWARD), Path.of("/dev/null"));
        Preparation done = prepare(true, false, Ipvs.OFF);
        assertEquals(Outcome.REFUSED, done.changes().getFirst().outcome());
        assertTrue(
                done.missing().getFirst().reason().startsWith("writing 1 was accepted, but it reads"),
                done.missing().toString());
        Files.delete(root.resolve(FORWARD));
    }

    @Test
    void settingThatCannotBeReadIsRefused() throws IOException {
        Files.delete(root.resolve(FORWARD));
        Files.createDirectory(root.resolve(FORWARD));
        Preparation done = prepare(true, true, Ipvs.OFF);
        assertEquals(Outcome.REFUSED, done.changes().getFirst().outcome());
        assertEquals(1, done.missing().size());
        assertEquals("1", get(BIND4), "the others are still done");
    }

    // ---- IPVS

    private void list(String... lines) throws IOException {
        put(MODULES + "modules.dep", String.join("\n", lines) + "\n");
    }

    private void listAllLoadable() throws IOException {
        String ipvs = "kernel/net/netfilter/ipvs/";
        List<String> lines = new ArrayList<>();
        lines.add(ipvs + "ip_vs.ko.xz: kernel/net/netfilter/nf_conntrack.ko.xz kernel/lib/libcrc32c.ko.xz");
        put(MODULES + "kernel/net/netfilter/nf_conntrack.ko.xz", "");
        put(MODULES + "kernel/lib/libcrc32c.ko.xz", "");
        for (String module : ALL) {
            put(MODULES + ipvs + module + ".ko.xz", "");
            if (!module.equals("ip_vs")) {
                lines.add(ipvs + module + ".ko.xz: " + ipvs
                        + "ip_vs.ko.xz kernel/net/netfilter/nf_conntrack.ko.xz kernel/lib/libcrc32c.ko.xz");
            }
        }
        list(lines.toArray(String[]::new));
    }

    @Test
    void loadableModulesAreLoadedAfterWhatTheyNeed() throws IOException {
        listAllLoadable();
        Preparation done = prepare(false, false, Ipvs.REQUIRED);
        assertEquals(
                List.of(
                        "ip_vs from [libcrc32c.ko.xz, nf_conntrack.ko.xz, ip_vs.ko.xz]",
                        "ip_vs_rr from [ip_vs_rr.ko.xz]",
                        "ip_vs_wrr from [ip_vs_wrr.ko.xz]",
                        "ip_vs_lc from [ip_vs_lc.ko.xz]",
                        "ip_vs_wlc from [ip_vs_wlc.ko.xz]",
                        "ip_vs_sh from [ip_vs_sh.ko.xz]"),
                loads);
        assertEquals(
                new Change(
                        "module ip_vs",
                        "loadable",
                        "loaded",
                        "the kernel itself can balance connections",
                        Outcome.CHANGED),
                done.changes().getFirst());
        assertEquals(List.of(), done.missing());
    }

    @Test
    void loadedModulesAreLeftAlone() throws IOException {
        for (String module : ALL) {
            put("sys/module/" + module + "/initstate", "live\n");
        }
        Preparation done = prepare(false, false, Ipvs.REQUIRED);
        assertEquals(ALL.stream().map(m -> Outcome.ALREADY).toList(), outcomes(done));
        assertEquals("loaded", done.changes().getFirst().before());
        assertEquals(List.of(), loads);
    }

    @Test
    void builtInModulesAreLeftAlone() throws IOException {
        StringBuilder builtIn = new StringBuilder();
        ALL.forEach(m -> builtIn.append("kernel/net/netfilter/ipvs/").append(m).append(".ko\n"));
        put(MODULES + "modules.builtin", builtIn.toString());
        Preparation done = prepare(false, false, Ipvs.REQUIRED);
        assertEquals(ALL.stream().map(m -> Outcome.ALREADY).toList(), outcomes(done));
        assertEquals("built in", done.changes().getFirst().now());
        assertEquals(List.of(), done.missing());
    }

    @Test
    void balancerThatShowsOnlyInProcIsBuiltIn() throws IOException {
        put("proc/net/ip_vs", "IP Virtual Server version 1.2.1 (size=4096)\n");
        Preparation done = prepare(false, false, Ipvs.AUTO);
        assertEquals("built in", done.changes().getFirst().before());
    }

    @Test
    void moduleThatIsStillStartingIsNotLoadedYet() throws IOException {
        listAllLoadable();
        put("sys/module/ip_vs/initstate", "coming\n");
        Preparation done = prepare(false, false, Ipvs.REQUIRED);
        assertEquals("loadable", done.changes().getFirst().before());
        assertEquals("ip_vs from [libcrc32c.ko.xz, nf_conntrack.ko.xz, ip_vs.ko.xz]", loads.getFirst());
    }

    @Test
    void moduleNamedWithHyphensIsTheSame() throws IOException {
        list("extra/ip-vs.ko.zst:");
        put(MODULES + "extra/ip-vs.ko.zst", "");
        assertEquals(
                Outcome.CHANGED,
                prepare(false, false, Ipvs.AUTO).changes().getFirst().outcome());
    }

    @Test
    void refusedLoadingIsMissingWhenRequired() throws IOException {
        listAllLoadable();
        loaderSays = new Refusal("loading it is not permitted", "needs CAP_SYS_MODULE");
        Preparation done = prepare(false, false, Ipvs.REQUIRED);
        assertEquals(
                List.of(new Missing("module ip_vs", "loading it is not permitted", "needs CAP_SYS_MODULE")),
                done.missing());
        assertEquals(List.of(Outcome.REFUSED), outcomes(done));
    }

    @Test
    void moduleThatIsNotLiveAfterLoadingIsNotBelieved() throws IOException {
        listAllLoadable();
        loadingWorks = false;
        Preparation done = prepare(false, false, Ipvs.REQUIRED);
        assertEquals(
                "loading it succeeded, but the module is not live",
                done.missing().getFirst().reason());
    }

    @Test
    void missingSchedulerIsNamedAlone() throws IOException {
        listAllLoadable();
        Files.delete(root.resolve(MODULES + "kernel/net/netfilter/ipvs/ip_vs_sh.ko.xz"));
        Preparation done = prepare(false, false, Ipvs.REQUIRED);
        assertEquals(1, done.missing().size());
        Missing missing = done.missing().getFirst();
        assertEquals("module ip_vs_sh", missing.setting());
        assertTrue(missing.reason().contains("modules.dep lists it, but its file"), missing.reason());
        assertTrue(missing.remedy().contains("linux-image-6.1.0-test"), missing.remedy());
    }

    @Test
    void kernelWithModulesButWithoutIpvsSaysSo() throws IOException {
        list("kernel/net/ipv4/tcp_bbr.ko:");
        Missing missing = prepare(false, false, Ipvs.REQUIRED).missing().getFirst();
        assertTrue(missing.reason().startsWith("this kernel has no IPVS: "), missing.reason());
        assertTrue(missing.remedy().contains("CONFIG_IP_VS"), missing.remedy());
    }

    @Test
    void containerWithoutTheHostsModulesSaysWhatToMount() {
        Missing missing = prepare(false, false, Ipvs.REQUIRED).missing().getFirst();
        assertTrue(missing.reason().endsWith("lib/modules/6.1.0-test does not exist"), missing.reason());
        assertTrue(missing.remedy().startsWith("in a container mount /lib/modules of the host"), missing.remedy());
    }

    @Test
    void kernelWithoutModulesSaysSo() throws IOException {
        Files.delete(root.resolve("proc/modules"));
        Missing missing = prepare(false, false, Ipvs.REQUIRED).missing().getFirst();
        assertEquals(
                "module ip_vs: this kernel has no IPVS and cannot load modules; start a kernel with CONFIG_IP_VS",
                missing.message());
    }

    @Test
    void kernelClosedForModulesSaysSo() throws IOException {
        listAllLoadable();
        put("proc/sys/kernel/modules_disabled", "1\n");
        Missing missing = prepare(false, false, Ipvs.REQUIRED).missing().getFirst();
        assertTrue(missing.reason().startsWith("kernel.modules_disabled is 1"), missing.reason());
        assertEquals(List.of(), loads);
    }

    @ParameterizedTest
    @EnumSource(
            value = Outcome.class,
            names = {"REFUSED", "ABSENT"})
    void whatIsOnlyWelcomeIsReportedButNotMissing(Outcome outcome) throws IOException {
        if (outcome == Outcome.REFUSED) {
            listAllLoadable();
            loaderSays = new Refusal("loading it is not permitted", "needs CAP_SYS_MODULE");
        }
        Preparation done = prepare(false, false, Ipvs.AUTO);
        assertEquals(List.of(outcome), outcomes(done));
        assertEquals(List.of(), done.missing());
        String why = change(done, "module ip_vs").why();
        assertTrue(why.startsWith("the kernel itself can balance connections; "), why);
    }

    @Test
    void ipvsIsNotLookedAtWhenOff() throws IOException {
        listAllLoadable();
        assertEquals(List.of(), prepare(false, false, Ipvs.OFF).changes());
        assertEquals(List.of(), loads);
    }

    @Test
    void damagedModuleListIsReportedNotThrown() throws IOException {
        Files.createDirectories(root.resolve(MODULES));
        Files.write(root.resolve(MODULES + "modules.dep"), new byte[] {':', '\n', (byte) 0xFF, (byte) 0xFE, ':'});
        Missing missing = prepare(false, false, Ipvs.REQUIRED).missing().getFirst();
        assertTrue(missing.reason().startsWith("looking for it failed"), missing.reason());
        list(":", "no colon", "", "a.ko", ": b.ko", "ip_vs.ko:   ");
        assertEquals(1, prepare(false, false, Ipvs.REQUIRED).missing().size());
    }
}
