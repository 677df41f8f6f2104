package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;

/**
 * Contrastive losses of feature maps: InfoNCE with several positives, and the forms related to it. How like two images are is
 * the mean over pixels of the cosine of their features; a feature map is read once going forward and once going backward.
 * Formulas: docs/method.md, contrastive loss.
 */
public final class InfoNceLoss {
    private static final Kernel COSINE_FORWARD = new Kernel("info_nce_cosine_forward");
    private static final Kernel COSINE_BACKWARD = new Kernel("info_nce_cosine_backward");
    private static final Kernel DISTANCE_FORWARD = new Kernel("info_nce_distance_forward");
    private static final Kernel DISTANCE_BACKWARD = new Kernel("info_nce_distance_backward");
    private static final Kernel MEAN = new Kernel("info_nce_mean");
    private static final Kernel WEIGH = new Kernel("info_nce_weigh");

    /** Pixels that are summed as one part, and threads of the block that does it. */
    private static final int PART = 32;

    private static final int BLOCK = 256;
    private static final int WARP = 32;

    private InfoNceLoss() {}

    /** What is made of the similarities. */
    public enum Kind {
        /** Cross entropy of each positive among all negatives. */
        INFO_NCE(0),
        /** Mean similarity of the negatives less that of the positives. */
        COSINE(1),
        /** Mean absolute difference to the positives over that to the negatives. */
        L1(2),
        /** (1 - similarity of positives) / (1 - similarity of negatives): from cosines, in spite of the name it has. */
        L2(3),
        /** As InfoNCE, with the negatives alone in the denominator. */
        LMCL(4);

        /** As the kernels number them. */
        private final int code;

        Kind(int code) {
            this.code = code;
        }
    }

    /**
     * How the loss is formed.
     *
     * @param temperature what similarities are divided by before they are exponents (INFO_NCE and LMCL)
     * @param decay the weight of each further layer is that of the one before times this; 1 for equal weights
     */
    public record Options(Kind kind, float temperature, float decay) {
        /** InfoNCE at temperature 1, layers alike. */
        public static final Options DEFAULT = new Options(Kind.INFO_NCE, 1, 1);

        public Options {
            if (!(temperature > 0) || temperature > Float.MAX_VALUE) {
                throw new IllegalArgumentException("info_nce temperature: want above 0, have " + temperature);
            }
            if (!(decay > 0) || decay > 1) {
                throw new IllegalArgumentException("info_nce decay: want above 0 and at most 1, have " + decay);
            }
        }

        /** One kind at one temperature, layers alike. */
        public Options(Kind kind, float temperature) {
            this(kind, temperature, 1);
        }
    }

    /**
     * One tapped layer.
     *
     * @param sr features of the images, [N, C, h, w]
     * @param samples features of their samples, [(P + K) * N, C, h, w], one set of N after another, positives first; no
     *     gradient reaches them
     */
    public record Layer(Tensor sr, Tensor samples) {
        int sets() {
            return samples.shape().n() / sr.shape().n();
        }

        void check(int positives) {
            Shape x = sr.shape();
            Shape s = samples.shape();
            if (s.n() % x.n() != 0 || !s.equals(new Shape(s.n(), x.c(), x.h(), x.w()))) {
                throw new IllegalArgumentException("info_nce samples: want a multiple of " + x + " along N, have " + s);
            }
            if (positives < 1 || positives >= sets()) {
                throw new IllegalArgumentException(
                        "info_nce positives: want 1 to " + (sets() - 1) + " of " + sets() + " sets, have " + positives);
            }
        }

        int pixels() {
            return sr.shape().h() * sr.shape().w();
        }

        int parts() {
            return (pixels() + PART - 1) / PART;
        }
    }

    /**
     * The loss, [1, 1, 1, 1], and what was compared.
     *
     * @param similarities [1, 1, 1, 2]: mean similarity (L1: mean absolute difference) to the positives and to the
     *     negatives, over layers, sets and images; no gradient flows through it
     */
    public record Contrast(Tensor loss, Tensor similarities) {
        /** Mean similarity to the positives; reads from the device. */
        public float positive() {
            return similarities.toArray()[0];
        }

        /** Mean similarity to the negatives; reads from the device. */
        public float negative() {
            return similarities.toArray()[1];
        }
    }

    /** The loss of one layer; see {@link Layer} for the shapes. */
    public static Contrast apply(Tape tape, Tensor sr, Tensor samples, int positives, Options options) {
        return apply(tape, List.of(new Layer(sr, samples)), positives, options);
    }

