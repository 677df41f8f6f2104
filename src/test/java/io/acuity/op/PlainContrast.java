package io.acuity.op;

import io.acuity.tensor.Shape;
import java.util.List;

/** The contrastive losses of docs/method.md in double precision, as plainly as they can be written; arrays in NCHW order. */
final class PlainContrast {
    private static final double LEAST = 1e-12;
    private static final double RATIO = 3e-7;

    private PlainContrast() {}

    /** One layer: images [N, C, H, W] of shape {@code s}, and the sets one after the other. */
    static final class Layer {
        private final Shape s;
        private final double[] sr;
        private final double[] samples;

        Layer(Shape s, double[] sr, double[] samples) {
            this.s = s;
            this.sr = sr;
            this.samples = samples;
        }

        int sets() {
            return samples.length / sr.length;
        }

        private double sample(int set, int index) {
            return samples[set * sr.length + index];
        }

        /** Mean over pixels of the cosines of image b with its sample of one set. */
        double cosine(int set, int b) {
            double sum = 0;
            for (int h = 0; h < s.h(); h++) {
                for (int w = 0; w < s.w(); w++) {
                    double xx = 0;
                    double yy = 0;
                    double xy = 0;
                    for (int c = 0; c < s.c(); c++) {
                        int i = Plain.at(s, b, c, h, w);
                        xx += sr[i] * sr[i];
                        yy += sample(set, i) * sample(set, i);
                        xy += sr[i] * sample(set, i);
                    }
                    sum += xy / Math.max(Math.sqrt(xx), LEAST) / Math.max(Math.sqrt(yy), LEAST);
                }
            }
            return sum / (s.h() * s.w());
        }

        /** Mean absolute difference of image b and its sample of one set. */
        double distance(int set, int b) {
            int size = sr.length / s.n();
            double sum = 0;
            for (int i = b * size; i < (b + 1) * size; i++) {
                sum += Math.abs(sr[i] - sample(set, i));
            }
            return sum / size;
        }
    }

    static double loss(List<Layer> layers, int positives, InfoNceLoss.Options o) {
        return switch (o.kind()) {
            case INFO_NCE, LMCL -> exponential(layers, positives, o);
            case COSINE -> mean(layers, false, positives, o, false) - mean(layers, true, positives, o, false);
            case L2 ->
                (1 - mean(layers, true, positives, o, false)) / (1 - mean(layers, false, positives, o, false) + RATIO);
            case L1 -> mean(layers, true, positives, o, true) / (mean(layers, false, positives, o, true) + RATIO);
        };
    }

    private static double exponential(List<Layer> layers, int positives, InfoNceLoss.Options o) {
        double loss = 0;
        double weight = 1;
        for (Layer layer : layers) {
            for (int b = 0; b < layer.s.n(); b++) {
                for (int p = 0; p < positives; p++) {
                    double own = layer.cosine(p, b) / o.temperature();
                    double highest = o.kind() == InfoNceLoss.Kind.LMCL ? Double.NEGATIVE_INFINITY : own;
                    for (int k = positives; k < layer.sets(); k++) {
                        highest = Math.max(highest, layer.cosine(k, b) / o.temperature());
                    }
                    double sum = o.kind() == InfoNceLoss.Kind.LMCL ? 0 : Math.exp(own - highest);
                    for (int k = positives; k < layer.sets(); k++) {
                        sum += Math.exp(layer.cosine(k, b) / o.temperature() - highest);
                    }
                    loss += weight * (highest + Math.log(sum) - own) / positives / layer.s.n() / layers.size();
                }
            }
            weight *= o.decay();
        }
        return loss;
    }

    /** Over positives or negatives and images; layers are weighted and added. */
    private static double mean(
            List<Layer> layers, boolean ofPositives, int positives, InfoNceLoss.Options o, boolean distance) {
        double mean = 0;
        double weight = 1;
        for (Layer layer : layers) {
            int first = ofPositives ? 0 : positives;
            int last = ofPositives ? positives : layer.sets();
            for (int k = first; k < last; k++) {
                for (int b = 0; b < layer.s.n(); b++) {
                    double value = distance ? layer.distance(k, b) : layer.cosine(k, b);
                    mean += weight * value / (last - first) / layer.s.n();
                }
            }
            weight *= o.decay();
        }
        return mean;
    }

    /** mean_i [-r_i + log(exp r_i + sum exp f)] + mean_j [f_j + log(exp(-f_j) + sum exp(-r))]. */
    static double dual(double[] real, double[] fake) {
        return half(real, fake) + half(negated(fake), negated(real));
    }

    private static double half(double[] one, double[] others) {
        double sum = 0;
        for (double x : one) {
            double highest = x;
            for (double y : others) {
                highest = Math.max(highest, y);
            }
            double exponentials = Math.exp(x - highest);
            for (double y : others) {
                exponentials += Math.exp(y - highest);
            }
            sum += highest + Math.log(exponentials) - x;
        }
        return sum / one.length;
    }

    private static double[] negated(double[] x) {
        return Plain.scale(x, -1);
    }
}
