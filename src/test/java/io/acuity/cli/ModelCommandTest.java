package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.TestData;
import io.acuity.weights.ModelBytes;
import io.acuity.weights.Safetensors;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCommandTest {
    @TempDir
    Path folder = Path.of("");

    @Test
    void saysWhatTheShippedModelIs() {
        Cli run = Cli.run("model", "info", "edsr_s_x4", "--json");
        assertThat(run.code()).as(run.err()).isZero();
        Map<String, Object> object = run.objects().getFirst();
        assertThat(object)
                .containsEntry("architecture", "edsr")
                .containsEntry("parameters", 1_517_571L)
                .containsEntry("scale", 4L)
                .containsEntry("range", 1L)
                .containsKeys("training", "scores", "licence", "sha256", "bytes", "degradation", "title");
        assertThat(String.valueOf(object.get("sha256"))).matches("[0-9a-f]{64}");
        Cli text = Cli.run("model", "info", "edsr_s_x4");
        assertThat(text.out()).contains("parameters        1517571").contains("licence           Apache-2.0");
    }

    @Test
    void saysWhatOthersCheckpointsAre() {
        Path vdsr = TestData.of("weights/vdsr.pth");
        Cli run = Cli.run("model", "verify", vdsr, "--json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.objects().getFirst())
                .containsEntry("architecture", "vdsr")
                .containsEntry("parameters", 664_704L)
                .containsEntry("scale", "2, 3 or 4")
                .containsEntry("format", "PyTorch")
                .containsEntry("verified", true)
                .containsEntry("sha256", "eab4d79ae5a6e5acef4c55e46015aed225ade207679bcb6695b07af8fb18e876");
        Cli unknown = Cli.run("model", "info", TestData.of("weights/team18_bsrn.pth"));
        assertThat(unknown.code()).isZero();
        assertThat(unknown.out()).contains("architecture      none of").contains("parameters        156288");
        assertThat(Cli.run("model", "verify", TestData.of("weights/team18_bsrn.pth"))
                        .code())
                .isEqualTo(4);
    }

    @Test
    void findsDamage() throws IOException {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 2);
        StateDict state = ModelBytes.read(model);
        LinkedHashMap<String, TensorData> tensors = new LinkedHashMap<>(state.tensors());
        float[] bias = state.tensor("head.0.bias").floats();
        bias[1] = Float.NaN;
        tensors.put("head.0.bias", TensorData.of(bias, bias.length));
        Path damaged = folder.resolve("damaged.safetensors");
        Safetensors.write(damaged, new StateDict(tensors, state.metadata()));
        Cli run = Cli.run("model", "verify", damaged);
        assertThat(run.code()).isEqualTo(4);
        assertThat(run.err()).contains("tensor head.0.bias: want finite numbers, have NaN");
        assertThat(Cli.run("model", "verify", model).code()).isZero();
    }

    @Test
    void knowsTwoTasks() {
        Cli run = Cli.run("model", "sell", "edsr_s_x4");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("model: want info or verify, have \"sell\"");
    }
}
