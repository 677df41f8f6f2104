package io.acuity.model;

import io.acuity.tensor.Parameter;
import io.acuity.weights.AtomicFile;
import io.acuity.weights.OnnxGraph;
import io.acuity.weights.TensorData;
import io.acuity.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Networks as ONNX models: RGB in [0, 1], {@code lr} [batch, 3, height, width] to {@code scale} times as large, not clamped;
 * VDSR takes and gives luma of the enlarged picture. Layer by layer as the papers draw them, with the mean colour and the range
 * inside the model.
 */
public final class OnnxExport {
    private static final String INPUT = "lr";
    private static final int RGB = 3;
    private static final float[] MEAN = {0.4488f, 0.4371f, 0.4040f};

    private final Network network;
    private final Hyperparameters sizes;
    private final OnnxGraph graph;

    private OnnxExport(Network network) {
        this.network = network;
        sizes = new Hyperparameters(network.scale(), network.hyperParameters());
        graph = new OnnxGraph(network.architecture());
    }

    /**
     * Writes a file, completely or not at all.
     *
     * @throws WeightsException for networks that cannot be exported
     */
    public static void write(Path file, Network network, Map<String, String> notes) {
        OnnxGraph.Model model = new OnnxExport(network).model(notes);
        AtomicFile.write(file, model::write);
    }

    private OnnxGraph.Model model(Map<String, String> notes) {
        return switch (network.architecture()) {
            case "edsr" -> framed(this::edsr, notes);
            case "rcan" -> framed(this::rcan, notes);
            case "han" -> framed(this::han, notes);
            case "imdn" -> graph.finish(INPUT, imdn(), RGB, network.scale(), notes);
            case "vdsr" -> graph.finish(INPUT, vdsr(), 1, 1, notes);
            default ->
                throw new WeightsException(
                        "ONNX: want a network whose layers ONNX has (edsr, rcan, han, imdn, vdsr), have "
                                + network.architecture() + ", whose attention has no form there");
        };
    }

    private interface Body {
        /** From the head's features to those that these are added to, the long skip. */
        String apply(String features);
    }

    /** What EDSR, RCAN and HAN share. */
    private OnnxGraph.Model framed(Body body, Map<String, String> notes) {
        String x = shifted(INPUT, "minus_mean", -1);
        if (network.range() != 1) {
            x = graph.multiply(x, number("range", network.range()));
        }
        String h = conv("head.0", x);
        String y = tail(graph.add(body.apply(h), h));
        if (network.range() != 1) {
            y = graph.multiply(y, number("one_by_range", 1 / network.range()));
        }
        return graph.finish(INPUT, shifted(y, "mean", 1), RGB, network.scale(), notes);
    }

    private String edsr(String features) {
        int blocks = sizes.whole("blocks", 0);
        double scale = sizes.number("res_scale", 1);
        String factor = scale == 1 ? "" : number("res_scale", (float) scale);
        String x = features;
        for (int b = 0; b < blocks; b++) {
            String name = "body." + b + ".body.";
            String r = conv(name + 2, graph.relu(conv(name + 0, x)));
            x = graph.add(x, factor.isEmpty() ? r : graph.multiply(r, factor));
        }
        return conv("body." + blocks, x);
    }

    private String rcan(String features) {
        int groups = sizes.whole("groups", 0);
        String x = features;
        for (int g = 0; g < groups; g++) {
            x = group("body." + g + ".body.", x);
        }
        return conv("body." + groups, x);
    }

    private String han(String features) {
        int groups = sizes.whole("groups", 0);
        List<String> stages = new ArrayList<>();
        String x = features;
        for (int g = 0; g < groups; g++) {
            x = group("body." + g + ".body.", x);
            stages.addFirst(x);
        }
        String end = conv("body." + groups, x);
        stages.addFirst(end);
        String layered = conv("last_conv", layerAttention(stages));
        return conv("last", graph.concatenate(List.of(volumeAttention(end), layered)));
    }

