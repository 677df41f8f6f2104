package io.acuity.tensor;

import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import io.acuity.op.Add;
import io.acuity.op.Conv3x3;
import io.acuity.op.Scale;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

class TapeTest {
    private static final Kernel SCALE = new Kernel("scale_backward");
    private static final Shape S = new Shape(1, 1, 1, 3);

    @EveryDevice
    void addsUpWhatComesFromEveryUse(Device device) {
        try (Tape tape = Tape.recording(Arena.poisoned(device))) {
            Tensor x = tape.leaf(S);
            x.set(new float[] {1, 2, 3});
            Tensor a = Scale.apply(tape, x, 2f);
            Tensor b = Scale.apply(tape, x, 3f);
            Tensor c = Add.apply(tape, Add.apply(tape, a, b), Add.apply(tape, a, x));
            tape.backward(c, null);
            assertThat(c.toArray()).containsExactly(8, 16, 24);
            assertThat(x.gradientArray()).containsOnly(8f);
        }
    }

    /** An operation that asks for its gradient's sums, and what it got of who. */
    private static Tensor asking(Tape tape, Tensor x, List<@Nullable Buffer> got) {
        Tensor y = tape.result(S, x);
        tape.wantProduct(y, x);
        tape.record(y, dy -> {
            got.add(tape.takeProduct(y));
            assertThat(tape.takeProduct(y)).as("taken once").isNull();
        });
        return y;
    }

    /** An operation that can leave them. */
    private static Tensor leaving(Tape tape, Tensor y, List<@Nullable Buffer> left) {
        Tensor z = tape.result(S, y);
        tape.record(
                z,
                dz -> tape.contribute(y, (dy, accumulate) -> {
                    tape.launch(SCALE, Grid.cover(3), dz, dy, 1f, 3L, accumulate);
                    if (tape.wantedFactor(y) == null) {
                        left.add(null);
                    } else {
                        Buffer sums = tape.take(4);
                        left.add(sums);
                        tape.leaveProduct(y, sums);
                    }
                }));
        return z;
    }

