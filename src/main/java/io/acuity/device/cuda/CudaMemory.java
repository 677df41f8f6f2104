package io.acuity.device.cuda;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * Device memory with lists of free blocks by size, since the driver's own allocation waits for the GPU. A block that was given back
 * may be handed out at once: the work that used it lies before the work that will, on the same stream. Blocks go back to the driver
 * when it has no more, and at the end.
 */
final class CudaMemory {
    private static final long GRAIN = 512;
    private static final long LARGE = 1 << 20;
    private static final long LARGE_GRAIN = 128 << 10;

    private record Block(Handles.Memory memory, long bytes) {}

    private final CudaContext cuda;
    private final Map<Long, Block> live = new HashMap<>();
    private final TreeMap<Long, Deque<Block>> free = new TreeMap<>();

    CudaMemory(CudaContext cuda) {
        this.cuda = cuda;
    }

    /** The address of at least so many bytes, or 0 if there are none. */
    long allocate(long bytes) {
        long size = rounded(bytes);
        Block block = fromFree(size);
        if (block == null) {
            block = fromDriver(size);
        }
        if (block == null && !free.isEmpty()) {
            trim();
            block = fromDriver(size);
        }
        if (block == null) {
            return 0;
        }
        long address = block.memory().address();
        live.put(address, block);
        return address;
    }

    private static long rounded(long bytes) {
        long grain = bytes < LARGE ? GRAIN : LARGE_GRAIN;
        long size = Math.max(bytes, 1);
        return size > Long.MAX_VALUE - grain ? size : (size + grain - 1) / grain * grain;
    }

    /** The smallest free block that fits, if it is not much larger. */
    private @Nullable Block fromFree(long size) {
        Map.Entry<Long, Deque<Block>> fitting = free.ceilingEntry(size);
        if (fitting == null || fitting.getKey() - size > size / 8) {
            return null;
        }
        Block block = fitting.getValue().pop();
        if (fitting.getValue().isEmpty()) {
            free.remove(fitting.getKey());
        }
        return block;
    }

    private @Nullable Block fromDriver(long size) {
        Handles.Memory memory = new Handles.Memory();
        int status = JCudaDriver.cuMemAlloc(memory, size);
        if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            return null;
        }
        cuda.driver().check("cuMemAlloc of " + size + " bytes", status);
        return new Block(memory, size);
    }

    /** Takes back what {@link #allocate} gave; false if it is not in use. */
    boolean release(long address) {
        Block block = live.remove(address);
        if (block == null) {
            return false;
        }
        free.computeIfAbsent(block.bytes(), _ -> new ArrayDeque<>()).push(block);
        return true;
    }

    /** Gives all free blocks back to the driver. */
    private void trim() {
        cuda.driver().waitForStream(cuda.stream());
        for (Deque<Block> blocks : free.values()) {
            blocks.forEach(this::toDriver);
        }
        free.clear();
    }

    private void toDriver(Block block) {
        cuda.driver().check("cuMemFree", JCudaDriver.cuMemFree(block.memory()));
    }

    /** Gives everything back to the driver, also what is in use. */
    void close() {
        trim();
        live.values().forEach(this::toDriver);
        live.clear();
    }
}
