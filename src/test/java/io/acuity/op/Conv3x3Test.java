package io.acuity.op;

import static io.acuity.op.Conv3x3.Epilogue.NONE;
import static io.acuity.op.Conv3x3.Epilogue.RELU;
import static io.acuity.op.Conv3x3.Epilogue.residual;
import static io.acuity.op.Conv3x3.Epilogue.shuffle;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.EveryPrecision;
import io.acuity.op.Conv3x3.Epilogue;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;

class Conv3x3Test {
    /** Winograd's transforms cost about a digit (arXiv 1509.09308). */
    private static final double TOLERANCE = 2e-5;

    private record Case(Shape x, int out) {}

    /** Sides of 1, primes, and tiles of 4 and 8 with one more and one less; channels around 16. */
    private static final List<Case> CASES = List.of(
            new Case(new Shape(1, 1, 1, 1), 1),
            new Case(new Shape(1, 3, 1, 7), 16),
            new Case(new Shape(2, 16, 5, 3), 3),
            new Case(new Shape(1, 16, 4, 4), 16),
            new Case(new Shape(1, 17, 3, 5), 1),
            new Case(new Shape(2, 3, 8, 9), 17),
            new Case(new Shape(1, 17, 7, 13), 16),
            new Case(new Shape(3, 1, 2, 2), 3),
            new Case(new Shape(1, 4, 17, 1), 8),
            new Case(new Shape(1, 3, 16, 15), 64),
            new Case(new Shape(1, 64, 11, 12), 3),
            new Case(new Shape(1, 64, 9, 6), 64));

    @EveryPrecision(standIn = true)
    void convolvesEveryShape(Device device) {
        for (Case c : CASES) {
            check("conv3x3 " + c, c, NONE, device);
        }
    }

    @EveryPrecision(standIn = true)
    void rectifies(Device device) {
        check("relu", new Case(new Shape(2, 5, 6, 7), 16), RELU, device);
        check("relu", new Case(new Shape(1, 16, 5, 4), 17), RELU, device);
    }

    @EveryPrecision(standIn = true)
    void scales(Device device) {
        check("scale", new Case(new Shape(1, 7, 5, 6), 16), new Epilogue(false, 0.1f, null, 1), device);
    }

    @EveryPrecision(standIn = true)
    void shuffles(Device device) {
        for (int r : new int[] {2, 3}) {
            check("shuffle " + r, new Case(new Shape(2, 5, 3, 7), r * r), shuffle(r), device);
            check("shuffle " + r, new Case(new Shape(1, 16, 5, 4), 4 * r * r), shuffle(r), device);
            check(
                    "shuffle " + r,
                    new Case(new Shape(1, 3, 4, 9), 17 * r * r),
                    new Epilogue(false, 0.5f, null, r),
                    device);
            check(
                    "shuffle and relu " + r,
                    new Case(new Shape(1, 8, 4, 5), 8 * r * r),
                    new Epilogue(true, 1f, null, r),
                    device);
        }
        check("shuffle of 64", new Case(new Shape(1, 64, 5, 6), 256), shuffle(2), device);
    }

    private static void check(String what, Case c, Epilogue epilogue, Device device) {
        OpCheck.of(
                        what + ", " + c,
                        (tape, x, p) -> Conv3x3.apply(tape, x.getFirst(), p.getFirst(), p.get(1), epilogue),
                        v -> plain(v.getFirst(), c.x(), v.get(1), v.get(2), c.out(), epilogue))
                .input(c.x())
                .parameter(c.out(), c.x().c(), 3, 3)
                .parameter(c.out())
                .tolerance(TOLERANCE, TOLERANCE)
                .on(device);
    }

    private static double[] plain(double[] x, Shape s, double[] weight, double[] bias, int out, Epilogue epilogue) {
        double[] y = Plain.convolution(x, s, weight, bias, out, 3);
        if (epilogue.relu()) {
            y = Plain.relu(y);
        }
        y = Plain.scale(y, epilogue.scale());
        return Plain.shuffle(y, new Shape(s.n(), out, s.h(), s.w()), epilogue.shuffle());
    }

    @EveryPrecision(standIn = true)
    void worksWithoutBias(Device device) {
        Shape s = new Shape(1, 5, 6, 9);
        OpCheck.of(
                        "without bias",
                        (tape, x, p) -> Conv3x3.apply(tape, x.getFirst(), p.getFirst(), null, NONE),
                        v -> Plain.convolution(v.getFirst(), s, v.get(1), new double[0], 16, 3))
                .input(s)
                .parameter(16, 5, 3, 3)
                .tolerance(TOLERANCE, TOLERANCE)
                .on(device);
    }

    @EveryPrecision(standIn = true)
    void addsResiduals(Device device) {
        addsResidual(16, device);
        addsResidual(17, device);
    }

    /** A residual of three channels is a picture, which leaves are not in bf16. */
    @EveryDevice(standIn = true)
    void addsPictures(Device device) {
        addsResidual(3, device);
    }

    private static void addsResidual(int out, Device device) {
        Shape s = new Shape(2, 5, 6, 7);
        OpCheck.of(
                        "residual " + out,
                        (tape, x, p) ->
                                Conv3x3.apply(tape, x.getFirst(), p.getFirst(), p.get(1), residual(x.get(1), 0.1f)),
                        v -> Plain.add(v.get(1), Plain.convolution(v.getFirst(), s, v.get(2), v.get(3), out, 3), 0.1f))
                .input(s)
                .input(new Shape(2, out, 6, 7))
                .parameter(out, 5, 3, 3)
                .parameter(out)
                .tolerance(TOLERANCE, TOLERANCE)
                .on(device);
    }

