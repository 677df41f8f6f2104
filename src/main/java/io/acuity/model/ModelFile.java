package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.weights.DataType;
import io.acuity.weights.Json;
import io.acuity.weights.ModelBytes;
import io.acuity.weights.Safetensors;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import io.acuity.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Networks to and from model files: safetensors or PyTorch checkpoints with EDSR-PyTorch's or BasicSR's tensor names and notes on what the network is. */
public final class ModelFile {
    private static final List<String> MEAN_SHIFTS =
            List.of("sub_mean.weight", "sub_mean.bias", "add_mean.weight", "add_mean.bias");

    private static final int LEAST_SCALE = 2;
    private static final int MOST_SCALE = 4;

    private ModelFile() {}

    /** Whether a tensor of this name is a constant colour of EDSR-PyTorch's files, which is not needed here. */
    public static boolean isMeanShift(String tensor) {
        return MEAN_SHIFTS.contains(tensor);
    }

    /** Reads a network; its architecture and size are found from the tensors' names and shapes. */
    public static Network read(Path file, Device device) {
        return build(file.toString(), ModelBytes.read(file), device);
    }

    /**
     * Builds the network that {@code state} holds the weights of.
     *
     * @param name what to call the source in messages
     * @throws WeightsException listing missing, unexpected and misshapen tensors when they are of no network known here
     */
    public static Network build(String name, StateDict state, Device device) {
        return build(name, state, device, 0);
    }

    /**
     * The same, for {@code scale} where the weights serve every one.
     *
     * @param scale how many times longer a side is to become, or 0 for the one noted in the file; out of range, the nearest
     */
    public static Network build(String name, StateDict given, Device device, int scale) {
        StateDict state = BasicSrNames.toOwn(given);
        Architecture kind = Architectures.of(name, state);
        Hyperparameters settings = kind.read(name, state);
        if (kind.anyScale() && scale > 0) {
            settings = new Hyperparameters(Math.clamp(scale, LEAST_SCALE, MOST_SCALE), settings.values());
        }
        Network network = create(name, kind, settings, device);
        try {
            load(name, state, network);
            return network;
        } catch (RuntimeException e) {
            network.parameters().close();
            throw e;
        }
    }

    private static Network create(String name, Architecture kind, Hyperparameters settings, Device device) {
        try {
            return kind.create(device, settings, 0);
        } catch (IllegalArgumentException e) {
            throw new WeightsException(name + " holds no " + kind.name() + " known here: " + e.getMessage(), e);
        }
    }

    /** Sets a network's weights from {@code state}, every one of them or none. */
    public static void load(String name, StateDict given, Network network) {
        StateDict state = BasicSrNames.toOwn(given);
        ParameterSet parameters = network.parameters();
        List<String> wrong = new ArrayList<>();
        for (Parameter p : parameters.byName().values()) {
            TensorData tensor = state.tensors().get(p.name());
            List<Long> want = p.dimensions().stream().map(Integer::longValue).toList();
            if (tensor == null) {
                wrong.add("missing " + p.name() + " " + want);
            } else if (!tensor.shape().equals(want)) {
                wrong.add(p.name() + ": want " + want + ", have " + tensor.shape());
            }
        }
        for (String tensor : state.tensors().keySet()) {
            if (!parameters.byName().containsKey(tensor) && !MEAN_SHIFTS.contains(tensor)) {
                wrong.add("unexpected " + WeightsException.shown(tensor));
            }
        }
        if (!wrong.isEmpty()) {
            throw new WeightsException(name + " does not fit " + network.architecture() + " "
                    + network.hyperParameters() + ": " + shortened(wrong));
        }
        float range = TensorNames.range(name, state);
        for (Parameter p : parameters.byName().values()) {
            parameters.write(p.name(), network.adopt(p, state.tensor(p.name()).floats(), range));
        }
    }

    private static String shortened(List<String> wrong) {
        int shown = Math.min(wrong.size(), 6);
        String rest = wrong.size() > shown ? ", and " + (wrong.size() - shown) + " more" : "";
        return String.join(", ", wrong.subList(0, shown)) + rest;
    }

    /** The network's weights with the notes that say what it is; {@code notes} adds or replaces some. */
    public static StateDict state(Network network, Map<String, String> notes) {
        return state(network, network.parameters(), notes);
    }

    /** The same for another set of the network's parameters, such as their moving average. */
    public static StateDict state(Network network, ParameterSet values, Map<String, String> notes) {
        SequencedMap<String, TensorData> tensors = new LinkedHashMap<>();
        for (Parameter p : values.byName().values()) {
            long[] shape = p.dimensions().stream().mapToLong(Integer::longValue).toArray();
            tensors.put(p.name(), TensorData.of(values.read(p.name()), shape));
        }
        Map<String, String> all = new LinkedHashMap<>();
        all.put("format", "pt");
        all.put("acuity.arch", network.architecture());
        all.put("acuity.arch_args", Json.write(network.hyperParameters()));
        all.put("acuity.scale", Integer.toString(network.scale()));
        all.put("acuity.range", Integer.toString((int) network.range()));
        all.putAll(network.colours());
        all.putAll(notes);
        return StateDict.of(tensors).withMetadata(all);
    }

    /** Writes a network, each number as {@code type}. */
    public static void write(Path file, StateDict state, DataType type) {
        Safetensors.write(file, state.storedAs(type));
    }
}
