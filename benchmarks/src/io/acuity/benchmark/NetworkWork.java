package io.acuity.benchmark;

import io.acuity.model.Edsr;
import io.acuity.tensor.Shape;

/** Operations of EDSR as its paper draws it, layer by layer; a device may well do with fewer. */
final class NetworkWork {
    private NetworkWork() {}

    static double forwardFlops(Edsr.Options options, Shape lr) {
        double f = options.features();
        int r = options.scale();
        double body = 3 * f + (2.0 * options.blocks() + 1) * f * f;
        double up = r == 4 ? 4 * f * f + 4 * 4 * f * f : r * r * f * f;
        double last = r * r * 3 * f;
        return 2.0 * 9 * lr.pixels() * (body + up + last);
    }

    /** What must move at least: every layer of the body writes and reads its features once. */
    static double forwardBytes(Edsr.Options options, Shape lr) {
        double layers = 2.0 * options.blocks() + 2;
        return 4.0 * lr.pixels() * (2 * layers * options.features() + 3.0 * options.scale() * options.scale());
    }

    /** The embedding network's convolutions on one image of {@code size} pixels a side, up to block {@code last}. */
    static double embeddingFlops(int size, int last) {
        double multiplyAdds = 0;
        int side = size / 2;
        for (int block = 0; block <= last; block++) {
            side = block % 2 == 1 ? (side + 1) / 2 : side;
            multiplyAdds += 9.0 * PclInputs.inputs(block) * PclInputs.outputs(block) * side * side;
        }
        return 2 * multiplyAdds;
    }
}
