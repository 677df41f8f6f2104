package io.acuity.op;

import io.acuity.op.DirectBank.Filter;
import io.acuity.op.DirectBank.Row;
import io.acuity.tensor.Shape;
import java.util.List;

/** The filters of the frequency bank in double precision, before clamp and rounding; arrays are in NCHW order. */
final class PlainFilters {
    private PlainFilters() {}

    /** Each row's image, not clamped, not rounded. */
    static double[] apply(double[] hr, Shape s, double[] lr, Shape small, List<Row> rows) {
        double[] y = new double[rows.size() * s.c() * s.h() * s.w()];
        int at = 0;
        for (Row row : rows) {
            for (int c = 0; c < s.c(); c++) {
                for (int h = 0; h < s.h(); h++) {
                    for (int w = 0; w < s.w(); w++) {
                        y[at++] = value(hr, s, lr, small, row, c, h, w);
                    }
                }
            }
        }
        return y;
    }

    private static double value(double[] hr, Shape s, double[] lr, Shape small, Row row, int c, int h, int w) {
        double x = hr[Plain.at(s, row.source(), c, h, w)];
        return switch (row.filter()) {
            case Filter.Copy _ -> x;
            case Filter.Leave _ -> throw new IllegalArgumentException("an image that is left has no definition");
            case Filter.Sharpen sharpen -> x + (sharpen.factor() - 1.0) * (x - smooth(hr, s, row.source(), c, h, w));
            case Filter.Blur blur -> blur(hr, s, row.source(), c, h, w, blur.gaussian());
            case Filter.Enlarge _ -> enlarge(lr, small, s, row.source(), c, h, w);
        };
    }

    private static double smooth(double[] x, Shape s, int n, int c, int h, int w) {
        if (h == 0 || w == 0 || h == s.h() - 1 || w == s.w() - 1) {
            return x[Plain.at(s, n, c, h, w)];
        }
        double sum = 0;
        for (int dy = -1; dy <= 1; dy++) {
            for (int dx = -1; dx <= 1; dx++) {
                sum += x[Plain.at(s, n, c, h + dy, w + dx)] * (dy == 0 && dx == 0 ? 5 : 1);
            }
        }
        return sum / 13;
    }

    private static int mirrored(int i, int size) {
        return i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
    }

    private static double blur(double[] x, Shape s, int n, int c, int h, int w, Gaussian g) {
        double sum = 0;
        double weights = 0;
        for (int dy = -g.tapsY() / 2; dy <= g.tapsY() / 2; dy++) {
            for (int dx = -g.tapsX() / 2; dx <= g.tapsX() / 2; dx++) {
                double weight = Math.exp(-dy * dy / (2 * g.sigmaY() * g.sigmaY()))
                        * Math.exp(-dx * dx / (2 * g.sigmaX() * g.sigmaX()));
                weights += weight;
                sum += weight * x[Plain.at(s, n, c, mirrored(h + dy, s.h()), mirrored(w + dx, s.w()))];
            }
        }
        return sum / weights;
    }

    /** PyTorch's cubic convolution, a = -0.75, on the aligned grid. */
    private static double enlarge(double[] x, Shape small, Shape s, int n, int c, int h, int w) {
        double y = s.h() == 1 ? 0 : h * (small.h() - 1.0) / (s.h() - 1);
        double z = s.w() == 1 ? 0 : w * (small.w() - 1.0) / (s.w() - 1);
        double sum = 0;
        for (int i = (int) y - 1; i <= (int) y + 2; i++) {
            for (int j = (int) z - 1; j <= (int) z + 2; j++) {
                sum += cubic(y - i)
                        * cubic(z - j)
                        * x[Plain.at(small, n, c, Math.clamp(i, 0, small.h() - 1), Math.clamp(j, 0, small.w() - 1))];
            }
        }
        return sum;
    }

    private static double cubic(double x) {
        double a = -0.75;
        double d = Math.abs(x);
        if (d <= 1) {
            return (a + 2) * d * d * d - (a + 3) * d * d + 1;
        }
        return d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a : 0;
    }
}
