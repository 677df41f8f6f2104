package io.acuity.op;

import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.roundedToBf16;
import static io.acuity.tensor.Numbers.scaled;
import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.EveryPrecision;
import io.acuity.device.Precision;
import io.acuity.op.InfoNceLoss.Kind;
import io.acuity.op.InfoNceLoss.Options;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class InfoNceLossTest {
    private static final Shape KNOWN = new Shape(2, 3, 2, 2);
    private static final double LOSS = 1.474539141802001;
    private static final double NORM = 0.180098979842010;
    private static final double FIRST = 0.005650730303724;
    private static final double LAST = -0.035128672339635;

    private static Tensor fixed(Tape tape, Shape shape, float[] values) {
        Tensor tensor = tape.input(shape);
        tensor.set(values);
        return tensor;
    }

    private static Shape sets(Shape s, int sets) {
        return new Shape(sets * s.n(), s.c(), s.h(), s.w());
    }

    /** Element i of tensor k is sin(i (0.37 + 0.11 k) + 0.5 k); k = 0 is SR, 1 and 2 positives, 3 to 5 negatives. */
    private static double[] known(int first, int last) {
        int size = Math.toIntExact(KNOWN.elements());
        double[] values = new double[(last - first + 1) * size];
        for (int j = 0; j < values.length; j++) {
            int k = first + j / size;
            values[j] = Math.sin(j % size * (0.37 + 0.11 * k) + 0.5 * k);
        }
        return values;
    }

    private static float[] floats(double[] values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) values[i];
        }
        return out;
    }

    private static double plain(double[] sr, double[] samples, Shape s, int positives, Options options) {
        return PlainContrast.loss(List.of(new PlainContrast.Layer(s, sr, samples)), positives, options);
    }

    @Test
    void theDefinitionGivesTheKnownAnswer() {
        double[] samples = known(1, 5);
        double[] sr = known(0, 0);
        assertThat(plain(sr, samples, KNOWN, 2, Options.DEFAULT)).isCloseTo(LOSS, within(1e-10));
        double[] gradient = new double[sr.length];
        for (int i = 0; i < sr.length; i++) {
            double[] up = sr.clone();
            double[] down = sr.clone();
            up[i] += 1e-5;
            down[i] -= 1e-5;
            gradient[i] =
                    (plain(up, samples, KNOWN, 2, Options.DEFAULT) - plain(down, samples, KNOWN, 2, Options.DEFAULT))
                            / 2e-5;
        }
        assertThat(gradient[0]).isCloseTo(FIRST, within(1e-10));
        assertThat(gradient[gradient.length - 1]).isCloseTo(LAST, within(1e-10));
        assertThat(Math.sqrt(Arrays.stream(gradient).map(g -> g * g).sum())).isCloseTo(NORM, within(1e-10));
    }

    @EveryDevice(standIn = true)
    void givesTheKnownAnswer(Device device) {
        try (Tape tape = Tape.recording(device)) {
            Tensor sr = tape.leaf(KNOWN);
            sr.set(floats(known(0, 0)));
            Tensor samples = fixed(tape, sets(KNOWN, 5), floats(known(1, 5)));
            InfoNceLoss.Contrast contrast = InfoNceLoss.apply(tape, sr, samples, 2, Options.DEFAULT);
            tape.backward(contrast.loss());
            assertThat(contrast.loss().item()).isCloseTo((float) LOSS, within(1e-5f));
            double[] gradient = doubles(sr.gradientArray());
            assertThat(gradient[0]).isCloseTo(FIRST, within(1e-6));
            assertThat(gradient[gradient.length - 1]).isCloseTo(LAST, within(1e-6));
            assertThat(Math.sqrt(Arrays.stream(gradient).map(g -> g * g).sum())).isCloseTo(NORM, within(1e-6));
            assertThat(samples.gradient()).isNull();
        }
    }

    /** With four negatives at temperature 1: log 5 if all are alike, and the two ends. */
    @EveryDevice(standIn = true)
    void liesBetweenItsEnds(Device device) {
        Shape s = new Shape(1, 4, 3, 3);
        float[] same = uniform(s.elements(), 1);
        float[] opposite = scaled(same, -1);
        assertThat(ofOnePositive(device, s, same, same)).isCloseTo(Math.log(5), within(1e-5));
        assertThat(ofOnePositive(device, s, same, opposite)).isCloseTo(Math.log(1 + 4 * Math.exp(-2)), within(1e-5));
        assertThat(ofOnePositive(device, s, opposite, same)).isCloseTo(Math.log(1 + 4 * Math.exp(2)), within(1e-5));
    }

    private static double ofOnePositive(Device device, Shape s, float[] positive, float[] negative) {
        try (Tape tape = Tape.inference(device)) {
            float[] samples = new float[5 * positive.length];
            System.arraycopy(positive, 0, samples, 0, positive.length);
            for (int k = 1; k < 5; k++) {
                System.arraycopy(negative, 0, samples, k * negative.length, negative.length);
            }
            Tensor sr = fixed(tape, s, uniform(s.elements(), 1));
            return InfoNceLoss.apply(tape, sr, fixed(tape, sets(s, 5), samples), 1, Options.DEFAULT)
                    .loss()
                    .item();
        }
    }

    private static void check(Device device, Shape s, int positives, int sets, Options options, float scale) {
        float[] made = scaled(uniform(sets(s, sets).elements(), 50), scale);
        float[] samples = device.precision() == Precision.BF16 ? roundedToBf16(made) : made;
        OpCheck.of(
                        "info_nce " + options + " " + s + " " + positives + " of " + sets,
                        (tape, x, _) -> InfoNceLoss.apply(
                                        tape, x.getFirst(), fixed(tape, sets(s, sets), samples), positives, options)
                                .loss(),
                        v -> new double[] {plain(v.getFirst(), doubles(samples), s, positives, options)})
                .input(s, scaled(uniform(s.elements(), 11), scale))
                .tolerance(2e-6, 2e-5)
                .on(device);
    }

    @EveryPrecision(standIn = true)
    void everyKindAgreesWithItsDefinition(Device device) {
        Shape s = new Shape(2, 5, 3, 2);
        for (Kind kind : Kind.values()) {
            check(device, s, 1, 2, new Options(kind, 1), 1);
            check(device, s, 3, 5, new Options(kind, 0.2f), 1);
        }
    }

    /** Channels and pixels around a vector's, a warp's and a part's length. */
    @EveryPrecision(standIn = true)
    void everyShapeAgreesWithItsDefinition(Device device) {
        for (int channels : new int[] {1, 4, 15, 17, 33, 64, 65}) {
            if (channels > 1) { // the cosine of single numbers has no slope
                check(device, new Shape(1, channels, 2, 1), 1, 3, Options.DEFAULT, 1);
            }
            check(device, new Shape(1, channels, 2, 1), 1, 3, new Options(Kind.L1, 1), 1);
        }
        for (Shape s : List.of(new Shape(2, 3, 31, 1), new Shape(3, 2, 4, 8), new Shape(1, 2, 3, 11))) {
            check(device, s, 2, 3, Options.DEFAULT, 1);
            check(device, s, 2, 3, new Options(Kind.L1, 1), 1);
        }
    }

    /** The cosine does not know how long its vectors are. */
    @EveryDevice(standIn = true)
    void featuresOfAnySizeAgreeWithTheDefinition(Device device) {
        check(device, new Shape(1, 5, 2, 2), 2, 4, Options.DEFAULT, 1e-2f);
        try (Tape tape = Tape.recording(device)) {
            for (float scale : new float[] {1e-8f, 1e8f}) {
                float[] x = scaled(uniform(20, 1), scale);
                float[] y = scaled(uniform(60, 2), scale);
                Shape s = new Shape(1, 5, 2, 2);
                Tensor loss = InfoNceLoss.apply(tape, fixed(tape, s, x), fixed(tape, sets(s, 3), y), 1, Options.DEFAULT)
                        .loss();
                assertThat((double) loss.item())
                        .isCloseTo(plain(doubles(x), doubles(y), s, 1, Options.DEFAULT), within(1e-5));
            }
        }
    }

    /** Differences of similarity become large exponents. */
    @EveryDevice(standIn = true)
    void aLowTemperatureDoesNotOverflow(Device device) {
        Shape s = new Shape(1, 3, 2, 2);
        for (Kind kind : List.of(Kind.INFO_NCE, Kind.LMCL)) {
            Options options = new Options(kind, 1e-4f);
            float[] samples = uniform(sets(s, 4).elements(), 3);
            float[] at = uniform(s.elements(), 4);
            try (Tape tape = Tape.recording(device)) {
                Tensor sr = tape.leaf(s);
                sr.set(at);
                Tensor loss = InfoNceLoss.apply(tape, sr, fixed(tape, sets(s, 4), samples), 2, options)
                        .loss();
                tape.backward(loss);
                double want = plain(doubles(at), doubles(samples), s, 2, options);
                assertThat(want).isGreaterThan(100);
                assertThat((double) loss.item()).isCloseTo(want, within(1e-5 * want));
                assertThat(doubles(sr.gradientArray())).doesNotContain(Double.NaN);
            }
        }
    }

    /** A pixel without length is divided by 1e-12, and only its direction towards the samples counts. */
    @EveryDevice(standIn = true)
    void featuresOfZeroHaveTheLeastLength(Device device) {
        Shape s = new Shape(1, 2, 1, 2);
        try (Tape tape = Tape.recording(device)) {
            Tensor sr = tape.leaf(s);
            sr.set(new float[] {0, 3, 0, 4}); // pixels (0, 0) and (3, 4)
            Tensor samples = fixed(tape, sets(s, 2), new float[] {1, 3, 0, 4, 0, 0, 2, 0});
            InfoNceLoss.Contrast contrast = InfoNceLoss.apply(tape, sr, samples, 1, new Options(Kind.COSINE, 1));
            tape.backward(contrast.loss());
            assertThat(contrast.positive()).isCloseTo(0.5f, within(1e-6f));
            assertThat(contrast.negative()).isZero();
            float[] gradient = sr.gradientArray();
            assertThat(gradient[0]).isCloseTo(-0.5e12f, within(1e6f));
            assertThat(gradient[2]).isCloseTo(0.5e12f, within(1e6f));
            assertThat(gradient[1]).isCloseTo(0, within(1e-6f));
            assertThat(gradient[3]).isCloseTo(0, within(1e-6f));
        }
    }

    /** Two layers of different sizes, each weighing less than the one before. */
    @EveryDevice(standIn = true)
    void severalLayersAgreeWithTheDefinition(Device device) {
        Shape large = new Shape(2, 3, 4, 3);
        Shape small = new Shape(2, 7, 2, 1);
        float[] ofLarge = uniform(sets(large, 4).elements(), 21);
        float[] ofSmall = uniform(sets(small, 4).elements(), 22);
        for (Kind kind : Kind.values()) {
            Options options = new Options(kind, 0.7f, 0.5f);
            OpCheck.of(
                            "info_nce of two layers " + kind,
                            (tape, x, _) -> InfoNceLoss.apply(
                                            tape,
                                            List.of(
                                                    new InfoNceLoss.Layer(
                                                            x.getFirst(), fixed(tape, sets(large, 4), ofLarge)),
                                                    new InfoNceLoss.Layer(
                                                            x.getLast(), fixed(tape, sets(small, 4), ofSmall))),
                                            3,
                                            options)
                                    .loss(),
                            v -> new double[] {
                                PlainContrast.loss(
                                        List.of(
                                                new PlainContrast.Layer(large, v.getFirst(), doubles(ofLarge)),
                                                new PlainContrast.Layer(small, v.getLast(), doubles(ofSmall))),
                                        3,
                                        options)
                            })
                    .input(large)
                    .input(small)
                    .tolerance(2e-6, 2e-5)
                    .on(device);
        }
    }

    @EveryDevice(standIn = true)
    void tellsWhatWasCompared(Device device) {
        double[] sr = known(0, 0);
        double[] samples = known(1, 5);
        PlainContrast.Layer layer = new PlainContrast.Layer(KNOWN, sr, samples);
        for (Kind kind : Kind.values()) {
            boolean distance = kind == Kind.L1;
            double[] means = new double[2];
            for (int k = 0; k < 5; k++) {
                for (int b = 0; b < 2; b++) {
                    double value = distance ? layer.distance(k, b) : layer.cosine(k, b);
                    means[k < 2 ? 0 : 1] += value / 2 / (k < 2 ? 2 : 3);
                }
            }
            try (Tape tape = Tape.inference(device)) {
                InfoNceLoss.Contrast contrast = InfoNceLoss.apply(
                        tape,
                        fixed(tape, KNOWN, floats(sr)),
                        fixed(tape, sets(KNOWN, 5), floats(samples)),
                        2,
                        new Options(kind, 1));
                assertThat((double) contrast.positive()).isCloseTo(means[0], within(1e-6));
                assertThat((double) contrast.negative()).isCloseTo(means[1], within(1e-6));
            }
        }
    }

    @EveryDevice(standIn = true)
    void refusesWhatDoesNotFit(Device device) {
        Shape s = new Shape(2, 3, 4, 4);
        try (Tape tape = Tape.inference(device)) {
            Tensor sr = tape.input(s);
            assertThatThrownBy(() -> InfoNceLoss.apply(tape, sr, tape.input(new Shape(5, 3, 4, 4)), 1, Options.DEFAULT))
                    .hasMessage("info_nce samples: want a multiple of [2, 3, 4, 4] along N, have [5, 3, 4, 4]");
            assertThatThrownBy(() -> InfoNceLoss.apply(tape, sr, tape.input(new Shape(4, 3, 4, 5)), 1, Options.DEFAULT))
                    .hasMessage("info_nce samples: want a multiple of [2, 3, 4, 4] along N, have [4, 3, 4, 5]");
            for (int positives : new int[] {0, 3}) {
                assertThatThrownBy(() -> InfoNceLoss.apply(
                                tape, sr, tape.input(new Shape(6, 3, 4, 4)), positives, Options.DEFAULT))
                        .hasMessage("info_nce positives: want 1 to 2 of 3 sets, have " + positives);
            }
            assertThatThrownBy(() -> InfoNceLoss.apply(tape, new ArrayList<>(), 1, Options.DEFAULT))
                    .hasMessage("info_nce layers: want at least 1, have none");
            InfoNceLoss.Layer three = new InfoNceLoss.Layer(sr, tape.input(sets(s, 3)));
            InfoNceLoss.Layer four = new InfoNceLoss.Layer(sr, tape.input(sets(s, 4)));
            assertThatThrownBy(() -> InfoNceLoss.apply(tape, List.of(three, four), 1, Options.DEFAULT))
                    .hasMessage("info_nce layers: want 2 images and 3 sets in each, have 2 and 4");
        }
        assertThatThrownBy(() -> new Options(Kind.INFO_NCE, 0))
                .hasMessage("info_nce temperature: want above 0, have 0.0");
        assertThatThrownBy(() -> new Options(Kind.INFO_NCE, 1, 2))
                .hasMessage("info_nce decay: want above 0 and at most 1, have 2.0");
    }
}
