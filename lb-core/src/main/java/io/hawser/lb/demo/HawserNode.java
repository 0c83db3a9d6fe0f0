package io.hawser.lb.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** hawser itself on a node, started by the launcher of a distribution and known only by its command line and its HTTP answers. */
public final class HawserNode implements NodeSoftware {
    /** The port of the admin answers on each node. */
    public static final int ADMIN_PORT = 9100;

    /** The port served at the virtual address, and each master's own. */
    public static final int PORT = 6443;

    private final Path launcher;

    /** The hawser that {@code launcher}, a distribution's {@code bin/hawser}, starts. */
    public HawserNode(Path launcher) {
        this.launcher = launcher;
    }

    /** The configuration of both nodes. */
    public static String configuration(Path socket) {
        return """
                nodes:
                  - {name: lb1, address: %1$s}
                  - {name: lb2, address: %2$s}
                virtual-routers:
                  - {name: api, id: 51, addresses: [%3$s]}
                listeners:
                  - {name: kube-api, bind: "%3$s:%4$d", pool: masters}
                pools:
                  - name: masters
                    balance: round-robin
                    health: {type: https, path: /readyz}
                    members:
                      - {name: m1, address: "%5$s:%4$d"}
                      - {name: m2, address: "%6$s:%4$d"}
                      - {name: m3, address: "%7$s:%4$d"}
                admin: {bind: "0.0.0.0:%8$d", socket: "%9$s"}
                """.formatted(
                        Network.address("lb1"),
                        Network.address("lb2"),
                        Network.VIRTUAL_ADDRESS,
                        PORT,
                        Network.address("m1"),
                        Network.address("m2"),
                        Network.address("m3"),
                        ADMIN_PORT,
                        socket);
    }

    @Override
    public List<List<String>> prepare(String node, Path directory) {
        Path file = directory.resolve("hawser.yaml");
        try {
            Files.writeString(file, configuration(directory.resolve("hawser.sock")));
        } catch (IOException e) {
            throw DemoException.failed("write of %s: %s".formatted(file, e.getMessage()));
        }
        return List.of(List.of(launcher.toString(), "run", "--config", file.toString(), "--node", node));
    }

    @Override
    public boolean isReady(Network network, String node) {
        InetSocketAddress admin = new InetSocketAddress(InetAddress.getLoopbackAddress(), ADMIN_PORT);
        // Started completely, so that its routers listen, and able to serve.
        return network.callIn(node, () -> status(admin, "/readyz") == 200 && status(admin, "/healthz") == 200);
    }

    /** The status of a plain HTTP GET, from the network of the calling thread; 0 when there is no answer within half a second. */
    static int status(InetSocketAddress server, String path) {
        try (Socket socket = new Socket()) {
            socket.connect(server, 500);
            socket.setSoTimeout(500);
            OutputStream out = socket.getOutputStream();
            out.write(("GET " + path + " HTTP/1.1\r\nHost: hawser\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            out.flush();
            InputStream in = socket.getInputStream();
            String line = new String(in.readNBytes(12), StandardCharsets.US_ASCII);
            return line.matches("HTTP/1\\.[01] \\d{3}") ? Integer.parseInt(line.substring(9)) : 0;
        } catch (IOException e) {
            return 0; // not listening yet, or frozen
        }
    }
}
