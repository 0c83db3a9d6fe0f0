package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What connections that have ended leave in a process: nothing. */
@Timeout(900)
class FlatMemoryTest {
    // All of the heap is resident from the start, so that what grows is outside of it.
    private static final String JVM =
            "-Xms64m -Xmx64m -XX:+AlwaysPreTouch -XX:+UseSerialGC -XX:ReservedCodeCacheSize=64m";
    private static final int DESCRIPTORS = 20_000;
    private static final int CLIENTS = 4;
    private static final long HEAP_SLACK = 1 << 20;
    // A buffer more that a busy moment took and that stays for the next one; a leak would be a buffer for each
    // connection.
    private static final long DIRECT_SLACK = 64 << 10;
    private static final long RESIDENT_SLACK_KB = 8 << 10;

    /** Opens a connection as a client. */
    private interface Opener {
        Socket open() throws IOException;
    }

    @Test
    void aHundredThousandConnectionsLeaveTheProcessAsItWas() throws Exception {
        assertFlat("PLAIN", 20_000, 80_000);
    }

    @Test
    void twoThousandTlsConnectionsLeaveTheProcessAsItWas() throws Exception {
        assertFlat("TERMINATED", 1_000, 1_000);
    }

    /** The first ones fill caches and have code compiled; the others must find all there. */
    private static void assertFlat(String transport, int first, int others) throws Exception {
        try (ServerSocket member = new ServerSocket(0, 4096, InetAddress.getByName("127.0.0.1"))) {
            Thread.ofVirtual().start(() -> serve(member));
            try (ProxyProcess.Forked proxy =
                    ProxyProcess.Forked.start(transport, member.getLocalPort(), DESCRIPTORS, JVM)) {
                SSLContext trusting = trusting();
                Opener opener = () -> {
                    Socket plain = Peers.connect(proxy.address);
                    return transport.equals("PLAIN") ? plain : secured(trusting, plain);
                };
                useUp(opener, first);
                ProxyProcess.Footprint before = proxy.footprint();
                useUp(opener, others);
                ProxyProcess.Footprint after = proxy.footprint();

                String both = "before " + before + ", after " + after;
                System.out.println(transport + ": " + both);
                assertEquals(0, proxy.statistics()[2], "defects");
                assertEquals(0, after.buffers(), both);
                assertEquals(0, after.sessions(), both);
                assertTrue(after.descriptors() <= before.descriptors(), both);
                assertTrue(after.direct() <= before.direct() + DIRECT_SLACK, both);
                assertTrue(after.heap() <= before.heap() + HEAP_SLACK, both);
                // So few leave the compiler busy yet, whose memory counts here; what they leak would be sessions.
                if (first >= 20_000) {
                    assertTrue(after.resident() <= before.resident() + RESIDENT_SLACK_KB, both);
                }
            }
        }
    }

    private static void serve(ServerSocket member) {
        while (true) {
            try {
                Socket connection = member.accept();
                Thread.ofVirtual().start(() -> {
                    try (connection) {
                        Peers.echo(connection);
                    } catch (IOException e) {
                        // Most end by a reset.
                    }
                });
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void useUp(Opener opener, int connections) throws Exception {
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        for (int c = 0; c < CLIENTS; c++) {
            clients.add(Peers.async(() -> {
                for (int i = 0; i < connections / CLIENTS; i++) {
                    useOnce(opener, i);
                }
                return null;
            }));
        }
        for (CompletableFuture<Void> client : clients) {
            client.get();
        }
    }

    // Nearly all end by a reset: any other way leaves the port in use for a minute (TIME_WAIT), and there are 28,000.
    private static void useOnce(Opener opener, int number) throws IOException {
        Socket client = opener.open();
        if (number % 10 != 1) {
            client.getOutputStream().write(1);
            assertEquals(1, client.getInputStream().read());
        }
        if (number % 10 == 0) {
            client.shutdownOutput();
            assertEquals(-1, client.getInputStream().read());
            client.close();
        } else {
            Peers.reset(client);
        }
    }

    private static Socket secured(SSLContext context, Socket plain) throws IOException {
        SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(plain, Transport.NAME, 443, true);
        secured.startHandshake();
        return new SecuredSocket(secured, plain);
    }

    /** Keys are made anew in the other process, and who it is does not matter here. */
    private static SSLContext trusting() throws Exception {
        TrustManager everybody = new X509ExtendedTrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {everybody}, new SecureRandom());
        return context;
    }
}
