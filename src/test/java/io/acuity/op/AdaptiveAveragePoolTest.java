package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.device.EveryPrecision;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

class AdaptiveAveragePoolTest {
    /** PyTorch's definition: start = floor(i from / to), end = ceil((i + 1) from / to). */
    static double[] plain(double[] x, Shape s, int rows, int columns) {
        double[] y = new double[s.n() * s.c() * rows * columns];
        for (int plane = 0; plane < s.n() * s.c(); plane++) {
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    int top = (int) Math.floor((double) i * s.h() / rows);
                    int bottom = (int) Math.ceil((i + 1.0) * s.h() / rows);
                    int left = (int) Math.floor((double) j * s.w() / columns);
                    int right = (int) Math.ceil((j + 1.0) * s.w() / columns);
                    double sum = 0;
                    for (int r = top; r < bottom; r++) {
                        for (int c = left; c < right; c++) {
                            sum += x[(plane * s.h() + r) * s.w() + c];
                        }
                    }
                    y[(plane * rows + i) * columns + j] = sum / ((bottom - top) * (right - left));
                }
            }
        }
        return y;
    }

    @EveryPrecision
    void averagesEveryShape(Device device) {
        for (int[] c : new int[][] {
            {1, 1, 1, 1, 4, 4},
            {2, 3, 6, 6, 4, 4},
            {1, 17, 5, 7, 4, 4},
            {2, 16, 3, 2, 4, 4},
            {1, 5, 9, 8, 4, 2},
            {1, 2, 4, 12, 1, 5},
            {1, 33, 4, 4, 4, 4}
        }) {
            Shape s = new Shape(c[0], c[1], c[2], c[3]);
            OpCheck.of(
                            "adaptive_average_pool " + s + " to " + c[4] + " x " + c[5],
                            (tape, x, _) -> AdaptiveAveragePool.apply(tape, x.getFirst(), c[4], c[5]),
                            v -> plain(v.getFirst(), s, c[4], c[5]))
                    .input(s)
                    .on(device);
        }
    }

    /** Six numbers to four: the windows are [0, 2), [1, 3), [3, 5), [4, 6), as torch.nn.AdaptiveAvgPool2d's. */
    @EveryPrecision
    void hasPyTorchsWindows(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(new Shape(1, 1, 1, 6));
            x.set(new float[] {1, 2, 4, 8, 16, 32});
            assertThat(AdaptiveAveragePool.apply(tape, x, 1, 4).toArray()).containsExactly(1.5f, 3f, 12f, 24f);
        }
    }
}
