package io.acuity.nn;

import io.acuity.op.Conv3x3;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** RCAN's group: y = x + conv(blocks(x)), x and y [N, F, H, W]. */
public final class ResidualGroup {
    private final List<AttentionBlock> blocks;
    private final Conv last;

    private ResidualGroup(List<AttentionBlock> blocks, Conv last) {
        this.blocks = blocks;
        this.last = last;
    }

    /** Declares {@code <name>.body.{b}} for each block, then the convolution {@code <name>.body.{blocks}}. */
    public static ResidualGroup declare(
            ParameterSet set, String name, int count, int features, int reduction, Random random) {
        List<AttentionBlock> blocks = new ArrayList<>();
        for (int b = 0; b < count; b++) {
            blocks.add(AttentionBlock.declare(set, name + ".body." + b, features, reduction, random));
        }
        return new ResidualGroup(blocks, Conv.declare(set, name + ".body." + count, features, features, random));
    }

    /** [N, F, H, W] to the same shape; x is not freed. */
    public Tensor apply(Tape tape, Tensor x) {
        Tensor now = blocks(tape, x);
        Tensor y = last.apply(tape, now, Conv3x3.Epilogue.residual(x, 1f));
        tape.done(now);
        return y;
    }

    /** The same for an x that is not used again and needs no {@link Tape#done}. */
    public Tensor consume(Tape tape, Tensor x) {
        Tensor now = blocks(tape, x);
        Tensor y = last.onto(tape, now, x, 1f);
        tape.done(now);
        return y;
    }

    private Tensor blocks(Tape tape, Tensor x) {
        Tensor now = blocks.getFirst().apply(tape, x);
        for (AttentionBlock block : blocks.subList(1, blocks.size())) {
            now = block.consume(tape, now);
        }
        return now;
    }
}
