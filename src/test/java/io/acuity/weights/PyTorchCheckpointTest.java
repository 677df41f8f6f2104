package io.acuity.weights;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.TestData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PyTorchCheckpointTest {
    private static final long[] TWO_BY_THREE = {2, 3};
    private static final byte[] SIX = PickleText.floats(1, 2, 3, 4, 5, 6);

    private static StateDict parse(byte[] file) {
        return PyTorchCheckpoint.parse("m.pth", MemorySegment.ofArray(file));
    }

    private static PickleText tensor(PickleText text, long... strides) {
        return text.tensor("FloatStorage", "0", 6, 0, TWO_BY_THREE, strides);
    }

    private static byte[] bare(long... strides) {
        return tensor(PickleText.start().text("}").string("w"), strides)
                .text("s")
                .stop();
    }

    /** Every tensor of nine checkpoints by other projects: the numbers PyTorch itself read out of them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "carn_m",
                "imdn_baseline",
                "lpips_v0.1_alex",
                "rfdn_baseline",
                "team03_fmen",
                "team04_rlfn",
                "team18_bsrn",
                "team28_nasnetbn",
                "vdsr"
            })
    void readsOthersCheckpointsToTheBit(String name) throws Exception {
        Path file = TestData.of("weights/" + name + ".pth");
        StateDict state = PyTorchCheckpoint.read(file);
        String json = Files.readString(TestData.of("weights/" + name + ".pth.json"));
        Map<?, ?> described = (Map<?, ?>) Json.parse(json.replace(": null", ": 0"));
        List<?> tensors = (List<?>) requireNonNull(described.get("tensors"));
        assertThat(state.tensors()).hasSameSizeAs(tensors);
        for (Object item : tensors) {
            Map<?, ?> want = (Map<?, ?>) item;
            TensorData have = state.tensor(String.valueOf(want.get("name")));
            assertThat(have.shape()).as("%s", want.get("name")).isEqualTo(want.get("shape"));
            assertThat(have.type()).isEqualTo("int64".equals(want.get("dtype")) ? DataType.I64 : DataType.F32);
            assertThat(ModelBytes.sha256(have.bytes()))
                    .as("%s", want.get("name"))
                    .isEqualTo(want.get("sha256_le"));
        }
    }

    @Test
    void readsBothContainers() {
        byte[] object = bare(3, 1);
        for (byte[] file : List.of(
                PickleText.zip(object, Map.of("0", SIX)), PickleText.legacy(object, Map.of("0", SIX), Float.BYTES))) {
            TensorData tensor = parse(file).tensor("w");
            assertThat(tensor.shape()).containsExactly(2L, 3L);
            assertThat(tensor.floats()).containsExactly(1, 2, 3, 4, 5, 6);
        }
    }

    @Test
    void readsADeflatedArchive() {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("m/data.pkl", bare(3, 1));
        entries.put("m/data/0", SIX);
        assertThat(parse(PickleText.archive(entries, ZipEntry.DEFLATED))
                        .tensor("w")
                        .floats())
                .containsExactly(1, 2, 3, 4, 5, 6);
    }

    @Test
    void readsTransposedTensors() {
        assertThat(parse(PickleText.zip(bare(1, 2), Map.of("0", SIX)))
                        .tensor("w")
                        .floats())
                .containsExactly(1, 3, 5, 2, 4, 6);
    }

    @Test
    void readsEveryTypeOfNumbers() {
        PickleText text = PickleText.start().text("}(");
        text.string("h").tensor("HalfStorage", "0", 1, 0, new long[] {1}, new long[] {1});
        text.string("b").tensor("BFloat16Storage", "1", 1, 0, new long[] {1}, new long[] {1});
        text.string("l").tensor("LongStorage", "2", 1, 0, new long[] {}, new long[] {});
        text.string("u").tensor("ByteStorage", "3", 1, 0, new long[] {1}, new long[] {1});
        Map<String, byte[]> storages = new LinkedHashMap<>();
        storages.put("0", new byte[] {0, 0x3e}); // 1.5
        storages.put("1", new byte[] {(byte) 0xc0, (byte) 0xbf}); // -1.5
        storages.put("2", new byte[] {-1, -1, -1, -1, -1, -1, -1, -1});
        storages.put("3", new byte[] {7});
        StateDict state = parse(PickleText.zip(text.text("u").stop(), storages));
        assertThat(state.tensor("h").floats()).containsExactly(1.5f);
        assertThat(state.tensor("b").floats()).containsExactly(-1.5f);
        assertThat(state.tensor("l").longs()).containsExactly(-1L);
        assertThat(state.tensor("l").shape()).isEmpty();
        assertThat(state.tensor("u").bytes().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 7);
    }

    /** The moving average before the raw weights, either before a bare tensor beside them. */
    @Test
    void findsNestedWeights() {
        PickleText text =
                PickleText.start().text("}(").string("params").text("}").string("w");
        text.tensor("FloatStorage", "0", 6, 0, new long[] {2}, new long[] {1}).text("s");
        text.string("params_ema").text("}").string("module.w");
        text.tensor("FloatStorage", "0", 6, 4, new long[] {2}, new long[] {1}).text("s");
        text.string("best").tensor("FloatStorage", "0", 6, 2, new long[] {1}, new long[] {1});
        text.string("epoch").number(9).text("u");
        StateDict state = parse(PickleText.zip(text.stop(), Map.of("0", SIX)));
        assertThat(state.tensors()).containsOnlyKeys("w");
        assertThat(state.tensor("w").floats()).containsExactly(5, 6);
        assertThat(state.metadata()).containsEntry(PyTorchCheckpoint.KEY, "params_ema");
    }

    @Test
    void sharesATensorUnderTwoNames() {
        PickleText text = PickleText.start().text("}(");
        tensor(text.string("a"), 3, 1);
        tensor(text.string("b"), 3, 1);
        StateDict state = parse(PickleText.zip(text.text("u").stop(), Map.of("0", SIX)));
        assertThat(state.tensor("b")).isSameAs(state.tensor("a"));
    }

    @Test
    void writesWhatItReads(@TempDir Path folder) throws IOException {
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        tensors.put("body.0.weight", TensorData.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
        tensors.put("half", TensorData.of(new float[] {0.5f}, 1).storedAs(DataType.F16));
        tensors.put("brain", TensorData.of(new float[] {0.5f}, 1).storedAs(DataType.BF16));
        tensors.put("count", TensorData.of(new long[] {1L << 40}));
        tensors.put("none", TensorData.of(new float[0], 0, 4));
        StateDict state = StateDict.of(new LinkedHashMap<>(tensors)).withMetadata(Map.of("acuity.arch", "edsr \"x\""));
        Path file = folder.resolve("m.pth");
        PyTorchCheckpoint.write(file, state);
        StateDict again = ModelBytes.read(file);
        assertThat(again).isEqualTo(state);
        assertThat(again.tensors().sequencedKeySet()).containsExactlyElementsOf(tensors.keySet());
        byte[] first = Files.readAllBytes(file);
        PyTorchCheckpoint.write(file, again);
        assertThat(Files.readAllBytes(file)).isEqualTo(first);
    }

    /** The layout torch.load wants: its root folder, stored entries, numbers at multiples of 64, the calls in their order. */
    @Test
    void writesTorchsOwnLayout(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("m.pth");
        PyTorchCheckpoint.write(
                file,
                StateDict.of(new LinkedHashMap<>(Map.of("w", TensorData.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3)))));
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                assertThat(entry.getMethod()).isEqualTo(ZipEntry.STORED);
                entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
            }
        }
        assertThat(entries.keySet())
                .containsExactly("archive/data.pkl", "archive/byteorder", "archive/data/0", "archive/version");
        assertThat(entries.get("archive/data/0")).isEqualTo(SIX);
        assertThat(entries.get("archive/version")).isEqualTo("3\n".getBytes(StandardCharsets.US_ASCII));
        byte[] all = Files.readAllBytes(file);
        assertThat(Collections.indexOfSubList(list(all), list(SIX)) % 64).isZero();
        PickleText want = PickleText.start().text("}(").string("w");
        want.text("ctorch._utils\n_rebuild_tensor_v2\n((").string("storage").text("ctorch\nFloatStorage\n");
        want.string("0").string("cpu").text("J").int4(6).text("tQJ").int4(0);
        want.text("(J")
                .int4(2)
                .text("J")
                .int4(3)
                .text("t(J")
                .int4(3)
                .text("J")
                .int4(1)
                .text("t\u0089");
        want.text("ccollections\nOrderedDict\n)RtRu");
        assertThat(entries.get("archive/data.pkl")).isEqualTo(want.stop());
    }

    private static List<Byte> list(byte[] bytes) {
        Byte[] boxed = new Byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            boxed[i] = bytes[i];
        }
        return List.of(boxed);
    }

    @Test
    void saysWhatIsMissing() {
        assertThatThrownBy(() -> parse(PickleText.zip(bare(3, 1), Map.of())))
                .isInstanceOf(WeightsException.class)
                .hasMessage("m.pth: zip archive: want an entry m/data/0, have none");
        assertThatThrownBy(() -> parse(PickleText.zip(bare(3, 1), Map.of("0", PickleText.floats(1, 2)))))
                .hasMessage("m.pth: storage of tensor w: want 6 numbers of 4 bytes, have 8 bytes");
        assertThatThrownBy(
                        () -> parse(PickleText.zip(PickleText.start().number(3).stop(), Map.of())))
                .hasMessage("m.pth: PyTorch checkpoint: want a state dict, bare or as one of "
                        + "[params_ema, params, state_dict, model], have 3 without tensors");
        PickleText wide = PickleText.start().text("}").string("w");
        wide.tensor("DoubleStorage", "0", 1, 0, new long[] {1}, new long[] {1}).text("s");
        assertThatThrownBy(() -> parse(PickleText.zip(wide.stop(), Map.of("0", new byte[8]))))
                .hasMessage("m.pth: tensor w: want numbers of [F32, F16, BF16, I64, U8], have DOUBLE");
    }

    @Test
    void refusesWhatIsNoCheckpoint(@TempDir Path folder) throws IOException {
        byte[] tar = new byte[512];
        System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);
        Path file = Files.write(folder.resolve("old.pth"), tar);
        assertThatThrownBy(() -> ModelBytes.read(file))
                .hasMessageEndingWith("want a zip archive or a stream of pickles, have a tar archive of PyTorch before "
                        + "0.1.10; load and save it there once");
        Map<String, byte[]> script = new LinkedHashMap<>();
        script.put("m/data.pkl", bare(3, 1));
        script.put("m/constants.pkl", new byte[0]);
        assertThatThrownBy(() -> parse(PickleText.archive(script, ZipEntry.STORED)))
                .hasMessage("m.pth: PyTorch checkpoint: want a state dict, have TorchScript; save the module's "
                        + "state_dict() instead");
    }
}
