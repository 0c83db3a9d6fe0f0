package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

// In a thread of its own, since a wait in the kernel hears no interrupt.
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PollerTest {
    /** An eventfd that can be read: a descriptor that is ready, without any right. */
    private static Descriptor readable() {
        Descriptor event = Descriptor.of(Libc.eventfd(0x800), "eventfd()", "");
        NativeBuffer one = new NativeBuffer(Long.BYTES);
        one.bytes().putLong(0, 1);
        Libc.write(event.fd(), one);
        return event;
    }

    private static Descriptor idle() {
        return Descriptor.of(Libc.eventfd(0x800), "eventfd()", "");
    }

    @Test
    void wakeBeforehandEndsTheNextWait() {
        try (Poller poller = new Poller()) {
            poller.wake();
            poller.wake();
            assertEquals(0, poller.await(Long.MAX_VALUE));
            assertEquals(0, poller.await(0), "one wait takes all wakes");
        }
    }

    @Test
    void wakeFromAnotherThreadEndsAnEndlessWait() throws Exception {
        try (Poller poller = new Poller()) {
            Thread waker = Thread.ofPlatform().daemon().start(poller::wake);
            assertEquals(0, poller.await(Long.MAX_VALUE));
            waker.join();
        }
    }

    @Test
    void onlyReadyDescriptorsAreReady() {
        try (Poller poller = new Poller();
                Descriptor ready = readable();
                Descriptor idle = idle()) {
            poller.register(idle.fd());
            poller.register(ready.fd());
            assertEquals(1, poller.await(Long.MAX_VALUE));
            assertTrue(poller.isReady(ready.fd()));
            assertFalse(poller.isReady(idle.fd()));
            assertFalse(poller.isReady(9999));
        }
    }

    @Test
    void unregisteredDescriptorIsNotWaitedForAndTheOthersAre() {
        try (Poller poller = new Poller();
                Descriptor first = readable();
                Descriptor second = idle();
                Descriptor third = readable()) {
            poller.register(first.fd());
            poller.register(second.fd());
            poller.register(third.fd());
            poller.unregister(first.fd());
            poller.unregister(first.fd());
            assertEquals(1, poller.await(0));
            assertFalse(poller.isReady(first.fd()));
            assertTrue(poller.isReady(third.fd()));
        }
    }

    @Test
    void moreDescriptorsThanAtFirstThereIsRoomFor() {
        try (Poller poller = new Poller()) {
            Descriptor[] all = new Descriptor[100];
            for (int i = 0; i < all.length; i++) {
                all[i] = i % 2 == 0 ? readable() : idle();
                poller.register(all[i].fd());
            }
            assertEquals(50, poller.await(0));
            for (int i = 0; i < all.length; i++) {
                assertEquals(i % 2 == 0, poller.isReady(all[i].fd()));
                all[i].close();
            }
        }
    }

    @Test
    void timeEndsTheWait() {
        try (Poller poller = new Poller()) {
            long start = System.nanoTime();
            assertEquals(0, poller.await(2_500_000));
            assertTrue(System.nanoTime() - start >= 2_500_000, "a wait may end late but not early");
        }
    }

    @Test
    void descriptorClosedBehindItsBackIsReadySoThatReadingShowsIt() {
        try (Poller poller = new Poller()) {
            Descriptor idle = idle();
            int fd = idle.fd();
            poller.register(fd);
            idle.close();
            assertEquals(1, poller.await(Long.MAX_VALUE));
            assertTrue(poller.isReady(fd));
        }
    }

    @Test
    void descriptorIsRegisteredOnce() {
        try (Poller poller = new Poller();
                Descriptor idle = idle()) {
            poller.register(idle.fd());
            assertThrows(IllegalStateException.class, () -> poller.register(idle.fd()));
            assertThrows(IllegalArgumentException.class, () -> poller.register(-1));
        }
    }

    @Test
    void wakeAfterClosingTouchesNoForeignDescriptor() {
        Poller poller = new Poller();
        poller.close();
        poller.wake();
        assertThrows(IllegalStateException.class, () -> poller.await(0));
    }

    // Random by nature: with the flag cleared before the counter is read, it hangs in most runs.
    @Test
    void noWakeIsLost() throws Exception {
        int count = 300_000;
        Queue<Integer> queue = new ConcurrentLinkedQueue<>();
        try (Poller poller = new Poller()) {
            Thread sender = Thread.ofPlatform().daemon().start(() -> {
                for (int i = 0; i < count; i++) {
                    queue.add(i);
                    poller.wake();
                }
            });
            int received = 0;
            while (received < count) {
                poller.await(Long.MAX_VALUE);
                while (queue.poll() != null) {
                    received++;
                }
            }
            sender.join();
        }
    }
}
