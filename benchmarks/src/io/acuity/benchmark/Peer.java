package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.NativeLibrary;
import io.acuity.model.Edsr;
import io.acuity.op.InfoNceLoss;
import io.acuity.op.L1Loss;
import io.acuity.optim.Adam;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/**
 * Acuity as a process that is timed side by side with other libraries by {@link LineProtocol}. {@code OMP_NUM_THREADS} sets the
 * threads. Weights and pictures come from {@link Lcg}, which the others use as well, so that all compute the same numbers.
 */
public final class Peer {
    private static final int CHECKED_STEPS = 3;
    private static final int FEATURES = 64;
    private static final float[] MEAN = {0.4488f, 0.4371f, 0.4040f};

    private final Device device;

    private Peer(Device device) {
        this.device = device;
    }

    private LineProtocol workloads() {
        LineProtocol lines = new LineProtocol();
        for (boolean collapsed : new boolean[] {false, true}) {
            String tail = collapsed ? "-collapsed" : "";
            lines.add("W1big-fp32" + tail, () -> upscale(180, 320, collapsed, ""));
            lines.add("W1patch-fp32" + tail, () -> upscale(48, 48, collapsed, "acuity W1patch-fp32" + tail));
            lines.add("W2-fp32" + tail, () -> train(collapsed));
            lines.addStaged("W6-fp32" + tail, () -> contrastive("W6-fp32" + tail, collapsed, false));
            lines.addStaged("W6all-fp32" + tail, () -> contrastive("W6all-fp32" + tail, collapsed, true));
        }
        lines.add("W3fwd-fp32", this::convolution);
        lines.add("W3bwdd-fp32", this::inputGradient);
        lines.add("W3bwdw-fp32", this::weightGradient);
        lines.add("W5-fp32", () -> infoNce(12));
        lines.add("W5large-fp32", () -> infoNce(24));
        return lines;
    }

    public static void main(String[] arguments) throws IOException {
        Locale.setDefault(Locale.ROOT);
        String threads = System.getenv("OMP_NUM_THREADS");
        if (threads != null) {
            NativeLibrary.load().threads(Integer.parseInt(threads));
        }
        try (Device device = Device.open("cpu")) {
            System.err.println(device.describe());
            new Peer(device).workloads().serve();
        }
    }

    /** EDSR-S x4 with weights from one run of numbers: each layer's weights, then its biases, from head to tail. */
    static Edsr network(Device device, boolean collapsed) {
        Edsr network = Edsr.create(device, Edsr.Options.small(4), 0);
        network.collapse(collapsed);
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
        Edsr network = network(device, collapsed);
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
        Edsr network = network(device, collapsed);
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

    private LineProtocol.Workload contrastive(String name, boolean collapsed, boolean learnsSamples) {
        Stages stages = new Stages();
        return new LineProtocol.Workload(new PclStep(device, name, collapsed, learnsSamples, stages), stages);
    }

    /** The contrastive loss of 16 maps of 256 features against four positives and four negatives each, and its gradient. */
    private Runnable infoNce(int side) {
        Shape s = new Shape(16, 256, side, side);
        Shape sets = new Shape(8 * s.n(), s.c(), s.h(), s.w());
        Tensor sr = Tensor.leaf(
                s,
                fixed(s, new Lcg(6).symmetric(Math.toIntExact(s.elements()), 1)).data());
        Tensor samples = fixed(sets, new Lcg(7).symmetric(Math.toIntExact(sets.elements()), 1));
        Tape tape = Tape.recording(device);
        boolean[] checked = {false};
        return () -> {
            tape.reset();
            Tensor loss = InfoNceLoss.apply(tape, sr, samples, 4, InfoNceLoss.Options.DEFAULT)
                    .loss();
            tape.backward(loss);
            if (!checked[0]) {
                checked[0] = true;
                float[] gradient = sr.gradientArray();
                System.err.printf(
                        "CHECK W5 %d loss %.6f gradient %.6e %.6e%n",
                        side, loss.item(), gradient[0], gradient[gradient.length - 1]);
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
