package io.acuity.device;

import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Gemm.Matrices;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class GemmTest {
    private static final int[][] SIZES = {
        {1, 1, 1}, {5, 7, 3}, {6, 16, 9}, {49, 33, 17}, {144, 48, 20}, {20, 300, 31}, {3, 17, 130}
    };

    private static Buffer upload(Device device, float[] values) {
        Buffer buffer = device.allocate((long) values.length * Float.BYTES);
        device.upload(MemorySegment.ofArray(values), buffer);
        return buffer;
    }

    private static void check(Device device, int m, int n, int k, int batch, int kind) {
        boolean transposeA = (kind & 1) != 0;
        boolean transposeB = (kind & 2) != 0;
        int beta = kind >> 2 & 1;
        // rows are longer than they must be, so that strides count; matrices of b overlap
        int strideA = (transposeA ? m : k) + 2;
        int strideB = (transposeB ? k : n) + 1;
        int strideC = n + 3;
        int stepA = (transposeA ? k : m) * strideA;
        int stepB = strideB;
        int stepC = m * strideC + 1;
        float[] a = uniform((long) batch * stepA, 1);
        float[] b = uniform((long) stepB * (batch - 1) + (long) (transposeB ? n : k) * strideB, 2);
        float[] c = uniform((long) batch * stepC, 3);
        double[] want = new double[c.length];
        for (int i = 0; i < c.length; i++) {
            want[i] = c[i];
        }
        for (int x = 0; x < batch; x++) {
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    for (int l = 0; l < k; l++) {
                        sum += (double) a[x * stepA + (transposeA ? l * strideA + i : i * strideA + l)]
                                * b[x * stepB + (transposeB ? j * strideB + l : l * strideB + j)];
                    }
                    int at = x * stepC + i * strideC + j;
                    want[at] = 0.5 * sum + beta * c[at];
                }
            }
        }
        Buffer result = upload(device, c);
        device.gemm(new Gemm(
                transposeA,
                transposeB,
                m,
                n,
                k,
                0.5f,
                new Matrices(upload(device, a), strideA, stepA),
                new Matrices(upload(device, b), strideB, stepB),
                beta,
                new Matrices(result, strideC, stepC),
                batch));
        float[] have = new float[c.length];
        device.download(result, MemorySegment.ofArray(have));
        assertNear("gemm " + m + " " + n + " " + k + " kind " + kind + " batch " + batch, have, want, 2e-6);
    }

    /** Sizes around the register kernel's, both transposes, adding, one matrix and many; what lies between rows stays. */
    @EveryDevice(standIn = true)
    void multiplies(Device device) {
        for (int[] size : SIZES) {
            for (int kind = 0; kind < 8; kind++) {
                check(device, size[0], size[1], size[2], 1, kind);
                check(device, size[0], size[1], size[2], 9, kind);
            }
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (Device device = Device.open("cpu")) {
            Matrices six = new Matrices(device.allocate(24), 3, 0);
            assertThatThrownBy(() -> new Gemm(false, false, 2, 3, 3, 1f, six, six, 0f, six, 1))
                    .hasMessage("gemm b: want 1 of 3 x 3 with stride 3 and step 0, have 6 numbers");
            assertThatThrownBy(() -> new Gemm(false, false, 0, 3, 3, 1f, six, six, 0f, six, 1))
                    .hasMessageContaining("positive sizes");
            assertThatThrownBy(() -> new Gemm(false, false, 1, 3, 2, 1f, six, six, 2f, six, 1))
                    .hasMessage("gemm beta: want 0 or 1, have 2.0");
            assertThatThrownBy(() -> new Gemm(false, false, 2, 3, 2, 1f, six, six, 0f, six, 2))
                    .hasMessageContaining("do not overlap");
        }
    }
}
