package io.hawser.lb.pem;

import io.hawser.sysctl.linux.NativeMemory;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Serial numbers in order, outside of the heap. Filled by one thread, then immutable until it is closed; any thread. */
final class SerialNumbers implements AutoCloseable {
    private final NativeMemory memory;
    private final ByteBuffer bytes;
    private final int width;
    private int count;

    /**
     * Room for some numbers.
     *
     * @param width bytes of the longest
     */
    SerialNumbers(int most, int width) {
        this.width = Math.max(1, width);
        this.memory = NativeMemory.of(Math.max(1, Math.multiplyExact(most, this.width)));
        this.bytes = memory.bytes();
    }

    /** One more, as two's complement. */
    void add(byte[] from, int start, int end) {
        int padding = width - (end - start);
        int at = count * width;
        byte sign = (byte) (from[start] < 0 ? -1 : 0);
        for (int i = 0; i < padding; i++) {
            bytes.put(at + i, sign);
        }
        bytes.put(at + padding, from, start, end - start);
        count++;
    }

    int count() {
        return count;
    }

    /** Puts them in order, in place (heapsort): most lists are in order already. */
    void sort() {
        if (isSorted()) {
            return;
        }
        byte[] spare = new byte[width];
        byte[] other = new byte[width];
        for (int i = count / 2 - 1; i >= 0; i--) {
            sink(i, count, spare, other);
        }
        for (int end = count - 1; end > 0; end--) {
            swap(0, end, spare, other);
            sink(0, end, spare, other);
        }
    }

    private boolean isSorted() {
        for (int i = 1; i < count; i++) {
            if (compare(i - 1, i) > 0) {
                return false;
            }
        }
        return true;
    }

    private void sink(int from, int end, byte[] spare, byte[] other) {
        int parent = from;
        while (2 * parent + 1 < end) {
            int child = 2 * parent + 1;
            if (child + 1 < end && compare(child, child + 1) < 0) {
                child++;
            }
            if (compare(parent, child) >= 0) {
                return;
            }
            swap(parent, child, spare, other);
            parent = child;
        }
    }

    private int compare(int one, int another) {
        int left = one * width;
        int right = another * width;
        for (int i = 0; i < width; i++) {
            int difference = (bytes.get(left + i) & 0xFF) - (bytes.get(right + i) & 0xFF);
            if (difference != 0) {
                return difference;
            }
        }
        return 0;
    }

    private void swap(int one, int another, byte[] spare, byte[] other) {
        bytes.get(one * width, spare);
        bytes.get(another * width, other);
        bytes.put(one * width, other);
        bytes.put(another * width, spare);
    }

    /** Whether a number is among them. */
    boolean contains(BigInteger serial) {
        byte[] shortest = serial.toByteArray();
        if (shortest.length > width) {
            return false;
        }
        byte[] wanted = new byte[width];
        Arrays.fill(wanted, (byte) (shortest[0] < 0 ? -1 : 0));
        System.arraycopy(shortest, 0, wanted, width - shortest.length, shortest.length);
        byte[] found = new byte[width];
        int low = 0;
        int high = count - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            bytes.get(middle * width, found);
            int difference = Arrays.compareUnsigned(found, wanted);
            if (difference == 0) {
                return true;
            } else if (difference < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return false;
    }

    @Override
    public void close() {
        memory.close();
    }
}
