package io.acuity.nn;

import io.acuity.op.Conv3x3;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Sub-pixel convolution (arXiv 1609.05158): x2 is conv F to 4F and shuffle 2; x4 twice that; x3 conv F to 9F, shuffle 3. */
public final class Upsampler {
    private record Stage(Conv conv, int factor) {}

    private final List<Stage> stages;

    private Upsampler(List<Stage> stages) {
        this.stages = stages;
    }

    /** Declares {@code <name>.0} and, for x4, {@code <name>.2}. */
    public static Upsampler declare(ParameterSet set, String name, int features, int scale, Random random) {
        List<Stage> stages = new ArrayList<>();
        switch (scale) {
            case 2, 3 ->
                stages.add(
                        new Stage(Conv.declare(set, name + ".0", features, scale * scale * features, random), scale));
            case 4 -> {
                stages.add(new Stage(Conv.declare(set, name + ".0", features, 4 * features, random), 2));
                stages.add(new Stage(Conv.declare(set, name + ".2", features, 4 * features, random), 2));
            }
            default -> throw new IllegalArgumentException("scale: want 2, 3 or 4, have " + scale);
        }
        return new Upsampler(stages);
    }

    /** [N, F, H, W] to [N, F, scale H, scale W]; x is not freed. */
    public Tensor apply(Tape tape, Tensor x) {
        Tensor now = x;
        for (Stage stage : stages) {
            Tensor next = stage.conv().apply(tape, now, Conv3x3.Epilogue.shuffle(stage.factor()));
            if (now != x) {
                tape.done(now);
            }
            now = next;
        }
        return now;
    }
}
