package io.hawser.lb.proxy;

/** A shortage that keeps a node from accepting connections, in words. */
public enum Shortage {
    /** Native memory for buffers. */
    NATIVE_MEMORY("native memory is running out", "give it more (-XX:MaxDirectMemorySize) or lower limits.connections"),
    /** Heap, of which each connection takes some. */
    HEAP("the heap is running out", "give it more (-Xmx) or lower limits.connections"),
    /** Descriptors, ports or memory of the kernel. */
    KERNEL(
            "descriptors, ports or kernel memory are running out",
            "find the error in the log, and raise the limit that it names");

    private final String text;
    private final String remedy;

    Shortage(String text, String remedy) {
        this.text = text;
        this.remedy = remedy;
    }

    /** What is short. */
    public String text() {
        return text;
    }

    /** What to do about it. */
    public String remedy() {
        return remedy;
    }
}
