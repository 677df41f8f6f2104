package io.acuity.contrast;

import io.acuity.op.Plain;
import io.acuity.tensor.Shape;
import io.acuity.weights.StateDict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The embedding network from its definition, in double precision; arrays are in NCHW order. */
final class PlainEmbedding {
    private static final double SLOPE = 0.2;

    /** A map and its shape. */
    static final class Result {
        private final double[] values;
        private final Shape shape;

        Result(double[] values, Shape shape) {
            this.values = values;
            this.shape = shape;
        }

        double[] values() {
            return values;
        }

        Shape shape() {
            return shape;
        }
    }

    private final Map<String, double[]> state = new LinkedHashMap<>();
    private final int features;

    PlainEmbedding(StateDict from, int features) {
        this.features = features;
        from.tensors().forEach((name, tensor) -> {
            if (!name.endsWith("num_batches_tracked")) {
                float[] values = tensor.floats();
                double[] copy = new double[values.length];
                for (int i = 0; i < copy.length; i++) {
                    copy[i] = values[i];
                }
                state.put(name, copy);
            }
        });
    }

    private PlainEmbedding(Map<String, double[]> state, int features) {
        this.features = features;
        this.state.putAll(state);
    }

    /** The same network with one tensor replaced. */
    PlainEmbedding with(String name, double[] values) {
        Map<String, double[]> other = new HashMap<>(state);
        other.put(name, values);
        return new PlainEmbedding(other, features);
    }

    double[] value(String name) {
        double[] found = state.get(name);
        if (found == null) {
            throw new AssertionError("no " + name + " in " + state.keySet());
        }
        return found;
    }

    /** What block {@code tap} gives; {@code sets} 0 normalises by the moving averages, else these are moved. */
    Result features(double[] images, Shape s, int sets, int tap, boolean beforeActivation) {
        Result x = new Result(images, s);
        for (int b = 0; b <= tap; b++) {
            Result y = normalised(convolved(x, b), b, sets);
            x = beforeActivation && b == tap ? y : new Result(Plain.leakyRelu(y.values(), SLOPE), y.shape());
        }
        return x;
    }

    Result logits(double[] images, Shape s, int sets) {
        Result x = features(images, s, sets, 7, false);
        Shape xs = x.shape();
        double[] weight = value("classifier.1.weight");
        Shape ys = new Shape(xs.n(), 1, 4, 4);
        double[] y = new double[16 * xs.n()];
        for (int n = 0; n < xs.n(); n++) {
            for (int i = 0; i < 4; i++) {
                for (int j = 0; j < 4; j++) {
                    int top = i * xs.h() / 4;
                    int bottom = ((i + 1) * xs.h() + 3) / 4;
                    int left = j * xs.w() / 4;
                    int right = ((j + 1) * xs.w() + 3) / 4;
                    double sum = value("classifier.1.bias")[0];
                    for (int c = 0; c < xs.c(); c++) {
                        for (int r = top; r < bottom; r++) {
                            for (int q = left; q < right; q++) {
                                sum += weight[c]
                                        * x.values()[((n * xs.c() + c) * xs.h() + r) * xs.w() + q]
                                        / ((bottom - top) * (right - left));
                            }
                        }
                    }
                    y[(n * 4 + i) * 4 + j] = sum;
                }
            }
        }
        return new Result(y, ys);
    }

    private Result convolved(Result x, int block) {
        Shape s = x.shape();
        int out = features << (block / 2);
        double[] dense =
                Plain.convolution(x.values(), s, value("features." + 2 * block + ".0.weight"), new double[0], out, 3);
        if (block % 2 == 0) {
            return new Result(dense, new Shape(s.n(), out, s.h(), s.w()));
        }
        Shape half = new Shape(s.n(), out, (s.h() + 1) / 2, (s.w() + 1) / 2);
        double[] y = new double[Math.toIntExact(half.elements())];
        for (int plane = 0; plane < s.n() * out; plane++) {
            for (int r = 0; r < half.h(); r++) {
                for (int q = 0; q < half.w(); q++) {
                    y[(plane * half.h() + r) * half.w() + q] = dense[(plane * s.h() + 2 * r) * s.w() + 2 * q];
                }
            }
        }
        return new Result(y, half);
    }

    private Result normalised(Result x, int block, int sets) {
        String name = "features." + 2 * block + ".1.";
        Shape s = x.shape();
        double[] y = new double[x.values().length];
        int plane = s.h() * s.w();
        for (int set = 0; set < Math.max(1, sets); set++) {
            int first = sets == 0 ? 0 : set * s.n() / sets;
            int last = sets == 0 ? s.n() : (set + 1) * s.n() / sets;
            double count = (double) (last - first) * plane;
            for (int c = 0; c < s.c(); c++) {
                double mean = value(name + "running_mean")[c];
                double variance = value(name + "running_var")[c];
                if (sets > 0) {
                    double sum = 0;
                    double squares = 0;
                    for (int i : members(s, first, last, c)) {
                        sum += x.values()[i];
                    }
                    mean = sum / count;
                    for (int i : members(s, first, last, c)) {
                        squares += (x.values()[i] - mean) * (x.values()[i] - mean);
                    }
                    variance = squares / count;
                    move(name + "running_mean", c, mean);
                    move(name + "running_var", c, squares / (count - 1));
                }
                for (int i : members(s, first, last, c)) {
                    y[i] = value(name + "weight")[c] * (x.values()[i] - mean) / Math.sqrt(variance + 1e-5)
                            + value(name + "bias")[c];
                }
            }
        }
        return new Result(y, s);
    }

    private void move(String average, int channel, double value) {
        double[] moved = value(average).clone();
        moved[channel] = 0.9 * moved[channel] + 0.1 * value;
        state.put(average, moved);
    }

    private static List<Integer> members(Shape s, int first, int last, int channel) {
        List<Integer> list = new ArrayList<>();
        for (int n = first; n < last; n++) {
            for (int p = 0; p < s.h() * s.w(); p++) {
                list.add((n * s.c() + channel) * s.h() * s.w() + p);
            }
        }
        return list;
    }
}
