package io.acuity.device;

/**
 * A batch of matrix products: C = alpha A B + beta C for each, A of m x k, B of k x n, C of m x n.
 *
 * @param transposeA whether A lies as k x m
 * @param transposeB whether B lies as n x k
 * @param beta 0 to write C, 1 to add to it
 */
public record Gemm(
        boolean transposeA,
        boolean transposeB,
        int m,
        int n,
        int k,
        float alpha,
        Matrices a,
        Matrices b,
        float beta,
        Matrices c,
        int batch) {

    /**
     * Row-major matrices of fp32 numbers: number (i, j) of matrix x is number {@code x * step + i * stride + j} of the buffer.
     * Matrices that are read may overlap.
     */
    public record Matrices(Buffer data, long stride, long step) {
        /** The same from number {@code offset} on. */
        public Matrices from(long offset) {
            long bytes = offset * Float.BYTES;
            return new Matrices(data.slice(bytes, data.bytes() - bytes), stride, step);
        }
    }

    public Gemm {
        if (m < 1 || n < 1 || k < 1 || batch < 1) {
            throw new IllegalArgumentException(
                    "gemm: want positive sizes, have " + m + " x " + n + " x " + k + ", batch " + batch);
        }
        if (beta != 0 && beta != 1) {
            throw new IllegalArgumentException("gemm beta: want 0 or 1, have " + beta);
        }
        check("a", a, transposeA ? k : m, transposeA ? m : k, batch);
        check("b", b, transposeB ? n : k, transposeB ? k : n, batch);
        check("c", c, m, n, batch);
        if (batch > 1 && c.step() < (m - 1) * c.stride() + n) {
            throw new IllegalArgumentException(
                    "gemm c: want matrices that do not overlap, have a step of " + c.step() + " numbers");
        }
    }

    private static void check(String name, Matrices matrices, int rows, int columns, int batch) {
        long last = (batch - 1) * matrices.step() + (rows - 1) * matrices.stride() + columns;
        if (matrices.stride() < columns
                || matrices.step() < 0
                || last * Float.BYTES > matrices.data().bytes()) {
            throw new IllegalArgumentException("gemm " + name + ": want " + batch + " of " + rows + " x " + columns
                    + " with stride " + matrices.stride() + " and step " + matrices.step() + ", have "
                    + matrices.data().bytes() / Float.BYTES + " numbers");
        }
    }
}