    @EveryPrecision(standIn = true)
    void addsShuffledResidual(Device device) {
        Shape s = new Shape(1, 3, 5, 4);
        OpCheck.of(
                        "shuffled residual",
                        (tape, x, p) -> Conv3x3.apply(
                                tape, x.getFirst(), p.getFirst(), p.get(1), new Epilogue(false, 0.3f, x.get(1), 2)),
                        v -> Plain.add(
                                v.get(1),
                                Plain.shuffle(
                                        Plain.convolution(v.getFirst(), s, v.get(2), v.get(3), 20, 3),
                                        new Shape(1, 20, 5, 4),
                                        2),
                                0.3f))
                .input(s)
                .input(new Shape(1, 5, 10, 8))
                .parameter(20, 3, 3, 3)
                .parameter(20)
                .tolerance(TOLERANCE, TOLERANCE)
                .on(device);
    }

    /** The residual is the input itself, so that its gradient is written by one kernel and added to by another. */
    @EveryPrecision(standIn = true)
    void addsItsOwnInput(Device device) {
        Shape s = new Shape(1, 16, 6, 5);
        OpCheck.of(
                        "own input",
                        (tape, x, p) ->
                                Conv3x3.apply(tape, x.getFirst(), p.getFirst(), p.get(1), residual(x.getFirst(), 0.5f)),
                        v -> Plain.add(
                                v.getFirst(), Plain.convolution(v.getFirst(), s, v.get(1), v.get(2), 16, 3), 0.5f))
                .input(s)
                .parameter(16, 16, 3, 3)
                .parameter(16)
                .tolerance(TOLERANCE, TOLERANCE)
                .on(device);
    }

    /** The second convolution masks the gradient of the first one's ReLU in its own kernel. */
    @EveryPrecision(standIn = true)
    void masksThroughARectifiedInput(Device device) {
        for (int r : new int[] {1, 2}) {
            Shape s = new Shape(1, 3, 5, 6);
            Shape hidden = new Shape(1, 17, 5, 6);
            int out = 5 * r * r;
            OpCheck.of(
                            "masked, shuffle " + r,
                            (tape, x, p) -> {
                                Tensor h = Conv3x3.apply(tape, x.getFirst(), p.getFirst(), p.get(1), RELU);
                                return Conv3x3.apply(tape, h, p.get(2), p.get(3), shuffle(r));
                            },
                            v -> {
                                double[] h = Plain.relu(Plain.convolution(v.getFirst(), s, v.get(1), v.get(2), 17, 3));
                                return plain(h, hidden, v.get(3), v.get(4), out, shuffle(r));
                            })
                    .input(s)
                    .parameter(17, 3, 3, 3)
                    .parameter(17)
                    .parameter(out, 17, 3, 3)
                    .parameter(out)
                    .tolerance(TOLERANCE, TOLERANCE)
                    .on(device);
        }
    }

    /** A rectified tensor with a masking and an unmasking user: the producer must mask what came unmasked. */
    @EveryPrecision(standIn = true)
    void masksWhatOthersDidNot(Device device) {
        Shape s = new Shape(1, 4, 5, 6);
        OpCheck.of(
                        "two users of a rectified tensor",
                        (tape, x, p) -> {
                            Tensor h = Conv3x3.apply(tape, x.getFirst(), p.getFirst(), p.get(1), RELU);
                            Tensor a = Conv3x3.apply(tape, h, p.getFirst(), p.get(1), residual(h, 0.5f));
                            return Add.apply(tape, Scale.apply(tape, h, 0.25f), a);
                        },
                        v -> {
                            double[] h = Plain.relu(Plain.convolution(v.getFirst(), s, v.get(1), v.get(2), 4, 3));
                            double[] a = Plain.add(h, Plain.convolution(h, s, v.get(1), v.get(2), 4, 3), 0.5f);
                            return Plain.add(a, h, 0.25);
                        })
                .input(s)
                .parameter(4, 4, 3, 3)
                .parameter(4)
                .tolerance(TOLERANCE, TOLERANCE)
                .on(device);
    }

    @EveryPrecision(standIn = true)
    void refusesWhatDoesNotFit(Device device) {
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.inference(device)) {
            Parameter weight = set.declare("w", List.of(6, 1, 3, 3), new float[54]);
            Parameter bias = set.declare("b", List.of(6), new float[6]);
            Parameter wrong = set.declare("c", List.of(5), new float[5]);
            set.allocate(device);
            Tensor x = tape.input(new Shape(1, 3, 4, 4));
            Tensor fits = tape.input(new Shape(1, 1, 4, 4));
            assertThatThrownBy(() -> Conv3x3.apply(tape, x, weight, bias, NONE))
                    .hasMessage("conv3x3 weight: want [6, 3, 3, 3], have [6, 1, 3, 3]");
            assertThatThrownBy(() -> Conv3x3.apply(tape, fits, weight, wrong, NONE))
                    .hasMessage("conv3x3 bias: want [6], have [5]");
            assertThatThrownBy(() -> Conv3x3.apply(tape, fits, weight, bias, shuffle(2)))
                    .hasMessage("conv3x3 shuffle 2: want outputs divisible by 4, have 6");
            assertThatThrownBy(() -> Conv3x3.apply(tape, fits, weight, bias, residual(x, 1f)))
                    .hasMessage("conv3x3 residual: want [1, 6, 4, 4], have [1, 3, 4, 4]");
            assertThatThrownBy(() -> new Epilogue(true, 0.5f, null, 1))
                    .hasMessageStartingWith("conv3x3: want ReLU without residual and with scale 1, have scale 0.5");
        }
    }
}
