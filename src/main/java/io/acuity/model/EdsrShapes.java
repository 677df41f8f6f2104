package io.acuity.model;

import io.acuity.weights.Json;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import io.acuity.weights.WeightsException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An EDSR's size, read off the names and shapes of its tensors; only the residual scale must be noted or guessed. */
final class EdsrShapes {
    private static final String NOTED = "acuity.arch_args";

    private EdsrShapes() {}

    static Edsr.Options options(String name, StateDict state) {
        TensorData head = state.tensors().get("head.0.weight");
        if (head == null || head.shape().size() != 4 || head.shape().get(1) != 3) {
            throw new WeightsException(
                    name + " holds no network known here: want a tensor head.0.weight [features, 3, 3, 3], have "
                            + (head == null
                                    ? state.tensors().size() + " other tensors"
                                    : head.shape().toString()));
        }
        int features = Math.toIntExact(head.shape().getFirst());
        int blocks = 0;
        while (state.tensors().containsKey("body." + blocks + ".body.0.weight")) {
            blocks++;
        }
        if (blocks == 0) {
            throw new WeightsException(name + " holds no network known here: want tensors body.0.body.0.*, have none");
        }
        return new Edsr.Options(blocks, features, residualScale(name, state, features), scale(name, state, features));
    }

    private static int scale(String name, StateDict state, int features) {
        TensorData up = state.tensors().get("tail.0.0.weight");
        if (up == null || up.shape().size() != 4) {
            throw new WeightsException(
                    name + ": want a tensor tail.0.0.weight [4 or 9 times features, features, 3, 3]");
        }
        long ratio = up.shape().getFirst() / features;
        boolean twice = state.tensors().containsKey("tail.0.2.weight");
        if (ratio == 4) {
            return twice ? 4 : 2;
        }
        if (ratio == 9 && !twice) {
            return 3;
        }
        throw new WeightsException(
                name + ": want an upsampling tail of scale 2, 3 or 4, have tail.0.0.weight " + up.shape());
    }

    /** EDSR-L is published with 0.1 on every branch, the 64-feature ones with 1. */
    private static float residualScale(String name, StateDict state, int features) {
        String noted = state.metadata().get(NOTED);
        if (noted == null) {
            return features >= 256 ? 0.1f : 1f;
        }
        Object value = parse(name, noted).get("res_scale");
        if (value instanceof Number number && number.floatValue() > 0) {
            return number.floatValue();
        }
        throw new WeightsException(name + " " + NOTED + ": want a positive res_scale, have " + noted);
    }

    private static Map<?, ?> parse(String name, String noted) {
        Object value = Json.parse(noted);
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new WeightsException(name + " " + NOTED + ": want a JSON object, have " + noted);
    }

    /** 1 or 255: noted, or told by the mean shift, which is -range * mean. */
    static float range(String name, StateDict state) {
        String noted = state.metadata().get("acuity.range");
        if (noted != null) {
            if (!List.of("1", "255").contains(noted)) {
                throw new WeightsException(name + " acuity.range: want 1 or 255, have " + noted);
            }
            return Float.parseFloat(noted);
        }
        @Nullable TensorData shift = state.tensors().get("sub_mean.bias");
        return shift != null && Math.abs(shift.floats()[0]) < 1 ? 1f : 255f;
    }
}
