package io.acuity.benchmark;

import io.acuity.device.Precision;
import org.openjdk.jmh.annotations.Param;

/**
 * Convolutions in bf16 on a GPU: EDSR-S's layers at batch 16 and 64 and of pictures, its tails, IMDN's and the embedding network's. On
 * compute capability 9.0 {@code -Dacuity.cuda.sm90=off} times the forms for every GPU instead. Devices without the form refuse.
 */
public class HalfConvolutionBenchmark extends ConvolutionTimed {
    @Param({
        "conv3x3 64x64x48x48 to 64",
        "conv3x3 16x64x48x48 to 64",
        "conv3x3 1x64x180x320 to 64",
        "conv3x3 1x64x540x960 to 64",
        "conv3x3 16x3x48x48 to 64",
        "conv3x3 16x64x48x48 to 256 shuffle 2",
        "conv5x5 16x64x48x48 to 48 shuffle 4",
        "conv5x5 1x64x180x320 to 48 shuffle 4",
        "strided_conv3x3 160x64x96x96 to 64",
        "strided_conv3x3 160x128x48x48 to 128",
        "conv1x1 16x256x48x48 to 64",
        "conv1x1 160x512x4x4 to 1"
    })
    public String layer = "conv3x3 64x64x48x48 to 64";

    @Override
    protected Precision numbers() {
        return Precision.BF16;
    }

    @Override
    ConvolutionLayer convolution() {
        return ConvolutionLayer.parse(layer);
    }
}
