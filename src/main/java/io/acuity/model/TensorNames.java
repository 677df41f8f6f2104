package io.acuity.model;

import io.acuity.weights.Json;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import io.acuity.weights.WeightsException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What names and shapes of a state dict tell about the networks in EDSR-PyTorch's naming, and what its notes add. */
final class TensorNames {
    private static final String ARGUMENTS = "acuity.arch_args";

    private TensorNames() {}

    /** Whether there is a tensor of this name. */
    static boolean has(StateDict state, String name) {
        return state.tensors().containsKey(name);
    }

    /** How many of {@code prefix0suffix}, {@code prefix1suffix}, ... there are without a gap. */
    static int count(StateDict state, String prefix, String suffix) {
        int count = 0;
        while (has(state, prefix + count + suffix)) {
            count++;
        }
        return count;
    }

    /** Size {@code axis} of a tensor of four. */
    static int size(String source, StateDict state, String name, int axis) {
        @Nullable TensorData tensor = state.tensors().get(name);
        if (tensor == null || tensor.shape().size() != 4) {
            throw new WeightsException(source + ": want a tensor " + name + " of four sizes, have "
                    + (tensor == null ? "none" : tensor.shape().toString()));
        }
        return Math.toIntExact(tensor.shape().get(axis));
    }

    /** Feature channels of a network that begins with {@code head.0}. */
    static int features(String source, StateDict state) {
        if (size(source, state, "head.0.weight", 1) != 3) {
            throw new WeightsException(source + ": want head.0.weight [features, 3, 3, 3], have "
                    + state.tensor("head.0.weight").shape());
        }
        return size(source, state, "head.0.weight", 0);
    }

    /** Scale of a network that ends in {@code tail.0} and {@code tail.1}. */
    static int scale(String source, StateDict state, int features) {
        int up = size(source, state, "tail.0.0.weight", 0);
        boolean twice = has(state, "tail.0.2.weight");
        if (up == 4 * features) {
            return twice ? 4 : 2;
        }
        if (up == 9 * features && !twice) {
            return 3;
        }
        throw new WeightsException(source + ": want an upsampling tail of scale 2, 3 or 4, have tail.0.0.weight "
                + state.tensor("tail.0.0.weight").shape());
    }

    /** The noted scale, or {@code fallback} when none is noted. */
    static int notedScale(String source, StateDict state, int fallback) {
        String noted = state.metadata().get("acuity.scale");
        if (noted == null) {
            return fallback;
        }
        if (!List.of("2", "3", "4").contains(noted)) {
            throw new WeightsException(source + " acuity.scale: want 2, 3 or 4, have " + WeightsException.shown(noted));
        }
        return Integer.parseInt(noted);
    }

    /** A number among the noted hyper-parameters, or {@code fallback} when none is noted. */
    static double noted(String source, StateDict state, String name, double fallback) {
        String noted = state.metadata().get(ARGUMENTS);
        if (noted == null) {
            return fallback;
        }
        if (!(Json.parse(noted) instanceof Map<?, ?> map)) {
            throw new WeightsException(source + " " + ARGUMENTS + ": want a JSON object, have " + noted);
        }
        Object value = map.get(name);
        if (value instanceof Number number && number.doubleValue() > 0) {
            return number.doubleValue();
        }
        throw new WeightsException(source + " " + ARGUMENTS + ": want a positive " + name + ", have " + noted);
    }

    /** Pixels' peak value that the weights were made for, 1 or 255: noted, or told by the mean shift, -range * mean. */
    static float range(String source, StateDict state) {
        String noted = state.metadata().get("acuity.range");
        if (noted != null) {
            if (!List.of("1", "255").contains(noted)) {
                throw new WeightsException(source + " acuity.range: want 1 or 255, have " + noted);
            }
            return Float.parseFloat(noted);
        }
        @Nullable TensorData shift = state.tensors().get("sub_mean.bias");
        return shift != null && Math.abs(shift.floats()[0]) < 1 ? 1f : 255f;
    }

    /** A few tensors, for a message. */
    static String glimpse(StateDict state) {
        List<String> names = state.tensors().keySet().stream()
                .limit(3)
                .map(WeightsException::shown)
                .toList();
        int rest = state.tensors().size() - names.size();
        return names.isEmpty() ? "none" : String.join(", ", names) + (rest > 0 ? " and " + rest + " more" : "");
    }
}
