package io.hawser.lb.cli;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The commands and their options, as picocli takes them without reflection. */
final class CommandModel {
    static final String DEFAULT_CONFIG = "/etc/hawser/hawser.yaml";
    static final String DEFAULT_SOCKET = "/run/hawser/hawser.sock";

    /** Three intervals of 1 s, the longest skew time of version 2, and a moment. */
    private static final int LISTEN_SECONDS = 4;

    private CommandModel() {}

    /** The whole command line. */
    static CommandSpec spec() {
        CommandSpec root = command(
                "hawser", "Balances API traffic over the masters and holds the virtual address, in one process.");
        root.addOption(OptionSpec.builder("-V", "--version")
                .versionHelp(true)
                .description("print the version and exit")
                .build());
        root.version(Version.words().split("\n", -1));
        root.addSubcommand("run", run());
        root.addSubcommand("check", check());
        root.addSubcommand("vrrp", vrrp());
        root.addSubcommand("init", init());
        root.addSubcommand("manifest", manifest());
        root.addSubcommand("demo", demo());
        root.addSubcommand("status", status());
        root.addSubcommand("events", events());
        root.addSubcommand("drain", drain());
        root.addSubcommand("enable", enable());
        root.addSubcommand("weight", weight());
        root.addSubcommand("reload", reload());
        root.addSubcommand("support", support());
        root.addSubcommand(
                "completion",
                command(
                        "completion",
                        "Print a script that makes bash and zsh complete this command: source <(hawser completion)"));
        root.addSubcommand("version", command("version", "Print the version."));
        root.usageMessage()
                .footer(
                        "",
                        "Exit: 0 done, 1 failed while running, 2 wrong command line,",
                        "3 configuration invalid, 4 privilege or kernel feature missing.");
        return root;
    }

    private static CommandSpec run() {
        return command("run", "Run this node until it is told to stop (TERM or INT).")
                .addOption(config())
                .addOption(node())
                .addOption(text("FORMAT", "how to log: plain or json; else HAWSER_LOG, else plain", "--log"));
    }

    private static CommandSpec check() {
        CommandSpec check = command(
                        "check",
                        "Check a configuration and list every problem. Exit 3 when it is invalid. What is only missing for now,"
                                + " such as a name that does not resolve yet, is listed separately and is no error.")
                .addOption(config())
                .addOption(node())
                .addOption(seconds(
                                "listen for other users of the VRIDs on their interfaces, for SECONDS (default 4: three intervals"
                                        + " of 1 s and a skew time), and propose free ones; needs CAP_NET_RAW. Exit 1 when"
                                        + " somebody who is not one of the nodes, or with other addresses, uses one",
                                "--listen")
                        .arity("0..1")
                        .fallbackValue(Integer.toString(LISTEN_SECONDS))
                        .build())
                .addOption(flag(
                        "check the text alone: look at no interface, ask no resolver, read no other file; on any machine,"
                                + " which need not be one of the nodes",
                        "--offline"));
        return check;
    }

    private static CommandSpec vrrp() {
        CommandSpec vrrp = command(
                        "vrrp",
                        "Print the VRRP advertisements on an interface, including this host's, and any anomalies."
                                + " Listens only; sends nothing. Needs CAP_NET_RAW.")
                .addOption(text(
                        "NAME", "where to listen; default: the interfaces of the configuration", "-i", "--interface"))
                .addOption(number("N", "end after N advertisements", "--count").build())
                .addOption(seconds("end after SECONDS", "--seconds").build())
                .addOption(flag("print JSON lines", "--json"))
                .addOption(config())
                .addOption(node());
        return vrrp;
    }

    private static CommandSpec init() {
        return command("init", "Write a configuration from a few flags; in a terminal, what is missing is asked for.")
                .addOption(text("ADDRESS", "the virtual address, which no machine has; or address/prefix", "--vip"))
                .addOption(texts("NAME=ADDRESS", "a load-balancer node, highest priority first; repeat", "--node"))
                .addOption(texts("ADDRESS[:PORT]", "an API server, on port 6443 if none is given; repeat", "--master"))
                .addOption(text("N", "VRID, 1 to 255, not used by anything else on the network; default: 51", "--vrid"))
                .addOption(text(
                        "NAME",
                        "interface for the virtual address; default: the one with the node's address",
                        "--interface"))
                .addOption(text(
                        "N",
                        "port that clients connect to; default: 6443, or 8443 when API servers are on the nodes",
                        "--port"))
                .addOption(flag(
                        "API servers on the nodes listen on their node's address only, so that 6443 is free on the"
                                + " virtual one (kubeadm: apiServer.extraArgs, bind-address)",
                        "--bound-api-servers"))
                .addOption(text(
                        "FILE",
                        "output file, - for standard output; default: HAWSER_CONFIG, else " + DEFAULT_CONFIG,
                        "-o",
                        "--output"))
                .addOption(flag("replace the file if it is there", "--force"));
    }

