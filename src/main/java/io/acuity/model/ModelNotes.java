package io.acuity.model;

import io.acuity.weights.Json;
import io.acuity.weights.StateDict;
import io.acuity.weights.WeightsException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a model file is: told by its notes and, for what they do not say, by its tensors.
 *
 * @param architecture short name, as in {@link Architectures#names}
 * @param settings scale and sizes
 * @param anyScale whether the weights serve every scale
 * @param range peak value of a pixel that the stored weights were made for
 */
public record ModelNotes(String architecture, Hyperparameters settings, boolean anyScale, float range) {
    /** What is known of a file's tensors; empty when they are those of no network known here. */
    public static Optional<ModelNotes> of(String source, StateDict given) {
        StateDict state = BasicSrNames.toOwn(given);
        Architecture kind;
        try {
            kind = Architectures.of(source, state);
        } catch (WeightsException _) {
            return Optional.empty(); // still tensors with names, which can be converted
        }
        return Optional.of(
                new ModelNotes(kind.name(), kind.read(source, state), kind.anyScale(), kind.range(source, state)));
    }

    /** The notes with which a file says so itself, beside those it has. */
    public Map<String, String> added(Map<String, String> notes) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("format", "pt");
        all.put("acuity.arch", architecture);
        all.put("acuity.arch_args", Json.write(settings.values()));
        all.put("acuity.scale", Integer.toString(settings.scale()));
        all.put("acuity.range", Integer.toString((int) range));
        all.putAll(notes);
        return all;
    }
}
