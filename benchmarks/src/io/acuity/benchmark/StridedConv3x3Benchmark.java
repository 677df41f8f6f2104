package io.acuity.benchmark;

import org.openjdk.jmh.annotations.Param;

/** The strided layers of the embedding network, for two sets of 16 patches of 192 x 192. */
public class StridedConv3x3Benchmark extends ConvolutionTimed {
    @Param({"32x64x96x96 to 64", "32x128x48x48 to 128", "32x256x24x24 to 256", "32x512x12x12 to 512"})
    public String layer = "32x64x96x96 to 64";

    @Override
    ConvolutionLayer convolution() {
        return new ConvolutionLayer("strided_conv3x3", Layer.parse(layer));
    }
}
