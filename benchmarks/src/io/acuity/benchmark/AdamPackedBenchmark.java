package io.acuity.benchmark;

import io.acuity.model.Edsr;
import io.acuity.optim.Adam;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import org.openjdk.jmh.annotations.Param;

/** One optimizer step over EDSR at x4 in bf16, which writes its convolutions' packed weights too. */
public class AdamPackedBenchmark extends HalfTimed {
    private static final int SCALE = 4;
    private static final Shape LR = new Shape(1, 3, 8, 8);

    /** Of a weight: read and written in fp32 with both moments, its gradient read; and two copies in bf16. */
    private static final int BYTES = 7 * Float.BYTES + 2 * 2;

    @Param("16")
    public int blocks = 16;

    @Param("64")
    public int features = 64;

    @Override
    protected Runnable prepare(Bench on) {
        Edsr network = Edsr.create(on.device(), new Edsr.Options(blocks, features, 1f, SCALE), 1);
        Adam adam = on.hold(new Adam(on.hold(network.parameters()), Adam.Options.DEFAULT));
        Tape tape = on.hold(Tape.recording(on.device()));
        Tensor sr = network.forward(tape, Tensor.of(LR, on.noise(LR.elements())));
        tape.backward(sr, sr.data()); // asks for the copies
        adam.prepare();
        return () -> adam.step(1e-4);
    }

    @Override
    public Work work() {
        long weights = parameters();
        return new Work(15.0 * weights, (double) BYTES * weights);
    }

    /** Head, blocks and the convolution behind them, two doublings, tail. */
    long parameters() {
        return layer(3, features)
                + (2L * blocks + 1) * layer(features, features)
                + 2 * layer(features, 4 * features)
                + layer(features, 3);
    }

    private static long layer(int in, int out) {
        return 9L * in * out + out;
    }
}
