package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.nn.Conv;
import io.acuity.op.PixelLoss;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/**
 * EDSR and those that took over its frame, RCAN, HAN and NLSN: mean colour and range, head {@code head.0}, a body that the head's
 * features skip, linear tail. What they differ in is the body.
 */
abstract sealed class SkipNetwork implements Network permits Edsr, Rcan, Han, Nlsn {
    /**
     * A network with a head and nothing behind it. Layers draw their first weights one after the other, head, body, tail: so the
     * body is declared between {@link #begin} and {@link #finish}.
     */
    record Draft(ParameterSet parameters, Random random, Frame frame, Conv head, int features, int scale) {
        static Draft begin(int features, float range, int scale, long seed) {
            ParameterSet parameters = new ParameterSet();
            Random random = Random.of(seed, 0);
            Frame frame = new Frame(range);
            Conv head = Conv.declare(parameters, "head.0", 3, features, random);
            return new Draft(parameters, random, frame, head, features, scale);
        }

        /** Declares a 3x3 convolution of the body, F to F. */
        Conv conv(String name) {
            return Conv.declare(parameters, name, features, features, random);
        }

        /** Declares the tail and takes the device memory of all weights. */
        Ends finish(Device device) {
            LinearTail tail = LinearTail.declare(parameters, features, scale, random);
            parameters.allocate(device);
            return new Ends(parameters, frame, head, tail, scale);
        }
    }

    /** What lies around a body. */
    record Ends(ParameterSet parameters, Frame frame, Conv head, LinearTail tail, int scale) {}

    private final Ends ends;

    SkipNetwork(Ends ends) {
        this.ends = ends;
    }

    /** h [N, F, H, W], the head's, to body(h) + h of the same shape; h is not used again and needs no {@link Tape#done}. */
    abstract Tensor body(Tape tape, Tensor h);

    /** 3x3 convolutions one behind the other before the tail. */
    abstract int depth();

    @Override
    public final Tensor forward(Tape tape, Tensor lr) {
        return picture(tape, features(tape, lr));
    }

    @Override
    public final PixelLoss.Result compare(Tape tape, Tensor lr, PixelLoss loss) {
        Tensor body = features(tape, lr);
        return ends.tail().compares(tape, body)
                ? ends.tail().compare(tape, body, ends.frame().colours(), loss)
                : loss.of(tape, picture(tape, body));
    }

    private Tensor features(Tape tape, Tensor lr) {
        Tensor x = ends.frame().enter(tape, lr);
        Tensor h = ends.head().apply(tape, x);
        tape.done(x);
        return body(tape, h);
    }

    private Tensor picture(Tape tape, Tensor body) {
        Tensor rgb = ends.tail().apply(tape, body);
        tape.done(body);
        return ends.frame().leave(tape, rgb);
    }

    @Override
    public final Network collapse(boolean on) {
        ends.tail().collapse(on);
        return this;
    }

    @Override
    public final void prepare() {
        ends.tail().prepare();
    }

    @Override
    public final int scale() {
        return ends.scale();
    }

    /** The tail's own reach is below two LR tiles at every scale. */
    @Override
    public final int reach() {
        return Edsr.TILE * (depth() + 2);
    }

    @Override
    public final int grid() {
        return Edsr.TILE;
    }

    /** Numbers for each LR pixel that the tail's widest moment holds. */
    final long tailWidth() {
        return ends.tail().width();
    }

    @Override
    public final ParameterSet parameters() {
        return ends.parameters();
    }

    @Override
    public final float range() {
        return ends.frame().range();
    }
}
