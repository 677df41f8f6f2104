package io.acuity.model;

import io.acuity.model.PlainTape.Num;
import io.acuity.nn.SparseAttention;
import io.acuity.op.PlainAttention;
import io.acuity.tensor.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** NLSN's sparse attention as its released code writes it, query by query, with hashes that are given. */
final class PlainSparseAttention {
    private final PlainTape tape;
    private final Nlsn.Options options;

    private PlainSparseAttention(PlainTape tape, Nlsn.Options options) {
        this.tape = tape;
        this.options = options;
    }

    static PlainNetworks.Plain nlsn(Nlsn.Options o) {
        return (tape, weights, lr) -> {
            PlainNetworks net = new PlainNetworks(tape, weights);
            PlainSparseAttention attention = new PlainSparseAttention(tape, o);
            Num h = net.conv("head.0", net.enter(lr, o.range()));
            int k = 0;
            Num body = attention.attend(net, k++, h);
            for (int b = 1; b <= o.blocks(); b++) {
                body = net.residualBlock("body." + k++, body, o.residualScale());
                if (b % o.interval() == 0) {
                    body = attention.attend(net, k++, body);
                }
            }
            body = tape.add(net.conv("body." + k, body), h, 1);
            return net.leave(net.tail(body, o.scale()), o.range());
        };
    }

    private Num attend(PlainNetworks net, int k, Num x) {
        Num match = net.conv("body." + k + ".conv_match.0", x);
        Num values = net.conv("body." + k + ".conv_assembly.0", x);
        Num keys = normalized(match);
        List<Num> rounds = new ArrayList<>();
        for (int round = 0; round < options.rounds(); round++) {
            rounds.add(round(match, keys, values, partners(match, k, round)));
        }
        return merged(x, rounds);
    }

    /** Each pixel's channels over max(length, 5e-5). */
    private Num normalized(Num x) {
        int plane = x.shape.h() * x.shape.w();
        int c = x.shape.c();
        double[] data = new double[x.data.length];
        double[] lengths = new double[x.shape.n() * plane];
        for (int p = 0; p < lengths.length; p++) {
            int first = p / plane * c * plane + p % plane;
            double sum = 0;
            for (int i = 0; i < c; i++) {
                sum += x.data[first + i * plane] * x.data[first + i * plane];
            }
            lengths[p] = Math.max(Math.sqrt(sum), 5e-5f);
            for (int i = 0; i < c; i++) {
                data[first + i * plane] = x.data[first + i * plane] / lengths[p];
            }
        }
        return tape.make(x.shape, data, y -> {
            for (int p = 0; p < lengths.length; p++) {
                int first = p / plane * c * plane + p % plane;
                double along = 0;
                for (int i = 0; i < c; i++) {
                    along += y.slope[first + i * plane] * data[first + i * plane];
                }
                for (int i = 0; i < c; i++) {
                    int at = first + i * plane;
                    x.slope[at] += (y.slope[at] - along * data[at]) / lengths[p];
                }
            }
        });
    }

    /** For each position of each image: the positions it attends to, in its own chunk and both beside it. */
    private int[][] partners(Num match, int layer, int round) {
        int length = match.shape.h() * match.shape.w();
        int depth = match.shape.c();
        int whole = length / options.chunk();
        int buckets = Math.clamp(whole + whole % 2, 2, 128);
        int half = buckets / 2;
        float[] rotations = SparseAttention.rotations(depth, options.rounds(), buckets, Nlsn.HASH_SEED, layer);
        int[][] partners = new int[match.shape.n() * length][];
        for (int n = 0; n < match.shape.n(); n++) {
            int[] codes = new int[length];
            for (int p = 0; p < length; p++) {
                double best = Double.NEGATIVE_INFINITY;
                for (int b = 0; b < buckets; b++) {
                    double v = 0;
                    for (int d = 0; d < depth; d++) {
                        v += match.data[(n * depth + d) * length + p]
                                * rotations[(d * options.rounds() + round) * half + b % half];
                    }
                    v = b < half ? v : -v;
                    if (v > best) {
                        best = v;
                        codes[p] = b;
                    }
                }
            }
            List<Integer> sorted = new ArrayList<>(IntStream.range(0, length)
                    .boxed()
                    .sorted(Comparator.comparingInt(p -> codes[p]))
                    .toList());
            int chunks = (length + options.chunk() - 1) / options.chunk();
            int period = Math.min(length, chunks * options.chunk() - length);
            while (sorted.size() < chunks * options.chunk()) {
                sorted.add(sorted.get(sorted.size() - period));
            }
            for (int place = 0; place < length; place++) {
                int chunk = place / options.chunk();
                int[] list = new int[3 * options.chunk()];
                for (int j = 0; j < list.length; j++) {
                    int of = (chunk + j / options.chunk() - 1 + chunks) % chunks;
                    list[j] = sorted.get(of * options.chunk() + j % options.chunk());
                }
                partners[n * length + sorted.get(place)] = list;
            }
        }
        return partners;
    }

