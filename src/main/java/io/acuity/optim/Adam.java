package io.acuity.optim;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.PackedCopy;
import io.acuity.tensor.ParameterSet;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Adam (Kingma and Ba, arXiv 1412.6980) in PyTorch's form, over a flat parameter set:
 * {@code w -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)}.
 *
 * <p>Rate, count of steps and bias corrections lie on the device, so that a captured step can be replayed with new ones, and
 * refused without the host.
 *
 * <p>Where parameters have copies for tensor cores, the step writes those too, so that none is packed again for the next step.
 */
public final class Adam implements AutoCloseable {
    private static final Kernel CORRECTIONS = new Kernel("adam_corrections");
    private static final Kernel STEP = new Kernel("adam_step");
    private static final Kernel PACKED_STEP = new Kernel("adam_packed_step");
    private static final int SETTINGS = 8;

    /** beta1, beta2, epsilon; gradients are clamped to +-clamp element by element, 0 for not at all. */
    public record Options(double beta1, double beta2, double epsilon, double clamp) {
        public static final Options DEFAULT = new Options(0.9, 0.999, 1e-8, 0);

        public Options {
            if (!(beta1 >= 0 && beta1 < 1) || !(beta2 >= 0 && beta2 < 1) || !(epsilon > 0) || !(clamp >= 0)) {
                throw new IllegalArgumentException("adam: want betas in [0, 1), epsilon > 0, clamp >= 0, have " + beta1
                        + ", " + beta2 + ", " + epsilon + ", " + clamp);
            }
        }
    }

    private final ParameterSet parameters;
    private final Buffer first;
    private final Buffer second;
    private final Buffer settings;
    private final Buffer rate;
    private final Buffer steps;
    private final List<PackedStep> plans = new ArrayList<>();

    /** Starts with moments of zero, on the parameters' device. */
    public Adam(ParameterSet parameters, Options options) {
        this.parameters = parameters;
        Device device = parameters.device();
        long bytes = parameters.flatElements() * Float.BYTES;
        first = device.allocate(bytes);
        second = device.allocate(bytes);
        settings = device.allocate((long) SETTINGS * Float.BYTES);
        rate = settings.slice(0, Float.BYTES);
        steps = device.allocate(Long.BYTES);
        device.fill(first, 0);
        device.fill(second, 0);
        device.fill(steps, 0);
        float[] constant = {
            0f,
            (float) options.beta1(),
            (float) options.beta2(),
            (float) options.epsilon(),
            1f,
            1f,
            (float) options.clamp(),
            0f
        };
        device.upload(MemorySegment.ofArray(constant), settings);
    }

    /** Moves every parameter by the gradients of the last backward pass; parameters without a gradient count as zero. */
    public void step(double learningRate) {
        step(() -> learningRate, null);
    }

    /**
     * The same where a graph is captured, and unless the step is refused.
     *
     * @param learningRate asked for at each replay
     * @param finding one int32 on the device, as of {@link StepWatch#finding}; if it is not 0, parameters, moments and count
     *     stay as they are. Null: there is nothing to look at
     */
    public void step(DoubleSupplier learningRate, @Nullable Buffer finding) {
        Device device = parameters.device();
        device.feed(rate, memory -> memory.set(JAVA_FLOAT, 0, (float) learningRate.getAsDouble()));
        parameters.completeGradients();
        device.launch(CORRECTIONS, Grid.cover(1), settings, steps, finding);
        List<PackedCopy> copies = parameters.copies();
        if (copies.isEmpty()) {
            move(STEP, Grid.cover(parameters.flatElements()), finding, parameters.flatElements());
            parameters.changed();
        } else {
            PackedStep packed = packed(copies);
            move(PACKED_STEP, Grid.cover(packed.blocks()), finding, packed.plan());
            parameters.changed(packed.written());
        }
        parameters.clearGradients();
    }

    /**
     * Takes what {@link #step} needs for the copies of weights that there are by now: before a capture, since copies may have been
     * asked for behind the last step.
     */
    public void prepare() {
        List<PackedCopy> copies = parameters.copies();
        if (!copies.isEmpty()) {
            packed(copies);
        }
    }

    private void move(Kernel kernel, Grid grid, @Nullable Buffer finding, Object extent) {
        parameters
                .device()
                .launch(
                        kernel,
                        grid,
                        parameters.values(),
                        parameters.gradients(),
                        first,
                        second,
                        settings,
                        finding,
                        extent);
    }

    /** The plan for these copies; one that was made before may be in a graph, and stays. */
    private PackedStep packed(List<PackedCopy> copies) {
        if (plans.isEmpty() || !plans.getLast().made().equals(copies)) {
            plans.add(PackedStep.of(parameters, copies));
        }
        return plans.getLast();
    }

    /** Steps taken so far; waits for them. */
    public long steps() {
        long[] count = new long[1];
        parameters.device().download(steps, MemorySegment.ofArray(count));
        return count[0];
    }

    /** First and second moments of one parameter, in the file formats' order, for checkpoints. */
    public Moments moments(String parameter) {
        Buffer m = slice(first, parameter);
        Buffer v = slice(second, parameter);
        float[] a = new float[(int) (m.bytes() / Float.BYTES)];
        float[] b = new float[a.length];
        parameters.device().download(m, MemorySegment.ofArray(a));
        parameters.device().download(v, MemorySegment.ofArray(b));
        return new Moments(a, b);
    }

    /** Moments of one parameter. */
    @SuppressWarnings("ArrayRecordComponent") // carried from device to file and back, never compared
    public record Moments(float[] first, float[] second) {}

    /** Sets what {@link #moments} gave. */
    public void restore(String parameter, Moments moments) {
        parameters.device().upload(MemorySegment.ofArray(moments.first()), slice(first, parameter));
        parameters.device().upload(MemorySegment.ofArray(moments.second()), slice(second, parameter));
    }

    /** Sets how many steps count as taken, for the bias correction of the next one. */
    public void restoreSteps(long taken) {
        parameters.device().upload(MemorySegment.ofArray(new long[] {taken}), steps);
    }

    private Buffer slice(Buffer flat, String parameter) {
        Buffer values = parameters.parameter(parameter).values();
        long offset = values.address() - parameters.values().address();
        return flat.slice(offset, values.bytes());
    }

    @Override
    public void close() {
        Device device = parameters.device();
        device.release(first);
        device.release(second);
        device.release(settings);
        device.release(steps);
        plans.forEach(packed -> device.release(packed.plan()));
    }
}
