package io.acuity.model;

import io.acuity.op.Plain;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;

/** EDSR as in its paper's released code (sub_mean, head, body and long skip, tail, add_mean), in double precision. */
public final class PlainEdsr {
    private static final double[] MEAN = {0.4488f, 0.4371f, 0.4040f};

    private final Edsr.Options options;

    public PlainEdsr(Edsr.Options options) {
        this.options = options;
    }

    public static Map<String, double[]> weights(ParameterSet set) {
        Map<String, double[]> weights = new LinkedHashMap<>();
        for (String name : set.byName().keySet()) {
            float[] values = set.read(name);
            double[] copy = new double[values.length];
            for (int i = 0; i < copy.length; i++) {
                copy[i] = values[i];
            }
            weights.put(name, copy);
        }
        return weights;
    }

    private static double[] weight(Map<String, double[]> weights, String name) {
        double[] found = weights.get(name);
        if (found == null) {
            throw new AssertionError("no parameter " + name + " in " + weights.keySet());
        }
        return found;
    }

    private static double[] conv(Map<String, double[]> weights, String name, double[] x, Shape s, int out) {
        return Plain.convolution(x, s, weight(weights, name + ".weight"), weight(weights, name + ".bias"), out, 3);
    }

    public double[] forward(Map<String, double[]> weights, double[] lr, Shape s) {
        int f = options.features();
        Shape inside = new Shape(s.n(), f, s.h(), s.w());
        double[] head = conv(weights, "head.0", Plain.shift(lr, s, -MEAN[0], -MEAN[1], -MEAN[2]), s, f);
        double[] body = head;
        for (int i = 0; i < options.blocks(); i++) {
            double[] hidden = Plain.relu(conv(weights, "body." + i + ".body.0", body, inside, f));
            body = Plain.add(body, conv(weights, "body." + i + ".body.2", hidden, inside, f), options.residualScale());
        }
        body = Plain.add(conv(weights, "body." + options.blocks(), body, inside, f), head, 1);
        int[] factors = options.scale() == 4 ? new int[] {2, 2} : new int[] {options.scale()};
        Shape now = inside;
        for (int i = 0; i < factors.length; i++) {
            int r = factors[i];
            body = conv(weights, "tail.0." + 2 * i, body, now, f * r * r);
            body = Plain.shuffle(body, new Shape(s.n(), f * r * r, now.h(), now.w()), r);
            now = new Shape(s.n(), f, now.h() * r, now.w() * r);
        }
        double[] rgb = conv(weights, "tail.1", body, now, 3);
        return Plain.shift(rgb, new Shape(s.n(), 3, now.h(), now.w()), MEAN);
    }
}
