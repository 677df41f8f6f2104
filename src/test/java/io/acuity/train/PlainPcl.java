package io.acuity.train;

import io.acuity.model.Edsr;
import io.acuity.model.PlainEdsr;
import io.acuity.op.Plain;
import io.acuity.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * A step of contrastive training in double precision, written from docs/method.md: derivatives are central differences of the
 * losses, one weight at a time, so that nothing of the tape, the kernels or the optimizer is shared with what it checks. Arrays
 * in NCHW order.
 */
final class PlainPcl {
    private static final double STEP = 1e-6;
    private static final double SLOPE = 0.2;
    private static final int BLOCKS = 8;

    /** What a step came to. */
    record Terms(double l1, double contrast, double dual, double positive, double negative) {}

    /** Adam as PyTorch has it, with its defaults. */
    private static final class Moments {
        private final Map<String, double[]> first = new LinkedHashMap<>();
        private final Map<String, double[]> second = new LinkedHashMap<>();
        private int steps;

        void step(Map<String, double[]> weights, Map<String, double[]> gradients, double rate) {
            steps++;
            gradients.forEach((name, g) -> {
                double[] m = first.computeIfAbsent(name, _ -> new double[g.length]);
                double[] v = second.computeIfAbsent(name, _ -> new double[g.length]);
                double[] w = weights.getOrDefault(name, m);
                for (int i = 0; i < g.length; i++) {
                    m[i] = 0.9 * m[i] + 0.1 * g[i];
                    v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
                    double corrected = m[i] / (1 - Math.pow(0.9, steps));
                    w[i] -= rate * corrected / (Math.sqrt(v[i] / (1 - Math.pow(0.999, steps))) + 1e-8);
                }
            });
        }
    }

    private final PlainEdsr network;
    private final Map<String, double[]> weights;
    private final Map<String, double[]> embedding;
    private final List<Integer> layers;
    private final int positives;
    private final double alpha;
    private final Moments moments = new Moments();
    private final Moments embeddingMoments = new Moments();

    PlainPcl(
            Edsr.Options options,
            Map<String, double[]> weights,
            Map<String, double[]> embedding,
            List<Integer> layers,
            int positives,
            double alpha) {
        this.network = new PlainEdsr(options);
        this.weights = weights;
        this.embedding = embedding;
        this.layers = layers;
        this.positives = positives;
        this.alpha = alpha;
    }

    /** One step; {@code samples} are Haar bands, set by set, positives first. */
    Terms step(double[] lr, Shape small, double[] hr, Shape large, double[] samples, double rate) {
        double[] sr = network.forward(weights, lr, small);
        double[] real = haar(hr, large);
        double[] fake = haar(sr, large);
        Shape bands = new Shape(large.n(), 9, large.h() / 2, large.w() / 2);
        ToDoubleFunction<Map<String, double[]>> dual = e -> dual(logits(e, real, bands), logits(e, fake, bands));
        double judged = dual.applyAsDouble(embedding);
        embeddingMoments.step(embedding, gradients(embedding, dual), rate);

        List<double[]> others = new ArrayList<>();
        int sets = samples.length / real.length;
        for (int layer : layers) {
            double[] maps = new double[0];
            for (int k = 0; k < sets; k++) {
                double[] set = Arrays.copyOfRange(samples, k * real.length, (k + 1) * real.length);
                maps = joined(maps, block(embedding, set, bands, layer).x);
            }
            others.add(maps);
        }
        ToDoubleFunction<Map<String, double[]>> loss = w -> {
            double[] result = network.forward(w, lr, small);
            return Plain.l1(result, hr) + alpha * contrast(haar(result, large), bands, others, new double[2]);
        };
        double[] similarities = new double[2];
        double contrast = contrast(fake, bands, others, similarities);
        Map<String, double[]> gradients = gradients(weights, loss);
        double l1 = Plain.l1(sr, hr);
        moments.step(weights, gradients, rate);
        return new Terms(l1, contrast, judged, similarities[0], similarities[1]);
    }

