package io.acuity.weights;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An ONNX model in the making: one input [batch, C, height, width] and one output, operators of opset 17 between them. Height,
 * width and batch are named, not fixed. Every method adds a node and gives the name of its result.
 */
public final class OnnxGraph {
    /** Versions that ONNX Runtime 1.12 and later, TensorRT 8.5 and OpenVINO 2022 read. */
    private static final int OPSET = 17;

    private static final int IR_VERSION = 8;
    private static final int FLOAT = 1;
    private static final int INT64 = 7;
    private static final long MOST = Integer.MAX_VALUE;

    /** {@code AttributeProto.type}. */
    private static final int KIND_FLOAT = 1;

    private static final int KIND_INT = 2;
    private static final int KIND_STRING = 3;
    private static final int KIND_INTS = 7;

    private final ProtobufMessage graph = new ProtobufMessage();
    private final String name;
    private int nodes;

    public OnnxGraph(String name) {
        this.name = name;
    }

    /** A tensor that is part of the model. */
    public String constant(String called, TensorData tensor) {
        ProtobufMessage proto = new ProtobufMessage();
        tensor.shape().forEach(size -> proto.number(1, size));
        proto.number(2, tensor.type() == DataType.I64 ? INT64 : FLOAT);
        proto.text(8, called);
        MemorySegment bytes = tensor.type() == DataType.I64
                ? tensor.bytes()
                : tensor.storedAs(DataType.F32).bytes();
        graph.message(5, proto.bytes(9, bytes));
        return called;
    }

    /**
     * Convolution of equal sides, stride 1, padded with zeros to keep the size.
     *
     * @param bias its name, or nothing
     * @param dimensions 2 for [N, C, H, W], 3 for [N, C, D, H, W]
     */
    public String convolution(String x, String weight, String bias, int side, int dimensions) {
        long[] sides = new long[dimensions];
        long[] pads = new long[2 * dimensions];
        Arrays.fill(sides, side);
        Arrays.fill(pads, side / 2);
        List<String> inputs = bias.isEmpty() ? List.of(x, weight) : List.of(x, weight, bias);
        return node("Conv", inputs, integers("kernel_shape", sides), integers("pads", pads));
    }

    public String relu(String x) {
        return node("Relu", List.of(x));
    }

    public String leakyRelu(String x, float slope) {
        ProtobufMessage alpha = attribute("alpha", KIND_FLOAT).real(2, slope);
        return node("LeakyRelu", List.of(x), alpha);
    }

    public String sigmoid(String x) {
        return node("Sigmoid", List.of(x));
    }

    public String add(String a, String b) {
        return node("Add", List.of(a, b));
    }

    public String multiply(String a, String b) {
        return node("Mul", List.of(a, b));
    }

    /** The mean of each channel, [N, C, 1, 1]. */
    public String average(String x) {
        return node("GlobalAveragePool", List.of(x));
    }

    /** PyTorch's pixel shuffle: out[c, hr + i, wr + j] = in[c r^2 + i r + j, h, w], which is mode CRD, not the default DCR. */
    public String shuffle(String x, int factor) {
        ProtobufMessage mode =
                attribute("mode", KIND_STRING).bytes(4, MemorySegment.ofArray(new byte[] {'C', 'R', 'D'}));
        return node("DepthToSpace", List.of(x), integer("blocksize", factor), mode);
    }

    /** The matrices of the last two dimensions, multiplied. */
    public String product(String a, String b) {
        return node("MatMul", List.of(a, b));
    }

    /** The dimensions in another order. */
    public String transpose(String x, long... order) {
        return node("Transpose", List.of(x), integers("perm", order));
    }

    /** Over the last dimension. */
    public String softmax(String x) {
        return node("Softmax", List.of(x), integer("axis", -1));
    }

    public String negative(String x) {
        return node("Neg", List.of(x));
    }

    /** The same numbers in other dimensions: 0 for as many as x has at this place, -1 for what is left. */
    public String reshape(String x, long... sizes) {
        return node("Reshape", List.of(x, whole("sizes", sizes)));
    }

