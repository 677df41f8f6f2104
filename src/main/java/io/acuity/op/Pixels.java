package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** Interleaved 8- or 16-bit samples to a tensor in [0, 1] and back, rounding half up and clamping. */
public final class Pixels {
    private static final Kernel U8_TO_TENSOR = new Kernel("u8_to_tensor");
    private static final Kernel U16_TO_TENSOR = new Kernel("u16_to_tensor");
    private static final Kernel TENSOR_TO_U8 = new Kernel("tensor_to_u8");
    private static final Kernel TENSOR_TO_U16 = new Kernel("tensor_to_u16");

    private Pixels() {}

    /** Bytes of one sample at a bit depth of 8 or 16. */
    public static int sampleBytes(int bitDepth) {
        return switch (bitDepth) {
            case 8 -> 1;
            case 16 -> 2;
            default -> throw new IllegalArgumentException("bit depth: want 8 or 16, have " + bitDepth);
        };
    }

    private static float maximum(int bitDepth) {
        return (1 << bitDepth) - 1;
    }

    /** Samples [H][W][C] of each image, one after the other, to [N, C, H, W] in [0, 1]. */
    public static Tensor toTensor(Tape tape, Buffer samples, Shape shape, int bitDepth) {
        long count = shape.elements();
        long want = count * sampleBytes(bitDepth);
        if (samples.bytes() < want) {
            throw new IllegalArgumentException(
                    "pixels of " + shape + ": want " + want + " bytes, have " + samples.bytes());
        }
        Tensor y = tape.plain(shape);
        Kernel kernel = bitDepth == 8 ? U8_TO_TENSOR : U16_TO_TENSOR;
        tape.launch(kernel, Grid.cover(count), samples, y.data(), 1f / maximum(bitDepth), count);
        return y;
    }

    /** [N, C, H, W] in [0, 1] to interleaved samples. */
    public static void toSamples(Tape tape, Tensor x, Buffer samples, int bitDepth) {
        long count = x.shape().elements();
        long want = count * sampleBytes(bitDepth);
        if (samples.bytes() < want) {
            throw new IllegalArgumentException(
                    "pixels of " + x.shape() + ": want " + want + " bytes, have " + samples.bytes());
        }
        Kernel kernel = bitDepth == 8 ? TENSOR_TO_U8 : TENSOR_TO_U16;
        tape.launch(kernel, Grid.cover(count), x.data(), samples, maximum(bitDepth), count);
    }
}
