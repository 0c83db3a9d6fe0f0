package io.hawser.testkit;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Captured inputs, whole and damaged. */
public final class Corpus {
    private static final int ROUNDS = 100_000;

    private Corpus() {}

    /** The files of a directory beside a class, or of an absolute one of the class path; in the order of their names. */
    public static List<byte[]> read(Class<?> beside, String directory) {
        try (Stream<Path> files = Files.list(Path.of(
                Objects.requireNonNull(beside.getResource(directory), directory).toURI()))) {
            List<byte[]> inputs = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                inputs.add(Files.readAllBytes(file));
            }
            assertFalse(inputs.isEmpty(), directory + " is empty");
            return inputs;
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException("reading " + directory + " failed", e);
        }
    }

    /** Hands over 100,000 damaged inputs: cut, lengthened, with bytes changed or another input's end. */
    public static void damaged(Class<?> beside, String directory, Consumer<byte[]> reader) {
        List<byte[]> corpus = read(beside, directory);
        long seed = Seed.ofThisRun();
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] input = damage(random, corpus);
            try {
                reader.accept(input);
            } catch (RuntimeException | Error e) {
                throw new AssertionError(
                        "seed " + seed + ", round " + round + ": "
                                + HexFormat.of().formatHex(input),
                        e);
            }
        }
    }

    private static byte[] damage(Random random, List<byte[]> corpus) {
        byte[] one = corpus.get(random.nextInt(corpus.size()));
        byte[] input = one.clone();
        if (random.nextInt(3) == 0) {
            input = Arrays.copyOf(one, random.nextInt(one.length + 16));
        } else if (random.nextInt(4) == 0) {
            byte[] other = corpus.get(random.nextInt(corpus.size()));
            int from = random.nextInt(Math.min(one.length, other.length));
            System.arraycopy(other, from, input, from, Math.min(one.length, other.length) - from);
        }
        for (int changes = random.nextInt(6); changes > 0 && input.length > 0; changes--) {
            byte[] telling = {0, 1, -1, 0x7F, (byte) 0x80, 4, 16};
            input[random.nextInt(input.length)] =
                    random.nextBoolean() ? telling[random.nextInt(telling.length)] : (byte) random.nextInt();
        }
        return input;
    }
}
