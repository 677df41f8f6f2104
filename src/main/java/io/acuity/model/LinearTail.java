package io.acuity.model;

import io.acuity.device.Precision;
import io.acuity.nn.Conv;
import io.acuity.nn.Upsampler;
import io.acuity.op.PixelLoss;
import io.acuity.op.TailLoss;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** The end of EDSR, RCAN, HAN and NLSN, {@code tail.0} and {@code tail.1}: as layers, or as one exact convolution. */
final class LinearTail {
    private final Tail layers;
    private final CollapsedTail product;
    private final ParameterSet parameters;
    private boolean collapsed = true;

    private LinearTail(Tail layers, ParameterSet parameters) {
        this.layers = layers;
        this.parameters = parameters;
        product = new CollapsedTail(layers, parameters);
    }

    static LinearTail declare(ParameterSet set, int features, int scale, Random random) {
        Upsampler upsampler = Upsampler.declare(set, "tail.0", features, scale, random);
        return new LinearTail(
                new Tail(upsampler, Conv.declare(set, "tail.1", features, 3, random), features, scale), set);
    }

    void collapse(boolean on) {
        if (on != collapsed) {
            collapsed = on;
            parameters.changed(); // graphs of the other form are out of date
        }
    }

    /** Forms the product, if it will be used. */
    void prepare() {
        if (collapsed) {
            product.prepare();
        }
    }

    /** body [N, F, H, W] to [N, 3, scale H, scale W]; body is not freed. */
    Tensor apply(Tape tape, Tensor body) {
        return collapsed && CollapsedTail.fits(body.shape()) ? product.apply(tape, body) : layers.apply(tape, body);
    }

    /**
     * Whether {@link #compare} can be had for a body: it is for the product in bf16, while gradients are wanted. Else the picture is
     * formed first.
     */
    boolean compares(Tape tape, Tensor body) {
        return collapsed
                && CollapsedTail.fits(body.shape())
                && body.precision() == Precision.BF16
                && tape.isRecording()
                && body.needsGradient();
    }

    /** The loss of the picture that body [N, F, H, W] becomes, and that picture if the loss wants it. */
    PixelLoss.Result compare(Tape tape, Tensor body, TailLoss.Colours colours, PixelLoss loss) {
        return product.compare(tape, body, colours, loss);
    }

    /** Numbers for each LR pixel that its widest moment holds, features and image included. */
    long width() {
        int s2 = layers.scale() * layers.scale();
        long features = layers.features();
        long between = collapsed ? 0 : features * (layers.scale() == 4 ? s2 + 4 : s2);
        return features + between + 6L * s2;
    }
}
