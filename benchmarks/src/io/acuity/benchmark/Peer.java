package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.NativeLibrary;
import io.acuity.model.Edsr;
import io.acuity.op.L1Loss;
import io.acuity.optim.Adam;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Acuity as a process that is timed side by side with other libraries: says {@code READY} and the names of its workloads, then
 * answers each line {@code NAME ROUNDS} with {@code OK wall:cpu wall:cpu ...} in milliseconds. {@code OMP_NUM_THREADS} sets the
 * threads. Weights and pictures come from {@link Lcg}, which the others use as well, so that all compute the same numbers.
 */
public final class Peer {
    private static final String UNKNOWN = "NO unknown ";
    private static final int WARM_UP = 2;
    private static final int CHECKED_STEPS = 3;
    private static final int FEATURES = 64;
    private static final float[] MEAN = {0.4488f, 0.4371f, 0.4040f};

    private final Device device;
    private final PrintStream out;
    private final Map<String, Supplier<Runnable>> workloads = new TreeMap<>();

    private Peer(Device device, PrintStream out) {
        this.device = device;
        this.out = out;
        for (boolean collapsed : new boolean[] {false, true}) {
            String tail = collapsed ? "-collapsed" : "";
            workloads.put("W1big-fp32" + tail, () -> upscale(180, 320, collapsed, ""));
            workloads.put("W1patch-fp32" + tail, () -> upscale(48, 48, collapsed, "acuity W1patch-fp32" + tail));
            workloads.put("W2-fp32" + tail, () -> train(collapsed));
        }
        workloads.put("W3fwd-fp32", this::convolution);
        workloads.put("W3bwdd-fp32", this::inputGradient);
        workloads.put("W3bwdw-fp32", this::weightGradient);
    }

    public static void main(String[] arguments) throws IOException {
        Locale.setDefault(Locale.ROOT);
        String threads = System.getenv("OMP_NUM_THREADS");
        if (threads != null) {
            NativeLibrary.load().threads(Integer.parseInt(threads));
        }
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (Device device = Device.open("cpu");
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            System.err.println(device.describe());
            new Peer(device, out).serve(in);
        }
    }

