package io.hawser.vrrp;

import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.linux.FrameTap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the few frames that are taken at random from all those that arrive on an interface, and has a
 * {@link FloodMeter} estimate from them how many there are. Vrrp thread; closed by the one that may wait for the kernel.
 */
final class FrameSampler {
    private static final Logger log = LoggerFactory.getLogger(FrameSampler.class);
    /** So many frames are read at a look; the queue has room for about that. */
    private static final int AT_ONCE = 64;

    private final String interfaceName;
    private final FrameTap tap;
    private final FloodMeter meter = new FloodMeter();

    /** Takes the tap over. */
    FrameSampler(String interfaceName, FrameTap tap) {
        this.interfaceName = interfaceName;
        this.tap = tap;
    }

    /**
     * Looks at the frames that have been taken.
     *
     * @param vrids those of the virtual routers here
     * @return about how many packets there were since the last look
     */
    Map<Flood.Protocol, Long> sample(Map<Family, Set<Integer>> vrids, long now) {
        List<LinkSample> found = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            FrameTap.Frame frame = receive();
            if (frame == null) {
                break;
            }
            LinkSample sample = LinkSample.read(frame.bytes(), vrids);
            if (sample != null) {
                found.add(sample);
            }
        }
        return meter.looked(found, found.isEmpty() ? 0 : tap.lost(), now);
    }

    /** What arrives in numbers that no working network has, at the time of the last {@link #sample}. */
    List<Flood> floods() {
        return meter.floods(interfaceName);
    }

    private FrameTap.@Nullable Frame receive() {
        try {
            return tap.receive();
        } catch (ErrnoException e) {
            // ENETDOWN, as of the other sockets.
            log.atDebug().addKeyValue("interface", interfaceName).setCause(e).log("receiving samples failed");
            return null;
        }
    }

    void close() {
        tap.close();
    }
}
