package io.acuity.weights;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
    @TempDir
    Path folder;

    /** The file that the format's own implementation writes for six zeros (its serialization test). */
    @Test
    void readsAFileOfTheReferenceImplementation() {
        byte[] file = file("{\"attn.0\":{\"dtype\":\"F32\",\"shape\":[1,2,3],\"data_offsets\":[0,24]}}", 24);
        assertThat(file[0]).isEqualTo((byte) 64);
        StateDict state = Safetensors.parse("reference", MemorySegment.ofArray(file));
        assertThat(state.metadata()).isEmpty();
        assertThat(state.tensors()).containsOnlyKeys("attn.0");
        assertThat(state.tensor("attn.0").shape()).containsExactly(1L, 2L, 3L);
        assertThat(state.tensor("attn.0").floats()).containsExactly(0, 0, 0, 0, 0, 0);
    }

    @Test
    void writesKnownBytes() throws IOException {
        LinkedHashMap<String, TensorData> tensors = new LinkedHashMap<>();
        tensors.put("b", TensorData.of(new float[] {1, -2}, 2).storedAs(DataType.F16));
        tensors.put("c", TensorData.of(new float[] {0.5f}, 1, 1));
        tensors.put("a", TensorData.of(new byte[] {7}, 1));
        byte[] written = bytes(StateDict.of(tensors).withMetadata(Map.of("format", "pt")));
        String header = "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"c\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]},"
                + "\"b\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[4,8]},"
                + "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[8,9]}}";
        int data = (8 + header.length() + 63) / 64 * 64;
        ByteBuffer want = ByteBuffer.allocate(data + 9).order(ByteOrder.LITTLE_ENDIAN);
        want.putLong(data - 8).put((header + " ".repeat(data - 8 - header.length())).getBytes(US_ASCII));
        want.putFloat(0.5f).putShort((short) 0x3c00).putShort((short) 0xc000).put((byte) 7);
        assertThat(written).isEqualTo(want.array());
    }

    @Property(tries = 200)
    void readsBackWhatItWrote(@ForAll("states") StateDict state) throws IOException {
        byte[] written = bytes(state);
        StateDict read = Safetensors.parse("memory", MemorySegment.ofArray(written));
        assertThat(read.metadata()).isEqualTo(state.metadata());
        assertThat(read.tensors()).isEqualTo(state.tensors());
        assertThat(bytes(read)).isEqualTo(written);
    }

    @Provide
    Arbitrary<StateDict> states() {
        Arbitrary<String> name = Arbitraries.strings()
                .ascii()
                .ofMinLength(1)
                .ofMaxLength(12)
                .filter(text -> !text.equals("__metadata__"));
        Arbitrary<TensorData> tensor = Combinators.combine(
                        Arbitraries.of(DataType.class),
                        Arbitraries.longs()
                                .between(0, 4)
                                .list()
                                .ofMaxSize(8)
                                .filter(s -> s.stream().reduce(1L, Math::multiplyExact) < 5000),
                        Arbitraries.randomValue(random -> random))
                .as((type, shape, random) -> {
                    byte[] bytes = new byte[(int) TensorData.byteSize(type, shape)];
                    random.nextBytes(bytes);
                    return new TensorData(type, shape, MemorySegment.ofArray(bytes));
                });
        return Combinators.combine(
                        Arbitraries.maps(name, tensor).ofMaxSize(6),
                        Arbitraries.maps(
                                        name,
                                        Arbitraries.strings().ofMaxLength(5).filter(SafetensorsTest::encodable))
                                .ofMaxSize(3))
                .as((tensors, notes) ->
                        StateDict.of(new LinkedHashMap<>(tensors)).withMetadata(notes));
    }

    private static boolean encodable(String text) {
        return UTF_8.newEncoder().canEncode(text);
    }

    @Test
    void mapsAFileThatMayBeReplacedMeanwhile() {
        Path file = folder.resolve("edsr.safetensors");
        Safetensors.write(file, one("weight", new float[] {1, 2, 3}));
        StateDict first = Safetensors.read(file);
        assertThat(first.tensor("weight").bytes().isMapped()).isTrue();
        Safetensors.write(file, one("weight", new float[] {4, 5, 6}));
        assertThat(first.tensor("weight").floats()).containsExactly(1, 2, 3);
        assertThat(Safetensors.read(file).tensor("weight").floats()).containsExactly(4, 5, 6);
    }

    @Test
    void readsAStream() throws IOException {
        Path file = folder.resolve("edsr.safetensors");
        Safetensors.write(file, one("weight", new float[] {1, 2, 3}));
        try (var in = Files.newInputStream(file)) {
            assertThat(Safetensors.read("resource", in)).isEqualTo(Safetensors.read(file));
        }
    }

    @Test
    void namesTheFileThatCannotBeRead() throws IOException {
        assertThatThrownBy(() -> Safetensors.read(folder.resolve("none")))
                .isInstanceOf(WeightsException.class)
                .hasMessage(folder.resolve("none") + ": there is no such file");
        assertThatThrownBy(() -> Safetensors.read(folder))
                .hasMessage(folder + ": want a file, have a folder or device");
        Path empty = Files.createFile(folder.resolve("empty"));
        assertThatThrownBy(() -> Safetensors.read(empty))
                .hasMessage(empty + ": safetensors file: want at least 8 bytes, have 0");
        assertThatThrownBy(() -> one("weight", new float[1]).tensor("bias"))
                .hasMessage("want a tensor named bias, have 1 of other names");
    }

    @Test
    void storesSmallerButKeepsWholeNumbers() {
        LinkedHashMap<String, TensorData> tensors = new LinkedHashMap<>();
        tensors.put("weight", TensorData.of(new float[] {0.1f}, 1));
        tensors.put("step", TensorData.of(new long[] {12}, 1));
        StateDict small = StateDict.of(tensors).storedAs(DataType.F16);
        assertThat(small.tensor("weight").type()).isEqualTo(DataType.F16);
        assertThat(small.tensor("weight").floats()).containsExactly(0.099975586f);
        assertThat(small.tensor("step")).isEqualTo(tensors.get("step"));
        assertThat(List.copyOf(small.tensors().keySet())).containsExactly("weight", "step");
    }

    static StateDict one(String name, float[] values) {
        LinkedHashMap<String, TensorData> tensors = new LinkedHashMap<>();
        tensors.put(name, TensorData.of(values, values.length));
        return StateDict.of(tensors);
    }

    static byte[] bytes(StateDict state) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Safetensors.write(out, state);
        return out.toByteArray();
    }

    /** A file of any header and so many zeros. */
    static byte[] file(String header, int zeros) {
        byte[] text = header.getBytes(UTF_8);
        return ByteBuffer.allocate(8 + text.length + zeros)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .put(text)
                .array();
    }
}
