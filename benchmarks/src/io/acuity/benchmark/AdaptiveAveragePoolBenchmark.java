package io.acuity.benchmark;

import io.acuity.op.AdaptiveAveragePool;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.Set;
import org.openjdk.jmh.annotations.Param;

/** The pooling before the embedding network's head. */
public class AdaptiveAveragePoolBenchmark extends Timed {
    private static final int PATCHES = 4;

    @Param({"32x512x6x6"})
    public String shape = "32x512x6x6";

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        RecordedLaunches device = new RecordedLaunches(on);
        Tape tape = on.hold(Tape.recording(device));
        Shape s = Layer.shape(shape);
        Tensor y = AdaptiveAveragePool.apply(tape, Tensor.leaf(s, on.features(s)), PATCHES, PATCHES);
        tape.backward(y, y.data());
        return device.again(Set.of("adaptive_average_pool_" + pass));
    }

    @Override
    public Work work() {
        Shape s = Layer.shape(shape);
        long results = (long) s.n() * s.c() * PATCHES * PATCHES;
        return new Work(s.elements(), (double) numbers().bytes() * (s.elements() + results));
    }
}
