package io.hawser.sysctl;

import io.hawser.sysctl.KernelSettings.Ipvs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes the kernel able to do what a load-balancer node needs, and says what it found and changed. Nothing is written
 * that already has the value, and every write is read back. For one thread at a time.
 */
public final class KernelPreparation {
    /* net.ipv4.ip_forward is the only switch for forwarding that is touched. Its IPv6 counterpart,
     * net.ipv6.conf.all.forwarding, makes a host a router: with accept_ra at its default 1 it stops listening to router
     * advertisements, and the kernel at once drops the default routes that it learnt from them (ip-sysctl, accept_ra;
     * rt6_purge_dflt_routers). A node that owes its route to advertisements would cut itself off, while nothing that
     * works over IPv6 today, proxying and VRRP, forwards packets.
     *
     * Switching net.ipv4.ip_forward on also switches net.ipv4.conf.all.accept_redirects off (RFC 1812 5.2.7.2), which
     * is right for a node with fixed routes, and large receive offload, which would corrupt forwarded packets.
     *
     * None of this is undone at the end: other software on the host may have come to rely on it. */
    private static final Sysctl IP_FORWARD = Sysctl.of("net", "ipv4", "ip_forward");
    private static final Sysctl IPV4_NONLOCAL_BIND = Sysctl.of("net", "ipv4", "ip_nonlocal_bind");
    private static final Sysctl IPV6_NONLOCAL_BIND = Sysctl.of("net", "ipv6", "ip_nonlocal_bind");
    private static final Sysctl MODULES_DISABLED = Sysctl.of("kernel", "modules_disabled");
    private static final Sysctl RELEASE = Sysctl.of("kernel", "osrelease");

    private static final String WHY_FORWARD = "packets for a virtual address are passed on to other nodes";
    private static final String WHY_NONLOCAL_BIND = "listeners bind virtual addresses while another node holds them";
    private static final String WHY_IPVS = "the kernel itself can balance connections";

    private static final String IPVS_MODULE = "ip_vs";
    private static final List<String> SCHEDULERS =
            List.of("ip_vs_rr", "ip_vs_wrr", "ip_vs_lc", "ip_vs_wlc", "ip_vs_sh");

    private final Path root;
    private final SysctlTree tree;
    private final ModuleLoader loader;

    /** Prepares the kernel of this host, and the network namespace of the thread that calls {@link #prepare}. */
    public KernelPreparation() {
        this(Path.of("/"), new SystemModuleLoader());
    }

    KernelPreparation(Path root, ModuleLoader loader) {
        this.root = root;
        this.tree = new SysctlTree(root.resolve("proc/sys"));
        this.loader = loader;
    }

    /**
     * Looks at everything that is wished for and changes what is not so yet.
     *
     * @return what was found and changed, and what of it is missing; never throws for what the kernel refuses
     */
    public Preparation prepare(KernelSettings wishes) {
        Objects.requireNonNull(wishes, "wishes");
        Findings findings = new Findings();
        if (wishes.ipForward()) {
            switchOn(IP_FORWARD, WHY_FORWARD, findings);
        }
        if (wishes.nonlocalBind()) {
            switchOn(IPV4_NONLOCAL_BIND, WHY_NONLOCAL_BIND, findings);
            if (hasIpv6()) {
                switchOn(IPV6_NONLOCAL_BIND, WHY_NONLOCAL_BIND, findings);
            } else {
                String why = WHY_NONLOCAL_BIND + "; not needed: IPv6 is disabled in this kernel";
                findings.add(new Change(IPV6_NONLOCAL_BIND.name(), "absent", "absent", why, Outcome.ABSENT));
            }
        }
        if (wishes.ipvs() != Ipvs.OFF) {
            prepareIpvs(wishes.ipvs() == Ipvs.REQUIRED, findings);
        }
        return new Preparation(findings.changes, findings.missing);
    }

    /**
     * Looks whether what {@link #prepare} switched on is still so, and changes nothing. A setting that cannot be read
     * says nothing. Any thread.
     *
     * @return what is not as it is wished for, with what to do
     */
    public List<Change> unmet(KernelSettings wishes) {
        List<Change> found = new ArrayList<>();
        if (wishes.ipForward()) {
            find(IP_FORWARD, WHY_FORWARD, "kernel.ip-forward", found);
        }
        if (wishes.nonlocalBind()) {
            find(IPV4_NONLOCAL_BIND, WHY_NONLOCAL_BIND, "kernel.nonlocal-bind", found);
            find(IPV6_NONLOCAL_BIND, WHY_NONLOCAL_BIND, "kernel.nonlocal-bind", found);
        }
        return found;
    }

    private void find(Sysctl setting, String why, String key, List<Change> found) {
        String now = readAgain(setting);
        if (now.equals("0")) {
            String remedy = key + " needs 1, since " + why + ": set it (sysctl -w " + setting.name()
                    + "=1), and find what set it to 0 (/etc/sysctl.d, a network manager)";
            found.add(new Change(setting.name(), now, now, remedy, Outcome.REFUSED));
        }
    }

    // Started with ipv6.disable=1 the kernel has no such directory.
    private boolean hasIpv6() {
        return tree.exists(Sysctl.of("net", "ipv6"));
    }

