package io.acuity.optim;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.op.GradientNorm;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the numbers of a training step on the device and decides there whether it is good, so that what comes after it,
 * {@link Adam} and {@link Ema}, can do nothing without the host having looked. A step has three looks in the order {@link
 * #judgePixels}, {@link #judgeEmbedding}, {@link #judgeGradient}; the first that finds something wrong decides.
 */
public final class StepWatch implements AutoCloseable {
    /** Good losses that are remembered, whose median tells what a spike is. */
    public static final int WINDOW = 50;

    /** Fewer remembered losses than this have no median. */
    public static final int LEAST = 10;

    /** Further numbers of a step that a report has room for. */
    public static final int TERMS = 6;

    private static final Kernel PIXELS = new Kernel("step_watch_pixels");
    private static final Kernel EMBEDDING = new Kernel("step_watch_embedding");
    private static final Kernel GRADIENT = new Kernel("step_watch_gradient");
    private static final Kernel REVERT = new Kernel("step_watch_revert");
    private static final int STATE_WORDS = 4;
    private static final int REPORT_WORDS = 4 + TERMS;

    /** What a step was found to be, in the order of the kernels' numbers. */
    public enum Finding {
        GOOD,
        PIXELS_NOT_FINITE,
        SPIKE,
        EMBEDDING_NOT_FINITE,
        LOSS_NOT_FINITE,
        GRADIENT_NOT_FINITE;

        /** Whether an embedding network learnt in such a step. */
        public boolean embeddingLearnt() {
            return this == GOOD || this == LOSS_NOT_FINITE || this == GRADIENT_NOT_FINITE;
        }
    }

    /**
     * A step's numbers.
     *
     * @param pixels loss on pixels
     * @param loss the loss that was differentiated
     * @param norm of its gradient
     * @param terms what {@link #judgeGradient} was given beside them, in its order
     */
    public record Report(Finding finding, float pixels, float loss, float norm, List<Float> terms) {
        public Report {
            terms = List.copyOf(terms);
        }
    }

    private final Device device;
    private final float spike;
    private final Buffer state;
    private final Buffer recent;
    private final Buffer report;

    private StepWatch(Device device, float spike) {
        this.device = device;
        this.spike = spike;
        state = device.allocate((long) STATE_WORDS * Integer.BYTES);
        recent = device.allocate((long) WINDOW * Float.BYTES);
        report = device.allocate((long) REPORT_WORDS * Float.BYTES);
        device.fill(report, 0);
        remember(List.of());
    }

    /**
     * A watch that remembers nothing yet.
     *
     * @param spike a loss on pixels is wrong beyond so many times the median of the last good ones; 0: any that is finite is good
     */
    public static StepWatch on(Device device, double spike) {
        return new StepWatch(device, (float) spike);
    }

    /**
     * Sets the losses on pixels of the last good steps.
     *
     * @param losses the oldest first, at most {@link #WINDOW}
     */
    public void remember(List<Double> losses) {
        if (losses.size() > WINDOW) {
            throw new IllegalArgumentException("step_watch losses: want at most " + WINDOW + ", have " + losses.size());
        }
        float[] ring = new float[WINDOW];
        for (int i = 0; i < losses.size(); i++) {
            ring[i] = losses.get(i).floatValue();
        }
        device.upload(MemorySegment.ofArray(ring), recent);
        int[] words = {0, losses.size(), losses.size() % WINDOW, 0};
        device.upload(MemorySegment.ofArray(words), state);
    }

    /** One int32, 0 while nothing wrong was found in the step: what {@link Adam} and {@link Ema} look at. */
    public Buffer finding() {
        return state.slice(0, Integer.BYTES);
    }

    /** Starts a step's judgement with its loss on pixels, [1, 1, 1, 1]. */
    public void judgePixels(Tensor loss) {
        device.launch(PIXELS, Grid.cover(1), state, recent, loss.data(), spike);
    }

    /** Looks at what an embedding network would learn in this step: a loss, [1, 1, 1, 1], and the norm of its gradient. */
    public void judgeEmbedding(Tensor loss, GradientNorm norm) {
        device.launch(EMBEDDING, Grid.cover(1), state, loss.data(), norm.norm());
    }

    /** Sets {@code count} numbers back to what was kept of them, if the step is not good so far. */
    public void revert(Buffer values, Buffer kept, long count) {
        device.launch(REVERT, Grid.cover(count), values, kept, state, count);
    }

    /**
     * Ends a step's judgement.
     *
     * @param pixels what {@link #judgePixels} was given
     * @param loss what was differentiated, [1, 1, 1, 1]
     * @param norm of the whole gradient
     * @param terms further single numbers for the report, at most {@link #TERMS}
     */
    public void judgeGradient(Tensor pixels, Tensor loss, GradientNorm norm, List<Buffer> terms) {
        if (terms.size() > TERMS) {
            throw new IllegalArgumentException("step_watch terms: want at most " + TERMS + ", have " + terms.size());
        }
        List<@Nullable Object> arguments =
                new ArrayList<>(List.of(state, recent, pixels.data(), loss.data(), norm.norm()));
        arguments.addAll(terms);
        for (int i = terms.size(); i < TERMS; i++) {
            arguments.add(null);
        }
        arguments.add(report);
        device.launch(GRADIENT, Grid.cover(1), arguments.toArray());
    }

    /** Where the report of the last step lies, for {@link io.acuity.device.Readback}; see {@link #read}. */
    public Buffer report() {
        return report;
    }

    /** What the bytes of a report say. */
    public static Report read(MemorySegment bytes) {
        List<Float> terms = new ArrayList<>();
        for (int i = 0; i < TERMS; i++) {
            terms.add(bytes.getAtIndex(JAVA_FLOAT, 4L + i));
        }
        return new Report(
                Finding.values()[(int) bytes.getAtIndex(JAVA_FLOAT, 0)],
                bytes.getAtIndex(JAVA_FLOAT, 1),
                bytes.getAtIndex(JAVA_FLOAT, 2),
                bytes.getAtIndex(JAVA_FLOAT, 3),
                terms);
    }

    @Override
    public void close() {
        device.release(state);
        device.release(recent);
        device.release(report);
    }
}
