package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Gemm;
import io.acuity.device.Gemm.Matrices;
import org.openjdk.jmh.annotations.Param;

/** Batches of matrix products: scores and values of sparse attention, and one square product. */
public class GemmBenchmark extends Timed {
    @Param({"scores", "values", "square"})
    public String what = "scores";

    private Gemm product(Buffer a, Buffer b, Buffer c) {
        return switch (what) {
            case "scores" -> gemm(true, 144, 432, 64, 400, a, b, c);
            case "values" -> gemm(false, 144, 256, 432, 400, a, b, c);
            case "square" -> gemm(false, 512, 512, 512, 1, a, b, c);
            default -> throw new IllegalArgumentException("what: have " + what);
        };
    }

    private static Gemm gemm(boolean transposed, int m, int n, int k, int batch, Buffer a, Buffer b, Buffer c) {
        Matrices right = new Matrices(b, transposed ? k : n, 144L * (transposed ? k : n));
        return new Gemm(
                false,
                transposed,
                m,
                n,
                k,
                1f,
                new Matrices(a, k, (long) m * k),
                right,
                0f,
                new Matrices(c, n, (long) m * n),
                batch);
    }

    @Override
    protected Runnable prepare(Bench on) {
        long most = 400L * 144 * 432;
        Gemm product = product(on.noise(most), on.noise(most), on.room(most));
        return () -> on.device().gemm(product);
    }

    @Override
    public Work work() {
        double products = switch (what) {
            case "scores" -> 400.0 * 144 * 432 * 64;
            case "values" -> 400.0 * 144 * 256 * 432;
            default -> 512.0 * 512 * 512;
        };
        return new Work(2 * products, 4 * Math.cbrt(products * products));
    }
}