    private static CommandSpec manifest() {
        return command("manifest", "Print a static pod that runs a configuration of this node.")
                .addOption(config())
                .addOption(node())
                .addOption(text(
                        "IMAGE",
                        "an image whose entry point is hawser; default: the distribution in /opt/hawser of the host",
                        "--image"))
                .addOption(flag("give it the capabilities that it uses, and not all of the host", "--least-privilege"));
    }

    private static CommandSpec demo() {
        return command("demo", "Show takeover and balancing with two nodes and three masters on this machine.")
                .addOption(flag("do one round, print a report and exit", "--once"))
                .addOption(flag("one process on loopback, without root and without VRRP", "--single"));
    }

    private static CommandSpec status() {
        return target(command("status", "Show who has the address, who can serve, and what is wrong."))
                .addOption(flag("print what the node answered, as JSON", "--json"));
    }

    private static CommandSpec events() {
        return target(command("events", "Show what happened and why, newest last."))
                .addOption(flag("keep printing new events until interrupted", "-f", "--follow"))
                .addOption(flag("print JSON lines", "--json"));
    }

    private static CommandSpec drain() {
        return order(command(
                        "drain",
                        "Take a member out for maintenance, or this whole node: no new connections, and those there are"
                                + " stay until they end. It is undone by enable, and by a restart; a reload keeps it."))
                .addPositional(member(
                        "0..1", "what to drain: POOL/MEMBER, or MEMBER when only one pool has it; else the node"))
                .addOption(flag("wait until it has no connection any more, showing how many are left", "-w", "--wait"));
    }

    private static CommandSpec enable() {
        return order(command("enable", "Take a drained member, or this node, back in."))
                .addPositional(member("0..1", "what to enable, as for drain; else the node"));
    }

    private static CommandSpec weight() {
        return order(command(
                        "weight",
                        "Change a member's share of the new connections, until the file gives it another weight or the"
                                + " node restarts."))
                .addPositional(member("1", "POOL/MEMBER, or MEMBER when only one pool has it"))
                .addPositional(PositionalParamSpec.builder()
                        .index("1")
                        .arity("1")
                        .required(true)
                        .type(String.class)
                        .paramLabel("WEIGHT")
                        .description("0 to 1000; 0: no new connections")
                        .build());
    }

    private static CommandSpec reload() {
        return order(command(
                "reload",
                "Apply the configuration file to the running node: all of it or nothing. What did not change is not"
                        + " touched, connections included."));
    }

    private static CommandSpec support() {
        return target(command(
                        "support",
                        "Collect a support bundle in one file, without secrets: configuration,"
                                + " status, events, metrics, addresses, routes, kernel settings, limits, log."))
                .addOption(text(
                        "FILE",
                        "output file; default: hawser-support-TIME.zip in the current folder",
                        "-o",
                        "--output"));
    }

    private static PositionalParamSpec member(String arity, String description) {
        return PositionalParamSpec.builder()
                .index("0")
                .arity(arity)
                .required(arity.equals("1"))
                .type(String.class)
                .paramLabel("MEMBER")
                .description(description)
                .build();
    }

    /** What is given to a node on its socket. */
    private static CommandSpec order(CommandSpec command) {
        return socket(command).addOption(flag("print what the node answered, as JSON", "--json"));
    }

    private static CommandSpec socket(CommandSpec command) {
        return command.addOption(text(
                        "FILE",
                        "admin socket of the node; default: that of the configuration, else " + DEFAULT_SOCKET,
                        "--socket"))
                .addOption(config());
    }

    private static CommandSpec target(CommandSpec command) {
        return socket(command).addOption(text("URL", "admin port of a node, such as http://10.77.0.12:9100", "--url"));
    }

    private static CommandSpec command(String name, String description) {
        CommandSpec spec = CommandSpec.create().name(name);
        spec.usageMessage().description(description).abbreviateSynopsis(false);
        spec.addOption(OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("print this help and exit")
                .build());
        return spec;
    }

    private static OptionSpec config() {
        return text("FILE", "configuration file; default: HAWSER_CONFIG, else " + DEFAULT_CONFIG, "-c", "--config");
    }

    private static OptionSpec node() {
        return text(
                "NAME",
                "which of the configured nodes this is; default: HAWSER_NODE, else detected from the host",
                "--node");
    }

    private static OptionSpec text(String label, String description, String... names) {
        return OptionSpec.builder(names)
                .type(String.class)
                .arity("1")
                .paramLabel(label)
                .description(description)
                .build();
    }

    private static OptionSpec.Builder seconds(String description, String... names) {
        return number("SECONDS", description, names);
    }

    private static OptionSpec.Builder number(String label, String description, String... names) {
        return OptionSpec.builder(names)
                .type(Integer.class)
                .arity("1")
                .paramLabel(label)
                .description(description);
    }

    private static OptionSpec texts(String label, String description, String... names) {
        return OptionSpec.builder(names)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("1")
                .paramLabel(label)
                .description(description)
                .build();
    }

    private static OptionSpec flag(String description, String... names) {
        return OptionSpec.builder(names)
                .type(boolean.class)
                .arity("0")
                .description(description)
                .build();
    }
}