    /** [n, C + 1, h, w]: attended values, and the logarithm of the sum of exp(scores). */
    private Num round(Num queries, Num keys, Num values, int[][] partners) {
        Shape s = values.shape;
        int plane = s.h() * s.w();
        int depth = queries.shape.c();
        int c = s.c();
        double[] out = new double[s.n() * (c + 1) * plane];
        double[][] shares = new double[partners.length][];
        for (int p = 0; p < partners.length; p++) {
            int n = p / plane;
            int[] list = partners[p];
            double[] scores = new double[list.length];
            double sum = 0;
            for (int j = 0; j < list.length; j++) {
                for (int d = 0; d < depth; d++) {
                    scores[j] += queries.data[(n * depth + d) * plane + p % plane]
                            * keys.data[(n * depth + d) * plane + list[j]];
                }
                sum += Math.exp(scores[j]);
            }
            shares[p] = PlainAttention.softmax(scores, scores.length, 1);
            for (int i = 0; i < c; i++) {
                for (int j = 0; j < list.length; j++) {
                    out[(n * (c + 1) + i) * plane + p % plane] +=
                            shares[p][j] * values.data[(n * c + i) * plane + list[j]];
                }
            }
            out[(n * (c + 1) + c) * plane + p % plane] = Math.log(sum);
        }
        return tape.make(new Shape(s.n(), c + 1, s.h(), s.w()), out, y -> {
            for (int p = 0; p < partners.length; p++) {
                int n = p / plane;
                int[] list = partners[p];
                double[] slopes = new double[list.length];
                double mean = 0;
                for (int j = 0; j < list.length; j++) {
                    for (int i = 0; i < c; i++) {
                        double d = y.slope[(n * (c + 1) + i) * plane + p % plane];
                        slopes[j] += d * values.data[(n * c + i) * plane + list[j]];
                        values.slope[(n * c + i) * plane + list[j]] += d * shares[p][j];
                    }
                    mean += slopes[j] * shares[p][j];
                }
                double total = y.slope[(n * (c + 1) + c) * plane + p % plane];
                for (int j = 0; j < list.length; j++) {
                    double score = shares[p][j] * (slopes[j] - mean + total);
                    for (int d = 0; d < depth; d++) {
                        int q = (n * depth + d) * plane + p % plane;
                        int key = (n * depth + d) * plane + list[j];
                        queries.slope[q] += score * keys.data[key];
                        keys.slope[key] += score * queries.data[q];
                    }
                }
            }
        });
    }

    /** x + scale times the rounds' values, weighed by a soft-max of their totals. */
    private Num merged(Num x, List<Num> rounds) {
        int plane = x.shape.h() * x.shape.w();
        int c = x.shape.c();
        double scale = options.residualScale();
        double[] out = x.data.clone();
        double[][] weights = new double[x.shape.n() * plane][];
        for (int p = 0; p < weights.length; p++) {
            int n = p / plane;
            int total = (n * (c + 1) + c) * plane + p % plane;
            double[] totals = rounds.stream().mapToDouble(r -> r.data[total]).toArray();
            weights[p] = PlainAttention.softmax(totals, totals.length, 1);
            for (int i = 0; i < c; i++) {
                for (int r = 0; r < rounds.size(); r++) {
                    out[(n * c + i) * plane + p % plane] +=
                            scale * weights[p][r] * rounds.get(r).data[(n * (c + 1) + i) * plane + p % plane];
                }
            }
        }
        return tape.make(x.shape, out, y -> {
            PlainTape.addTo(x.slope, y.slope, 1);
            for (int p = 0; p < weights.length; p++) {
                int n = p / plane;
                double[] slopes = new double[rounds.size()];
                double mean = 0;
                for (int r = 0; r < rounds.size(); r++) {
                    for (int i = 0; i < c; i++) {
                        int at = (n * (c + 1) + i) * plane + p % plane;
                        double d = scale * y.slope[(n * c + i) * plane + p % plane];
                        slopes[r] += d * rounds.get(r).data[at];
                        rounds.get(r).slope[at] += d * weights[p][r];
                    }
                    mean += slopes[r] * weights[p][r];
                }
                for (int r = 0; r < rounds.size(); r++) {
                    rounds.get(r).slope[(n * (c + 1) + c) * plane + p % plane] += weights[p][r] * (slopes[r] - mean);
                }
            }
        });
    }
}
