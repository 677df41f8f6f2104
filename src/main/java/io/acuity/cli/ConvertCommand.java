package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.model.ModelFile;
import io.acuity.model.ModelNotes;
import io.acuity.model.Models;
import io.acuity.model.Network;
import io.acuity.model.OnnxExport;
import io.acuity.weights.DataType;
import io.acuity.weights.PyTorchCheckpoint;
import io.acuity.weights.Safetensors;
import io.acuity.weights.StateDict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code acuity convert}: a model file in another format. */
@Command(
        name = "acuity convert",
        sortOptions = false,
        description =
                "Writes a model as safetensors, as a PyTorch checkpoint or as ONNX, by the end of -o. Between the first two "
                        + "every tensor keeps its name and its bits; a model that is not known here can be converted too. ONNX needs "
                        + "a known network; nlsn, which sorts by hashes, has no form there.",
        footer = {
            "",
            "Examples:",
            "  acuity convert -i RCAN_BIX4.pt -o rcan_x4.safetensors",
            "  acuity convert -i experiments/mine/model.safetensors -o mine.pth",
            "  acuity convert -i edsr_s_x4 -o edsr_s_x4.onnx"
        })
final class ConvertCommand implements Verb {
    @Option(
            names = {"-i", "--input"},
            required = true,
            paramLabel = "MODEL",
            description = "shipped model, file.safetensors, file.pth or file.pt")
    String input = "";

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "name ending with .safetensors, .pth, .pt or .onnx")
    Path output = Path.of("");

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "store numbers as f32, f16 or bf16 (default: as they are; ONNX: f32)")
    @Nullable
    DataType type;

    @Mixin
    CommonOptions common = new CommonOptions();

    private enum Format {
        SAFETENSORS,
        PYTORCH,
        ONNX
    }

    @Override
    public ExitCode run(Streams streams) throws IOException {
        Format format = format();
        if (type == DataType.I64 || type == DataType.U8 || (type != null && format == Format.ONNX)) {
            throw new UsageException("--type: want f32, f16 or bf16 for safetensors and PyTorch, have "
                    + type.name().toLowerCase(Locale.ROOT) + " for " + output);
        }
        Path from = Path.of(input);
        if (Files.exists(from) && Files.exists(output) && Files.isSameFile(from, output)) {
            throw new UsageException("-o: want another file than the input, have " + output + " for both");
        }
        StateDict state = Models.state(input);
        StateDict stored = type == null ? state : state.storedAs(type);
        switch (format) {
            case SAFETENSORS -> Safetensors.write(output, noted(stored));
            case PYTORCH -> PyTorchCheckpoint.write(output, noted(stored));
            case ONNX -> export(state);
        }
        return ExitCode.DONE;
    }

    /** With notes of what the network is; the key of a PyTorch file is no property of the weights. */
    private StateDict noted(StateDict state) {
        Map<String, String> own = new HashMap<>(state.metadata());
        own.remove(PyTorchCheckpoint.KEY);
        return state.withMetadata(
                ModelNotes.of(input, state).map(notes -> notes.added(own)).orElse(own));
    }

    private void export(StateDict state) {
        try (Device device = Device.open("cpu")) {
            Network network = ModelFile.build(input, state, device);
            try {
                Map<String, String> notes = new HashMap<>(noted(state).metadata());
                notes.remove("format"); // of the tensors' names
                OnnxExport.write(output, network, notes);
            } finally {
                network.parameters().close();
            }
        }
    }

    private Format format() {
        Path name = output.getFileName();
        String file = name == null ? "" : name.toString().toLowerCase(Locale.ROOT);
        return switch (file.substring(file.lastIndexOf('.') + 1)) {
            case "safetensors" -> Format.SAFETENSORS;
            case "pth", "pt" -> Format.PYTORCH;
            case "onnx" -> Format.ONNX;
            default ->
                throw new UsageException(
                        "-o: want a name ending with .safetensors, .pth, .pt or .onnx, have " + output);
        };
    }
}
