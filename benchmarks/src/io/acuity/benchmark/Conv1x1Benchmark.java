package io.acuity.benchmark;

import org.openjdk.jmh.annotations.Param;

/** 1x1 convolutions: channel mixing at full size, and channel attention after pooling. */
public class Conv1x1Benchmark extends ConvolutionTimed {
    @Param({"16x64x48x48 to 64", "16x256x48x48 to 64", "16x64x1x1 to 4"})
    public String layer = "16x64x48x48 to 64";

    @Override
    ConvolutionLayer convolution() {
        return new ConvolutionLayer("conv1x1", Layer.parse(layer));
    }
}
