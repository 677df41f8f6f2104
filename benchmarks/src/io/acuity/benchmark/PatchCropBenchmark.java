package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Param;

/** A batch of training patches out of packed pictures. */
public class PatchCropBenchmark extends Timed {
    @Param({"48", "192"})
    public int size = 48;

    @Override
    protected Runnable prepare(Bench on) {
        int n = 16;
        int width = 2040;
        Buffer pixels = on.device().allocate(3L * width * width);
        on.device().fill(pixels, 0x40302010);
        long[] plan = new long[4 * n];
        for (int p = 0; p < n; p++) {
            plan[4 * p] = 3L * p * 100 * (width + 1);
            plan[4 * p + 1] = 3L * width;
            plan[4 * p + 2] = p % 8;
        }
        Buffer planned = on.upload(MemorySegment.ofArray(plan));
        long count = (long) n * size * size;
        return on.kernel("patch_crop_forward", Grid.cover(count), pixels, planned, on.room(3 * count), n, size, 3);
    }

    @Override
    public Work work() {
        return new Work(0, 16.0 * size * size * 3 * 5);
    }
}
