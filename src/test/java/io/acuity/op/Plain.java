package io.acuity.op;

import io.acuity.tensor.Shape;

/** Definitions of the ops, in double precision, as plainly as they can be written; arrays are in NCHW order. */
public final class Plain {
    private Plain() {}

    static int at(Shape s, int n, int c, int h, int w) {
        return ((n * s.c() + c) * s.h() + h) * s.w() + w;
    }

    /** Stride 1, zero padding side / 2; weight [out, in, side, side]; bias may be empty. */
    public static double[] convolution(double[] x, Shape s, double[] weight, double[] bias, int out, int side) {
        Shape ys = new Shape(s.n(), out, s.h(), s.w());
        double[] y = new double[Math.toIntExact(ys.elements())];
        int pad = side / 2;
        for (int n = 0; n < s.n(); n++) {
            for (int o = 0; o < out; o++) {
                for (int h = 0; h < s.h(); h++) {
                    for (int w = 0; w < s.w(); w++) {
                        double sum = bias.length == 0 ? 0 : bias[o];
                        for (int i = 0; i < s.c(); i++) {
                            for (int r = 0; r < side; r++) {
                                int row = h + r - pad;
                                if (row < 0 || row >= s.h()) {
                                    continue;
                                }
                                for (int q = 0; q < side; q++) {
                                    int column = w + q - pad;
                                    if (column >= 0 && column < s.w()) {
                                        sum += weight[((o * s.c() + i) * side + r) * side + q]
                                                * x[at(s, n, i, row, column)];
                                    }
                                }
                            }
                        }
                        y[at(ys, n, o, h, w)] = sum;
                    }
                }
            }
        }
        return y;
    }

    /** [N, C r^2, H, W] to [N, C, H r, W r]; {@code s} is x's shape. */
    public static double[] shuffle(double[] x, Shape s, int r) {
        int channels = s.c() / (r * r);
        Shape ys = new Shape(s.n(), channels, s.h() * r, s.w() * r);
        double[] y = new double[x.length];
        for (int n = 0; n < s.n(); n++) {
            for (int c = 0; c < channels; c++) {
                for (int h = 0; h < ys.h(); h++) {
                    for (int w = 0; w < ys.w(); w++) {
                        int from = c * r * r + (h % r) * r + w % r;
                        y[at(ys, n, c, h, w)] = x[at(s, n, from, h / r, w / r)];
                    }
                }
            }
        }
        return y;
    }

    public static double[] relu(double[] x) {
        return leakyRelu(x, 0);
    }

    public static double[] leakyRelu(double[] x, double slope) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = x[i] > 0 ? x[i] : slope * x[i];
        }
        return y;
    }

    /** a + factor * b. */
    public static double[] add(double[] a, double[] b, double factor) {
        double[] y = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            y[i] = a[i] + factor * b[i];
        }
        return y;
    }

    public static double[] scale(double[] x, double factor) {
        return add(new double[x.length], x, factor);
    }

    /** Adds shift[c] to each number of channel c. */
    public static double[] shift(double[] x, Shape s, double... shift) {
        double[] y = new double[x.length];
        int plane = s.h() * s.w();
        for (int i = 0; i < x.length; i++) {
            y[i] = x[i] + shift[i / plane % s.c()];
        }
        return y;
    }

    /** Mean absolute difference. */
    public static double l1(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.abs(a[i] - b[i]);
        }
        return sum / a.length;
    }

    /** The mean of each channel of each image. */
    static double[] pool(double[] x, Shape s) {
        int plane = s.h() * s.w();
        double[] y = new double[s.n() * s.c()];
        for (int i = 0; i < x.length; i++) {
            y[i / plane] += x[i] / plane;
        }
        return y;
    }

    /** Each channel of each image times its number. */
    static double[] gate(double[] x, Shape s, double[] gate) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = x[i] * gate[i / (s.h() * s.w())];
        }
        return y;
    }

    static double[] sigmoid(double[] x) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = 1 / (1 + Math.exp(-x[i]));
        }
        return y;
    }

    /** The rectangle of x. */
    static double[] cut(double[] x, Shape s, Region.Rectangle from) {
        Shape ys = new Shape(s.n(), s.c(), from.height(), from.width());
        double[] y = new double[Math.toIntExact(ys.elements())];
        for (int n = 0; n < s.n(); n++) {
            for (int c = 0; c < s.c(); c++) {
                for (int h = 0; h < from.height(); h++) {
                    for (int w = 0; w < from.width(); w++) {
                        y[at(ys, n, c, h, w)] = x[at(s, n, c, from.top() + h, from.left() + w)];
                    }
                }
            }
        }
        return y;
    }

    /** Base with the rectangle {@code from} of patch at (top, left). */
    static double[] paste(double[] base, Shape s, double[] patch, Shape ps, Region.Rectangle from, int top, int left) {
        double[] y = base.clone();
        for (int n = 0; n < s.n(); n++) {
            for (int c = 0; c < s.c(); c++) {
                for (int h = 0; h < from.height(); h++) {
                    for (int w = 0; w < from.width(); w++) {
                        y[at(s, n, c, top + h, left + w)] = patch[at(ps, n, c, from.top() + h, from.left() + w)];
                    }
                }
            }
        }
        return y;
    }
}
