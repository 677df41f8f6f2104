package io.acuity.tensor;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Precision;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Activations and gradients of one step. Blocks are kept and used again, by size; since a step takes and gives in the same
 * order each time, addresses repeat from step to step and after the first step nothing is allocated.
 */
public final class Arena implements AutoCloseable {
    private static final int POISON = 0x7fc0dead;

    private final Device device;
    private final boolean poison;
    private final List<Buffer> all = new ArrayList<>();
    private final Map<Size, Deque<Buffer>> free = new HashMap<>();
    private final Set<Buffer> taken = new HashSet<>();
    private long bytes;

    private Arena(Device device, boolean poison) {
        this.device = device;
        this.poison = poison;
    }

    /** An arena whose blocks hold what was left there; {@code -Dacuity.poison=true} fills them with NaN. */
    public static Arena on(Device device) {
        return new Arena(device, Boolean.getBoolean("acuity.poison"));
    }

    /** An arena that fills each block with NaN before it is handed out, so that reading unwritten memory shows. */
    public static Arena poisoned(Device device) {
        return new Arena(device, true);
    }

    /** An arena that never fills its blocks: a graph brings a feed's data before any fill. */
    static Arena unfilled(Device device) {
        return new Arena(device, false);
    }

    /** Where its blocks lie. */
    public Device device() {
        return device;
    }

    /** Blocks are alike that have one size and hold numbers of one precision. */
    private record Size(long bytes, Precision precision) {
        static Size of(Buffer block) {
            return new Size(block.bytes(), block.precision());
        }

        /** Spelt out as in {@link Shape}, for the same reason. */
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Size size && bytes == size.bytes && precision == size.precision;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(bytes) + precision.hashCode();
        }
    }

    /** A block of at least {@code size} bytes, content undefined, valid until {@link #give} or {@link #reset}. */
    public Buffer take(long size) {
        return take(size, Precision.FP32);
    }

    /** The same for numbers of a given precision. */
    public Buffer take(long size, Precision precision) {
        long rounded = (size + 255) / 256 * 256;
        Deque<Buffer> ready = free.get(new Size(rounded, precision));
        Buffer block;
        if (ready != null && !ready.isEmpty()) {
            block = ready.pop();
        } else {
            block = device.allocate(rounded).as(precision);
            all.add(block);
            bytes += rounded;
        }
        taken.add(block);
        if (poison) {
            device.fill(block, POISON);
        }
        return block;
    }

    /** Whether the block came from here and is in use. */
    boolean owns(Buffer block) {
        return taken.contains(block);
    }

    /** Hands a block back before the step's end. */
    public void give(Buffer block) {
        if (!taken.remove(block)) {
            throw new IllegalArgumentException("arena: want a block in use, have " + block);
        }
        free.computeIfAbsent(Size.of(block), _ -> new ArrayDeque<>()).push(block);
    }

    /** Ends the step: every block is free again, in the order of its first use. */
    public void reset() {
        taken.clear();
        free.clear();
        for (Buffer block : all) {
            free.computeIfAbsent(Size.of(block), _ -> new ArrayDeque<>()).addLast(block);
        }
    }

    /** Device memory held, in bytes. */
    public long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        for (Buffer block : all) {
            device.release(block);
        }
        all.clear();
        free.clear();
        taken.clear();
        bytes = 0;
    }
}
