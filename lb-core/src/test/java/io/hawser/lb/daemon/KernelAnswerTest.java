package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class KernelAnswerTest {
    private final List<String> told = new CopyOnWriteArrayList<>();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch free = new CountDownLatch(1);

    private void held() {
        try {
            free.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void tell(String text, CountDownLatch then) {
        told.add(text);
        if (told.size() == 2) {
            then.countDown();
        }
    }

    @Test
    void theStartWaitsUntilTheKernelAnswersAndSaysSo() throws Exception {
        assertTrue(KernelAnswer.await(this::held, stop, text -> tell(text, free)));
        assertTrue(told.get(0).startsWith("the kernel has not answered for 1 s: "), told::toString);
        assertTrue(told.get(1).startsWith("the kernel has not answered for 2 s: "), told::toString);
    }

    @Test
    void theEndOfTheProcessWaitsForNoKernel() throws Exception {
        assertFalse(KernelAnswer.await(this::held, stop, text -> tell(text, stop)));
        free.countDown();
    }

    @Test
    void aKernelThatAnswersIsNotSpokenOf() throws Exception {
        assertTrue(KernelAnswer.await(stop, text -> tell(text, stop)));
        assertEquals(List.of(), told);
    }

    @Test
    void aQuestionThatFailsIsAnAnswer() throws Exception {
        Runnable failing = () -> {
            throw new IllegalStateException("tested");
        };
        assertTrue(KernelAnswer.await(failing, stop, told::add));
    }
}