    private void switchOn(Sysctl setting, String why, Findings findings) {
        String wanted = "1";
        String before;
        try {
            before = tree.read(setting);
        } catch (IOException e) {
            Refusal refusal = Refusal.of("reading it", e);
            boolean absent = e instanceof NoSuchFileException;
            String state = absent ? "absent" : "unknown";
            Outcome outcome = absent ? Outcome.ABSENT : Outcome.REFUSED;
            findings.lack(setting.name(), state, state, why, outcome, refusal, true);
            return;
        }
        if (before.equals(wanted)) {
            findings.add(new Change(setting.name(), before, before, why, Outcome.ALREADY));
            return;
        }
        Refusal refusal = write(setting, wanted);
        String now = readAgain(setting);
        if (now.equals(wanted)) {
            findings.add(new Change(setting.name(), before, now, why, Outcome.CHANGED));
            return;
        }
        if (refusal == null) {
            refusal = new Refusal(
                    "writing " + wanted + " was accepted, but it reads " + now + " afterwards",
                    "find out what sets it back, or set it on the host");
        }
        findings.lack(setting.name(), before, now, why, Outcome.REFUSED, refusal, true);
    }

    private @Nullable Refusal write(Sysctl setting, String wanted) {
        try {
            tree.write(setting, wanted);
            return null;
        } catch (IOException e) {
            return Refusal.of("writing " + wanted, e);
        }
    }

    private String readAgain(Sysctl setting) {
        try {
            return tree.read(setting);
        } catch (IOException e) {
            return "unknown";
        }
    }

    private void prepareIpvs(boolean required, Findings findings) {
        ModuleCatalog modules = new ModuleCatalog(root, readAgain(RELEASE));
        // Without the balancer its schedulers are not worth five more lines.
        if (prepareModule(modules, IPVS_MODULE, required, findings)) {
            SCHEDULERS.forEach(scheduler -> prepareModule(modules, scheduler, required, findings));
        }
    }

    private boolean prepareModule(ModuleCatalog modules, String module, boolean required, Findings findings) {
        String setting = "module " + module;
        ModuleState before = ModuleState.UNKNOWN;
        try {
            before = stateOf(modules, module);
            if (before.usable()) {
                findings.add(new Change(setting, before.toString(), before.toString(), WHY_IPVS, Outcome.ALREADY));
                return true;
            }
            Refusal refusal =
                    before == ModuleState.LOADABLE ? load(modules, module) : notLoadable(modules, module, before);
            ModuleState now = stateOf(modules, module);
            if (now.usable()) {
                findings.add(new Change(setting, before.toString(), now.toString(), WHY_IPVS, Outcome.CHANGED));
                return true;
            }
            Refusal reason = refusal != null
                    ? refusal
                    : new Refusal(
                            "loading it succeeded, but the module is not live",
                            "check whether /etc/modprobe.d blacklists it; dmesg has the kernel's message");
            Outcome outcome = before == ModuleState.LOADABLE ? Outcome.REFUSED : Outcome.ABSENT;
            findings.lack(setting, before.toString(), now.toString(), WHY_IPVS, outcome, reason, required);
        } catch (IOException e) {
            Refusal refusal = new Refusal("looking for it failed: " + e.getMessage(), "check " + modules.directory());
            findings.lack(setting, before.toString(), "unknown", WHY_IPVS, Outcome.REFUSED, refusal, required);
        }
        return false;
    }

    private ModuleState stateOf(ModuleCatalog modules, String module) throws IOException {
        // Built in without parameters, the balancer shows only by what it offers.
        boolean offered = module.equals(IPVS_MODULE) && Files.exists(root.resolve("proc/net/ip_vs"));
        ModuleState state = modules.state(module);
        return offered && !state.usable() ? ModuleState.BUILT_IN : state;
    }

    private @Nullable Refusal load(ModuleCatalog modules, String module) throws IOException {
        if (readAgain(MODULES_DISABLED).equals("1")) {
            return new Refusal(
                    "kernel.modules_disabled is 1: no module can be loaded until the next reboot",
                    "load " + module + " at boot (/etc/modules-load.d) before that is set");
        }
        return loader.load(module, modules.filesInLoadOrder(module));
    }

    private static Refusal notLoadable(ModuleCatalog modules, String module, ModuleState state) {
        Path directory = modules.directory();
        String packages = " (Debian: linux-image-" + directory.getFileName() + ", RHEL: kernel-modules-core and"
                + " kernel-modules of " + directory.getFileName() + ")";
        return switch (state) {
            case FILE_MISSING ->
                new Refusal(
                        directory + "/modules.dep lists it, but its file or that of a module it needs is missing",
                        "install the modules of the running kernel again" + packages);
            case UNKNOWN ->
                new Refusal(
                        "it is not loaded, and " + directory + " does not exist",
                        "in a container mount /lib/modules of the host read-only; on a host install the modules of the"
                                + " running kernel" + packages + ", or start the kernel that is installed");
            case NO_MODULES ->
                new Refusal("this kernel has no IPVS and cannot load modules", "start a kernel with CONFIG_IP_VS");
            default ->
                new Refusal(
                        "this kernel has no IPVS: " + directory + " lists no module " + module,
                        "install the complete modules of the running kernel" + packages
                                + ", or start a kernel with CONFIG_IP_VS");
        };
    }

    /** Collects what one preparation comes to. */
    private static final class Findings {
        private final List<Change> changes = new ArrayList<>();
        private final List<Missing> missing = new ArrayList<>();

        void add(Change change) {
            changes.add(change);
        }

        void lack(
                String setting,
                String before,
                String now,
                String why,
                Outcome outcome,
                Refusal refusal,
                boolean required) {
            String explained = why + "; " + refusal.reason() + "; " + refusal.remedy();
            changes.add(new Change(setting, before, now, explained, outcome));
            if (required) {
                missing.add(new Missing(setting, refusal.reason(), refusal.remedy()));
            }
        }
    }
}
