package io.acuity.benchmark;

import io.acuity.model.Edsr;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import org.openjdk.jmh.annotations.Param;

/** One forward pass of EDSR-S at x4, picture on the device to picture on the device. */
public class UpscaleBenchmark extends Timed {
    @Param({"1x3x48x48", "1x3x180x320"})
    public String shape = "1x3x48x48";

    /** {@code direct}, or {@code graph}: captured once and replayed. */
    @Param("direct")
    public String launch = "direct";

    /** The tail's layers as they stand, or as one convolution. */
    @Param("collapsed")
    public String tail = "collapsed";

    @Override
    protected Runnable prepare(Bench on) {
        on.require("conv3x3_forward");
        on.require("conv5x5_forward");
        Edsr network = Edsr.create(on.device(), Edsr.Options.small(4), 1);
        network.collapse(tail.equals("collapsed"));
        Shape s = Layer.shape(shape);
        Tensor lr = Tensor.of(s, on.noise(s.elements()));
        Tape tape = Tape.inference(on.device());
        return on.launched(launch, 1, () -> {
            tape.reset();
            network.forward(tape, lr);
        });
    }

    @Override
    public Work work() {
        Shape s = Layer.shape(shape);
        Edsr.Options options = Edsr.Options.small(4);
        return new Work(NetworkWork.forwardFlops(options, s), NetworkWork.forwardBytes(options, s));
    }
}
