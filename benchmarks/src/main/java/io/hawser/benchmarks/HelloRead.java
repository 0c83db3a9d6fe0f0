package io.hawser.benchmarks;

import io.hawser.lb.inspect.TlsHello;
import io.hawser.lb.inspect.TlsHelloReader;
import java.nio.ByteBuffer;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Reading a TLS 1.3 hello with server name and ALPN, as an event loop does for each connection that is routed by it. Used by one
 * thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HelloRead {
    private static final String NAME = "api.cluster.example";

    /** In how many pieces it comes: at once, as from a client that means well, or in very many. */
    @Param({"1", "100"})
    public int pieces = 1;

    private ByteBuffer hello = ByteBuffer.allocate(0);

    /**
     * Makes the hello.
     *
     * @throws NoSuchAlgorithmException this runtime has no TLS
     * @throws SSLException it can make no hello
     */
    @Setup
    public void prepare() throws NoSuchAlgorithmException, SSLException {
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(NAME)));
        parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
        engine.setSSLParameters(parameters);
        hello = ByteBuffer.allocateDirect(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), hello);
        hello.flip();
        if (!(read() instanceof TlsHello.Client)) {
            throw new IllegalStateException("the hello was read as " + read());
        }
    }

    /** One hello. */
    @Benchmark
    public Object read() {
        TlsHelloReader reader = new TlsHelloReader();
        int length = hello.limit();
        TlsHello result = TlsHello.NeedMore.INSTANCE;
        for (int piece = 1; piece <= pieces; piece++) {
            result = reader.read(hello, 0, length * piece / pieces);
        }
        return result;
    }
}
