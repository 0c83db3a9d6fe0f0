package io.hawser.sysctl.linux;

import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Which packets a socket receives, decided by the kernel before the process wakes: a classic BPF program
 * (SO_ATTACH_FILTER). Immutable.
 */
public final class SocketFilter {
    /* struct sock_filter: code (2), jump if true (1), jump if false (1), k. Conditional jumps reach 255 instructions
     * only, so each value has a short one over a long one. */
    private static final int LOAD_WORD = 0x20;
    private static final int LOAD_BYTE = 0x30;
    private static final int LOAD_LENGTH = 0x80;
    private static final int LOAD_BYTE_BEHIND_HEADER = 0x50;
    private static final int HEADER_LENGTH_TO_X = 0xb1;
    private static final int SUBTRACT_X = 0x1c;
    private static final int JUMP = 0x05;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int JUMP_IF_NOT_LESS = 0x35;
    private static final int RETURN = 0x06;
    private static final int WHOLE = 0x40000;
    private static final int LONGEST = 4096;
    /** Offsets from here on count from the network header, which is not part of what an IPv6 raw socket receives. */
    private static final int NETWORK_HEADER = -0x100000;

    private static final int SOL_SOCKET = 1;
    private static final int SO_ATTACH_FILTER = 26;
    private static final int IPV4_TTL = 8;
    private static final int IPV6_HOP_LIMIT = 7;

    private final List<int[]> program;

    private SocketFilter(List<int[]> program) {
        // More values than a program may hold: hearing too much is right, only dear.
        this.program = program.size() <= LONGEST ? List.copyOf(program) : List.of(new int[] {RETURN, 0, 0, WHOLE});
    }

    /** A program of own making: for each instruction its code, jump if true, jump if false, and k. */
    static SocketFilter of(int[][] program) {
        return new SocketFilter(List.of(program));
    }

    /**
     * Passes what has one of these values in the 32 bits at an offset, in network byte order; what is shorter is kept
     * away.
     *
     * @param offset from the start of what the socket receives
     */
    public static SocketFilter word(int offset, Set<Integer> values) {
        List<int[]> program = new ArrayList<>();
        program.add(new int[] {LOAD_LENGTH, 0, 0, 0});
        program.add(new int[] {JUMP_IF_NOT_LESS, 1, 0, offset + Integer.BYTES});
        program.add(new int[] {RETURN, 0, 0, 0});
        program.add(new int[] {LOAD_WORD, 0, 0, offset});
        oneOf(program, values, 0);
        program.add(new int[] {RETURN, 0, 0, WHOLE});
        return new SocketFilter(program);
    }

    /**
     * For a raw socket: passes what arrives with a TTL or hop limit, and has one of these values in the byte at an offset
     * of the payload.
     *
     * @param offset from the start of the payload
     * @param isOthers passes exactly all others instead, also those that are too short
     */
    public static SocketFilter payload(Family family, int ttl, int offset, Set<Integer> values, boolean isOthers) {
        int no = isOthers ? WHOLE : 0;
        boolean four = family == Family.IPV4;
        List<int[]> program = new ArrayList<>();
        program.add(new int[] {LOAD_BYTE, 0, 0, four ? IPV4_TTL : NETWORK_HEADER + IPV6_HOP_LIMIT});
        program.add(new int[] {JUMP_IF_EQUAL, 1, 0, ttl});
        program.add(new int[] {RETURN, 0, 0, no});
        if (four) {
            program.add(new int[] {HEADER_LENGTH_TO_X, 0, 0, 0});
        }
        program.add(new int[] {LOAD_LENGTH, 0, 0, 0});
        if (four) {
            program.add(new int[] {SUBTRACT_X, 0, 0, 0});
        }
        program.add(new int[] {JUMP_IF_NOT_LESS, 1, 0, offset + 1});
        program.add(new int[] {RETURN, 0, 0, no});
        program.add(new int[] {four ? LOAD_BYTE_BEHIND_HEADER : LOAD_BYTE, 0, 0, offset});
        oneOf(program, values, no);
        program.add(new int[] {RETURN, 0, 0, WHOLE - no});
        return new SocketFilter(program);
    }

    /** Goes on behind when the loaded value is one of these, and returns {@code no} otherwise. */
    private static void oneOf(List<int[]> program, Set<Integer> values, int no) {
        int left = values.size();
        for (int value : values) {
            left--;
            program.add(new int[] {JUMP_IF_EQUAL, 0, 1, value});
            program.add(new int[] {JUMP, 0, 0, left * 2 + 1});
        }
        program.add(new int[] {RETURN, 0, 0, no});
    }

    /** Makes this the filter of a socket, in place of the one that it has. */
    void attach(Descriptor descriptor) {
        NativeBuffer instructions = new NativeBuffer(program.size() * 8);
        for (int i = 0; i < program.size(); i++) {
            int[] each = program.get(i);
            instructions
                    .bytes()
                    .putShort(i * 8, (short) each[0])
                    .put(i * 8 + 2, (byte) each[1])
                    .put(i * 8 + 3, (byte) each[2])
                    .putInt(i * 8 + 4, each[3]);
        }
        // struct sock_fprog: number of instructions (2), padding (6), their address (8).
        NativeBuffer header = new NativeBuffer(16);
        header.bytes().putShort(0, (short) program.size()).putLong(8, instructions.address());
        try {
            descriptor.option(SOL_SOCKET, SO_ATTACH_FILTER, header, "SO_ATTACH_FILTER");
        } finally {
            Reference.reachabilityFence(instructions);
        }
    }
}
