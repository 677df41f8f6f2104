package io.acuity.benchmark;

import org.openjdk.jmh.annotations.Param;

/** The layers of EDSR-S at x4: training patches of 48 x 48 and a picture of 320 x 180. */
public class Conv3x3Benchmark extends ConvolutionTimed {
    @Param({
        "16x64x48x48 to 64",
        "16x3x48x48 to 64",
        "16x64x48x48 to 256 shuffle 2",
        "1x64x180x320 to 64",
        "1x3x180x320 to 64",
        "1x64x180x320 to 256 shuffle 2"
    })
    public String layer = "16x64x48x48 to 64";

    @Override
    ConvolutionLayer convolution() {
        return new ConvolutionLayer("conv3x3", Layer.parse(layer));
    }
}
