package io.acuity.contrast;

import static java.util.Objects.requireNonNull;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import io.acuity.op.AdaptiveAveragePool;
import io.acuity.op.Conv1x1;
import io.acuity.op.LeakyRelu;
import io.acuity.op.Normalised;
import io.acuity.optim.StepWatch;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import io.acuity.weights.WeightsException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * The embedding network of PCL (arXiv 2111.13924), which is the trunk of a discriminator: eight blocks of 3x3 convolution, batch
 * normalisation and leaky ReLU over the wavelet bands of an image, and a small head that judges patches.
 *
 * <p>Block b reads [N, ., H, W] and writes [N, F 2^(b/2), .., ..], F being {@link Options#features}; odd blocks halve height and
 * width. Images come set by set, all sets of one size; a set is what the released code embeds in one call, and is normalised by
 * itself. Names of parameters are the released code's.
 *
 * <p>On a device of bf16 feature maps are bf16; statistics, averages and judgements, which losses read, are fp32.
 */
public final class EmbeddingNetwork implements AutoCloseable {
    /** Blocks of the trunk; a tap is one of 0 .. BLOCKS - 1. */
    public static final int BLOCKS = 8;

    /** Fewer channels are taken for a picture's and kept in fp32. */
    private static final int LEAST_IN_BF16 = 5;

    /** Patches judged along each axis. */
    private static final int PATCHES = 4;

    /** Of first weights, apart from those of the network, of patches and of samples. */
    private static final long STREAM = 0x656d6265_00000000L;

    private static final Kernel COPY = new Kernel("scale_forward");
    private static final float SLOPE = 0.2f;
    private static final String HEAD = "classifier.1";

    /** By which mean and variance {@link #features} normalises; {@link #logits} always takes those of each set. */
    public enum Statistics {
        /** Those of each set, as the released code does. */
        PER_SET,
        /** Those of all images of the call together, so that sets remain comparable in strength. */
        JOINT,
        /** The moving averages that {@link #logits} has left. */
        RUNNING
    }

    /**
     * What the network is made of.
     *
     * @param inputs channels of the images: 9 for Haar bands of RGB
     * @param features channels of the first block
     * @param statistics how feature maps are normalised
     */
    public record Options(int inputs, int features, Statistics statistics) {
        /** The released network: 4,691,265 parameters. */
        public static final Options RELEASED = new Options(9, 64, Statistics.PER_SET);

        public Options {
            if (inputs < 1 || features < 1) {
                throw new IllegalArgumentException(
                        "embedding: want at least 1 input and 1 feature, have " + inputs + " and " + features);
            }
        }

        /** The same with other statistics. */
        public Options with(Statistics other) {
            return new Options(inputs, features, other);
        }
    }

    private final Options options;
    private final ParameterSet parameters;
    private final ParameterSet averages;
    private final Buffer kept;
    private final List<EmbeddingBlock> blocks;
    private final Parameter headWeight;
    private final Parameter headBias;

    private EmbeddingNetwork(
            Options options,
            ParameterSet parameters,
            ParameterSet averages,
            List<EmbeddingBlock> blocks,
            Parameter headWeight,
            Parameter headBias) {
        this.options = options;
        this.parameters = parameters;
        this.averages = averages;
        kept = averages.own(averages.flatElements() * Float.BYTES);
        this.blocks = blocks;
        this.headWeight = headWeight;
        this.headBias = headBias;
    }

    /**
     * A network with first weights drawn from {@code seed} as PyTorch draws them.
     *
     * @throws IllegalArgumentException on a device of bf16 unless there are {@value #LEAST_IN_BF16} features or more
     */
    public static EmbeddingNetwork create(Device device, long seed, Options options) {
        if (device.precision() == Precision.BF16 && options.features() < LEAST_IN_BF16) {
            throw new IllegalArgumentException("embedding: want at least " + LEAST_IN_BF16
                    + " features in bf16, where fewer are a picture, have " + options.features());
        }
        Random random = Random.of(seed, STREAM);
        ParameterSet parameters = new ParameterSet();
        ParameterSet averages = new ParameterSet();
        List<EmbeddingBlock> blocks = new ArrayList<>();
        int in = options.inputs();
        for (int b = 0; b < BLOCKS; b++) {
            int out = options.features() << (b / 2);
            String name = "features." + 2 * b;
            blocks.add(EmbeddingBlock.declare(parameters, averages, name, in, out, b % 2 == 1, random));
            in = out;
        }
        float bound = (float) (1 / Math.sqrt(in));
        float[] weight = EmbeddingBlock.uniform(in, bound, random);
        Parameter headWeight = parameters.declare(HEAD + ".weight", List.of(1, in, 1, 1), weight);
        float[] bias = EmbeddingBlock.uniform(1, bound, random);
        Parameter headBias = parameters.declare(HEAD + ".bias", List.of(1), bias);
        parameters.allocate(device);
        averages.allocate(device).trains(false);
        return new EmbeddingNetwork(options, parameters, averages, List.copyOf(blocks), headWeight, headBias);
    }

    /** What it is made of. */
    public Options options() {
        return options;
    }

    /** Its trained numbers. With {@code trains(false)} gradients pass through to the images, and none is formed here. */
    public ParameterSet parameters() {
        return parameters;
    }

    /**
     * Feature maps of some blocks; nothing beyond the deepest is computed. Where no gradient is wanted, neither of the parameters
     * nor of {@code images}, sets go through the network one after the other and each map is freed as soon as the next is made.
     *
     * @param images [M, inputs, H, W]
     * @param sets into how many equal sets the M images are divided
     * @param taps block numbers, each once
     * @param beforeActivation the result of normalisation instead of what the leaky ReLU makes of it
     */
    public Features features(Tape tape, Tensor images, int sets, List<Integer> taps, boolean beforeActivation) {
        checkTaps(taps);
        check(images, sets);
        boolean keeps = tape.isRecording() && (parameters.trains() || images.needsGradient());
        @Nullable Tensor[] maps = new @Nullable Tensor[BLOCKS];
        if (keeps || options.statistics() == Statistics.JOINT) {
            int normalised = switch (options.statistics()) {
                case PER_SET -> sets;
                case JOINT -> 1;
                case RUNNING -> 0;
            };
            run(tape, images, normalised, taps, beforeActivation, maps);
        } else {
            setBySet(tape, images, sets, taps, beforeActivation, maps);
        }
        return new Features(
                taps, taps.stream().map(tap -> requireNonNull(maps[tap])).toList());
    }

    /** A set's maps are small enough to stay near the processor from one kernel to the next; those of all sets are not. */
    private void setBySet(
            Tape tape, Tensor images, int sets, List<Integer> taps, boolean beforeActivation, @Nullable Tensor[] maps) {
        Shape shape = images.shape();
        for (int b = 0; b <= deepest(taps); b++) {
            shape = blocks.get(b).result(shape);
            if (taps.contains(b)) {
                maps[b] = tape.layer(shape, images, false, false);
            }
        }
        int normalised = options.statistics() == Statistics.RUNNING ? 0 : 1;
        for (int k = 0; k < sets; k++) {
            @Nullable Tensor[] parts = new @Nullable Tensor[BLOCKS];
            for (int tap : taps) {
                parts[tap] = part(requireNonNull(maps[tap]), k, sets);
            }
            run(tape, part(images, k, sets), normalised, taps, beforeActivation, parts);
        }
    }

    private static Tensor part(Tensor whole, int k, int parts) {
        Shape s = whole.shape();
        Shape shape = new Shape(s.n() / parts, s.c(), s.h(), s.w());
        long bytes = Tensor.bytes(shape, whole.precision());
        return Tensor.of(shape, whole.data().slice(k * bytes, bytes));
    }

    /**
     * Runs to the deepest tap; the taps' maps go into {@code maps}, or, where it holds memory already, there. In bf16 a map between taps is
     * not written: the next block normalises what it reads.
     */
    private void run(
            Tape tape,
            Tensor images,
            int normalised,
            List<Integer> taps,
            boolean beforeActivation,
            @Nullable Tensor[] maps) {
        Tensor x = images;
        @Nullable Normalised unwritten = null;
        int deepest = deepest(taps);
        for (int b = 0; b <= deepest; b++) {
            EmbeddingBlock block = blocks.get(b);
            boolean tapped = taps.contains(b);
            boolean before = beforeActivation && tapped;
            float slope = before ? 1f : SLOPE;
            Normalised y;
            if (unwritten != null) {
                y = block.apply(tape, unwritten, normalised, slope);
            } else {
                y = block.apply(tape, x, normalised, slope);
                boolean isTap = taps.contains(b - 1) && !beforeActivation;
                if (b > 0 && !isTap) {
                    release(tape, x);
                }
            }
            if (!tapped && y.isReadable()) {
                unwritten = y;
                continue;
            }
            unwritten = null;
            Tensor map = y.write(tape, maps[b]);
            maps[b] = map;
            x = before && b < deepest ? LeakyRelu.apply(tape, map, SLOPE) : map;
        }
    }

    /**
     * The discriminator's judgement: one number for each of 4 x 4 overlapping patches, high for real.
     *
     * @param images [M, inputs, H, W]
     * @param sets into how many equal sets the M images are divided
     * @return [M, 1, 4, 4], in fp32: a loss is formed of exponentials of differences of these
     */
    public Tensor logits(Tape tape, Tensor images, int sets) {
        check(images, sets);
        @Nullable Tensor[] maps = new @Nullable Tensor[BLOCKS];
        run(tape, images, sets, List.of(BLOCKS - 1), false, maps);
        Tensor x = requireNonNull(maps[BLOCKS - 1]);
        Tensor pooled = AdaptiveAveragePool.apply(tape, x, PATCHES, PATCHES);
        release(tape, x);
        Tensor judged = Conv1x1.apply(tape, pooled, headWeight, headBias);
        release(tape, pooled);
        return judged;
    }

    /** Frees a map that nothing reads again: no gradient reaches it, so backward does not. */
    private static void release(Tape tape, Tensor x) {
        if (!tape.isRecording() || !x.needsGradient()) {
            tape.give(x.data());
        }
    }

    private static void checkTaps(List<Integer> taps) {
        boolean fits = !taps.isEmpty() && taps.stream().distinct().count() == taps.size();
        for (int tap : taps) {
            fits &= tap >= 0 && tap < BLOCKS;
        }
        if (!fits) {
            throw new IllegalArgumentException(
                    "embedding taps: want numbers from 0 to " + (BLOCKS - 1) + ", each once, have " + taps);
        }
    }

    private static int deepest(List<Integer> taps) {
        return taps.stream().reduce(0, Math::max);
    }

    private void check(Tensor images, int sets) {
        if (images.shape().c() != options.inputs()) {
            throw new IllegalArgumentException(
                    "embedding images: want " + options.inputs() + " channels, have " + images.shape());
        }
        if (sets < 1 || images.shape().n() % sets != 0) {
            throw new IllegalArgumentException(
                    "embedding sets: want a divisor of " + images.shape().n() + " images, have " + sets);
        }
    }

    /** Copies the moving averages aside, before a step that may turn out wrong. */
    void keepAverages() {
        long count = averages.flatElements();
        averages.device().launch(COPY, Grid.cover(count), averages.values(), kept, 1f, count);
    }

    /** Takes the copies back if the step is not good so far. */
    void revertAverages(StepWatch watch) {
        watch.revert(averages.values(), kept, averages.flatElements());
    }

    /** How many sets have moved the moving averages of each block. */
    List<Long> batches() {
        return blocks.stream().map(EmbeddingBlock::batches).toList();
    }

    /** Sets what {@link #batches} gave. */
    void batches(List<Long> counts) {
        for (int b = 0; b < BLOCKS; b++) {
            blocks.get(b).batches(counts.get(b));
        }
    }

    /** Everything that training changes but the optimizer: parameters, moving averages and their counts, PyTorch's names. */
    public StateDict state() {
        SequencedMap<String, TensorData> tensors = new LinkedHashMap<>();
        for (EmbeddingBlock block : blocks) {
            put(tensors, parameters, block.name() + ".0.weight");
            put(tensors, parameters, block.name() + ".1.weight");
            put(tensors, parameters, block.name() + ".1.bias");
            put(tensors, averages, block.name() + ".1.running_mean");
            put(tensors, averages, block.name() + ".1.running_var");
            tensors.put(counter(block), TensorData.of(new long[] {block.batches()}));
        }
        put(tensors, parameters, HEAD + ".weight");
        put(tensors, parameters, HEAD + ".bias");
        return StateDict.of(tensors);
    }

    private static String counter(EmbeddingBlock block) {
        return block.name() + ".1.num_batches_tracked";
    }

    private static void put(SequencedMap<String, TensorData> tensors, ParameterSet from, String name) {
        long[] shape = from.parameter(name).dimensions().stream()
                .mapToLong(Integer::longValue)
                .toArray();
        tensors.put(name, TensorData.of(from.read(name), shape));
    }

    /**
     * Sets what {@link #state} gave, all of it or nothing.
     *
     * @throws WeightsException if a tensor is missing, has another shape or is not known here
     */
    public void restore(StateDict state) {
        SequencedMap<String, TensorData> own = state().tensors();
        List<String> wrong = new ArrayList<>();
        own.forEach((name, mine) -> {
            TensorData given = state.tensors().get(name);
            if (given == null) {
                wrong.add("missing " + name + " " + mine.shape());
            } else if (!given.shape().equals(mine.shape())) {
                wrong.add(name + ": want " + mine.shape() + ", have " + given.shape());
            }
        });
        state.tensors().keySet().stream()
                .filter(name -> !own.containsKey(name))
                .forEach(name -> wrong.add("unexpected " + name));
        if (!wrong.isEmpty()) {
            throw new WeightsException("embedding network: "
                    + String.join(", ", wrong.subList(0, Math.min(6, wrong.size()))));
        }
        for (ParameterSet set : List.of(parameters, averages)) {
            for (String name : set.byName().keySet()) {
                set.write(name, state.tensor(name).floats());
            }
        }
        blocks.forEach(block -> block.batches(state.tensor(counter(block)).longs()[0]));
    }

    @Override
    public void close() {
        parameters.close();
        averages.close();
    }
}
