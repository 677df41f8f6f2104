package io.acuity.train;

import io.acuity.weights.StateDict;
import io.acuity.weights.WeightsException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * Everything a run needs to go on after a step as if it had never stopped.
 *
 * @param step completed steps
 * @param psnr validation PSNR of these weights in dB, if it was measured
 * @param parts tensors by role: {@code model}, {@code ema}, {@code optimizer}; each becomes a file of that name
 * @param state what else there is, as JSON values ({@link io.acuity.weights.Json}): seeds, counters, sums
 */
public record Checkpoint(long step, OptionalDouble psnr, Map<String, StateDict> parts, Map<String, Object> state) {
    public Checkpoint {
        if (step < 0) {
            throw new IllegalArgumentException("checkpoint step: want 0 or more, have " + step);
        }
        for (String part : parts.keySet()) {
            if (!part.matches("[a-z][a-z0-9_]{0,63}")) {
                throw new IllegalArgumentException("checkpoint part: want a name as model or ema, have " + part);
            }
        }
        parts = Collections.unmodifiableMap(new TreeMap<>(parts));
        state = Collections.unmodifiableMap(new LinkedHashMap<>(state));
    }

    /**
     * The tensors of a role.
     *
     * @throws WeightsException if the checkpoint has none
     */
    public StateDict part(String role) {
        StateDict part = parts.get(role);
        if (part == null) {
            throw new WeightsException(
                    "checkpoint of step " + step + ": want a part " + role + ", have " + parts.keySet());
        }
        return part;
    }
}
