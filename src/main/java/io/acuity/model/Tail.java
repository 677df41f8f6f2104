package io.acuity.model;

import io.acuity.nn.Conv;
import io.acuity.nn.Upsampler;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** The linear end of a network, layer by layer: upsampling, then a convolution to RGB. */
record Tail(Upsampler upsampler, Conv last, int features, int scale) {
    /** body [N, F, H, W] to [N, 3, scale H, scale W]; body is not freed. */
    Tensor apply(Tape tape, Tensor body) {
        Tensor up = upsampler.apply(tape, body);
        Tensor rgb = last.apply(tape, up);
        tape.done(up);
        return rgb;
    }
}
