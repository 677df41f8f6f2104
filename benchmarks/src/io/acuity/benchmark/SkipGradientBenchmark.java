package io.acuity.benchmark;

import org.openjdk.jmh.annotations.Param;

/** The gradient of a residual block's first convolution by its input, in bf16, added to that of the skip without writing there. */
public class SkipGradientBenchmark extends HalfTimed {
    @Param("16x64x48x48 to 64")
    public String layer = "16x64x48x48 to 64";

    private ConvolutionLayer convolution() {
        return new ConvolutionLayer("conv3x3", Layer.parse(layer));
    }

    @Override
    protected Runnable prepare(Bench on) {
        return convolution().inputBesideSkip(on);
    }

    @Override
    public Work work() {
        Work alone = convolution().work(numbers(), "backward_input");
        return new Work(
                alone.flops(),
                alone.bytes() + (double) numbers().bytes() * Layer.parse(layer).inputs());
    }
}
