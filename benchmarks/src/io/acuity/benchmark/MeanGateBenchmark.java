package io.acuity.benchmark;

import io.acuity.device.Precision;
import io.acuity.op.MeanGate;
import io.acuity.op.Sigmoid;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.Set;
import org.openjdk.jmh.annotations.Param;

/** What reaches a gated map by the product and by the mean that the gate is told by, in bf16. */
public class MeanGateBenchmark extends Timed {
    @Param({"16x64x48x48"})
    public String shape = "16x64x48x48";

    @Override
    protected Precision numbers() {
        return Precision.BF16;
    }

    @Override
    protected Runnable prepare(Bench on) {
        RecordedLaunches device = new RecordedLaunches(on);
        Tape tape = on.hold(Tape.recording(device));
        Shape s = Layer.shape(shape);
        Tensor x = Tensor.leaf(s, on.features(s));
        Tensor residual = Tensor.of(s, on.features(s));
        Tensor y = MeanGate.apply(tape, x, residual, false, mean -> Sigmoid.apply(tape, mean));
        tape.backward(y, y.data());
        return device.again(Set.of("channel_gate_backward_mean"));
    }

    @Override
    public Work work() {
        return Work.features(numbers(), Layer.shape(shape).elements(), 2, 3);
    }
}
