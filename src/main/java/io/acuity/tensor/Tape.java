package io.acuity.tensor;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What was done, so that it can be differentiated: a list of closures. Recording order is a topological order; {@link
 * #backward} walks it from the end. Every backward kernel adds to a gradient, or writes the first one.
 */
public final class Tape implements AutoCloseable {
    /** Writes one contribution to a gradient: adds when {@code accumulate} is 1, overwrites when it is 0. */
    @FunctionalInterface
    public interface Contribution {
        void write(Buffer gradient, int accumulate);
    }

    /** Writes one contribution to a gradient: alone when {@code base} is null, else added to base, which may be the gradient itself. */
    @FunctionalInterface
    public interface Onto {
        void write(Buffer gradient, @Nullable Buffer base);
    }

    /** Uses the gradient of an operation's result to form those of its inputs. */
    @FunctionalInterface
    public interface Backward {
        void run(Buffer gradient);
    }

    /** Work of a backward pass that was put off, to be done for several results at once. */
    @FunctionalInterface
    public interface Deferred {
        /** Does what was put off since the last time. */
        void finish();
    }

    private record Entry(Tensor result, Backward backward) {}

    private static final Kernel RELU_BACKWARD = new Kernel("relu_backward");
    private static final Kernel COPY = new Kernel("scale_forward");

    private final Arena arena;
    private final Arena feeds;
    private final boolean recording;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<Object, Deferred> deferred = new LinkedHashMap<>();

    /** How many operations keep a gradient, beside the tensor that has it: until they give it back it is only read. */
    private final Map<Buffer, Integer> keepers = new HashMap<>();

    private boolean defers;

    private Tape(Arena arena, boolean recording) {
        this.arena = arena;
        feeds = Arena.unfilled(arena.device());
        this.recording = recording;
    }

    /** A tape that keeps what backward needs. */
    public static Tape recording(Device device) {
        return new Tape(Arena.on(device), true);
    }

    /** A tape over a given arena, as for tests with poisoned memory. */
    public static Tape recording(Arena arena) {
        return new Tape(arena, true);
    }

    /** A tape that keeps nothing: no gradients, and {@link #done} frees at once. */
    public static Tape inference(Device device) {
        return new Tape(Arena.on(device), false);
    }

    /** Where everything on this tape is computed. */
    public Device device() {
        return arena.device();
    }

    /** Whether gradients can be asked for. */
    public boolean isRecording() {
        return recording;
    }

    /** Device memory held, in bytes. */
    public long bytes() {
        return arena.bytes() + feeds.bytes();
    }

    /** As {@link Device#launch}, on this tape's device. */
    public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
        device().launch(kernel, grid, arguments);
    }

    /** Scratch memory until the step's end or {@link #give}. */
    public Buffer take(long bytes) {
        return arena.take(bytes);
    }

    /** Scratch memory for numbers of a given precision. */
    public Buffer take(long bytes, Precision precision) {
        return arena.take(bytes, precision);
    }

    /**
     * Memory for a step's data from the host, until the step's end; see {@link Device#feed}. It is apart from all scratch memory,
     * since a graph brings the data before any of its work, whatever else may use a block in between.
     */
    public Buffer feed(long bytes, Consumer<MemorySegment> writer) {
        Buffer buffer = feeds.take(bytes).slice(0, bytes);
        device().feed(buffer, writer);
        return buffer;
    }

    /** Gives scratch memory back before the step's end; a gradient that is {@linkplain #keep kept} goes when its last holder gives it. */
    public void give(Buffer scratch) {
        Integer others = keepers.remove(scratch);
        if (others == null) {
            arena.give(scratch);
        } else if (others > 1) {
            keepers.put(scratch, others - 1);
        }
    }

    /** An input tensor in the device's precision: its content is the caller's to set; no gradient reaches it. */
    public Tensor input(Shape shape) {
        return Tensor.of(shape, room(shape, device().precision()));
    }

    /** An input of the shape and precision of {@code tensor}. */
    public Tensor inputLike(Tensor tensor) {
        return Tensor.of(tensor.shape(), room(tensor.shape(), tensor.precision()));
    }

    /** An input whose gradient is wanted. */
    public Tensor leaf(Shape shape) {
        return Tensor.leaf(shape, room(shape, device().precision()));
    }

    /** Memory for the result of an operation on {@code first} and others, in the precision of {@code first}. */
    public Tensor result(Shape shape, Tensor first, Tensor... others) {
        boolean needs = first.needsGradient() || needGradient(others);
        return Tensor.result(shape, room(shape, first.precision()), recording && needs, false);
    }

    /** Memory for a picture, a loss or a statistic of {@code inputs}: fp32 on every device. */
    public Tensor plain(Shape shape, Tensor... inputs) {
        return Tensor.result(shape, room(shape, Precision.FP32), recording && needGradient(inputs), false);
    }

    /**
     * Memory for the result of a layer, in the precision of its input {@code x}.
     *
     * @param rectified whether it comes out of a ReLU, see {@link Tensor#rectified}
     * @param trains whether a gradient is wanted for something that it depends on
     */
    public Tensor layer(Shape shape, Tensor x, boolean rectified, boolean trains) {
        return layer(shape, x.precision(), rectified, trains);
    }

    /** The same in a precision of the layer's own. */
    public Tensor layer(Shape shape, Precision precision, boolean rectified, boolean trains) {
        return Tensor.result(shape, room(shape, precision), recording && trains, rectified);
    }

    /**
     * A result that nobody reads: it takes no memory, and a gradient may flow through it.
     *
     * @param trains whether one is wanted for something that it depends on
     */
    public Tensor absent(Shape shape, Precision precision, boolean trains) {
        return Tensor.absent(shape, device(), precision, recording && trains);
    }

    private static boolean needGradient(Tensor... inputs) {
        boolean needs = false;
        for (Tensor input : inputs) {
            needs |= input.needsGradient();
        }
        return needs;
    }

    private Buffer room(Shape shape, Precision precision) {
        return arena.take(Tensor.bytes(shape, precision), precision);
    }

    /** The result of an operation that writes over the memory of {@code base}, which may not be read again. */
    public Tensor overwritten(Tensor base, Tensor... inputs) {
        return base.again(recording && needGradient(inputs));
    }

    /** A part of {@code base} that shares its memory: its numbers may be read through both. */
    public Tensor view(Tensor base, Shape shape, Buffer part) {
        return Tensor.result(shape, part, recording && base.needsGradient(), false);
    }

    /** Remembers how the gradient of {@code result} flows back; nothing is kept when none can reach it. */
    public void record(Tensor result, Backward backward) {
        if (recording && result.needsGradient()) {
            entries.add(new Entry(result, backward));
        }
    }

    /** Says that a tensor is not read again going forward; without recording its memory is free at once. */
    public void done(Tensor tensor) {
        if (!recording) {
            arena.give(tensor.data());
        }
    }

    /** Adds one contribution to the gradient of {@code input}, if one is wanted. */
    public void contribute(Tensor input, Contribution contribution) {
        contribute(input, false, contribution);
    }

    /**
     * The same, where the contribution may be masked already.
     *
     * @param masked whether elements are zero where a rectified {@code input} is
     */
    public void contribute(Tensor input, boolean masked, Contribution contribution) {
        if (!input.needsGradient()) {
            return;
        }
        endProduct(input);
        if (input.rectified() && !masked) {
            input.gradientUnmasked(true);
        }
        boolean first = input.gradient() == null;
        contribution.write(first ? began(input) : writable(input), first ? 0 : 1);
    }

    /** The same for an operation that can add to a gradient elsewhere than in its place, so that none is copied for it. */
    public void contributeOnto(Tensor input, boolean masked, Onto contribution) {
        if (!input.needsGradient()) {
            return;
        }
        Buffer base = input.gradient();
        if (base == null || !keepers.containsKey(base)) {
            contribute(
                    input,
                    masked,
                    (gradient, accumulate) -> contribution.write(gradient, accumulate == 1 ? gradient : null));
            return;
        }
        endProduct(input);
        if (input.rectified() && !masked) {
            input.gradientUnmasked(true);
        }
        contribution.write(began(input), base);
        give(base);
    }

    /**
     * Says that the operation that made {@code result} has use for sums over tiles of pixels of its gradient times {@code factor}, of the
     * same shape: who contributes to the gradient may leave them.
     */
    public void wantProduct(Tensor result, Tensor factor) {
        if (recording && result.needsGradient()) {
            result.product(new GradientProduct(factor));
        }
    }

    /** What a contribution to the gradient of {@code input} may multiply it with to {@link #leaveProduct}, or null: nothing is wanted. */
    public @Nullable Tensor wantedFactor(Tensor input) {
        GradientProduct product = input.product();
        return product == null ? null : product.factor();
    }

    /**
     * Leaves the sums, scratch memory, of the gradient that {@code input} has with the contribution that is being written. Another
     * contribution ends them.
     */
    public void leaveProduct(Tensor input, Buffer sums) {
        GradientProduct product = input.product();
        if (product == null) {
            throw new IllegalStateException("product of the gradient of " + input + ": want one that is asked for");
        }
        product.leave(sums);
    }

    /**
     * The sums of the gradient of {@code result}, whose operation's turn it is and gives them back; null where the last contribution
     * left none.
     */
    public @Nullable Buffer takeProduct(Tensor result) {
        GradientProduct product = result.product();
        return product == null ? null : product.take();
    }

    private void endProduct(Tensor input) {
        Buffer old = takeProduct(input);
        if (old != null) {
            arena.give(old);
        }
    }

    /** Memory for another gradient of {@code tensor}. */
    private Buffer began(Tensor tensor) {
        Buffer gradient = room(tensor.shape(), tensor.precision());
        tensor.gradient(gradient);
        return gradient;
    }

    /** The gradient that {@code tensor} has, for writing in: a copy where it is kept. */
    public Buffer writable(Tensor tensor) {
        Buffer gradient = Objects.requireNonNull(tensor.gradient(), "writable: want a tensor that has a gradient");
        if (!keepers.containsKey(gradient)) {
            return gradient;
        }
        Buffer copy = began(tensor);
        launch(COPY, Grid.cover(tensor.stored()), gradient, copy, 1f, tensor.stored());
        give(gradient);
        return copy;
    }

    /**
     * Passes a whole gradient on unchanged, moving the memory instead of copying where the input has no gradient yet. After
     * this call the gradient may no longer be read by the caller.
     */
    public void pass(Tensor result, Tensor input, Contribution add) {
        Buffer gradient = result.gradient();
        if (gradient == null || !input.needsGradient()) {
            return;
        }
        if (input.rectified()) {
            input.gradientUnmasked(true);
        }
        if (input.gradient() == null && arena.owns(gradient)) {
            input.gradient(gradient);
            result.gradient(null);
        } else {
            contribute(input, add);
        }
    }

    /**
     * The gradient of a rectified result with the ReLU's own derivative applied: masked here unless every contribution
     * already was.
     */
    public Buffer masked(Tensor result, Buffer gradient) {
        if (!result.gradientUnmasked()) {
            return gradient;
        }
        long count = result.stored();
        Buffer to = keepers.containsKey(gradient) ? began(result) : gradient;
        launch(RELU_BACKWARD, Grid.cover(count), result.data(), gradient, to, count, 0);
        if (to != gradient) {
            give(gradient);
        }
        result.gradientUnmasked(false);
        return to;
    }

    /** Whether operations may put work of a backward pass off to do it for several results at once; at first they may not. */
    public boolean defers() {
        return defers;
    }

    /** Allows it: gradients are then kept longer, and the same numbers come of fewer launches. */
    public void defers(boolean on) {
        defers = on;
    }

    /** What is put off under a key in this backward pass, made if there is none; it is finished with the pass at the latest. */
    public <D extends Deferred> D deferred(Object key, Class<D> type, Supplier<D> first) {
        return type.cast(deferred.computeIfAbsent(key, _ -> first.get()));
    }

    /** Does all that was put off. */
    public void finishDeferred() {
        deferred.values().forEach(Deferred::finish);
    }

    /**
     * Leaves the gradient of {@code result}, whose operation's turn it is, to that operation too: it stays as it is until it is
     * {@linkplain #give given} back, wherever it is passed.
     *
     * @return whether that is possible: the memory is this tape's
     */
    public boolean keep(Tensor result) {
        Buffer gradient = result.gradient();
        if (gradient == null || !arena.owns(gradient)) {
            return false;
        }
        keepers.merge(gradient, 1, Integer::sum);
        return true;
    }

    /**
     * Gives a result a gradient going forward, for an operation that knows it then. {@link #backward} goes on from there as it does from
     * the loss that it is given, and what else reaches the result adds to it.
     *
     * @param gradient from {@link #take}; it is the result's from now on
     */
    public void seed(Tensor result, Buffer gradient) {
        if (!recording || !result.needsGradient() || result.gradient() != null) {
            throw new IllegalStateException("seed: want a recorded result that has no gradient yet, have " + result);
        }
        long want = Tensor.bytes(result.shape(), result.precision());
        if (gradient.bytes() < want) {
            throw new IllegalArgumentException("seed: want " + want + " bytes, have " + gradient.bytes());
        }
        result.gradient(gradient);
    }

    /** Differentiates a scalar with respect to everything recorded, and goes on from what was {@linkplain #seed seeded}. */
    public void backward(Tensor loss) {
        if (loss.shape().elements() != 1) {
            throw new IllegalArgumentException("backward: want a scalar, have " + loss.shape());
        }
        backward(loss, null);
    }

    /** Differentiates with {@code seed}, of the precision of {@code result}, as its gradient (all ones when null). */
    public void backward(Tensor result, @Nullable Buffer seed) {
        if (!recording) {
            throw new IllegalStateException("backward: this tape is for inference and kept nothing");
        }
        if (result.needsGradient()) { // else what was seeded is all there is
            start(result, seed);
        }
        for (int i = entries.size() - 1; i >= 0; i--) {
            Entry entry = entries.get(i);
            Buffer gradient = entry.result().gradient();
            if (gradient != null) {
                entry.backward().run(gradient);
                release(entry.result());
            }
        }
        finishDeferred();
        deferred.clear();
        entries.clear();
    }

    private void start(Tensor result, @Nullable Buffer seed) {
        Buffer first = room(result.shape(), result.precision());
        if (seed == null) {
            result.fillOnes(first);
        } else {
            long count = result.stored();
            launch(COPY, Grid.cover(count), seed, first, 1f, count);
        }
        result.gradient(first);
        if (result.rectified()) {
            result.gradientUnmasked(true);
        }
    }

    private void release(Tensor result) {
        Buffer gradient = result.gradient();
        if (gradient != null && arena.owns(gradient)) {
            result.gradient(null);
            give(gradient);
        }
    }

    /** Ends the step: everything taken is free again. */
    public void reset() {
        entries.clear();
        deferred.clear();
        keepers.clear();
        arena.reset();
        feeds.reset();
    }

    @Override
    public void close() {
        entries.clear();
        arena.close();
        feeds.close();
    }
}
