package io.acuity.benchmark;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.acuity.device.Device;
import io.acuity.device.NativeLibrary;
import io.acuity.model.Architectures;
import io.acuity.model.Hyperparameters;
import io.acuity.model.Network;
import io.acuity.model.OnnxExport;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * A network here and in ONNX Runtime from our own export of it, in turn in one process, so that whatever else the machine does
 * slows both. Arguments: architecture, WIDTHxHEIGHT, threads, rounds. Prints medians, the shortest times, and their ratios.
 */
public final class OnnxRace {
    private static final int SCALE = 4;

    private OnnxRace() {}

    public static void main(String[] arguments) throws IOException, OrtException {
        Locale.setDefault(Locale.ROOT);
        if (arguments.length != 4) {
            throw new IllegalArgumentException(
                    "want ARCHITECTURE WIDTHxHEIGHT THREADS ROUNDS, have " + Arrays.toString(arguments));
        }
        String[] sides = arguments[1].split("x", 2);
        Shape shape = new Shape(1, 3, Integer.parseInt(sides[1]), Integer.parseInt(sides[0]));
        int threads = Integer.parseInt(arguments[2]);
        NativeLibrary.load().threads(threads);
        Path file = Files.createTempFile("race", ".onnx");
        try (Device device = Device.open("cpu")) {
            Network network = Architectures.create(arguments[0], device, Hyperparameters.of(SCALE), 1);
            OnnxExport.write(file, network, Map.of());
            System.out.printf(
                    "%s x%d, %s, %d threads, %s and ONNX Runtime %s%n",
                    arguments[0], SCALE, arguments[1], threads, device.describe(), version());
            race(network, file, shape, threads, Integer.parseInt(arguments[3]));
            network.parameters().close();
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static String version() {
        return OrtEnvironment.getEnvironment().getVersion();
    }

    private static void race(Network network, Path file, Shape shape, int threads, int rounds) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        float[] picture = new Lcg(777).unit(Math.toIntExact(shape.elements()));
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            try (OrtSession session = environment.createSession(file.toString(), options);
                    Tape tape = Tape.inference(network.parameters().device());
                    OnnxTensor input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(picture), new long[] {
                        shape.n(), shape.c(), shape.h(), shape.w()
                    })) {
                double[] ours = new double[rounds];
                double[] theirs = new double[rounds];
                for (int i = -1; i < rounds; i++) { // one round to warm up
                    long start = System.nanoTime();
                    float[] mine = here(network, tape, shape, picture);
                    long middle = System.nanoTime();
                    float[] other = there(session, input);
                    long end = System.nanoTime();
                    if (i < 0) {
                        System.out.printf("largest difference %.2g%n", difference(mine, other));
                    } else {
                        ours[i] = (middle - start) / 1e9;
                        theirs[i] = (end - middle) / 1e9;
                        System.out.printf("round %d: here %.3f s, ONNX Runtime %.3f s%n", i + 1, ours[i], theirs[i]);
                    }
                }
                Arrays.sort(ours);
                Arrays.sort(theirs);
                print("median", ours[rounds / 2], theirs[rounds / 2]);
                print("shortest", ours[0], theirs[0]);
            }
        }
    }

    private static void print(String what, double here, double there) {
        System.out.printf("%s: here %.3f s, ONNX Runtime %.3f s, ratio %.2f%n", what, here, there, there / here);
    }

    /** Samples in, samples out, as the other is timed. */
    private static float[] here(Network network, Tape tape, Shape shape, float[] picture) {
        tape.reset();
        Tensor lr = tape.input(shape);
        lr.set(picture);
        return network.forward(tape, lr).toArray();
    }

    private static float[] there(OrtSession session, OnnxTensor input) throws OrtException {
        try (OrtSession.Result result =
                session.run(Map.of(session.getInputNames().iterator().next(), input))) {
            FloatBuffer numbers = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[] values = new float[numbers.remaining()];
            numbers.get(values);
            return values;
        }
    }

    private static double difference(float[] a, float[] b) {
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(a[i] - b[i]));
        }
        return largest;
    }
}
