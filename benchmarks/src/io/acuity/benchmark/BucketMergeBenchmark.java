package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Param;

/** Four rounds of values brought together. */
public class BucketMergeBenchmark extends Timed {
    private static final int ROUNDS = 4;
    private static final int WIDTH = 256;

    @Param({"2304", "57600"})
    public int length = 2304;

    @Param({"forward", "backward_values", "backward_totals"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        int[] numbers = new int[ROUNDS * length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (int) (i % length * 7919L % length);
        }
        Buffer order = on.upload(MemorySegment.ofArray(numbers));
        long all = (long) ROUNDS * length;
        Buffer x = on.noise((long) length * WIDTH);
        Buffer values = on.noise(all * WIDTH);
        Buffer totals = on.noise(all);
        Buffer weights = on.noise(all);
        Grid positions = Grid.cover(32L * length);
        return switch (pass) {
            case "forward" ->
                on.kernel(
                        "bucket_merge_forward",
                        positions,
                        x,
                        values,
                        totals,
                        order,
                        weights,
                        on.room((long) length * WIDTH),
                        1,
                        ROUNDS,
                        length,
                        length,
                        WIDTH,
                        0.1f);
            case "backward_values" ->
                on.kernel(
                        "bucket_merge_backward_values",
                        Grid.cover(all * WIDTH),
                        x,
                        weights,
                        order,
                        values,
                        1,
                        ROUNDS,
                        length,
                        length,
                        WIDTH,
                        0.1f);
            case "backward_totals" ->
                on.kernel(
                        "bucket_merge_backward_totals",
                        positions,
                        x,
                        values,
                        weights,
                        order,
                        totals,
                        1,
                        ROUNDS,
                        length,
                        length,
                        WIDTH,
                        0.1f);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.elementwise((long) (ROUNDS + 2) * length * WIDTH, 1, 2);
    }
}
