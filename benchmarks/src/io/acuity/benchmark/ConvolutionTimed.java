package io.acuity.benchmark;

import org.openjdk.jmh.annotations.Param;

/** A pass of a convolution. */
public abstract class ConvolutionTimed extends Timed {
    @Param({"forward", "backward_input", "backward_weight"})
    public String pass = "forward";

    /** The convolution that the parameters name. */
    abstract ConvolutionLayer convolution();

    @Override
    protected Runnable prepare(Bench on) {
        return convolution().prepare(on, pass);
    }

    @Override
    public Work work() {
        return convolution().work(numbers(), pass);
    }
}