    /** X + gamma softmax(-X X^T) X, the stages as X's rows; that each row's largest is added first changes no soft-max. */
    private String layerAttention(List<String> stages) {
        String stack = graph.concatenate(stages);
        String rows = graph.reshape(stack, 0, stages.size(), -1);
        String energy = graph.product(rows, graph.transpose(rows, 0, 2, 1));
        String mixed = graph.product(graph.softmax(graph.negative(energy)), rows);
        return graph.add(stack, graph.multiply(graph.reshapeLike(mixed, stack), parameter("la.gamma")));
    }

    /** x + gamma sigmoid(conv3d(x)) x, the channels as the volume's depth. */
    private String volumeAttention(String x) {
        String z = graph.squeeze(conv("csa.conv", graph.unsqueeze(x, 1)), 1);
        String gate = graph.multiply(graph.sigmoid(z), parameter("csa.gamma"));
        return graph.add(x, graph.multiply(x, gate));
    }

    private String group(String name, String x) {
        int blocks = sizes.whole("blocks", 0);
        String now = x;
        for (int b = 0; b < blocks; b++) {
            String block = name + b + ".body.";
            String r = conv(block + 2, graph.relu(conv(block + 0, now)));
            String few = graph.relu(conv(block + "3.conv_du.0", graph.average(r)));
            String gate = graph.sigmoid(conv(block + "3.conv_du.2", few));
            now = graph.add(now, graph.multiply(r, gate));
        }
        return graph.add(x, conv(name + blocks, now));
    }

    private String tail(String features) {
        int scale = network.scale();
        int factor = scale == 4 ? 2 : scale;
        String x = graph.shuffle(conv("tail.0.0", features), factor);
        if (scale == 4) {
            x = graph.shuffle(conv("tail.0.2", x), factor);
        }
        return conv("tail.1", x);
    }

    private String imdn() {
        int blocks = sizes.whole("blocks", 0);
        String head = conv("model.0", INPUT);
        String x = head;
        for (int b = 0; b < blocks; b++) {
            x = distillation("model.1.sub." + b + ".", x);
        }
        x = graph.add(head, conv("model.1.sub." + blocks, x));
        return graph.shuffle(conv("model.2", x), network.scale());
    }

    private String distillation(String name, String x) {
        int features = sizes.whole("features", 0);
        int distilled = sizes.whole("distilled", 0);
        List<String> kept = new ArrayList<>();
        String rest = x;
        for (int k = 1; k <= Imdn.STEPS; k++) {
            String y = graph.leakyRelu(conv(name + "conv" + k + ".0", rest), Imdn.SLOPE);
            kept.add(graph.channels(y, 0, distilled));
            rest = graph.channels(y, distilled, features);
        }
        kept.add(conv(name + "conv4", rest));
        return graph.add(x, conv(name + "conv1x1", graph.concatenate(kept)));
    }

    private String vdsr() {
        int layers = sizes.whole("layers", 0);
        String x = graph.relu(conv("input", INPUT));
        for (int i = 0; i < layers - 2; i++) {
            x = graph.relu(conv("residual_layer." + i + ".conv", x));
        }
        return graph.add(INPUT, conv("output", x));
    }

    private String shifted(String x, String called, float sign) {
        float[] mean = new float[RGB];
        for (int c = 0; c < RGB; c++) {
            mean[c] = sign * MEAN[c];
        }
        return graph.add(x, graph.constant(called, TensorData.of(mean, 1, RGB, 1, 1)));
    }

    private String number(String called, float value) {
        return graph.constant(called, TensorData.of(new float[] {value}));
    }

    /** A layer by its parameters' name. */
    private String conv(String name, String x) {
        Parameter weight = network.parameters().parameter(name + ".weight");
        boolean biased = network.parameters().byName().containsKey(name + ".bias");
        String bias = biased ? parameter(name + ".bias") : "";
        int side = weight.dimensions().getLast();
        return graph.convolution(
                x, parameter(name + ".weight"), bias, side, weight.dimensions().size() - 2);
    }

    private String parameter(String name) {
        List<Long> shape = new ArrayList<>();
        network.parameters().parameter(name).dimensions().forEach(size -> shape.add(size.longValue()));
        long[] sizesOf = shape.stream().mapToLong(Long::longValue).toArray();
        return graph.constant(name, TensorData.of(network.parameters().read(name), sizesOf));
    }
}
