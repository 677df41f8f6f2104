package io.acuity.benchmark;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Arrays to tensors and back. */
final class Torch {
    private Torch() {}

    static Tensor of(float[] values, long... shape) {
        return torch.from_blob(new FloatPointer(values), shape).clone();
    }

    static Tensor of(PclInputs.Numbers numbers) {
        return of(numbers.values, numbers.shape);
    }

    static Tensor channelsLast(Tensor tensor) {
        return tensor.contiguous(torch.MemoryFormat.ChannelsLast);
    }

    static float[] floats(Tensor tensor) {
        Tensor dense = tensor.detach().contiguous();
        float[] values = new float[(int) dense.numel()];
        new FloatPointer(dense.data_ptr_float()).get(values);
        return values;
    }

    /** The Euclidean norm of all gradients together. */
    static double gradientNorm(TensorVector parameters) {
        double squares = 0;
        for (long i = 0; i < parameters.size(); i++) {
            if (parameters.get(i).grad().defined()) {
                for (float g : floats(parameters.get(i).grad())) {
                    squares += (double) g * g;
                }
            }
        }
        return Math.sqrt(squares);
    }
}
