package io.acuity.benchmark;

import org.openjdk.jmh.annotations.Param;

/** The weight gradients of the layers of EDSR-S's body in bf16, formed together. */
public class WeightGradientGroupBenchmark extends HalfTimed {
    @Param("conv3x3 16x64x48x48 to 64")
    public String layer = "conv3x3 16x64x48x48 to 64";

    @Param("33")
    public int layers = 33;

    @Override
    protected Runnable prepare(Bench on) {
        return ConvolutionLayer.parse(layer).weightsTogether(on, layers);
    }

    @Override
    public Work work() {
        Work one = ConvolutionLayer.parse(layer).work(numbers(), "backward_weight");
        return new Work(layers * one.flops(), layers * one.bytes());
    }
}
