package io.acuity.optim;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.ParameterSet;
import java.lang.foreign.MemorySegment;

/**
 * Adam (Kingma and Ba, arXiv 1412.6980) in PyTorch's form, one launch over a flat parameter set:
 * {@code w -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)}.
 *
 * <p>Rate and bias corrections lie on the device, so that a recorded step can be replayed with new ones.
 */
public final class Adam implements AutoCloseable {
    private static final Kernel STEP = new Kernel("adam_step");
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
    private final Options options;
    private final Buffer first;
    private final Buffer second;
    private final Buffer settings;
    private long step;

    /** Starts with moments of zero, on the parameters' device. */
    public Adam(ParameterSet parameters, Options options) {
        this.parameters = parameters;
        this.options = options;
        Device device = parameters.device();
        long bytes = parameters.flatElements() * Float.BYTES;
        first = device.allocate(bytes);
        second = device.allocate(bytes);
        settings = device.allocate((long) SETTINGS * Float.BYTES);
        device.fill(first, 0);
        device.fill(second, 0);
    }

    /** Moves every parameter by the gradients of the last backward pass; parameters without a gradient count as zero. */
    public void step(double learningRate) {
        step++;
        float[] now = {
            (float) learningRate,
            (float) options.beta1(),
            (float) options.beta2(),
            (float) options.epsilon(),
            correction(options.beta1()),
            correction(options.beta2()),
            (float) options.clamp(),
            0f
        };
        Device device = parameters.device();
        device.upload(MemorySegment.ofArray(now), settings);
        parameters.completeGradients();
        long count = parameters.flatElements();
        device.launch(
                STEP, Grid.cover(count), parameters.values(), parameters.gradients(), first, second, settings, count);
        parameters.changed();
        parameters.clearGradients();
    }

    /** 1 - beta^t for the beta that the kernel has, so that the moments' weights sum to one. */
    private float correction(double beta) {
        return (float) (1 - Math.pow((float) beta, (double) step));
    }

    /** Steps taken so far. */
    public long steps() {
        return step;
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
    public void restoreSteps(long steps) {
        step = steps;
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
    }
}
