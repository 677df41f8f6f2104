package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.tensor.Weight;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * HAN's layer attention (arXiv 2008.08767, 3.2): a stack of L layers, x [N, L F, H, W], each of which takes in the others by how
 * little they are alike: A = softmax over j of (max_j G[i][j] - G[i][j]), G[i][j] the sum of products of layers i and j over the
 * whole image; y_i = x_i + gamma * sum_j A[i][j] x_j. The row's maximum cancels in the soft-max.
 */
public final class LayerAttention {
    private static final Kernel GRAM = new Kernel("layer_attention_gram");
    private static final Kernel MATRIX = new Kernel("layer_attention_matrix");
    private static final Kernel BACKWARD_MATRIX = new Kernel("layer_attention_backward_matrix");
    private static final Kernel MIX = new Kernel("layer_attention_mix");
    private static final int BLOCK = 256;

    private LayerAttention() {}

    /**
     * The stack after attention.
     *
     * @param gamma one number
     * @throws IllegalArgumentException if x's channels are not divisible by {@code layers}, or gamma is of another size
     */
    public static Tensor apply(Tape tape, Tensor x, Weight gamma, int layers) {
        Shape s = x.shape();
        if (layers < 1 || s.c() % layers != 0) {
            throw new IllegalArgumentException(
                    "layer_attention: want channels divisible by " + layers + " layers, have " + s);
        }
        if (!gamma.dimensions().equals(List.of(1))) {
            throw new IllegalArgumentException("layer_attention gamma: want [1], have " + gamma.dimensions());
        }
        Stack stack = new Stack(tape, s.n(), (long) s.h() * s.w(), layers, s.c() / layers);
        Buffer attention = stack.square();
        stack.gram(x.data(), x.data(), attention);
        Softmax.forward(tape, attention, attention, null, (long) s.n() * layers, layers, -1f);
        Buffer matrix = stack.square();
        tape.launch(MATRIX, Grid.cover(stack.entries()), attention, gamma.values(), matrix, s.n(), layers);
        boolean trains = gamma.trains() || x.needsGradient();
        Tensor y = tape.layer(s, x, false, trains);
        stack.mix(matrix, x.data(), y.data(), false, 0);
        if (!tape.isRecording()) {
            tape.give(attention);
            tape.give(matrix);
        }
        tape.record(y, dy -> backward(stack, x, gamma, attention, matrix, dy));
        return y;
    }

    private static void backward(Stack stack, Tensor x, Weight gamma, Buffer attention, Buffer matrix, Buffer dy) {
        Tape tape = stack.tape();
        Buffer dmatrix = stack.square();
        Buffer dattention = stack.square();
        stack.gram(dy, x.data(), dmatrix);
        if (gamma.trains()) {
            gamma.contribute(
                    tape,
                    (dgamma, accumulate) ->
                            backwardMatrix(stack, dmatrix, attention, gamma, dattention, dgamma, accumulate));
        } else {
            backwardMatrix(stack, dmatrix, attention, gamma, dattention, null, 0);
        }
        Softmax.backward(
                tape,
                attention,
                dattention,
                null,
                dattention,
                (long) stack.n() * stack.layers(),
                stack.layers(),
                -1f,
                0);
        tape.contribute(x, (dx, accumulate) -> {
            stack.mix(matrix, dy, dx, true, accumulate);
            stack.mix(dattention, x.data(), dx, false, 1);
            stack.mix(dattention, x.data(), dx, true, 1);
        });
        tape.give(dmatrix);
        tape.give(dattention);
    }

    private static void backwardMatrix(
            Stack stack,
            Buffer dmatrix,
            Buffer attention,
            Weight gamma,
            Buffer dattention,
            @Nullable Buffer dgamma,
            int accumulate) {
        stack.tape()
                .launch(
                        BACKWARD_MATRIX,
                        Grid.cover(1),
                        dmatrix,
                        attention,
                        gamma.values(),
                        dattention,
                        dgamma,
                        stack.n(),
                        stack.layers(),
                        accumulate);
    }

    /** Sizes, and the launches that need them all. */
    private record Stack(Tape tape, int n, long pixels, int layers, int features) {
        long entries() {
            return (long) n * layers * layers;
        }

        Buffer square() {
            return tape.take(entries() * Float.BYTES);
        }

        void gram(Buffer a, Buffer b, Buffer gram) {
            tape.launch(GRAM, Grid.cover(BLOCK * entries()), a, b, gram, n, pixels, layers, features);
        }

        void mix(Buffer matrix, Buffer x, Buffer y, boolean transposed, int accumulate) {
            tape.launch(
                    MIX,
                    Grid.cover(n * pixels * layers * features),
                    matrix,
                    x,
                    y,
                    n,
                    pixels,
                    layers,
                    features,
                    transposed ? 1 : 0,
                    accumulate);
        }
    }
}
