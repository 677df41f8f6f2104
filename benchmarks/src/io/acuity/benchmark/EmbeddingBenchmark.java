package io.acuity.benchmark;

import org.openjdk.jmh.annotations.Param;

/** The embedding network's passes of a contrastive step: 16 patches of 192 x 192, 4 positives and 4 negatives. */
public class EmbeddingBenchmark extends Timed {
    private static final int IMAGES = 16;
    private static final int SIDE = 96;
    private static final int SAMPLE_SETS = 8;

    @Param({"learn", "samples", "contrast"})
    public String pass = "learn";

    @Override
    protected Runnable prepare(Bench on) {
        on.require("strided_conv3x3_forward");
        on.require("batch_norm_forward");
        EmbeddingPasses passes = new EmbeddingPasses(on.device(), IMAGES, SIDE, SAMPLE_SETS);
        return () -> passes.run(pass);
    }

    @Override
    public Work work() {
        try (Bench bench = Bench.open("cpu");
                EmbeddingPasses passes = new EmbeddingPasses(bench.device(), 1, SIDE, SAMPLE_SETS)) {
            return new Work(IMAGES * passes.flops(pass), IMAGES * passes.bytes(pass));
        }
    }
}
