package io.hawser.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class AffinityTest {
    /** Runs on a thread of its own, which has the choice for good. */
    private static <T> T onAThread(Callable<T> task) throws Exception {
        FutureTask<T> future = new FutureTask<>(task);
        Thread.ofPlatform().start(future);
        return future.get();
    }

    @Test
    void eachProcessorThatIsPermittedIsChosenOnce() throws Exception {
        Set<String> chosen = new HashSet<>();
        int all = Runtime.getRuntime().availableProcessors();
        for (int i = 0; i < all; i++) {
            int nth = i;
            chosen.add(onAThread(() -> {
                Affinity.keepThisThreadOn(nth);
                return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                        .filter(line -> line.startsWith("Cpus_allowed_list:"))
                        .findFirst()
                        .orElseThrow();
            }));
        }

        assertEquals(all, chosen.size(), chosen::toString);
        assertEquals(
                all, chosen.stream().filter(each -> each.matches(".*\\s\\d+")).count(), chosen::toString);
    }

    @Test
    void oneThatIsNotThereIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Affinity.keepThisThreadOn(1024));
    }
}
