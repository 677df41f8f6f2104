package io.acuity.op;

import io.acuity.tensor.Shape;

/** Definitions of attention in double precision, as plainly as they can be written; arrays are in NCHW order. */
public final class PlainAttention {
    private PlainAttention() {}

    /** Along rows of {@code width} numbers, of {@code factor} times them. */
    public static double[] softmax(double[] x, int width, double factor) {
        double[] y = new double[x.length];
        for (int row = 0; row < x.length; row += width) {
            double largest = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < width; i++) {
                largest = Math.max(largest, factor * x[row + i]);
            }
            double sum = 0;
            for (int i = 0; i < width; i++) {
                y[row + i] = Math.exp(factor * x[row + i] - largest);
                sum += y[row + i];
            }
            for (int i = 0; i < width; i++) {
                y[row + i] /= sum;
            }
        }
        return y;
    }

    /** softmax(rowmax(X Xᵀ) - X Xᵀ) of each image, X its layers as rows: [n][layers][layers]. */
    public static double[] layerAttention(double[] x, int n, int layers) {
        int length = x.length / n / layers;
        double[] energy = new double[n * layers * layers];
        for (int image = 0; image < n; image++) {
            for (int i = 0; i < layers; i++) {
                int row = (image * layers + i) * layers;
                double largest = Double.NEGATIVE_INFINITY;
                for (int j = 0; j < layers; j++) {
                    for (int k = 0; k < length; k++) {
                        energy[row + j] += x[(image * layers + i) * length + k] * x[(image * layers + j) * length + k];
                    }
                    largest = Math.max(largest, energy[row + j]);
                }
                for (int j = 0; j < layers; j++) {
                    energy[row + j] = largest - energy[row + j];
                }
            }
        }
        return softmax(energy, layers, 1);
    }

    /** x + gamma A x. */
    public static double[] attendLayers(double[] x, int n, int layers, double gamma) {
        double[] a = layerAttention(x, n, layers);
        int length = x.length / n / layers;
        double[] y = x.clone();
        for (int image = 0; image < n; image++) {
            for (int i = 0; i < layers; i++) {
                for (int j = 0; j < layers; j++) {
                    for (int k = 0; k < length; k++) {
                        y[(image * layers + i) * length + k] +=
                                gamma * a[(image * layers + i) * layers + j] * x[(image * layers + j) * length + k];
                    }
                }
            }
        }
        return y;
    }

    /** Each image as a volume [c][h][w]; weight [3][3][3]. */
    public static double[] convolve3d(double[] x, Shape s, double[] weight, double bias) {
        double[] y = new double[x.length];
        for (int i = 0; i < y.length; i++) {
            int w = i % s.w();
            int h = i / s.w() % s.h();
            int c = i / (s.w() * s.h()) % s.c();
            double sum = bias;
            for (int tap = 0; tap < 27; tap++) {
                int dc = tap / 9 - 1;
                int dh = tap / 3 % 3 - 1;
                int dw = tap % 3 - 1;
                boolean inside =
                        c + dc >= 0 && c + dc < s.c() && h + dh >= 0 && h + dh < s.h() && w + dw >= 0 && w + dw < s.w();
                if (inside) {
                    sum += weight[tap] * x[i + (dc * s.h() + dh) * s.w() + dw];
                }
            }
            y[i] = sum;
        }
        return y;
    }
}
