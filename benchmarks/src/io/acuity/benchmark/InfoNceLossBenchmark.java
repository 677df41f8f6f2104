package io.acuity.benchmark;

import io.acuity.op.InfoNceLoss;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import org.openjdk.jmh.annotations.Param;

/** The contrastive loss with four positives and four negatives for each image, and its gradient. */
public class InfoNceLossBenchmark extends Timed {
    private static final int POSITIVES = 4;
    private static final int SETS = 8;

    @Param({"16x256x12x12", "16x256x24x24"})
    public String shape = "16x256x12x12";

    @Param({"INFO_NCE", "L1"})
    public String kind = "INFO_NCE";

    @Param({"forward", "both"})
    public String pass = "both";

    @Override
    protected Runnable prepare(Bench on) {
        on.require("info_nce_cosine_forward");
        on.require("info_nce_distance_forward");
        Shape s = Layer.shape(shape);
        Tensor sr = Tensor.leaf(s, on.features(s));
        Shape sets = new Shape(SETS * s.n(), s.c(), s.h(), s.w());
        Tensor samples = Tensor.of(sets, on.features(sets));
        InfoNceLoss.Options options = new InfoNceLoss.Options(InfoNceLoss.Kind.valueOf(kind), 1);
        Tape tape = Tape.recording(on.device());
        boolean backward = pass.equals("both");
        return () -> {
            tape.reset();
            Tensor loss =
                    InfoNceLoss.apply(tape, sr, samples, POSITIVES, options).loss();
            if (backward) {
                tape.backward(loss);
            }
        };
    }

    /** Features are read once a pass; the gradient is written. */
    @Override
    public Work work() {
        double elements = Layer.shape(shape).elements();
        double read = (1.0 + SETS) * elements;
        return pass.equals("both")
                ? new Work(6 * SETS * elements, numbers().bytes() * (2 * read + elements))
                : new Work(4 * SETS * elements, numbers().bytes() * read);
    }
}
