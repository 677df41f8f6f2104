package io.acuity.model;

import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.Map;

/** A single-image super-resolution network: RGB in [0, 1] in, RGB {@code scale} times as large out. */
public interface Network {
    /** lr [N, 3, h, w] to sr [N, 3, scale h, scale w]. */
    Tensor forward(Tape tape, Tensor lr);

    /** How many times longer a side becomes. */
    int scale();

    /**
     * How far, in LR pixels, a pixel's result can depend on others, down to the last bit: on every side of a tile so many
     * pixels must be computed and dropped.
     */
    int reach();

    /** Tiles must begin at multiples of this many LR pixels: the grid that the kernels' own tiles lie on. */
    int grid();

    /** Device memory that {@link #forward} without recording takes for so many LR pixels, in bytes, about. */
    long workingBytes(long pixels);

    /** All its weights; closing them frees the network's memory. */
    ParameterSet parameters();

    /** Architecture's short name as in model files: {@code edsr}. */
    String architecture();

    /** Hyper-parameters by their names in model files. */
    Map<String, Object> hyperParameters();
}
