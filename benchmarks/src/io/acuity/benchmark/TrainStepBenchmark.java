package io.acuity.benchmark;

import io.acuity.model.Edsr;
import io.acuity.op.GradientNorm;
import io.acuity.op.PixelLoss;
import io.acuity.optim.Adam;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import org.openjdk.jmh.annotations.Param;

/** One training step of EDSR-S at x4: forward, L1 loss and its gradient's norm, backward, Adam; the batch lies on the device. */
public class TrainStepBenchmark extends Timed {
    @Param("16x3x48x48")
    public String shape = "16x3x48x48";

    /** {@code direct}, or {@code graph}: captured once and replayed. */
    @Param("direct")
    public String launch = "direct";

    /** The tail's layers as they stand, or as one convolution. */
    @Param("collapsed")
    public String tail = "collapsed";

    @Override
    protected Runnable prepare(Bench on) {
        on.require("conv3x3_forward");
        on.require("conv3x3_backward_input");
        on.require("conv3x3_backward_weight");
        Edsr network = Edsr.create(on.device(), Edsr.Options.small(4), 1);
        network.collapse(tail.equals("collapsed"));
        Adam adam = new Adam(network.parameters(), Adam.Options.DEFAULT);
        Shape s = Layer.shape(shape);
        Shape large = new Shape(s.n(), 3, 4 * s.h(), 4 * s.w());
        Tensor lr = Tensor.of(s, on.noise(s.elements()));
        Tensor hr = Tensor.of(large, on.noise(large.elements()));
        Tape tape = Tape.recording(on.device());
        PixelLoss loss = new PixelLoss(hr, 1f, GradientNorm.on(on.device()), false);
        return on.launched(launch, 1, () -> {
            tape.reset();
            tape.backward(network.compare(tape, lr, loss).weighted());
            adam.step(1e-4);
        });
    }

    /** Backward costs twice forward: one product for the input's gradient, one for the weights'. */
    @Override
    public Work work() {
        Shape s = Layer.shape(shape);
        Edsr.Options options = Edsr.Options.small(4);
        return new Work(3 * NetworkWork.forwardFlops(options, s), 3 * NetworkWork.forwardBytes(options, s));
    }
}