    /** The sums are those of the whole gradient or none: a contribution after that which left them ends them. */
    @EveryDevice
    void sumsOfAProductAreOfTheWholeGradient(Device device) {
        List<@Nullable Buffer> got = new ArrayList<>();
        List<@Nullable Buffer> left = new ArrayList<>();
        try (Tape tape = Tape.recording(Arena.poisoned(device))) {
            Tensor x = tape.leaf(S);
            x.set(new float[] {1, 2, 3});
            Tensor last = asking(tape, x, got);
            tape.backward(Add.apply(tape, leaving(tape, last, left), Scale.apply(tape, last, 2f)), null);
            assertThat(got).containsExactly(left.getFirst()).doesNotContainNull();
            tape.reset();

            Tensor notLast = asking(tape, x, got);
            Tensor scaled = Scale.apply(tape, notLast, 2f);
            tape.backward(Add.apply(tape, leaving(tape, notLast, left), scaled), null);
            assertThat(left.get(1)).isNotNull();
            assertThat(got.get(1)).as("what Scale added is not in them").isNull();
            tape.reset();

            Tensor passedBefore = asking(tape, x, got);
            Tensor behind = leaving(tape, passedBefore, left);
            Tensor sum = Add.apply(tape, passedBefore, Scale.apply(tape, x, 1f));
            tape.backward(Add.apply(tape, behind, sum), null);
            assertThat(got.get(2)).isSameAs(left.get(2)).isNotNull();
            tape.reset();

            Tensor passedAfter = asking(tape, x, got);
            Tensor earlier = Add.apply(tape, passedAfter, Scale.apply(tape, x, 1f));
            tape.backward(Add.apply(tape, leaving(tape, passedAfter, left), earlier), null);
            assertThat(left.get(3)).isNotNull();
            assertThat(got.get(3))
                    .as("what was passed on after that is not in them")
                    .isNull();
            tape.reset();

            Tensor plain = tape.layer(S, x, false, true);
            plain.set(new float[3]);
            tape.backward(leaving(tape, plain, left), null);
            assertThat(left.get(4)).as("not asked for").isNull();
            assertThatThrownBy(() -> tape.leaveProduct(plain, tape.take(4)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("product of the gradient of Tensor[1, 1, 1, 3]");
        }
    }

    /** What an operation keeps stays as it was when it ran, whoever adds to it or masks it after that. */
    @EveryDevice
    void whatIsKeptIsNotWrittenIn(Device device) {
        try (Tape tape = Tape.recording(Arena.poisoned(device))) {
            Tensor x = tape.leaf(S);
            x.set(new float[] {-1, 2, 3});
            Tensor added = Scale.apply(tape, x, 1f);
            Tensor masked = tape.layer(S, x, true, true);
            masked.set(new float[] {0, 2, 3});
            tape.record(masked, dy -> {
                Buffer own = tape.masked(masked, dy);
                assertThat(own).isNotSameAs(dy);
                tape.contribute(x, (dx, accumulate) -> tape.launch(SCALE, Grid.cover(3), own, dx, 10f, 3L, accumulate));
            });
            Tensor again = Scale.apply(tape, added, 3f);
            List<Buffer> kept = new ArrayList<>();
            Tensor sum = Add.apply(tape, kept(tape, masked, kept), added);
            Tensor first = kept(tape, sum, kept);
            Tensor second = kept(tape, first, kept);
            tape.backward(Add.apply(tape, again, second), null);
            assertThat(x.gradientArray()).containsExactly(4, 14, 14);
            assertThat(kept).hasSize(3);
            for (Buffer gradient : kept) {
                assertThat(values(device, gradient)).containsOnly(1);
                tape.give(gradient);
            }
        }
    }

    /** The same tensor, whose gradient is kept as it comes by. */
    private static Tensor kept(Tape tape, Tensor x, List<Buffer> kept) {
        Tensor y = tape.view(x, x.shape(), x.data());
        tape.record(y, dy -> {
            assertThat(tape.keep(y)).isTrue();
            kept.add(dy);
            tape.pass(y, x, (_, _) -> {
                throw new AssertionError("the first gradient is passed on as it is");
            });
        });
        return y;
    }

    private static float[] values(Device device, Buffer buffer) {
        float[] values = new float[3];
        device.download(buffer, MemorySegment.ofArray(values));
        return values;
    }

    @EveryDevice
    void stopsAtDetached(Device device) {
        try (Tape tape = Tape.recording(device)) {
            Tensor x = tape.leaf(S);
            x.set(new float[] {1, 2, 3});
            Tensor a = Scale.apply(tape, x, 2f);
            tape.backward(Add.apply(tape, a.detach(), Scale.apply(tape, x, 5f)), null);
            assertThat(x.gradientArray()).containsOnly(5f);
        }
    }

    /** A frozen network passes gradients to its input and forms none of its own. */
    @EveryDevice
    void passesThroughFrozenParameters(Device device) {
        ParameterSet set = new ParameterSet();
        Parameter weight = set.declare("w", List.of(2, 1, 3, 3), uniform(18, 1));
        set.allocate(device);
        float[] thawed = inputGradient(device, weight);
        assertThat(weight.gradientArray()).isNotNull();
        set.clearGradients();
        set.trains(false);
        assertThat(inputGradient(device, weight)).isEqualTo(thawed);
        assertThat(weight.gradientArray()).isNull();
        set.close();
    }

    private static float[] inputGradient(Device device, Parameter weight) {
        try (Tape tape = Tape.recording(device)) {
            Tensor x = tape.leaf(new Shape(1, 1, 4, 5));
            x.set(uniform(20, 2));
            tape.backward(Conv3x3.apply(tape, x, weight, null, Conv3x3.Epilogue.RELU), null);
            return x.gradientArray();
        }
    }

    /** What is seeded and what comes from a loss meet; a loss that nothing hangs on leaves the seeds. */
    @EveryDevice
    void goesOnFromSeeds(Device device) {
        for (boolean more : new boolean[] {false, true}) {
            try (Tape tape = Tape.recording(Arena.poisoned(device))) {
                Tensor x = tape.leaf(S);
                x.set(new float[] {1, 2, 3});
                Tensor y = Scale.apply(tape, x, 2f);
                Tensor seed = tape.plain(S);
                seed.set(new float[] {5, 6, 7});
                tape.seed(y, seed.data());
                tape.backward(more ? Scale.apply(tape, y, 10f) : tape.plain(Shape.scalar()), null);
                assertThat(x.gradientArray())
                        .containsExactly(more ? new float[] {30, 32, 34} : new float[] {10, 12, 14});
            }
        }
    }

    @EveryDevice
    void passesGradientsThroughWhatWasNotWritten(Device device) {
        try (Tape tape = Tape.recording(Arena.poisoned(device))) {
            Tensor x = tape.leaf(S);
            Tensor y = tape.absent(S, Precision.FP32, true);
            tape.record(
                    y,
                    dy -> tape.contribute(
                            x,
                            (dx, accumulate) ->
                                    tape.launch(new Kernel("add_backward"), Grid.cover(3), dy, dx, 3L, accumulate)));
            long bytes = tape.bytes();
            Tensor again = tape.overwritten(y, y);
            tape.record(again, dy -> tape.pass(again, y, (_, _) -> {}));
            assertThat(tape.bytes()).isEqualTo(bytes);
            assertThatThrownBy(again::data).hasMessage("tensor [1, 1, 1, 3]: want its numbers, which were not written");
            Tensor seed = tape.plain(S);
            seed.set(new float[] {5, 6, 7});
            tape.seed(again, seed.data());
            tape.backward(tape.plain(Shape.scalar()));
            assertThat(x.gradientArray()).containsExactly(5, 6, 7);
        }
    }

    @EveryDevice
    void refusesSeedsThatDoNotFit(Device device) {
        try (Tape tape = Tape.recording(device)) {
            Tensor y = Scale.apply(tape, tape.leaf(S), 2f);
            assertThatThrownBy(() -> tape.seed(y, tape.take(8).slice(0, 8))).hasMessage("seed: want 12 bytes, have 8");
            tape.seed(y, tape.take(12));
            assertThatThrownBy(() -> tape.seed(y, tape.take(12)))
                    .hasMessageStartingWith("seed: want a recorded result that has no gradient yet, have Tensor");
            assertThatThrownBy(() -> tape.seed(tape.input(S), tape.take(12)))
                    .hasMessageStartingWith("seed: want a recorded result that has no gradient yet, have Tensor");
        }
    }

    /** After the first step, steps take no memory, and addresses repeat. */
    @EveryDevice
    void stepsRepeatInMemory(Device device) {
        try (Tape tape = Tape.recording(device)) {
            long address = step(tape);
            long bytes = tape.bytes();
            for (int i = 0; i < 3; i++) {
                tape.reset();
                assertThat(step(tape)).isEqualTo(address);
                assertThat(tape.bytes()).isEqualTo(bytes);
            }
        }
    }

    private static long step(Tape tape) {
        Tensor x = tape.leaf(S);
        x.set(new float[] {1, 2, 3});
        Tensor y = Add.apply(tape, Scale.apply(tape, x, 2f), Scale.apply(tape, x, 3f));
        tape.backward(y, null);
        return java.util.Objects.requireNonNull(x.gradient()).address();
    }

    /** Without recording, what is done with is used again at once. */
    @EveryDevice
    void inferenceFreesAtOnce(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(S);
            x.set(new float[] {1, 2, 3});
            for (int i = 0; i < 10; i++) {
                Tensor y = Scale.apply(tape, x, 1f);
                tape.done(x);
                x = y;
            }
            assertThat(tape.bytes()).isEqualTo(2 * 256);
            assertThat(x.toArray()).containsExactly(1, 2, 3);
            Tensor last = x;
            assertThatThrownBy(() -> tape.backward(last, null))
                    .hasMessage("backward: this tape is for inference and kept nothing");
        }
    }

    @EveryDevice
    void refusesToDifferentiateMany(Device device) {
        try (Tape tape = Tape.recording(device)) {
            assertThatThrownBy(() -> tape.backward(tape.leaf(S)))
                    .hasMessage("backward: want a scalar, have [1, 1, 1, 3]");
        }
    }
}
