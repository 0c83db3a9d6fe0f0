package io.hawser.sysctl.linux;

import java.util.Random;
import java.util.function.Consumer;

/** Damages captured bytes in every way that a decoder has to survive, from a seed that failures print. */
final class Mutations {
    private static final int COUNT = 100_000;
    private static final long SEED = 20_260_101;

    private Mutations() {}

    /** Hands over mutations of the seeds; what throws is reported with its number, so that it can be replayed. */
    static void each(byte[][] seeds, Consumer<byte[]> decode) {
        for (int number = 0; number < COUNT; number++) {
            byte[] bytes = mutation(seeds, number);
            try {
                decode.accept(bytes);
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + SEED + ", mutation " + number + " was not survived", e);
            }
        }
    }

    private static byte[] mutation(byte[][] seeds, int number) {
        Random random = new Random(SEED + number);
        byte[] bytes = seeds[random.nextInt(seeds.length)].clone();
        for (int i = 1 + random.nextInt(6); i > 0 && bytes.length > 0; i--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes[at] = new byte[] {0, 1, 3, 4, 0x7F, (byte) 0x80, (byte) 0xFF}[random.nextInt(7)];
                default -> bytes = java.util.Arrays.copyOf(bytes, at);
            }
        }
        return bytes;
    }
}
