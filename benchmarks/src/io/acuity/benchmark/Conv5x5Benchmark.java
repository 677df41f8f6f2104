package io.acuity.benchmark;

import org.openjdk.jmh.annotations.Param;

/** EDSR-S's collapsed tails: training patches of 48 x 48 and a picture of 320 x 180. */
public class Conv5x5Benchmark extends ConvolutionTimed {
    @Param({"16x64x48x48 to 48 shuffle 4", "1x64x180x320 to 48 shuffle 4", "1x64x180x320 to 12 shuffle 2"})
    public String layer = "16x64x48x48 to 48 shuffle 4";

    @Override
    ConvolutionLayer convolution() {
        return new ConvolutionLayer("conv5x5", Layer.parse(layer));
    }
}
