package io.hawser.lb.proxy;

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * A TLS server in a process of its own, which can be frozen and killed. It answers each line with its name and the line.
 * Arguments of the process: key store, its password, name. It prints its port and ends with its input.
 */
final class TlsMember implements AutoCloseable {
    private final Process process;
    private final InetSocketAddress address;

    TlsMember(Path keyStore, String password, String name) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        process = new ProcessBuilder(
                        java,
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TlsMember.class.getName(),
                        keyStore.toString(),
                        password,
                        name)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        address = new InetSocketAddress("127.0.0.1", Integer.parseInt(String.valueOf(output.readLine())));
    }

    InetSocketAddress address() {
        return address;
    }

    /** Stops it between two instructions; its kernel goes on to accept for it. */
    void freeze() throws Exception {
        Process kill = new ProcessBuilder("kill", "-STOP", String.valueOf(process.pid())).start();
        if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
            throw new IllegalStateException("cannot stop process " + process.pid());
        }
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() throws Exception {
        kill();
    }

    public static void main(String[] arguments) throws Exception {
        char[] password = arguments[1].toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(arguments[0])) {
            store.load(in, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        SSLServerSocket server = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 1000, InetAddress.getByName("127.0.0.1"));
        Thread.ofVirtual().start(() -> {
            while (true) {
                try {
                    SSLSocket socket = (SSLSocket) server.accept();
                    Thread.ofVirtual().start(() -> serve(socket, arguments[2]));
                } catch (IOException e) {
                    return;
                }
            }
        });
        System.out.println(server.getLocalPort());
        while (System.in.read() >= 0) {
            // The parent is there.
        }
        System.exit(0);
    }

    private static void serve(SSLSocket socket, String name) {
        try (socket) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            String line;
            while ((line = in.readLine()) != null) {
                socket.getOutputStream().write((name + " " + line + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException _) {
            // A client that lost a race.
        }
    }
}
