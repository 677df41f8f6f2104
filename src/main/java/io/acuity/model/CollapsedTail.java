package io.acuity.model;

import io.acuity.device.Buffer;
import io.acuity.op.Conv5x5;
import io.acuity.op.PixelLoss;
import io.acuity.op.Region;
import io.acuity.op.Region.Rectangle;
import io.acuity.op.TailGather;
import io.acuity.op.TailLoss;
import io.acuity.tensor.Arena;
import io.acuity.tensor.DerivedWeight;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The linear tail in one 5x5 convolution, exactly: conv, shuffle, conv (and shuffle, conv) have no activation between them, so
 * away from the border their product is one convolution F to 3 r^2 with shuffle r. In the outermost ring of LR pixels the layers
 * see zeros where the product would see continued features; there four strips go through the layers themselves.
 *
 * <p>While recording, the product is formed anew each step and its gradient flows back to the layers; else it is kept until the
 * parameters change.
 */
final class CollapsedTail {
    private static final int RGB = 3;

    /** Rows of features that decide a border row of results. */
    private static final int STRIP = 3;

    private record Product(DerivedWeight weight, DerivedWeight bias, long version) {}

    private final Tail tail;
    private final ParameterSet parameters;
    private @Nullable Buffer probes;
    private @Nullable Arena keeping;
    private volatile @Nullable Product kept;

    CollapsedTail(Tail tail, ParameterSet parameters) {
        this.tail = tail;
        this.parameters = parameters;
    }

    /** Whether a picture of this size has pixels that no strip covers. */
    static boolean fits(Shape body) {
        return body.h() > STRIP + 1 && body.w() > STRIP + 1;
    }

    /** body [N, F, H, W] to [N, 3, scale H, scale W]; body is not freed. */
    Tensor apply(Tape tape, Tensor body) {
        Product product = tape.isRecording() ? compose(tape, tape::take) : kept();
        int r = tail.scale();
        int h = body.shape().h();
        int w = body.shape().w();
        Tensor y = Conv5x5.apply(tape, body, product.weight(), product.bias(), r);
        y = border(tape, y, body, new Rectangle(0, 0, STRIP, w), new Rectangle(0, 0, r, w * r), 0, 0);
        y = border(
                tape,
                y,
                body,
                new Rectangle(h - STRIP, 0, STRIP, w),
                new Rectangle((STRIP - 1) * r, 0, r, w * r),
                (h - 1) * r,
                0);
        // the corners are in the strips above already
        y = border(tape, y, body, new Rectangle(0, 0, h, STRIP), new Rectangle(r, 0, (h - 2) * r, r), r, 0);
        return border(
                tape,
                y,
                body,
                new Rectangle(0, w - STRIP, h, STRIP),
                new Rectangle(r, (STRIP - 1) * r, (h - 2) * r, r),
                r,
                (w - 1) * r);
    }

    /** The same, while recording, as a loss; see {@link TailLoss}. */
    PixelLoss.Result compare(Tape tape, Tensor body, TailLoss.Colours colours, PixelLoss loss) {
        Product product = compose(tape, tape::take);
        int h = body.shape().h();
        int w = body.shape().w();
        return TailLoss.apply(
                tape,
                body,
                product.weight(),
                product.bias(),
                tail.scale(),
                colours,
                loss,
                () -> new TailLoss.Strips(
                        layers(tape, body, new Rectangle(0, 0, STRIP, w)),
                        layers(tape, body, new Rectangle(h - STRIP, 0, STRIP, w)),
                        layers(tape, body, new Rectangle(0, 0, h, STRIP)),
                        layers(tape, body, new Rectangle(0, w - STRIP, h, STRIP))));
    }

    /** What the layers make of a strip of features. */
    private Tensor layers(Tape tape, Tensor body, Rectangle strip) {
        Tensor cut = Region.cut(tape, body, strip);
        Tensor rgb = tail.apply(tape, cut);
        tape.done(cut);
        return rgb;
    }

    /** Replaces one side of {@code y} by what the layers make of a strip of features. */
    private Tensor border(Tape tape, Tensor y, Tensor body, Rectangle strip, Rectangle part, int top, int left) {
        Tensor rgb = layers(tape, body, strip);
        Tensor pasted = Region.paste(tape, y, rgb, part, top, left);
        tape.done(rgb);
        return pasted;
    }

    /** Forms the product that is kept. */
    void prepare() {
        kept();
    }

    private Product kept() {
        Product have = kept;
        return have != null && have.version() == parameters.version() ? have : formed();
    }

    /** The product, formed by one thread at a time; one that is there is taken without waiting, see {@code Parameter}. */
    private synchronized Product formed() {
        Product have = kept;
        if (have == null || have.version() != parameters.version()) {
            Arena memory = keeping == null ? parameters.arena() : keeping;
            keeping = memory;
            memory.reset();
            try (Tape tape = Tape.inference(parameters.device())) {
                have = compose(tape, memory::take);
            }
            kept = have;
        }
        return have;
    }

    private Product compose(Tape tape, LongFunction<Buffer> memory) {
        int f = tail.features();
        int r = tail.scale();
        Tensor impulses = Tensor.of(new Shape(f + 1, f, TailGather.PROBE, TailGather.PROBE), probes());
        Tensor responses = tail.apply(tape, impulses);
        TailGather.Gathered gathered = TailGather.apply(tape, responses, r);
        return new Product(
                DerivedWeight.of(lasting(tape, gathered.weight(), memory), List.of(RGB * r * r, f, 5, 5), memory),
                DerivedWeight.of(lasting(tape, gathered.bias(), memory), List.of(RGB * r * r), memory),
                parameters.version());
    }

    /** What is kept must outlive the tape that made it. */
    private static Tensor lasting(Tape tape, Tensor made, LongFunction<Buffer> memory) {
        if (tape.isRecording()) {
            return made;
        }
        float[] values = new float[Math.toIntExact(made.shape().elements())];
        tape.device().download(made.data(), MemorySegment.ofArray(values));
        Buffer buffer = memory.apply((long) values.length * Float.BYTES);
        tape.device().upload(MemorySegment.ofArray(values), buffer);
        return Tensor.of(made.shape(), buffer);
    }

    /** Image c is zero but for a one in the middle of channel c; the last is zero throughout. */
    private synchronized Buffer probes() {
        if (probes == null) {
            int f = tail.features();
            Shape shape = new Shape(f + 1, f, TailGather.PROBE, TailGather.PROBE);
            Buffer buffer = parameters.own(shape.elements() * Float.BYTES);
            float[] nchw = new float[Math.toIntExact(shape.elements())];
            int plane = TailGather.PROBE * TailGather.PROBE;
            for (int c = 0; c < f; c++) {
                nchw[(c * f + c) * plane + plane / 2] = 1f;
            }
            Tensor.of(shape, buffer).set(nchw);
            probes = buffer;
        }
        return probes;
    }
}