    private void serve(BufferedReader in) throws IOException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        Map<String, Runnable> ready = new HashMap<>();
        out.println("READY " + String.join(" ", workloads.keySet()));
        for (String line = in.readLine(); line != null && !line.startsWith("quit"); line = in.readLine()) {
            String[] words = line.strip().split(" ", -1);
            Supplier<Runnable> workload = workloads.get(words[0]);
            if (workload == null) {
                out.println(UNKNOWN + words[0]);
                continue;
            }
            Runnable work = ready.computeIfAbsent(words[0], _ -> warm(workload.get()));
            StringBuilder answer = new StringBuilder("OK");
            for (int i = words.length > 1 ? Integer.parseInt(words[1]) : 1; i > 0; i--) {
                long wall = System.nanoTime();
                long cpu = threads.getCurrentThreadCpuTime();
                work.run();
                cpu = threads.getCurrentThreadCpuTime() - cpu;
                answer.append(" %.4f:%.4f".formatted((System.nanoTime() - wall) / 1e6, cpu / 1e6));
            }
            out.println(answer);
        }
    }

    private static Runnable warm(Runnable work) {
        for (int i = 0; i < WARM_UP; i++) {
            work.run();
        }
        return work;
    }

    /** EDSR-S x4 with weights from one run of numbers: each layer's weights, then its biases, from head to tail. */
    private Edsr network(boolean collapsed) {
        Edsr network = Edsr.create(device, Edsr.Options.small(4), 0).collapse(collapsed);
        Lcg numbers = new Lcg(12345);
        load(network, "head.0", FEATURES, 3, numbers);
        for (int i = 0; i < network.options().blocks(); i++) {
            load(network, "body." + i + ".body.0", FEATURES, FEATURES, numbers);
            load(network, "body." + i + ".body.2", FEATURES, FEATURES, numbers);
        }
        load(network, "body." + network.options().blocks(), FEATURES, FEATURES, numbers);
        load(network, "tail.0.0", 4 * FEATURES, FEATURES, numbers);
        load(network, "tail.0.2", 4 * FEATURES, FEATURES, numbers);
        load(network, "tail.1", 3, FEATURES, numbers);
        return network;
    }

    private static void load(Edsr network, String layer, int out, int in, Lcg numbers) {
        float bound = (float) Math.sqrt(1.0 / (in * 9));
        network.parameters().write(layer + ".weight", numbers.symmetric(out * in * 9, bound));
        network.parameters().write(layer + ".bias", numbers.symmetric(out, bound));
    }

    /** The others have no mean shift: ours is undone by adding the mean to what goes in and to what is aimed at. */
    private static float[] shifted(float[] nchw, int images, float sign) {
        float[] shifted = new float[nchw.length];
        int plane = nchw.length / images / MEAN.length;
        for (int i = 0; i < nchw.length; i++) {
            shifted[i] = nchw[i] + sign * MEAN[i / plane % MEAN.length];
        }
        return shifted;
    }

    private Tensor fixed(Shape shape, float[] nchw) {
        Tensor tensor = Tensor.of(shape, device.allocate(shape.elements() * Float.BYTES));
        tensor.set(nchw);
        return tensor;
    }

    private Runnable upscale(int height, int width, boolean collapsed, String check) {
        Edsr network = network(collapsed);
        Shape shape = new Shape(1, 3, height, width);
        float[] picture = new Lcg(777).unit(Math.toIntExact(shape.elements()));
        Tensor lr = fixed(shape, shifted(picture, 1, 1));
        Tape tape = Tape.inference(device);
        if (!check.isEmpty()) {
            check(check, shifted(network.forward(tape, lr).toArray(), 1, -1));
        }
        return () -> {
            tape.reset();
            network.forward(tape, lr);
        };
    }

    private Runnable train(boolean collapsed) {
        Edsr network = network(collapsed);
        Shape small = new Shape(16, 3, 48, 48);
        Shape large = new Shape(16, 3, 192, 192);
        Tensor lr = fixed(small, shifted(new Lcg(777).unit(Math.toIntExact(small.elements())), small.n(), 1));
        Tensor hr = fixed(large, shifted(new Lcg(778).unit(Math.toIntExact(large.elements())), large.n(), 1));
        Tape tape = Tape.recording(device);
        Adam adam = new Adam(network.parameters(), Adam.Options.DEFAULT);
        int[] step = {0};
        return () -> {
            tape.reset();
            Tensor loss = L1Loss.apply(tape, network.forward(tape, lr), hr);
            tape.backward(loss);
            adam.step(1e-4);
            if (step[0]++ < CHECKED_STEPS) {
                System.err.printf("CHECK W2 step %d loss %.6f%n", step[0], loss.item());
            }
        };
    }

    /** Operands of one 3x3 convolution 64 to 64 on 320x180. */
    private final class Operands {
        final Shape shape = new Shape(1, FEATURES, 180, 320);
        final int count = Math.toIntExact(shape.elements());
        final Buffer x = fixed(shape, new Lcg(1).symmetric(count, 1)).data();
        final Buffer y = fixed(shape, new Lcg(4).symmetric(count, 1)).data();
        final Buffer weight = numbers(new Lcg(2).symmetric(FEATURES * FEATURES * 9, 1));
        final Buffer bias = numbers(new Lcg(3).symmetric(FEATURES, 1));
        final Buffer packed = device.allocate(36L * Float.BYTES * FEATURES * FEATURES);

        Operands pack(String kernel) {
            device.launch(new Kernel(kernel), Grid.cover(FEATURES * FEATURES), weight, packed, FEATURES, FEATURES, 1);
            return this;
        }

        private Buffer numbers(float[] values) {
            Buffer buffer = device.allocate((long) values.length * Float.BYTES);
            device.upload(MemorySegment.ofArray(values), buffer);
            return buffer;
        }

        Grid grid() {
            return Grid.cover(FEATURES, shape.w(), (long) shape.n() * shape.h());
        }
    }

    private Runnable convolution() {
        Operands o = new Operands().pack("conv3x3_pack_forward");
        Shape s = o.shape;
        Kernel kernel = new Kernel("conv3x3_forward");
        return () -> device.launch(
                kernel, o.grid(), o.x, o.packed, o.bias, null, o.y, 1, s.h(), s.w(), FEATURES, FEATURES, 1, 0, 1f);
    }

    private Runnable inputGradient() {
        Operands o = new Operands().pack("conv3x3_pack_backward");
        Shape s = o.shape;
        Kernel kernel = new Kernel("conv3x3_backward_input");
        return () -> device.launch(
                kernel, o.grid(), o.y, o.packed, null, o.x, 1, s.h(), s.w(), FEATURES, FEATURES, 1, 1f, 0);
    }

    private Runnable weightGradient() {
        Operands o = new Operands();
        Shape s = o.shape;
        Kernel kernel = new Kernel("conv3x3_backward_weight");
        Grid grid = Grid.cover((long) FEATURES * FEATURES * 9);
        return () ->
                device.launch(kernel, grid, o.x, o.y, o.weight, o.bias, 1, s.h(), s.w(), FEATURES, FEATURES, 1, 1f, 0);
    }

    /** Figures on which all libraries must agree but for rounding. */
    private static void check(String what, float[] x) {
        double sum = 0;
        double absolute = 0;
        for (float v : x) {
            sum += v;
            absolute += Math.abs(v);
        }
        System.err.printf(
                "CHECK %s n=%d mean=%.6f abs=%.6f x0=%.5f xm=%.5f xl=%.5f%n",
                what, x.length, sum / x.length, absolute / x.length, x[0], x[x.length / 2 + 17], x[x.length - 1]);
    }
}