    /** The same numbers in the dimensions of {@code like}. */
    public String reshapeLike(String x, String like) {
        return node("Reshape", List.of(x, node("Shape", List.of(like))));
    }

    /** A dimension of size 1 more, at place {@code axis}. */
    public String unsqueeze(String x, int axis) {
        return node("Unsqueeze", List.of(x, whole("axes", axis)));
    }

    /** The same without the dimension at place {@code axis}, whose size is 1. */
    public String squeeze(String x, int axis) {
        return node("Squeeze", List.of(x, whole("axes", axis)));
    }

    /** Channels one after the other. */
    public String concatenate(List<String> parts) {
        return node("Concat", parts, integer("axis", 1));
    }

    /** Channels from {@code begin} up to {@code end}, not included. */
    public String channels(String x, int begin, int end) {
        return node("Slice", List.of(x, whole("from", begin), whole("to", end), whole("axis", 1)));
    }

    /** Whole numbers that the next node takes. */
    private String whole(String called, long... values) {
        return constant(called + "_" + nodes, TensorData.of(values, values.length));
    }

    private String node(String operator, List<String> inputs, ProtobufMessage... attributes) {
        String result = "t" + nodes++;
        ProtobufMessage node = new ProtobufMessage();
        inputs.forEach(input -> node.text(1, input));
        node.text(2, result).text(3, operator + "_" + nodes).text(4, operator);
        for (ProtobufMessage attribute : attributes) {
            node.message(5, attribute);
        }
        graph.message(1, node);
        return result;
    }

    private static ProtobufMessage attribute(String named, int kind) {
        return new ProtobufMessage().text(1, named).number(20, kind);
    }

    private static ProtobufMessage integer(String named, long value) {
        return attribute(named, KIND_INT).number(3, value);
    }

    private static ProtobufMessage integers(String named, long... values) {
        ProtobufMessage attribute = attribute(named, KIND_INTS);
        for (long value : values) {
            attribute.number(8, value);
        }
        return attribute;
    }

    /**
     * The finished model; the graph takes no more nodes.
     *
     * @param result what the last node gave; the output has the same name
     * @param channels of input and output
     * @param scale how many times longer a side of the output is
     * @param notes what the model says of itself
     * @throws WeightsException beyond the 2 GB that a protobuf file may have
     */
    public Model finish(String input, String result, int channels, int scale, Map<String, String> notes) {
        graph.text(2, name);
        graph.message(11, image(input, channels, "height", "width"));
        String times = scale == 1 ? "" : "*" + scale;
        graph.message(12, image(result, channels, "height" + times, "width" + times));
        ProtobufMessage model = new ProtobufMessage().number(1, IR_VERSION).text(2, "acuity");
        model.message(7, graph).message(8, new ProtobufMessage().text(1, "").number(2, OPSET));
        new TreeMap<>(notes)
                .forEach((key, value) ->
                        model.message(14, new ProtobufMessage().text(1, key).text(2, value)));
        if (model.size() > MOST) {
            throw new WeightsException("ONNX: want a model of at most 2 GB, have " + model.size() + " bytes");
        }
        return model::write;
    }

    /** Writes itself to a stream. */
    @FunctionalInterface
    public interface Model {
        void write(OutputStream out) throws IOException;
    }

    /** ValueInfoProto of a tensor [batch, channels, height, width]. */
    private static ProtobufMessage image(String called, int channels, String height, String width) {
        ProtobufMessage shape = new ProtobufMessage()
                .message(1, new ProtobufMessage().text(2, "batch"))
                .message(1, new ProtobufMessage().number(1, channels))
                .message(1, new ProtobufMessage().text(2, height))
                .message(1, new ProtobufMessage().text(2, width));
        ProtobufMessage tensor = new ProtobufMessage().number(1, FLOAT).message(2, shape);
        return new ProtobufMessage().text(1, called).message(2, new ProtobufMessage().message(1, tensor));
    }
}
