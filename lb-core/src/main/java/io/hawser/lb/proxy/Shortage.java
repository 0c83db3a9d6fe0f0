package io.hawser.lb.proxy;

/** What a node lacks that does not accept connections, in words. */
public enum Shortage {
    /** Native memory for buffers. */
    NATIVE_MEMORY("native memory runs short", "give it more (-XX:MaxDirectMemorySize) or lower limits.connections"),
    /** Heap, of which each connection takes some. */
    HEAP("the heap runs short", "give it more (-Xmx) or lower limits.connections"),
    /** Descriptors, ports or memory of the kernel. */
    KERNEL(
            "descriptors, ports or memory of the kernel run short",
            "look in the log for the error, and raise what it names");

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