    /**
     * The loss of several layers of the same images and sets.
     *
     * @param positives how many of the sets are positives, the first ones
     * @throws IllegalArgumentException for shapes that do not fit, and unless there are positives and negatives
     */
    public static Contrast apply(Tape tape, List<Layer> layers, int positives, Options options) {
        if (layers.isEmpty()) {
            throw new IllegalArgumentException("info_nce layers: want at least 1, have none");
        }
        int n = layers.getFirst().sr().shape().n();
        int sets = layers.getFirst().sets();
        for (Layer layer : layers) {
            layer.check(positives);
            if (layer.sr().shape().n() != n || layer.sets() != sets) {
                throw new IllegalArgumentException("info_nce layers: want " + n + " images and " + sets
                        + " sets in each, have " + layer.sr().shape().n() + " and " + layer.sets());
            }
        }
        long each = (long) sets * n * Float.BYTES;
        Buffer similarity = tape.take(layers.size() * each);
        Buffer slope = tape.take(layers.size() * each);
        Tensor[] sources = layers.stream().map(Layer::sr).toArray(Tensor[]::new);
        Tensor loss = tape.plain(Shape.scalar(), sources);
        Tensor report = tape.plain(new Shape(1, 1, 1, 2));
        boolean distance = options.kind() == Kind.L1;
        Buffer[] terms = new Buffer[layers.size()];
        for (int i = 0; i < terms.length; i++) {
            terms[i] = compare(tape, layers.get(i), distance, similarity.slice(i * each, each));
        }
        tape.launch(
                WEIGH,
                Grid.cover(1),
                similarity,
                slope,
                loss.data(),
                report.data(),
                n,
                sets,
                positives,
                layers.size(),
                options.kind().code,
                1 / options.temperature(),
                options.decay());
        tape.give(similarity);
        if (loss.needsGradient()) {
            tape.record(loss, dloss -> {
                for (int i = 0; i < terms.length; i++) {
                    differentiate(tape, layers.get(i), distance, terms[i], slope.slice(i * each, each), dloss);
                }
            });
        } else {
            for (Buffer buffer : terms) {
                tape.give(buffer);
            }
            tape.give(slope);
        }
        return new Contrast(loss, report);
    }

    /** Writes the layer's similarities; returns what the backward pass needs beside them. */
    private static Buffer compare(Tape tape, Layer layer, boolean distance, Buffer similarity) {
        int n = layer.sr().shape().n();
        int c = layer.sr().shape().c();
        int pixels = layer.pixels();
        int sets = layer.sets();
        int parts = layer.parts();
        Buffer x = layer.sr().data();
        Buffer y = layer.samples().data();
        Grid blocks = Grid.cover((long) n * parts * BLOCK);
        Buffer partial = tape.take((long) n * parts * sets * Float.BYTES);
        Buffer terms = tape.take(distance ? Float.BYTES : layer.sr().shape().pixels() * (2L * sets + 1) * Float.BYTES);
        if (distance) {
            tape.launch(DISTANCE_FORWARD, blocks, x, y, partial, n, pixels, c, sets);
        } else {
            tape.launch(COSINE_FORWARD, blocks, x, y, terms, partial, n, pixels, c, sets);
        }
        float factor = distance ? 1f / ((float) pixels * c) : 1f / pixels;
        tape.launch(MEAN, Grid.cover((long) sets * n), partial, similarity, n, parts, sets, factor);
        tape.give(partial);
        return terms;
    }

    private static void differentiate(
            Tape tape, Layer layer, boolean distance, Buffer terms, Buffer slope, Buffer dloss) {
        Shape s = layer.sr().shape();
        Buffer x = layer.sr().data();
        Buffer y = layer.samples().data();
        int sets = layer.sets();
        int pixels = layer.pixels();
        tape.contribute(layer.sr(), (dx, accumulate) -> {
            if (distance) {
                Grid grid = Grid.cover(layer.sr().stored());
                tape.launch(DISTANCE_BACKWARD, grid, x, y, slope, dloss, dx, s.n(), pixels, s.c(), sets, accumulate);
            } else {
                Grid grid = Grid.cover(s.pixels() * WARP);
                tape.launch(
                        COSINE_BACKWARD, grid, x, y, terms, slope, dloss, dx, s.n(), pixels, s.c(), sets, accumulate);
            }
        });
    }
}
