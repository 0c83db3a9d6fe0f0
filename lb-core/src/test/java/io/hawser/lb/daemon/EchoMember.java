package io.hawser.lb.daemon;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A member on loopback that says its name on each connection, then gives back what it gets. */
final class EchoMember implements AutoCloseable {
    private final String name;
    private final ServerSocket server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    EchoMember(String name) throws IOException {
        this(name, InetAddress.getLoopbackAddress());
    }

    /** A member at another address of this host. */
    EchoMember(String name, InetAddress address) throws IOException {
        this.name = name;
        server = new ServerSocket(0, 1_000, address);
        Thread.ofVirtual().start(this::accept);
    }

    String name() {
        return name;
    }

    InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    /** As a member in a configuration. */
    String yaml() {
        return "{name: " + name + ", address: \"" + server.getInetAddress().getHostAddress() + ":"
                + server.getLocalPort() + "\"}";
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                open.add(socket);
                Thread.ofVirtual().start(() -> echo(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void echo(Socket socket) {
        try (socket) {
            socket.getOutputStream().write((name + "\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException e) {
            // A check that hangs up.
        } finally {
            open.remove(socket);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
