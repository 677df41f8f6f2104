package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.TestData;
import io.acuity.weights.DataType;
import io.acuity.weights.ModelBytes;
import io.acuity.weights.PyTorchCheckpoint;
import io.acuity.weights.StateDict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConvertCommandTest {
    @TempDir
    Path folder = Path.of("");

    private Path convert(Object from, String name, Object... more) {
        Path to = folder.resolve(name);
        Object[] arguments = Stream.concat(Stream.of("convert", "-i", from, "-o", to), Stream.of(more))
                .toArray();
        Cli run = Cli.run(arguments);
        assertThat(run.code()).as(run.err()).isZero();
        return to;
    }

    @Test
    void thereAndBackGivesTheSameBytes() throws IOException {
        Path first = convert("edsr_s_x4", "a.safetensors");
        Path second = convert(convert(first, "b.pth"), "c.safetensors");
        assertThat(Files.readAllBytes(second)).isEqualTo(Files.readAllBytes(first));
        assertThat(Cli.run("model", "verify", folder.resolve("b.pth")).code()).isZero();
    }

    @Test
    void addsWhatTheTensorsTell() throws IOException {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 3);
        StateDict bare = StateDict.of(new LinkedHashMap<>(ModelBytes.read(model).tensors()));
        Path file = folder.resolve("bare.pth");
        PyTorchCheckpoint.write(file, bare);
        StateDict converted = ModelBytes.read(convert(file, "noted.safetensors"));
        assertThat(converted.tensors()).isEqualTo(bare.tensors());
        assertThat(converted.metadata())
                .containsEntry("acuity.arch", "edsr")
                .containsEntry("acuity.scale", "3")
                .containsEntry("acuity.range", "255") // what files without a note are taken for
                .containsEntry("acuity.arch_args", "{\"blocks\":1,\"features\":8,\"res_scale\":1.0}");
    }

    @Test
    void storesOtherTypes() {
        Path file = convert("edsr_s_x4", "wide.pt", "--type", "bf16");
        assertThat(ModelBytes.read(file).tensor("tail.1.weight").type()).isEqualTo(DataType.BF16);
    }

    @ParameterizedTest
    @ValueSource(strings = {"team18_bsrn", "team28_nasnetbn", "vdsr"})
    void convertsWhatItDoesNotKnowToo(String name) {
        Path file = TestData.of("weights/" + name + ".pth");
        StateDict converted = ModelBytes.read(convert(file, name + ".safetensors"));
        assertThat(converted.tensors()).isEqualTo(ModelBytes.read(file).tensors());
        assertThat(converted.metadata()).doesNotContainKey("pytorch.key");
    }

    @Test
    void writesOnnx() throws IOException {
        Path file = convert(TinyModel.write(folder.resolve("tiny.safetensors"), 2), "tiny.onnx");
        assertThat(Files.size(file)).isGreaterThan(1000);
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 2);
        Cli same = Cli.run("convert", "-i", model, "-o", model);
        assertThat(same.code()).isEqualTo(2);
        assertThat(same.err()).contains("-o: want another file than the input");
        Cli end = Cli.run("convert", "-i", model, "-o", folder.resolve("model.h5"));
        assertThat(end.code()).isEqualTo(2);
        assertThat(end.err()).contains("want a name ending with .safetensors, .pth, .pt or .onnx");
        Cli type = Cli.run("convert", "-i", model, "-o", folder.resolve("m.onnx"), "--type", "f16");
        assertThat(type.code()).isEqualTo(2);
        Cli whole = Cli.run("convert", "-i", model, "-o", folder.resolve("m.pth"), "--type", "i64");
        assertThat(whole.err()).contains("--type: want f32, f16 or bf16");
        Cli missing = Cli.run("convert", "-i", folder.resolve("none.pth"), "-o", folder.resolve("m.pth"));
        assertThat(missing.code()).isEqualTo(4);
        Path noise = Files.writeString(folder.resolve("noise.pth"), "this is no model");
        Cli wrong = Cli.run("convert", "-i", noise, "-o", folder.resolve("m.pth"));
        assertThat(wrong.code()).isEqualTo(4);
        assertThat(folder.resolve("m.pth")).doesNotExist();
    }
}
