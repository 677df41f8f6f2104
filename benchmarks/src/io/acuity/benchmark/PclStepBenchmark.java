package io.acuity.benchmark;

import io.acuity.model.Edsr;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Warmup;

/** One contrastive training step of EDSR-S at x4, batch 16 of HR 192, four positive and four negative sets. */
@Warmup(iterations = 1, time = 1)
@Measurement(iterations = 5, time = 1)
public class PclStepBenchmark extends Timed {
    @Param({"layers", "collapsed"})
    public String tail = "layers";

    /** What the embedding network learns on: {@code two} sets, SR and HR, or {@code all}, the filtered ones too. */
    @Param("two")
    public String learns = "two";

    /** {@code direct}, or {@code graph}: captured once and replayed. */
    @Param("direct")
    public String launch = "direct";

    @Override
    protected Runnable prepare(Bench on) {
        on.require("strided_conv3x3_forward");
        on.require("batch_norm_forward");
        on.require("direct_bank_haar");
        on.require("info_nce_cosine_forward");
        Runnable step =
                new PclStep(on.device(), "benchmark", tail.equals("collapsed"), learns.equals("all"), new Stages());
        return on.launched(launch, PclStep.CHECKED + 1, step);
    }

    @Override
    public Work work() {
        Edsr.Options options = Edsr.Options.small(PclInputs.SCALE);
        int side = PclInputs.SIZE / PclInputs.SCALE;
        Shape lr = new Shape(PclInputs.BATCH, 3, side, side);
        double trunk = PclInputs.BATCH * NetworkWork.embeddingFlops(PclInputs.SIZE, PclInputs.BLOCKS - 1);
        double toTap = PclInputs.BATCH * NetworkWork.embeddingFlops(PclInputs.SIZE, PclInputs.TAP);
        int sets = 2 + PclInputs.SHARPENED + PclInputs.BLURRED;
        int learnt = learns.equals("all") ? sets : 2;
        double flops = 3 * NetworkWork.forwardFlops(options, lr) + learnt * 3 * trunk + (sets + 2) * toTap;
        return new Work(flops, 3 * NetworkWork.forwardBytes(options, lr));
    }
}
