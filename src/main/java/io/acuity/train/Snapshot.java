package io.acuity.train;

import io.acuity.model.ModelFile;
import io.acuity.model.Network;
import io.acuity.optim.Adam;
import io.acuity.tensor.Parameter;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import io.acuity.weights.WeightsException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SequencedMap;

/** A run's numbers to and from a checkpoint: weights, their moving average, and Adam's moments. */
final class Snapshot {
    private static final String MODEL = "model";
    private static final String EMA = "ema";
    private static final String OPTIMIZER = "optimizer";
    private static final String FIRST = ".exp_avg";
    private static final String SECOND = ".exp_avg_sq";
    private static final String ADAM_STEPS = "adam_steps";

    private Snapshot() {}

    static Checkpoint of(
            long step,
            OptionalDouble psnr,
            Network network,
            Network average,
            Adam adam,
            Map<String, String> notes,
            Map<String, Object> state) {
        SequencedMap<String, TensorData> moments = new LinkedHashMap<>();
        for (Parameter p : network.parameters().byName().values()) {
            Adam.Moments m = adam.moments(p.name());
            moments.put(p.name() + FIRST, TensorData.of(m.first(), p.elements()));
            moments.put(p.name() + SECOND, TensorData.of(m.second(), p.elements()));
        }
        Map<String, StateDict> parts = Map.of(
                MODEL, ModelFile.state(network, notes),
                EMA, ModelFile.state(average, notes),
                OPTIMIZER, StateDict.of(moments));
        Map<String, Object> all = new LinkedHashMap<>(state);
        all.put(ADAM_STEPS, adam.steps());
        return new Checkpoint(step, psnr, parts, all);
    }

    static void restore(Checkpoint checkpoint, Network network, Network average, Adam adam) {
        String name = "checkpoint of step " + checkpoint.step();
        ModelFile.load(name, checkpoint.part(MODEL), network);
        ModelFile.load(name, checkpoint.part(EMA), average);
        StateDict moments = checkpoint.part(OPTIMIZER);
        for (Parameter p : network.parameters().byName().values()) {
            adam.restore(
                    p.name(),
                    new Adam.Moments(
                            moments.tensor(p.name() + FIRST).floats(),
                            moments.tensor(p.name() + SECOND).floats()));
        }
        if (!(checkpoint.state().get(ADAM_STEPS) instanceof Number steps)) {
            throw new WeightsException(name + ": want a number " + ADAM_STEPS + " in state.json, have none");
        }
        adam.restoreSteps(steps.longValue());
    }
}
