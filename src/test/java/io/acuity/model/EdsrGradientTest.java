package io.acuity.model;

import io.acuity.tensor.Shape;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradients of a training step of EDSR in bf16, on emulated tensor cores, against those of the CPU in fp32. */
class EdsrGradientTest {
    private static final Shape LR = new Shape(2, 3, 9, 17);

    /** Of the length of a gradient: gradients of features are rounded too. */
    private static final double GRADIENT_TOLERANCE = 1.0 / 64;

    /** Where a ReLU follows: features near 0 may be rounded to its other side, and what comes back to them is then all wrong. */
    private static final double RECTIFIED_GRADIENT_TOLERANCE = 1.0 / 16;

    /** The first convolution of each residual block. */
    private static final String RECTIFIED = ".body.0.";

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void hasTheGradientsOfFp32(int scale) {
        for (boolean collapsed : new boolean[] {false, true}) {
            GradientPrecision.check(
                    "scale " + scale + ", collapsed " + collapsed,
                    LR,
                    device -> Edsr.create(device, new Edsr.Options(2, 20, 0.5f, scale), 3)
                            .collapse(collapsed),
                    name -> name.contains(RECTIFIED) ? RECTIFIED_GRADIENT_TOLERANCE : GRADIENT_TOLERANCE);
        }
    }
}
