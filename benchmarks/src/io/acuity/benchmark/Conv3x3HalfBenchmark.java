package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Precision;
import io.acuity.tensor.Random;
import io.acuity.tensor.Shape;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Param;

/**
 * The 3x3 convolution of 64 channels in bf16, many launches in a row, so that the GPU is timed and not the launch. On compute capability
 * 9.0 {@code -Dacuity.cuda.sm90=off} times the form for every GPU instead. Devices without the form refuse.
 */
public class Conv3x3HalfBenchmark extends Timed {
    private static final int CHANNELS = 64;

    @Param({"16x64x48x48 to 64", "64x64x48x48 to 64", "1x64x180x320 to 64", "1x64x540x960 to 64"})
    public String layer = "16x64x48x48 to 64";

    @Param({"forward", "backward_input"})
    public String pass = "forward";

    @Param("50")
    public int launches = 50;

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.parse(layer).x();
        int numbers = 9 * CHANNELS * CHANNELS;
        Buffer packed = on.room(numbers / 2).as(Precision.BF16);
        boolean forward = pass.equals("forward");
        on.kernel(
                        forward ? "conv3x3_pack_forward" : "conv3x3_pack_backward",
                        Grid.cover(numbers / Precision.BLOCK),
                        on.noise(numbers),
                        packed,
                        CHANNELS,
                        CHANNELS,
                        1,
                        0)
                .run();
        long words = Precision.BF16.stored(s.n(), CHANNELS, s.h(), s.w()) / 2;
        Buffer x = features(on, 2 * words, 1);
        Buffer y = features(on, 2 * words, 2);
        Grid pixels = Grid.cover(CHANNELS, s.w(), s.h()).times(s.n());
        Runnable launch = forward
                ? on.kernel(
                        "conv3x3_forward",
                        pixels,
                        x,
                        packed,
                        on.noise(CHANNELS),
                        null,
                        y,
                        s.n(),
                        s.h(),
                        s.w(),
                        CHANNELS,
                        CHANNELS,
                        1,
                        1,
                        1f)
                : on.kernel(
                        "conv3x3_backward_input",
                        pixels,
                        y,
                        packed,
                        x,
                        on.room(words).as(Precision.BF16),
                        s.n(),
                        s.h(),
                        s.w(),
                        CHANNELS,
                        CHANNELS,
                        1,
                        1f,
                        0);
        return () -> {
            for (int i = 0; i < launches; i++) {
                launch.run();
            }
        };
    }

    /** Numbers uniform in [-1, 1): equal ones would heat the GPU less and run faster. */
    private static Buffer features(Bench on, long count, long seed) {
        short[] bits = new short[Math.toIntExact(count)];
        Random random = Random.of(11, seed);
        for (int i = 0; i < bits.length; i++) {
            bits[i] = (short) (Float.floatToRawIntBits(2 * random.nextFloat() - 1) >>> 16);
        }
        return on.upload(MemorySegment.ofArray(bits)).as(Precision.BF16);
    }

    /** All launches: x and y, and the mask of a gradient, in 2 bytes a number, and the weights. */
    @Override
    public Work work() {
        Layer l = Layer.parse(layer);
        double tensors = pass.equals("forward") ? 2 : 3;
        double bytes = 2.0 * (tensors * l.inputs() + 9 * CHANNELS * CHANNELS);
        return new Work(launches * l.work(9).flops(), launches * bytes);
    }
}