    private static double[] joined(double[] a, double[] b) {
        double[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    private static Map<String, double[]> gradients(
            Map<String, double[]> at, ToDoubleFunction<Map<String, double[]>> loss) {
        Map<String, double[]> gradients = new LinkedHashMap<>();
        at.forEach((name, values) -> {
            double[] gradient = IntStream.range(0, values.length)
                    .parallel()
                    .mapToDouble(i -> (loss.applyAsDouble(moved(at, name, i, STEP))
                                    - loss.applyAsDouble(moved(at, name, i, -STEP)))
                            / (2 * STEP))
                    .toArray();
            gradients.put(name, gradient);
        });
        return gradients;
    }

    private static Map<String, double[]> moved(Map<String, double[]> at, String name, int index, double by) {
        Map<String, double[]> moved = new LinkedHashMap<>(at);
        moved.computeIfPresent(name, (_, values) -> {
            double[] copy = values.clone();
            copy[index] += by;
            return copy;
        });
        return moved;
    }

    @SuppressWarnings("ArrayRecordComponent") // carried from block to block, never compared
    private record Maps(double[] x, Shape s) {}

    /** What comes out of a block of the embedding, after its activation. */
    private static Maps block(Map<String, double[]> e, double[] bands, Shape s, int last) {
        Maps now = new Maps(bands, s);
        for (int b = 0; b <= last; b++) {
            String name = "features." + 2 * b;
            double[] weight = get(e, name + ".0.weight");
            int out = get(e, name + ".1.weight").length;
            double[] full = Plain.convolution(now.x, now.s, weight, new double[0], out, 3);
            Shape ys = new Shape(s.n(), out, now.s.h(), now.s.w());
            Maps y = b % 2 == 1 ? everySecond(full, ys) : new Maps(full, ys);
            normalise(y, get(e, name + ".1.weight"), get(e, name + ".1.bias"));
            now = new Maps(Plain.leakyRelu(y.x, SLOPE), y.s);
        }
        return now;
    }

    private static double[] get(Map<String, double[]> weights, String name) {
        double[] found = weights.get(name);
        if (found == null) {
            throw new AssertionError("no " + name + " in " + weights.keySet());
        }
        return found;
    }

    /** A convolution of stride 2 is one of stride 1 of which every second row and column is kept. */
    private static Maps everySecond(double[] x, Shape s) {
        Shape half = new Shape(s.n(), s.c(), (s.h() + 1) / 2, (s.w() + 1) / 2);
        double[] y = new double[Math.toIntExact(half.elements())];
        for (int i = 0; i < y.length; i++) {
            int w = i % half.w();
            int h = i / half.w() % half.h();
            int plane = i / (half.w() * half.h());
            y[i] = x[(plane * s.h() + 2 * h) * s.w() + 2 * w];
        }
        return new Maps(y, half);
    }

    /** By the mean and variance of each channel over all images and pixels. */
    private static void normalise(Maps y, double[] weight, double[] bias) {
        int plane = y.s.h() * y.s.w();
        for (int c = 0; c < y.s.c(); c++) {
            int channel = c;
            int[] members = IntStream.range(0, y.x.length)
                    .filter(i -> i / plane % y.s.c() == channel)
                    .toArray();
            double mean =
                    IntStream.of(members).mapToDouble(i -> y.x[i]).average().orElseThrow();
            double variance = IntStream.of(members)
                    .mapToDouble(i -> (y.x[i] - mean) * (y.x[i] - mean))
                    .average()
                    .orElseThrow();
            for (int i : members) {
                y.x[i] = weight[c] * (y.x[i] - mean) / Math.sqrt(variance + 1e-5) + bias[c];
            }
        }
    }

    /** The head on windows [i h / 4, ceil((i + 1) h / 4)) of the last block. */
    private static double[] logits(Map<String, double[]> e, double[] bands, Shape s) {
        Maps last = block(e, bands, s, BLOCKS - 1);
        double[] weight = get(e, "classifier.1.weight");
        double[] logits = new double[s.n() * 16];
        for (int i = 0; i < logits.length; i++) {
            int row = i % 16 / 4;
            int column = i % 4;
            logits[i] = get(e, "classifier.1.bias")[0];
            for (int c = 0; c < last.s.c(); c++) {
                double sum = 0;
                int count = 0;
                for (int h = row * last.s.h() / 4; h < (last.s.h() * (row + 1) + 3) / 4; h++) {
                    for (int w = column * last.s.w() / 4; w < (last.s.w() * (column + 1) + 3) / 4; w++) {
                        sum += last.x[((i / 16 * last.s.c() + c) * last.s.h() + h) * last.s.w() + w];
                        count++;
                    }
                }
                logits[i] += weight[c] * sum / count;
            }
        }
        return logits;
    }

    private static double dual(double[] real, double[] fake) {
        double loss = 0;
        for (double r : real) {
            double sum = Math.exp(r);
            for (double f : fake) {
                sum += Math.exp(f);
            }
            loss += (Math.log(sum) - r) / real.length;
        }
        for (double f : fake) {
            double sum = Math.exp(-f);
            for (double r : real) {
                sum += Math.exp(-r);
            }
            loss += (f + Math.log(sum)) / fake.length;
        }
        return loss;
    }

    /** InfoNCE at temperature 1, the mean over layers, positives and images. */
    private double contrast(double[] bands, Shape s, List<double[]> others, double[] similarities) {
        double loss = 0;
        Arrays.fill(similarities, 0);
        for (int l = 0; l < layers.size(); l++) {
            Maps map = block(embedding, bands, s, layers.get(l));
            int sets = others.get(l).length / map.x.length;
            for (int b = 0; b < s.n(); b++) {
                double negatives = 0;
                for (int k = positives; k < sets; k++) {
                    double like = cosine(map, others.get(l), k, b);
                    negatives += Math.exp(like);
                    similarities[1] += like / (sets - positives) / s.n() / layers.size();
                }
                for (int k = 0; k < positives; k++) {
                    double like = cosine(map, others.get(l), k, b);
                    loss += (Math.log(Math.exp(like) + negatives) - like) / positives / s.n() / layers.size();
                    similarities[0] += like / positives / s.n() / layers.size();
                }
            }
        }
        return loss;
    }

    private static double cosine(Maps map, double[] others, int set, int image) {
        int plane = map.s.h() * map.s.w();
        double mean = 0;
        for (int p = 0; p < plane; p++) {
            double xx = 0;
            double yy = 0;
            double xy = 0;
            for (int c = 0; c < map.s.c(); c++) {
                int i = (image * map.s.c() + c) * plane + p;
                double y = others[set * map.x.length + i];
                xx += map.x[i] * map.x[i];
                yy += y * y;
                xy += map.x[i] * y;
            }
            mean += xy / Math.max(Math.sqrt(xx), 1e-12) / Math.max(Math.sqrt(yy), 1e-12) / plane;
        }
        return mean;
    }

    /** LH, HL and HH of each 2 x 2 block; all colours of a band together. */
    private static double[] haar(double[] x, Shape s) {
        int h = s.h() / 2;
        int w = s.w() / 2;
        double[] y = new double[s.n() * 9 * h * w];
        for (int n = 0; n < s.n(); n++) {
            for (int colour = 0; colour < 3; colour++) {
                for (int i = 0; i < h * w; i++) {
                    int at = ((n * 3 + colour) * s.h() + i / w * 2) * s.w() + i % w * 2;
                    double a = x[at];
                    double b = x[at + 1];
                    double c = x[at + s.w()];
                    double d = x[at + s.w() + 1];
                    y[(n * 9 + colour) * h * w + i] = (a + b - c - d) / 2;
                    y[(n * 9 + 3 + colour) * h * w + i] = (a - b + c - d) / 2;
                    y[(n * 9 + 6 + colour) * h * w + i] = (a - b - c + d) / 2;
                }
            }
        }
        return y;
    }
}
