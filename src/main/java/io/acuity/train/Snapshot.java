package io.acuity.train;

import io.acuity.contrast.Embedding;
import io.acuity.model.ModelFile;
import io.acuity.model.Network;
import io.acuity.optim.Adam;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import io.acuity.weights.WeightsException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;

/** A run's numbers to and from a checkpoint: weights, their moving average, the embedding, and the moments of each Adam. */
record Snapshot(Network network, Network average, Adam adam, Optional<Embedding> embedding) {
    private static final String MODEL = "model";
    private static final String EMA = "ema";
    private static final String OPTIMIZER = "optimizer";
    private static final String EMBEDDING = "embedding";
    private static final String EMBEDDING_OPTIMIZER = "embedding_optimizer";
    private static final String FIRST = ".exp_avg";
    private static final String SECOND = ".exp_avg_sq";
    private static final String STEPS = "adam_steps";
    private static final String EMBEDDING_STEPS = "embedding_adam_steps";

    /** Everything as it is now; {@code state} is what else the checkpoint holds. */
    Checkpoint of(long step, OptionalDouble psnr, Map<String, String> notes, Map<String, Object> state) {
        Map<String, StateDict> parts = new LinkedHashMap<>();
        parts.put(MODEL, ModelFile.state(network, notes));
        parts.put(EMA, ModelFile.state(average, notes));
        parts.put(OPTIMIZER, moments(network.parameters(), adam));
        Map<String, Object> all = new LinkedHashMap<>(state);
        all.put(STEPS, adam.steps());
        embedding.ifPresent(e -> {
            parts.put(EMBEDDING, e.network().state());
            parts.put(EMBEDDING_OPTIMIZER, moments(e.network().parameters(), e.adam()));
            all.put(EMBEDDING_STEPS, e.adam().steps());
        });
        return new Checkpoint(step, psnr, parts, all);
    }

    private static StateDict moments(ParameterSet parameters, Adam adam) {
        SequencedMap<String, TensorData> moments = new LinkedHashMap<>();
        for (Parameter p : parameters.byName().values()) {
            Adam.Moments m = adam.moments(p.name());
            moments.put(p.name() + FIRST, TensorData.of(m.first(), p.elements()));
            moments.put(p.name() + SECOND, TensorData.of(m.second(), p.elements()));
        }
        return StateDict.of(moments);
    }

    /** Sets everything to what it was. */
    void restore(Checkpoint checkpoint) {
        String name = "checkpoint of step " + checkpoint.step();
        ModelFile.load(name, checkpoint.part(MODEL), network);
        ModelFile.load(name, checkpoint.part(EMA), average);
        restore(checkpoint, OPTIMIZER, network.parameters(), adam, STEPS);
        embedding.ifPresent(e -> {
            e.network().restore(checkpoint.part(EMBEDDING));
            restore(checkpoint, EMBEDDING_OPTIMIZER, e.network().parameters(), e.adam(), EMBEDDING_STEPS);
        });
    }

    private static void restore(
            Checkpoint checkpoint, String part, ParameterSet parameters, Adam adam, String counter) {
        StateDict moments = checkpoint.part(part);
        for (Parameter p : parameters.byName().values()) {
            adam.restore(
                    p.name(),
                    new Adam.Moments(
                            moments.tensor(p.name() + FIRST).floats(),
                            moments.tensor(p.name() + SECOND).floats()));
        }
        if (!(checkpoint.state().get(counter) instanceof Number steps)) {
            throw new WeightsException("checkpoint of step " + checkpoint.step() + ": want a number " + counter
                    + " in state.json, have none");
        }
        adam.restoreSteps(steps.longValue());
    }
}
