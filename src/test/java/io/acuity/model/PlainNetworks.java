package io.acuity.model;

import io.acuity.model.PlainTape.Num;
import io.acuity.op.PlainAttention;
import io.acuity.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

    PlainNetworks(PlainTape tape, Map<String, Num> weights) {
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

    static Plain han(Rcan.Options o) {
        return (tape, weights, lr) -> {
            PlainNetworks net = new PlainNetworks(tape, weights);
            Num h = net.conv("head.0", net.enter(lr, o.range()));
            List<Num> stages = new ArrayList<>();
            Num now = h;
            for (int g = 0; g < o.groups(); g++) {
                now = net.group("body." + g, now, o.blocks());
                stages.addFirst(now);
            }
            Num m = net.conv("body." + o.groups(), now);
            stages.addFirst(m);
            Num layered = net.conv("last_conv", net.layers(tape.concat(stages), stages.size()));
            Num gate = tape.sigmoid(net.conv3d(m));
            Num volume = tape.add(m, tape.multiply(m, tape.times(gate, net.weight("csa.gamma"))), 1);
            Num body = tape.add(net.conv("last", tape.concat(List.of(volume, layered))), h, 1);
            return net.leave(net.tail(body, o.scale()), o.range());
        };
    }

    /** gamma A X + X with A = softmax(rowmax(X X^T) - X X^T), X the layers of an image as rows. */
    private Num layers(Num x, int layers) {
        int n = x.shape.n();
        int length = x.data.length / n / layers;
        Shape square = new Shape(n, 1, layers, layers);
        double[] products = new double[n * layers * layers];
        each(n, layers, length, (entry, a, b) -> products[entry] += x.data[a] * x.data[b]);
        Num energy = tape.make(
                square,
                products,
                y -> each(n, layers, length, (entry, a, b) -> {
                    x.slope[a] += y.slope[entry] * x.data[b];
                    x.slope[b] += y.slope[entry] * x.data[a];
                }));
        double[] shares = new double[products.length];
        for (int row = 0; row < shares.length; row += layers) {
            double most = Arrays.stream(products, row, row + layers).max().orElseThrow();
            double[] reversed = new double[layers];
            for (int j = 0; j < layers; j++) {
                reversed[j] = most - products[row + j];
            }
            System.arraycopy(PlainAttention.softmax(reversed, layers, 1), 0, shares, row, layers);
        }
        Num attention = tape.make(square, shares, y -> {
            for (int row = 0; row < shares.length; row += layers) {
                double mean = 0;
                for (int j = 0; j < layers; j++) {
                    mean += y.slope[row + j] * shares[row + j];
                }
                for (int j = 0; j < layers; j++) {
                    energy.slope[row + j] -= shares[row + j] * (y.slope[row + j] - mean);
                }
            }
        });
        double[] mixed = new double[x.data.length];
        each(n, layers, length, (entry, a, b) -> mixed[a] += shares[entry] * x.data[b]);
        Num mixture = tape.make(
                x.shape,
                mixed,
                y -> each(n, layers, length, (entry, a, b) -> {
                    attention.slope[entry] += y.slope[a] * x.data[b];
                    x.slope[b] += y.slope[a] * shares[entry];
                }));
        return tape.add(x, tape.times(mixture, weight("la.gamma")), 1);
    }

    private interface Product {
        void of(int entry, int a, int b);
    }

    /** Each pair of layers of each image, number by number. */
    private static void each(int n, int layers, int length, Product product) {
        for (int entry = 0; entry < n * layers * layers; entry++) {
            int image = entry / (layers * layers);
            int i = entry / layers % layers;
            int j = entry % layers;
            for (int k = 0; k < length; k++) {
                product.of(entry, (image * layers + i) * length + k, (image * layers + j) * length + k);
            }
        }
    }

    private Num conv3d(Num x) {
        Num weight = weight("csa.conv.weight");
        Num bias = weight("csa.conv.bias");
        double[] y0 = PlainAttention.convolve3d(x.data, x.shape, weight.data, bias.data[0]);
        return tape.make(x.shape, y0, y -> {
            Shape s = x.shape;
            for (int i = 0; i < y0.length; i++) {
                bias.slope[0] += y.slope[i];
                for (int tap = 0; tap < 27; tap++) {
                    int c = i / (s.w() * s.h()) % s.c() + tap / 9 - 1;
                    int h = i / s.w() % s.h() + tap / 3 % 3 - 1;
                    int w = i % s.w() + tap % 3 - 1;
                    if (c >= 0 && c < s.c() && h >= 0 && h < s.h() && w >= 0 && w < s.w()) {
                        int at = i + ((tap / 9 - 1) * s.h() + tap / 3 % 3 - 1) * s.w() + tap % 3 - 1;
                        weight.slope[tap] += y.slope[i] * x.data[at];
                        x.slope[at] += y.slope[i] * weight.data[tap];
                    }
                }
            }
        });
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
}
