package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.model.Architectures;
import io.acuity.model.ModelFile;
import io.acuity.model.ModelNotes;
import io.acuity.model.Models;
import io.acuity.model.Network;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.weights.DataType;
import io.acuity.weights.Json;
import io.acuity.weights.ModelBytes;
import io.acuity.weights.PyTorchCheckpoint;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import io.acuity.weights.WeightsException;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code acuity model}: what a model file is, and whether it is sound. */
@Command(
        name = "acuity model",
        sortOptions = false,
        description =
                "Says what a model is (info), or checks in addition that its tensors fit the network, that all numbers are "
                        + "finite, and that the network runs (verify).",
        footer = {
            "",
            "Examples:",
            "  acuity model info edsr_s_x4",
            "  acuity model verify RCAN_BIX4.pt",
            "  acuity model info experiments/mine/model.safetensors --json"
        })
final class ModelCommand implements Verb {
    private static final String INFO = "info";
    private static final String VERIFY = "verify";

    /** Of the picture that verify sends through the network. */
    private static final int SIDE = 16;

    @Parameters(index = "0", paramLabel = "info|verify", description = "what to do")
    String task = "";

    @Parameters(index = "1", paramLabel = "MODEL", description = "shipped model, file.safetensors, file.pth or file.pt")
    String model = "";

    @Option(names = "--json", description = "one JSON object with the same lines")
    boolean json;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Override
    public ExitCode run(Streams streams) {
        if (!task.equals(INFO) && !task.equals(VERIFY)) {
            throw new UsageException("model: want info or verify, have \"" + task + "\"");
        }
        MemorySegment bytes = Models.bytes(model);
        StateDict state = ModelBytes.parse(model, bytes);
        Map<String, Object> lines = describe(bytes, state);
        if (task.equals(VERIFY)) {
            verify(state);
            lines.put("verified", true);
        }
        if (json) {
            streams.print(lines);
        } else {
            lines.forEach((key, value) -> streams.print("%-17s %s".formatted(key.replace('_', ' '), shown(value))));
        }
        return ExitCode.DONE;
    }

    private Map<String, Object> describe(MemorySegment bytes, StateDict state) {
        Map<String, String> notes = state.metadata();
        Map<String, Object> lines = new LinkedHashMap<>();
        lines.put("model", model);
        put(lines, "title", notes.get("modelspec.title"));
        Optional<ModelNotes> known = ModelNotes.of(model, state);
        if (known.isPresent()) {
            ModelNotes network = known.get();
            lines.put("architecture", network.architecture());
            lines.put("sizes", network.settings().values());
            lines.put(
                    "scale",
                    network.anyScale()
                            ? "2, 3 or 4"
                            : (Object) network.settings().scale());
            lines.put("range", (int) network.range());
        } else {
            lines.put("architecture", "none of " + String.join(", ", Architectures.names()));
        }
        lines.put("parameters", parameters(state));
        lines.put("tensors", state.tensors().size());
        lines.put("numbers", types(state));
        put(lines, "degradation", notes.get("acuity.degradation"));
        put(lines, "training", notes.get("acuity.training"));
        put(lines, "scores", scores(notes.get("acuity.scores")));
        put(lines, "licence", notes.get("modelspec.license"));
        put(lines, "author", notes.get("modelspec.author"));
        put(lines, "date", notes.get("modelspec.date"));
        lines.put("format", ModelBytes.isPyTorch(bytes) ? "PyTorch" : "safetensors");
        put(lines, "key", notes.get(PyTorchCheckpoint.KEY));
        lines.put("bytes", bytes.byteSize());
        lines.put("sha256", ModelBytes.sha256(bytes));
        return lines;
    }

    private static void put(Map<String, Object> lines, String key, @Nullable Object value) {
        if (value != null) {
            lines.put(key, value);
        }
    }

    /** Trained numbers; the constants of a mean shift are none. */
    private static long parameters(StateDict state) {
        return state.tensors().entrySet().stream()
                .filter(tensor -> !ModelFile.isMeanShift(tensor.getKey()))
                .mapToLong(tensor -> tensor.getValue().count())
                .sum();
    }

    private static String types(StateDict state) {
        return String.join(
                ", ",
                state.tensors().values().stream()
                        .map(tensor -> tensor.type().name())
                        .distinct()
                        .sorted()
                        .toList());
    }

    private @Nullable Object scores(@Nullable String noted) {
        if (noted == null) {
            return null;
        }
        try {
            return Json.parse(noted);
        } catch (IllegalArgumentException e) {
            throw new WeightsException(model + " acuity.scores: " + e.getMessage(), e);
        }
    }

    private static String shown(Object value) {
        return Failures.visible(value instanceof Map<?, ?> map ? Json.write(map) : value.toString());
    }

    private void verify(StateDict state) {
        state.tensors().forEach((name, tensor) -> checkFinite(name, tensor));
        try (Device device = Device.open("cpu")) {
            Network network = ModelFile.build(model, state, device);
            try (Tape tape = Tape.inference(device)) {
                Tensor lr = tape.input(new Shape(1, 3, SIDE, SIDE));
                float[] ramp = new float[3 * SIDE * SIDE];
                for (int i = 0; i < ramp.length; i++) {
                    ramp[i] = (float) (i % SIDE) / SIDE;
                }
                lr.set(ramp);
                for (float value : network.forward(tape, lr).toArray()) {
                    if (!Float.isFinite(value)) {
                        throw new WeightsException(
                                "model " + model + ": want finite pixels of a grey ramp, have " + value);
                    }
                }
            } finally {
                network.parameters().close();
            }
        }
    }

    private void checkFinite(String name, TensorData tensor) {
        if (tensor.type() == DataType.I64 || tensor.type() == DataType.U8) {
            return;
        }
        for (float value : tensor.floats()) {
            if (!Float.isFinite(value)) {
                throw new WeightsException("model " + model + " tensor " + WeightsException.shown(name)
                        + ": want finite numbers, have " + value);
            }
        }
    }
}
