package io.hawser.vrrp;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
 * Reading an advertisement of one address, as the vrrp thread does for each packet. In the package of what it measures,
 * which is nobody else's to see. Used by one thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class AdvertisementDecode {
    private static final InetAddress LB2 = InetAddress.ofLiteral("10.77.0.12");
    private static final InetAddress GROUP = InetAddress.ofLiteral("224.0.0.18");
    private static final long INTERVAL_NANOS = 100_000_000L;

    /** What the checksum covers: MESSAGE (RFC 9568) or PSEUDO_HEADER (keepalived), which is found at the second try. */
    @Param({"MESSAGE", "PSEUDO_HEADER"})
    public String checksum = "MESSAGE";

    private final Decoded.Context context = new Decoded.Context(LB2, GROUP, Advertisement.TTL);
    private ByteBuffer packet = ByteBuffer.allocate(0);

    /** Makes the packet. */
    @Setup
    public void prepare() {
        var advertisement = new Advertisement(
                3, 51, 200, INTERVAL_NANOS, List.of(InetAddress.ofLiteral("10.77.0.10")), Authentication.NONE);
        packet = ByteBuffer.allocateDirect(advertisement.length());
        advertisement.encode(packet, LB2, GROUP, ChecksumForm.valueOf(checksum));
        packet.flip();
        if (!decode().equals(new Decoded.Ok(advertisement, ChecksumForm.valueOf(checksum)))) {
            throw new IllegalStateException("the advertisement was read as " + decode());
        }
    }

    /** One packet. */
    @Benchmark
    public Object decode() {
        return Advertisement.decode(packet, context);
    }
}
