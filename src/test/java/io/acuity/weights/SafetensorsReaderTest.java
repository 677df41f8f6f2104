package io.acuity.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Damaged and hostile files: each is refused by one sentence, quickly, and without much memory. */
class SafetensorsReaderTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final byte[] GOOD = good();

    @TempDir
    Path folder;

    @Test
    void refusesEveryTruncation() {
        for (int length = 0; length < GOOD.length; length++) {
            byte[] cut = Arrays.copyOf(GOOD, length);
            assertThatThrownBy(() -> parse(cut)).isInstanceOf(WeightsException.class);
        }
        assertThatThrownBy(() -> parse(Arrays.copyOf(GOOD, GOOD.length + 1)))
                .hasMessage("f: data after the header: want 38 bytes, have 39");
    }

    @Property(tries = 4000)
    void anyChangedByteIsRefusedOrOtherwiseHarmless(
            @ForAll @IntRange(max = 400) int place, @ForAll byte value, @ForAll @IntRange(max = 400) int other) {
        byte[] changed = GOOD.clone();
        changed[place % GOOD.length] = value;
        changed[other % GOOD.length] ^= 1;
        Throwable thrown =
                catchThrowable(() -> parse(changed).tensors().values().forEach(TensorData::count));
        if (thrown != null) {
            assertThat(thrown).isInstanceOf(WeightsException.class).hasMessageStartingWith("f: ");
            assertThat(thrown.toString().length()).isLessThan(400);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "[1]|0|safetensors header: want to start with {, have byte 91",
                "~ {}~|0|safetensors header: want to start with {, have byte 32",
                "{}x|0|safetensors header: JSON at character 2: want the end, have \"x\"",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}|8|"
                        + "safetensors header: JSON at character 54: want each key once; \"a\" comes twice, have \"\"a\":{\"dtype\"\"",
                "{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}|4|tensor a dtype: want one of [F32, F16, BF16, I64, U8], have F33",
                "{\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]}}|4|tensor a dtype: want one of [F32, F16, BF16, I64, U8], have 7",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}|4|tensor a: want the fields dtype, shape and data_offsets, have an object of 2 fields",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}|4|tensor a: want the fields dtype, shape and data_offsets, have an object of 4 fields",
                "{\"a\":1}|4|tensor a: want the fields dtype, shape and data_offsets, have 1",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}|4|tensor a shape: want a list of whole numbers, have 1",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}|4|tensor a shape: want whole numbers from 0 to 2^63 - 1, have -1",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}|4|tensor a shape: want whole numbers from 0 to 2^63 - 1, have 1.0",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[18446744073709551617],\"data_offsets\":[0,4]}}|4|tensor a shape: want whole numbers from 0 to 2^63 - 1, have 1.8446744073709552E19",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}|4|tensor a shape: want at most 8 sizes, have 9",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}|0|tensor a shape: want fewer than 2^63 bytes, have [4294967296, 4294967296]",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}|0|tensor a shape: want fewer than 2^63 bytes, have [4611686018427387904]",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}|4|tensor a data_offsets: want [begin, end] with begin at most end, have [4, 0]",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}|8|tensor a data_offsets: want [begin, end] with begin at most end, have [0, 4, 8]",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}|8|tensor a data_offsets: want 4 bytes for F32 [1], have 8",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[9223372036854775803,9223372036854775807]}}|4|tensor a: want to begin at byte 0 of the data, have 9223372036854775803",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}|4|tensor b: want to begin at byte 4 of the data, have 0",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}|8|tensor b: want to begin at byte 8 of the data, have 4",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}|12|tensor b: want to begin at byte 4 of the data, have 8",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}|3|data after the header: want 4 bytes, have 3",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}|5|data after the header: want 4 bytes, have 5",
                "{}|1|data after the header: want 0 bytes, have 1",
                "{\"__metadata__\":[]}|0|__metadata__: want an object of strings, have a list",
                "{\"__metadata__\":{\"a\":1}}|0|__metadata__.a: want a string, have 1",
            })
    void saysWhatIsWrong(String header, int zeros, String sentence) {
        assertThatThrownBy(() -> parse(SafetensorsTest.file(header, zeros)))
                .isInstanceOf(WeightsException.class)
                .hasMessage("f: " + sentence);
    }

    @Test
    void refusesWhatIsNotUtf8() {
        byte[] file = SafetensorsTest.file("{\"__metadata__\":{\"a\":\"?\"}}", 0);
        file[8 + 21] = (byte) 0xff;
        assertThatThrownBy(() -> parse(file)).hasMessageStartingWith("f: safetensors header: want UTF-8, have ");
    }

    @Test
    void takesTensorsOfNoNumbersAndScalars() {
        StateDict state = parse(SafetensorsTest.file(
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,0],\"data_offsets\":[0,0]},"
                        + "\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}  ",
                4));
        assertThat(state.tensor("a").floats()).isEmpty();
        assertThat(state.tensor("b").floats()).containsExactly(0);
        assertThat(parse(SafetensorsTest.file("{}", 0)).tensors()).isEmpty();
    }

    @Test
    void refusesBombsQuicklyAndInLittleMemory() throws IOException {
        refusedCheaply(header(Long.MAX_VALUE, "{}"), "want 2 to 2, have 9223372036854775807");
        refusedCheaply(header(-1, "{}"), "want 2 to 2, have 18446744073709551615");
        refusedCheaply(header(0, "{}"), "want 2 to 2, have 0");
        refusedCheaply(header(1, "{}"), "want 2 to 2, have 1");
        String most = "{\"a\":[" + "1,".repeat((2 << 19) - 10) + "1]}";
        refusedCheaply(SafetensorsTest.file(most, 0), "at most 200000 values");
        refusedCheaply(
                SafetensorsTest.file("{\"" + "x".repeat((2 << 20) - 30) + "\":[[[[1]]]]}", 0),
                "xxx...: want the fields");
        refusedCheaply(SafetensorsTest.file("{\"a\":" + "[".repeat(2_000_000), 0), "at most 32 levels");
        refusedCheaply(SafetensorsTest.file("{\"a\":" + "9".repeat(2_000_000), 0), "fewer than 64 characters");
        refusedCheaply(SafetensorsTest.file("{\"a\":\"" + "\\".repeat(2_000_000), 0), "want more text");
    }

    /** A header of 100 MB, which the format would allow; the file is sparse. */
    @Test
    void refusesAHugeHeader() throws IOException {
        Path file = folder.resolve("huge.safetensors");
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.write(header(100_000_000, "{"));
            out.setLength(200_000_000);
        }
        long before = allocated();
        assertThatThrownBy(() -> Safetensors.read(file))
                .hasMessage(file + ": safetensors header length: want 2 to 2097152, have 100000000");
        assertThat(allocated() - before).isLessThan(16 << 20);
    }

    private static void refusedCheaply(byte[] file, String sentence) {
        var _ = catchThrowable(() -> parse(file)); // once to load classes
        long bytes = allocated();
        long start = THREADS.getCurrentThreadCpuTime();
        Throwable thrown = catchThrowable(() -> parse(file));
        long millis = (THREADS.getCurrentThreadCpuTime() - start) / 1_000_000;
        bytes = allocated() - bytes;
        assertThat(thrown).isInstanceOf(WeightsException.class).hasMessageContaining(sentence);
        assertThat(millis).as("ms for " + sentence).isLessThan(500); // 50 on a quiet machine
        assertThat(bytes).as("bytes for " + sentence).isLessThan(16L << 20);
    }

    private static long allocated() {
        return THREADS.getCurrentThreadAllocatedBytes();
    }

    private static byte[] header(long length, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(8 + bytes.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put(bytes)
                .array();
    }

    private static StateDict parse(byte[] file) {
        return Safetensors.parse("f", MemorySegment.ofArray(file));
    }

    private static byte[] good() {
        LinkedHashMap<String, TensorData> tensors = new LinkedHashMap<>();
        tensors.put("head.0.weight", TensorData.of(new float[] {1, 2, 3, 4, 5, 6}, 1, 2, 3));
        tensors.put("head.0.bias", TensorData.of(new float[] {7, 8, 9}, 3).storedAs(DataType.F16));
        tensors.put("step", TensorData.of(new long[] {12}));
        try {
            return SafetensorsTest.bytes(StateDict.of(tensors).withMetadata(Map.of("format", "pt")));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
