package io.acuity.model;

import io.acuity.op.Plain;
import io.acuity.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reverse differentiation in double precision, as plainly as it can be written: the truth that networks and their training are
 * compared with. Numbers are in NCHW order. Its own derivatives are checked by finite differences in {@code PlainTapeTest}.
 */
final class PlainTape {
    /** Numbers and the derivative of the last {@link #backward}'s result to each of them. */
    static final class Num {
        final Shape shape;
        final double[] data;
        final double[] slope;

        Num(Shape shape, double[] data) {
            if (data.length != shape.elements()) {
                throw new IllegalArgumentException(shape + ": have " + data.length + " numbers");
            }
            this.shape = shape;
            this.data = data;
            slope = new double[data.length];
        }
    }

    private final List<Runnable> steps = new ArrayList<>();

    Num make(Shape shape, double[] data, java.util.function.Consumer<Num> backward) {
        Num y = new Num(shape, data);
        steps.add(() -> backward.accept(y));
        return y;
    }

    /** Derivatives of the one number {@code y} to everything it was made from. */
    void backward(Num y) {
        Arrays.fill(y.slope, 1);
        for (Runnable step : steps.reversed()) {
            step.run();
        }
        steps.clear();
    }

    Num convolution(Num x, Num weight, Num bias, int side) {
        int out = bias.data.length;
        Shape s = x.shape;
        Shape shape = new Shape(s.n(), out, s.h(), s.w());
        return make(shape, Plain.convolution(x.data, s, weight.data, bias.data, out, side), y -> {
            int pad = side / 2;
            for (int i = 0; i < y.data.length; i++) {
                double d = y.slope[i];
                int w = i % s.w();
                int h = i / s.w() % s.h();
                int o = i / (s.w() * s.h()) % out;
                int n = i / (s.w() * s.h() * out);
                bias.slope[o] += d;
                for (int c = 0; c < s.c(); c++) {
                    for (int r = Math.max(0, pad - h); r < Math.min(side, s.h() + pad - h); r++) {
                        for (int q = Math.max(0, pad - w); q < Math.min(side, s.w() + pad - w); q++) {
                            int at = ((n * s.c() + c) * s.h() + h + r - pad) * s.w() + w + q - pad;
                            int tap = ((o * s.c() + c) * side + r) * side + q;
                            x.slope[at] += d * weight.data[tap];
                            weight.slope[tap] += d * x.data[at];
                        }
                    }
                }
            }
        });
    }

    /** f of each number, with its derivative given from number and result. */
    private Num each(
            Num x, java.util.function.DoubleUnaryOperator f, java.util.function.DoubleBinaryOperator derivative) {
        return make(x.shape, Arrays.stream(x.data).map(f).toArray(), y -> {
            for (int i = 0; i < y.data.length; i++) {
                x.slope[i] += y.slope[i] * derivative.applyAsDouble(x.data[i], y.data[i]);
            }
        });
    }

    Num relu(Num x) {
        return each(x, v -> Math.max(v, 0), (v, _) -> v > 0 ? 1 : 0);
    }

    Num sigmoid(Num x) {
        return each(x, v -> 1 / (1 + Math.exp(-v)), (_, y) -> y * (1 - y));
    }

    Num scale(Num x, double factor) {
        return each(x, v -> factor * v, (_, _) -> factor);
    }

    /** Adds shift[c] to each number of channel c. */
    Num shift(Num x, double... shift) {
        return make(x.shape, Plain.shift(x.data, x.shape, shift), y -> addTo(x.slope, y.slope, 1));
    }

    /** a + factor * b. */
    Num add(Num a, Num b, double factor) {
        return make(a.shape, Plain.add(a.data, b.data, factor), y -> {
            addTo(a.slope, y.slope, 1);
            addTo(b.slope, y.slope, factor);
        });
    }

