package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Random;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Param;

/** Hash codes and the stable sort of four rounds: patches of a batch, and one picture. */
public class BucketSortBenchmark extends Timed {
    private static final int ROUNDS = 4;
    private static final int CHUNK = 144;

    @Param({"16x2304", "1x57600"})
    public String shape = "16x2304";

    @Param({"codes", "order", "layout"})
    public String pass = "codes";

    private int images() {
        return Integer.parseInt(shape.substring(0, shape.indexOf('x')));
    }

    private int length() {
        return Integer.parseInt(shape.substring(shape.indexOf('x') + 1));
    }

    @Override
    protected Runnable prepare(Bench on) {
        int length = length();
        int groups = images() * ROUNDS;
        int chunks = (length + CHUNK - 1) / CHUNK;
        int buckets = Math.min(128, chunks + chunks % 2);
        int[] numbers = new int[groups * length];
        Random random = Random.of(3, 0);
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = random.nextInt(pass.equals("order") ? buckets : length);
        }
        Buffer given = on.upload(MemorySegment.ofArray(numbers));
        long places = (long) groups * (chunks + 2) * CHUNK;
        return switch (pass) {
            case "codes" ->
                on.kernel(
                        "bucket_sort_codes",
                        Grid.cover(numbers.length),
                        on.noise((long) numbers.length * buckets / 2),
                        given,
                        images(),
                        length,
                        ROUNDS,
                        buckets / 2);
            case "order" ->
                on.kernel(
                        "bucket_sort_order",
                        Grid.cover(128L * groups),
                        given,
                        on.room(numbers.length),
                        on.room(numbers.length),
                        groups,
                        length,
                        buckets);
            case "layout" ->
                on.kernel(
                        "bucket_sort_layout",
                        Grid.cover(places),
                        given,
                        on.room(places),
                        groups,
                        ROUNDS,
                        length,
                        CHUNK,
                        chunks);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.elementwise((long) images() * ROUNDS * length(), 2, 1);
    }
}
