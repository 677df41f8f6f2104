package io.acuity.model;

import io.acuity.model.PlainTape.Num;
import io.acuity.tensor.Shape;
import java.util.Map;

/** Networks as their papers' released code writes them, on a {@link PlainTape}. */
final class PlainNetworks {
    private static final double[] MEAN = {0.4488f, 0.4371f, 0.4040f};

    /** lr [N, 3, h, w] in [0, 1] to sr, with these weights. */
    @FunctionalInterface
    interface Plain {
        Num forward(PlainTape tape, Map<String, Num> weights, Num lr);
    }

    private final PlainTape tape;
    private final Map<String, Num> weights;

    private PlainNetworks(PlainTape tape, Map<String, Num> weights) {
        this.tape = tape;
        this.weights = weights;
    }

    static Plain edsr(Edsr.Options o) {
        return (tape, weights, lr) -> {
            PlainNetworks net = new PlainNetworks(tape, weights);
            Num h = net.conv("head.0", net.enter(lr, 1));
            Num body = h;
            for (int b = 0; b < o.blocks(); b++) {
                body = net.residualBlock("body." + b, body, o.residualScale());
            }
            body = tape.add(net.conv("body." + o.blocks(), body), h, 1);
            return net.leave(net.tail(body, o.scale()), 1);
        };
    }

    static Plain rcan(Rcan.Options o) {
        return (tape, weights, lr) -> {
            PlainNetworks net = new PlainNetworks(tape, weights);
            Num h = net.conv("head.0", net.enter(lr, o.range()));
            Num body = h;
            for (int g = 0; g < o.groups(); g++) {
                body = net.group("body." + g, body, o.blocks());
            }
            body = tape.add(net.conv("body." + o.groups(), body), h, 1);
            return net.leave(net.tail(body, o.scale()), o.range());
        };
    }

    Num weight(String name) {
        Num found = weights.get(name);
        if (found == null) {
            throw new AssertionError("no parameter " + name + " in " + weights.keySet());
        }
        return found;
    }

    Num conv(String name, Num x) {
        Num weight = weight(name + ".weight");
        int side = weight.data.length == weight(name + ".bias").data.length * x.shape.c() ? 1 : 3;
        return tape.convolution(x, weight, weight(name + ".bias"), side);
    }

    Num enter(Num lr, double range) {
        return tape.scale(tape.shift(lr, -MEAN[0], -MEAN[1], -MEAN[2]), range);
    }

    Num leave(Num rgb, double range) {
        return tape.shift(tape.scale(rgb, 1 / range), MEAN);
    }

    Num residualBlock(String name, Num x, double scale) {
        return tape.add(x, conv(name + ".body.2", tape.relu(conv(name + ".body.0", x))), scale);
    }

    Num group(String name, Num x, int blocks) {
        Num now = x;
        for (int b = 0; b < blocks; b++) {
            String block = name + ".body." + b + ".body.";
            Num r = conv(block + "2", tape.relu(conv(block + "0", now)));
            Num few = tape.relu(conv(block + "3.conv_du.0", tape.pool(r)));
            Num gate = tape.sigmoid(conv(block + "3.conv_du.2", few));
            now = tape.add(now, tape.gate(r, gate), 1);
        }
        return tape.add(conv(name + ".body." + blocks, now), x, 1);
    }

    Num tail(Num body, int scale) {
        Num now = body;
        int[] factors = scale == 4 ? new int[] {2, 2} : new int[] {scale};
        for (int i = 0; i < factors.length; i++) {
            now = tape.shuffle(conv("tail.0." + 2 * i, now), factors[i]);
        }
        return conv("tail.1", now);
    }

    static Num image(Shape shape, double[] data) {
        return new Num(shape, data);
    }
}
