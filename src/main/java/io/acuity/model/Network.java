package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.device.Precision;
import io.acuity.op.PixelLoss;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.weights.WeightsException;
import java.util.Map;

/** A single-image super-resolution network: RGB in [0, 1] in, RGB {@code scale} times as large out. */
public interface Network {
    /** lr [N, 3, h, w] to sr [N, 3, scale h, scale w]. */
    Tensor forward(Tape tape, Tensor lr);

    /**
     * Passes lr [N, 3, h, w] through and compares the result with what it should be. A network that can do both at once does so; then
     * the loss's gradient is on the tape at once, else it comes by the backward pass. Either way {@code tape.backward} of a loss that
     * contains {@link PixelLoss.Result#weighted} once differentiates both.
     */
    default PixelLoss.Result compare(Tape tape, Tensor lr, PixelLoss loss) {
        return loss.of(tape, forward(tape, lr));
    }

    /**
     * Forms what the first {@link #forward} without recording would have to, from weights that no longer change: that can be done
     * beside other work. More than one thread may be here or there at a time.
     */
    default void prepare() {}

    /**
     * Passes a small picture through, where feature maps are not fp32, so that a network that cannot do so is refused before it is
     * used.
     *
     * @throws io.acuity.device.DeviceException if an operation has no form for the device's precision
     */
    default void tryOut() {
        Device device = parameters().device();
        if (device.precision() == Precision.FP32) {
            return;
        }
        try (Tape tape = Tape.inference(device)) {
            Tensor lr = tape.plain(new Shape(1, 3, 8, 8));
            device.fill(lr.data(), 0);
            forward(tape, lr);
        }
    }

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

    /**
     * Whether tiles give the whole picture's result bit for bit. They do unless some result depends on all pixels, as behind
     * an average over the picture; then {@link #reach} is only how far what depends on the neighbourhood reaches.
     */
    default boolean tilesExactly() {
        return true;
    }

    /**
     * Chooses between two forms of the same function: a linear upsampling tail multiplied out to one convolution, the default
     * where there is one, or its layers one after the other. Networks without such a tail have one form.
     */
    default Network collapse(boolean on) {
        return this;
    }

    /** What its weights take for a pixel's peak value, inside: 1, or 255 as in many published files. */
    default float range() {
        return 1f;
    }

    /**
     * Values of one parameter as this network takes them, given those of a network made for another range.
     *
     * @throws io.acuity.weights.WeightsException if the network cannot be had from such weights
     */
    default float[] adopt(Parameter parameter, float[] values, float range) {
        if (range != range()) {
            throw new WeightsException(
                    architecture() + " weights: want those of range " + (int) range() + ", have range " + (int) range);
        }
        return values;
    }

    /** All its weights; closing them frees the network's memory. */
    ParameterSet parameters();

    /** What its model files note of colours: {@code acuity.colour}, and {@code acuity.mean} where one is subtracted. */
    default Map<String, String> colours() {
        return Map.of("acuity.colour", "rgb", "acuity.mean", "[0.4488,0.4371,0.4040]");
    }

    /** Architecture's short name as in model files: {@code edsr}. */
    String architecture();

    /** Hyper-parameters by their names in model files. */
    Map<String, Object> hyperParameters();
}
