package io.acuity.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.Graph;
import io.acuity.device.Readback;
import io.acuity.op.GradientNorm;
import io.acuity.optim.StepWatch.Finding;
import io.acuity.tensor.Numbers;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

class StepWatchTest {
    private static final double SPIKE = 3;

    private static Tensor number(Device device, float value) {
        Tensor tensor = Tensor.of(Shape.scalar(), device.allocate(Float.BYTES));
        tensor.set(new float[] {value});
        return tensor;
    }

    private static StepWatch.Report report(Device device, StepWatch watch) {
        try (Readback room = device.readback(watch.report().bytes())) {
            room.start(watch.report());
            return StepWatch.read(room.await());
        }
    }

    /** A step of this loss on pixels, the embedding left out. */
    private static StepWatch.Report step(Device device, StepWatch watch, float loss) {
        try (GradientNorm norm = GradientNorm.on(device)) {
            Tensor pixels = number(device, loss);
            watch.judgePixels(pixels);
            watch.judgeGradient(pixels, number(device, 1), norm, List.of());
            return report(device, watch);
        }
    }

    /** Against the rule itself: the median of the last 50 good losses, in double precision. */
    @EveryDevice(standIn = true)
    void aSpikeIsMeasuredByTheMedianOfTheLastGoodLosses(Device device) {
        try (StepWatch watch = StepWatch.on(device, SPIKE)) {
            List<Double> good = new ArrayList<>();
            float[] losses = Numbers.uniform(140, 5);
            int spikes = 0;
            for (int i = 0; i < losses.length; i++) {
                // falls by a factor of 20, with one loss in seven far above the others
                float loss = (1.1f + losses[i]) * (float) Math.pow(20, -i / 140.0) * (i % 7 == 6 ? 6 : 1);
                List<Double> last = good.subList(Math.max(0, good.size() - 50), good.size());
                double[] sorted =
                        last.stream().mapToDouble(Double::doubleValue).sorted().toArray();
                int n = sorted.length;
                boolean spike = n >= 10 && loss > SPIKE * (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
                StepWatch.Report have = step(device, watch, loss);
                assertThat(have.finding()).as("step %d", i).isEqualTo(spike ? Finding.SPIKE : Finding.GOOD);
                assertThat(have.pixels()).isEqualTo(loss);
                if (spike) {
                    spikes++;
                } else {
                    good.add((double) loss);
                }
            }
            assertThat(spikes).isBetween(5, 20);
        }
    }

    /** A watch that is told the losses goes on as the one that saw them, whatever their number. */
    @EveryDevice
    void goesOnFromWhatItIsTold(Device device) {
        for (int seen : new int[] {0, 9, 10, 50}) {
            try (StepWatch watch = StepWatch.on(device, SPIKE);
                    StepWatch told = StepWatch.on(device, SPIKE)) {
                List<Double> losses = new ArrayList<>();
                for (int i = 0; i < seen; i++) {
                    float loss = 0.1f + 0.001f * (i * 7 % 50);
                    step(device, watch, loss);
                    losses.add((double) loss);
                }
                told.remember(losses);
                for (float loss : new float[] {0.05f, 0.5f, 0.11f, 0.36f, 0.12f, 0.37f, 0.34f, 0.3f}) {
                    assertThat(step(device, told, loss)).isEqualTo(step(device, watch, loss));
                }
            }
        }
        try (StepWatch watch = StepWatch.on(device, SPIKE)) {
            assertThatThrownBy(() ->
                            watch.remember(Stream.generate(() -> 1.0).limit(51).toList()))
                    .hasMessage("step_watch losses: want at most 50, have 51");
        }
    }

    @EveryDevice
    void theFirstLookThatFindsSomethingDecides(Device device) {
        try (StepWatch watch = StepWatch.on(device, 0);
                GradientNorm norm = GradientNorm.on(device)) {
            float bad = Float.NaN;
            float[][] numbers = {
                {1, 1, 1, 1}, {bad, bad, bad, bad}, {1, bad, bad, bad}, {1, 1, bad, bad}, {1, 1, 1, bad}
            };
            List<Finding> found = new ArrayList<>();
            for (float[] n : numbers) {
                Tensor pixels = number(device, n[0]);
                watch.judgePixels(pixels);
                norm.clear();
                watch.judgeEmbedding(number(device, n[1]), norm);
                norm.measure(number(device, n[3]).data(), 1);
                Buffer term = number(device, 7).data();
                watch.judgeGradient(pixels, number(device, n[2]), norm, List.of(term, pixels.data()));
                StepWatch.Report report = report(device, watch);
                found.add(report.finding());
                assertThat(report.terms()).containsExactly(7f, n[0], 0f, 0f, 0f, 0f);
            }
            assertThat(found)
                    .containsExactly(
                            Finding.GOOD,
                            Finding.PIXELS_NOT_FINITE,
                            Finding.EMBEDDING_NOT_FINITE,
                            Finding.LOSS_NOT_FINITE,
                            Finding.GRADIENT_NOT_FINITE);
            assertThat(found).extracting(Finding::embeddingLearnt).containsExactly(true, false, false, true, true);
        }
    }

    /** A graph whose every launch is judged: Adam and the average move in good steps alone, with the bits of a run without the bad. */
    @EveryDevice(standIn = true)
    void aReplayedStepThatIsWrongMovesNothing(Device device) {
        List<Float> losses = List.of(0.5f, Float.NaN, 0.4f, 0.3f, Float.POSITIVE_INFINITY, 0.2f);
        List<Float> good = losses.stream().filter(loss -> Float.isFinite(loss)).toList();
        assertThat(replay(device, losses)).isEqualTo(replay(device, good));
    }

    private static List<List<Float>> replay(Device device, List<Float> losses) {
        ParameterSet set = new ParameterSet();
        set.declare("w", List.of(37), Numbers.uniform(37, 4));
        set.allocate(device);
        ParameterSet average = new ParameterSet();
        average.declare("w", List.of(37), new float[37]);
        average.allocate(device);
        AtomicInteger taken = new AtomicInteger();
        try (StepWatch watch = StepWatch.on(device, 0);
                GradientNorm norm = GradientNorm.on(device);
                Tape tape = Tape.recording(device);
                Adam adam = new Adam(set, Adam.Options.DEFAULT)) {
            Ema ema = new Ema(set, average, 0.9);
            Tensor loss = number(device, 0);
            Runnable work = () -> {
                set.parameter("w").contribute(tape, (to, accumulate) -> device.fill(to, Float.floatToIntBits(0.3f)));
                watch.judgePixels(loss);
                norm.measure(set.gradients(), set.flatElements());
                watch.judgeGradient(loss, loss, norm, List.of());
                adam.step(() -> 0.01 / (1 + taken.get()), watch.finding());
                ema.step(taken::get, watch.finding());
            };
            set.values();
            average.values();
            set.gradients();
            try (Graph graph = device.capture(work)) {
                for (float value : losses) {
                    device.upload(MemorySegment.ofArray(new float[] {value}), loss.data());
                    graph.launch();
                    if (Float.isFinite(value)) {
                        taken.incrementAndGet();
                    }
                }
            }
            assertThat(adam.steps()).isEqualTo(taken.get());
            List<List<Float>> all = new ArrayList<>();
            for (float[] numbers : List.of(
                    set.read("w"),
                    average.read("w"),
                    adam.moments("w").first(),
                    adam.moments("w").second())) {
                List<Float> list = new ArrayList<>();
                for (float number : numbers) {
                    list.add(number);
                }
                all.add(list);
            }
            return all;
        }
    }

    @EveryDevice
    void numbersAreHadBackWhereAStepWasWrong(Device device) {
        try (StepWatch watch = StepWatch.on(device, 0)) {
            for (boolean wrong : new boolean[] {false, true}) {
                Tensor values = Tensor.of(new Shape(1, 1, 1, 300), device.allocate(300 * Float.BYTES));
                Tensor kept = Tensor.of(values.shape(), device.allocate(300 * Float.BYTES));
                values.set(Numbers.uniform(300, 1));
                kept.set(Numbers.uniform(300, 2));
                watch.judgePixels(number(device, wrong ? Float.NaN : 1));
                watch.revert(values.data(), kept.data(), 300);
                assertThat(values.toArray()).isEqualTo(Numbers.uniform(300, wrong ? 2 : 1));
            }
        }
    }
}
