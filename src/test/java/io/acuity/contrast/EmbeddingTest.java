package io.acuity.contrast;

import static io.acuity.tensor.Numbers.uniform;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.model.Edsr;
import io.acuity.op.InfoNceLoss;
import io.acuity.optim.Adam;
import io.acuity.optim.StepWatch;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EmbeddingTest {
    private static final int N = 2;
    private static final int PATCH = 16;
    private static final BankOptions BANK = BankOptions.standard().withCopies(2, 1);

    private static Embedding.Options options(EmbeddingNetwork.Statistics statistics, InfoNceLoss.Kind kind) {
        return new Embedding.Options(
                new EmbeddingNetwork.Options(9, 2, statistics),
                List.of(0, 2, 4),
                false,
                new InfoNceLoss.Options(kind, 0.5f),
                true,
                Adam.Options.DEFAULT);
    }

    private static Tensor images(Tape tape, int side, long seed) {
        Tensor x = tape.input(new Shape(N, 3, side, side));
        float[] values = uniform(x.shape().elements(), seed);
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.5f + 0.4f * values[i];
        }
        x.set(values);
        return x;
    }

    private static Edsr network(Device device) {
        return Edsr.create(device, new Edsr.Options(2, 8, 1f, 4), 3);
    }

    private static Samples samples(Tape tape, Tensor hr, Tensor lr, long step) {
        return FrequencyBank.of(BANK).wavelets(tape, hr, lr, 7, step);
    }

    /** The published code computes the features of its results without a graph, so that this gradient does not exist there. */
    @EveryDevice
    void theContrastiveGradientReachesEveryParameterOfTheNetworkAndNoneOfTheFrozenEmbedding(Device device) {
        Edsr network = network(device);
        try (Tape tape = Tape.recording(device);
                Embedding embedding = Embedding.create(
                        device, 5, options(EmbeddingNetwork.Statistics.PER_SET, InfoNceLoss.Kind.INFO_NCE), BANK)) {
            Tensor lr = images(tape, PATCH / 4, 1);
            Tensor hr = images(tape, PATCH, 2);
            Tensor sr = network.forward(tape, lr);
            Samples samples = samples(tape, hr, lr, 0);
            learn(embedding, sr.detach(), hr, samples, 1e-3);
            tape.backward(embedding.contrast(tape, sr, samples).loss());

            for (Parameter p : network.parameters().byName().values()) {
                assertThat(norm(requireNonNull(p.gradientArray(), p.name())))
                        .as(p.name())
                        .isPositive()
                        .isFinite();
            }
            for (Parameter p : embedding.network().parameters().byName().values()) {
                assertThat(p.gradientArray()).as(p.name()).isNull();
            }
        } finally {
            network.parameters().close();
        }
    }

    /** Along the gradient the loss rises by its norm. With joint statistics the samples' features are held constant, the loss not. */
    @ParameterizedTest
    @EnumSource(value = EmbeddingNetwork.Statistics.class, mode = EnumSource.Mode.EXCLUDE, names = "JOINT")
    void theGradientAtTheResultIsThatOfTheLoss(EmbeddingNetwork.Statistics statistics) {
        try (Device device = Device.open("cpu");
                Tape tape = Tape.recording(device);
                Embedding embedding =
                        Embedding.create(device, 5, options(statistics, InfoNceLoss.Kind.INFO_NCE), BANK)) {
            float[] point = images(tape, PATCH, 4).toArray();
            learn(tape, embedding);
            tape.reset();
            float[] gradient = gradient(tape, embedding, point);
            double norm = norm(gradient);
            double h = 2e-3;
            double rise = (loss(tape, embedding, moved(point, gradient, h / norm))
                            - loss(tape, embedding, moved(point, gradient, -h / norm)))
                    / (2 * h);
            assertThat(norm).isGreaterThan(0.01);
            assertThat(rise).isCloseTo(norm, withinPercentage(2));
        }
    }

    @Test
    void withJointStatisticsTheGradientArrivesToo() {
        try (Device device = Device.open("cpu");
                Tape tape = Tape.recording(device);
                Embedding embedding = Embedding.create(
                        device, 5, options(EmbeddingNetwork.Statistics.JOINT, InfoNceLoss.Kind.COSINE), BANK)) {
            float[] gradient = gradient(tape, embedding, images(tape, PATCH, 4).toArray());
            assertThat(norm(gradient)).isPositive().isFinite();
        }
    }

    private static void learn(Tape tape, Embedding embedding) {
        for (int step = 0; step < 3; step++) {
            tape.reset();
            Tensor hr = images(tape, PATCH, 2);
            Samples samples = samples(tape, hr, images(tape, PATCH / 4, 1), step);
            learn(embedding, images(tape, PATCH, 4), hr, samples, 1e-3);
        }
    }

    private static float learn(Embedding embedding, Tensor sr, Tensor hr, Samples samples, double rate) {
        try (StepWatch watch = StepWatch.on(sr.device(), 0)) {
            return embedding.learn(sr, hr, samples, () -> rate, watch).item();
        }
    }

    private static float average(Embedding embedding) {
        return embedding.network().state().tensor("features.0.1.running_mean").floats()[0];
    }

    private static long batches(Embedding embedding) {
        return embedding
                .network()
                .state()
                .tensor("features.0.1.num_batches_tracked")
                .longs()[0];
    }

    private static float[] gradient(Tape tape, Embedding embedding, float[] sr) {
        Tensor x = tape.leaf(new Shape(N, 3, PATCH, PATCH));
        x.set(sr);
        tape.backward(contrast(tape, embedding, x).loss());
        return x.gradientArray();
    }

    private static double loss(Tape tape, Embedding embedding, float[] sr) {
        tape.reset();
        Tensor x = tape.leaf(new Shape(N, 3, PATCH, PATCH));
        x.set(sr);
        return contrast(tape, embedding, x).loss().item();
    }

    private static InfoNceLoss.Contrast contrast(Tape tape, Embedding embedding, Tensor sr) {
        Samples samples = samples(tape, images(tape, PATCH, 2), images(tape, PATCH / 4, 1), 11);
        return embedding.contrast(tape, sr, samples);
    }

    private static float[] moved(float[] from, float[] direction, double by) {
        float[] to = from.clone();
        for (int i = 0; i < to.length; i++) {
            to[i] += (float) (by * direction[i]);
        }
        return to;
    }

    private static double norm(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum);
    }

    /** Images can be told from the same ones in blocks. */
    @Test
    void theDiscriminatorLearns() {
        Embedding.Options plain = new Embedding.Options(
                new EmbeddingNetwork.Options(9, 4, EmbeddingNetwork.Statistics.PER_SET),
                List.of(0),
                false,
                InfoNceLoss.Options.DEFAULT,
                false,
                Adam.Options.DEFAULT);
        try (Device device = Device.open("cpu");
                Tape tape = Tape.recording(device);
                Embedding embedding = Embedding.create(device, 5, plain, BANK)) {
            float first = 0;
            float last = 0;
            for (int step = 0; step < 60; step++) {
                tape.reset();
                Tensor hr = images(tape, PATCH, 2);
                Samples samples = samples(tape, hr, images(tape, PATCH / 4, 1), step);
                last = learn(embedding, blocks(tape, hr), hr, samples, 5e-3);
                first = step == 0 ? last : first;
            }
            assertThat(first).isBetween(5f, 9f); // about 2 log 33
            assertThat(last).isLessThan(first - 2);
        }
    }

    /** The same image in blocks of 4 x 4 pixels of one colour. */
    private static Tensor blocks(Tape tape, Tensor hr) {
        float[] values = hr.toArray();
        for (int i = 0; i < values.length; i++) {
            int x = i % PATCH;
            int row = i / PATCH;
            values[i] = values[(row - row % 4) * PATCH + x - x % 4];
        }
        Tensor sr = tape.input(hr.shape());
        sr.set(values);
        return sr;
    }

    @Test
    void resultsThatAreNoNumbersTeachNothing() {
        try (Device device = Device.open("cpu");
                Tape tape = Tape.recording(device);
                Embedding embedding = Embedding.create(
                        device, 5, options(EmbeddingNetwork.Statistics.PER_SET, InfoNceLoss.Kind.INFO_NCE), BANK)) {
            float[] before = embedding.network().parameters().read("features.8.0.weight");
            Tensor hr = images(tape, PATCH, 2);
            Samples samples = samples(tape, hr, images(tape, PATCH / 4, 1), 0);
            Tensor broken = images(tape, PATCH, 4);
            float[] values = broken.toArray();
            values[5] = Float.NaN;
            broken.set(values);
            embedding.begin();
            float unmoved = average(embedding);
            try (StepWatch watch = StepWatch.on(device, 0)) {
                assertThat(embedding
                                .learn(broken, hr, samples, () -> 1e-3, watch)
                                .item())
                        .isNaN();
                assertThat(average(embedding)).as("moved meanwhile").isNaN();
                embedding.end(watch);
            }
            assertThat(embedding.network().parameters().read("features.8.0.weight"))
                    .isEqualTo(before);
            assertThat(embedding.adam().steps()).isZero();
            assertThat(average(embedding)).isEqualTo(unmoved);
            assertThat(batches(embedding)).isZero();

            embedding.begin();
            learn(embedding, images(tape, PATCH, 4), hr, samples, 1e-3);
            try (StepWatch watch = StepWatch.on(device, 0)) {
                embedding.end(watch);
            }
            assertThat(average(embedding)).isNotEqualTo(unmoved);
            assertThat(batches(embedding))
                    .as("before the step is known to be good")
                    .isZero();
            embedding.count();
            assertThat(batches(embedding))
                    .as("three real sets, two that are not")
                    .isEqualTo(5);
        }
    }
}
