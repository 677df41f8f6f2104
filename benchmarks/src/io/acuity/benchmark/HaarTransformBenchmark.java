package io.acuity.benchmark;

import io.acuity.op.HaarTransform;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.Set;
import org.openjdk.jmh.annotations.Param;

/** The three high-pass bands of the Haar transform, and their gradient; of a picture, in fp32 also where bands are bf16. */
public class HaarTransformBenchmark extends Timed {
    @Param("16x3x192x192")
    public String shape = "16x3x192x192";

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        RecordedLaunches device = new RecordedLaunches(on);
        Tape tape = on.hold(Tape.recording(device));
        Shape s = Layer.shape(shape);
        Tensor bands = HaarTransform.apply(tape, Tensor.leaf(s, on.noise(s.elements())));
        tape.backward(bands, bands.data());
        return device.again(Set.of("haar_transform_" + pass));
    }

    @Override
    public Work work() {
        long pixels = Layer.shape(shape).elements();
        return new Work(3.0 * pixels, pixels * (Float.BYTES + 0.75 * numbers().bytes()));
    }
}
