package io.acuity.model;

import io.acuity.nn.Conv;
import io.acuity.nn.Upsampler;
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

    /** Numbers for each LR pixel that its widest moment holds, features and image included. */
    long width() {
        int s2 = layers.scale() * layers.scale();
        long features = layers.features();
        long between = collapsed ? 0 : features * (layers.scale() == 4 ? s2 + 4 : s2);
        return features + between + 6L * s2;
    }
}