    static void addTo(double[] sum, double[] terms, double factor) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += factor * terms[i];
        }
    }

    /** Element by element. */
    Num multiply(Num a, Num b) {
        double[] product = new double[a.data.length];
        for (int i = 0; i < product.length; i++) {
            product[i] = a.data[i] * b.data[i];
        }
        return make(a.shape, product, y -> {
            for (int i = 0; i < product.length; i++) {
                a.slope[i] += y.slope[i] * b.data[i];
                b.slope[i] += y.slope[i] * a.data[i];
            }
        });
    }

    /** Each number of x times a number of {@code factors} that is chosen by its index. */
    private Num multiplyBy(Num x, Num factors, java.util.function.IntUnaryOperator which) {
        double[] product = new double[x.data.length];
        for (int i = 0; i < product.length; i++) {
            product[i] = x.data[i] * factors.data[which.applyAsInt(i)];
        }
        return make(x.shape, product, y -> {
            for (int i = 0; i < product.length; i++) {
                x.slope[i] += y.slope[i] * factors.data[which.applyAsInt(i)];
                factors.slope[which.applyAsInt(i)] += y.slope[i] * x.data[i];
            }
        });
    }

    /** One factor for each channel of each image. */
    Num gate(Num x, Num gate) {
        int plane = x.shape.h() * x.shape.w();
        return multiplyBy(x, gate, i -> i / plane);
    }

    /** All numbers times one. */
    Num times(Num x, Num factor) {
        return multiplyBy(x, factor, _ -> 0);
    }

    /** The mean of each channel of each image. */
    Num pool(Num x) {
        int plane = x.shape.h() * x.shape.w();
        double[] mean = new double[x.shape.n() * x.shape.c()];
        for (int i = 0; i < x.data.length; i++) {
            mean[i / plane] += x.data[i] / plane;
        }
        return make(new Shape(x.shape.n(), x.shape.c(), 1, 1), mean, y -> {
            for (int i = 0; i < x.data.length; i++) {
                x.slope[i] += y.slope[i / plane] / plane;
            }
        });
    }

    /** Number i of the result is number {@code from[i]} of x; or none, 0, where that is negative. */
    Num pick(Num x, Shape shape, int[] from) {
        double[] picked = new double[from.length];
        for (int i = 0; i < from.length; i++) {
            picked[i] = from[i] < 0 ? 0 : x.data[from[i]];
        }
        return make(shape, picked, y -> {
            for (int i = 0; i < from.length; i++) {
                if (from[i] >= 0) {
                    x.slope[from[i]] += y.slope[i];
                }
            }
        });
    }

    Num shuffle(Num x, int r) {
        double[] index = new double[x.data.length];
        Arrays.setAll(index, i -> i);
        int[] from = Arrays.stream(Plain.shuffle(index, x.shape, r))
                .mapToInt(v -> (int) v)
                .toArray();
        Shape s = x.shape;
        return pick(x, new Shape(s.n(), s.c() / (r * r), s.h() * r, s.w() * r), from);
    }

    /** One image's channels behind the other's. */
    Num concat(List<Num> parts) {
        Shape s = parts.getFirst().shape;
        int plane = s.h() * s.w();
        int channels = parts.stream().mapToInt(p -> p.shape.c()).sum();
        double[] all = new double[s.n() * channels * plane];
        int before = 0;
        int[] starts = new int[parts.size()];
        for (int k = 0; k < parts.size(); k++) {
            starts[k] = before;
            int length = parts.get(k).shape.c() * plane;
            for (int n = 0; n < s.n(); n++) {
                System.arraycopy(parts.get(k).data, n * length, all, n * channels * plane + before * plane, length);
            }
            before += parts.get(k).shape.c();
        }
        return make(new Shape(s.n(), channels, s.h(), s.w()), all, y -> {
            for (int k = 0; k < parts.size(); k++) {
                int length = parts.get(k).shape.c() * plane;
                for (int n = 0; n < s.n(); n++) {
                    for (int i = 0; i < length; i++) {
                        parts.get(k).slope[n * length + i] += y.slope[n * channels * plane + starts[k] * plane + i];
                    }
                }
            }
        });
    }

    /** Mean absolute difference to fixed numbers. */
    Num l1(Num x, double[] target) {
        double[] mean = {Plain.l1(x.data, target)};
        return make(Shape.scalar(), mean, y -> {
            for (int i = 0; i < target.length; i++) {
                x.slope[i] += y.slope[0] * Math.signum(x.data[i] - target[i]) / target.length;
            }
        });
    }
}
