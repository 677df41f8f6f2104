package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Random;
import io.acuity.tensor.Shape;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Param;

/** Rows in random order, as sparse attention gathers keys and values. */
public class GatherRowsBenchmark extends Timed {
    @Param({"16x64x48x48", "1x256x180x320"})
    public String shape = "16x64x48x48";

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        int rows = Math.toIntExact(s.pixels());
        int[] numbers = new int[rows];
        Random random = Random.of(3, 0);
        for (int i = 0; i < rows; i++) {
            numbers[i] = random.nextInt(rows);
        }
        Buffer index = on.upload(MemorySegment.ofArray(numbers));
        Buffer x = on.noise(s.elements());
        Buffer y = on.noise(s.elements());
        return switch (pass) {
            case "forward" ->
                on.kernel("gather_rows_forward", Grid.cover(s.elements()), x, index, y, (long) rows, s.c());
            case "backward" ->
                on.kernel("gather_rows_backward", Grid.cover(s.c()), y, index, x, (long) rows, (long) rows, s.c(), 0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.elementwise(Layer.shape(shape).elements(), 2, 0);
    }
}
