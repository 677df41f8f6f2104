package io.acuity.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.management.ThreadMXBean;
import io.acuity.TestData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged and hostile checkpoints: each is refused by one sentence within a second and 64 MB, and nothing is executed. */
class HostileCheckpointTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long MOST_BYTES = 64L << 20;
    private static final long MOST_NANOS = 1_000_000_000L;
    private static final byte[] SIX = PickleText.floats(1, 2, 3, 4, 5, 6);
    private static final long[] NUMBERS = {2, 3};

    @TempDir
    Path folder;

    /** Two tensors, one of them transposed. */
    private static byte[] object() {
        PickleText text = PickleText.start().text("ccollections\nOrderedDict\n)R(");
        text.string("a.weight").tensor("FloatStorage", "0", 6, 0, NUMBERS, new long[] {3, 1});
        text.string("b.weight").tensor("FloatStorage", "1", 6, 0, NUMBERS, new long[] {1, 2});
        return text.text("u").stop();
    }

    private static Map<String, byte[]> storages() {
        Map<String, byte[]> storages = new LinkedHashMap<>();
        storages.put("0", SIX);
        storages.put("1", SIX);
        return storages;
    }

    static Stream<Supplier<byte[]>> files() {
        return Stream.of(
                () -> PickleText.zip(object(), storages()),
                () -> PickleText.legacy(object(), storages(), Float.BYTES),
                () -> written(),
                () -> thirdParty("weights/lpips_v0.1_alex.pth"),
                () -> thirdParty("weights/team04_rlfn.pth"),
                () -> thirdParty("weights/vdsr.pth"));
    }

    private static byte[] written() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            PyTorchCheckpoint.write(
                    out, PyTorchCheckpoint.parse("f", MemorySegment.ofArray(PickleText.zip(object(), storages()))));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    private static byte[] thirdParty(String path) {
        try {
            return Files.readAllBytes(TestData.of(path));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Refused within the limits, or read to tensors all of whose numbers are there. */
    private static @Nullable Throwable outcome(byte[] file) {
        MemorySegment bytes = MemorySegment.ofArray(file);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        Throwable thrown = catchThrowable(() -> ModelBytes.parse("f", bytes)
                .tensors()
                .values()
                .forEach(tensor -> {
                    switch (tensor.type()) {
                        case F32, F16, BF16 -> assertThat(tensor.floats()).hasSize((int) tensor.count());
                        case I64 -> assertThat(tensor.longs()).hasSize((int) tensor.count());
                        case U8 -> assertThat(tensor.bytes().byteSize()).isEqualTo(tensor.count());
                    }
                }));
        assertThat(System.nanoTime() - start).isLessThan(MOST_NANOS);
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(MOST_BYTES);
        if (thrown != null) {
            assertThat(thrown).isInstanceOf(WeightsException.class).hasMessageStartingWith("f: ");
            assertThat(thrown.getMessage()).hasSizeLessThan(600).doesNotContain("\n");
        }
        return thrown;
    }

    private static String refusal(byte[] file) {
        Throwable thrown = outcome(file);
        assertThat(thrown).as("the refusal").isNotNull();
        return String.valueOf(thrown == null ? null : thrown.getMessage());
    }

    private static String refusedPickle(byte[] pickle) {
        String sentence = refusal(PickleText.zip(pickle, Map.of("0", SIX)));
        assertThat(refusal(PickleText.legacy(pickle, Map.of("0", SIX), Float.BYTES)))
                .isNotEmpty();
        return sentence;
    }

    @ParameterizedTest
    @MethodSource("files")
    void refusesTruncations(Supplier<byte[]> source) {
        byte[] good = source.get();
        assertThat(outcome(good)).isNull();
        for (int i = 0; i < 64; i++) {
            refusal(Arrays.copyOf(good, (int) ((long) good.length * i / 64)));
        }
        refusal(Arrays.copyOf(good, good.length - 1));
        refusal(Arrays.copyOf(good, good.length + 1));
    }

    /** Half of them in the first kilobytes, where the structure is. */
    @ParameterizedTest
    @MethodSource("files")
    void anyChangedByteIsRefusedOrHarmless(Supplier<byte[]> source) {
        byte[] good = source.get();
        Random random = new Random(7);
        for (int i = 0; i < 1000; i++) {
            int within = i % 2 == 0 ? good.length : Math.min(good.length, 8192);
            int place = random.nextInt(within);
            byte kept = good[place];
            good[place] ^= (byte) (1 + random.nextInt(255));
            outcome(good);
            good[place] = kept;
        }
    }

    @Test
    void refusesAPickleThatClaimsTwoGigabytes() {
        byte[] claim =
                new PickleText().bytes(0x80, 4, 0x8d).int8(1L << 31).text("...").unfinished();
        assertThat(claim).hasSize(14);
        refusal(claim);
        assertThat(refusedPickle(claim)).contains("want a string of at most 3 bytes, have 2147483648");
        for (int operation : new int[] {'T', 'X', 'B', 0x8d, 0x8e}) {
            byte[] other = new PickleText()
                    .bytes(0x80, 4, operation)
                    .int4(-2)
                    .int4(-1)
                    .text(".")
                    .unfinished();
            refusedPickle(other);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "posix.system",
                "os.system",
                "builtins.eval",
                "builtins.getattr",
                "__builtin__.eval",
                "subprocess.Popen",
                "torch.storage._load_from_bytes",
                "torch.jit.load",
                "numpy.core.multiarray._reconstruct",
                "java.lang.Runtime",
                "collections.OrderedDict.__reduce__"
            })
    void refusesNamesByTheirName(String name) {
        Path marker = folder.resolve("marker");
        String command = "touch " + marker;
        String module = name.substring(0, name.lastIndexOf('.'));
        String function = name.substring(name.lastIndexOf('.') + 1);
        List<byte[]> pickles = List.of(
                PickleText.start()
                        .text("c" + module + "\n" + function + "\n(")
                        .string(command)
                        .text("tR")
                        .stop(),
                PickleText.start()
                        .string(module)
                        .string(function)
                        .bytes(0x93)
                        .text("(")
                        .string(command)
                        .text("tR")
                        .stop(),
                PickleText.start()
                        .text("(")
                        .string(command)
                        .text("i" + module + "\n" + function + "\n")
                        .stop(),
                PickleText.start()
                        .text("(c" + module + "\n" + function + "\n")
                        .string(command)
                        .text("o")
                        .stop(),
                PickleText.start()
                        .text("c" + module + "\n" + function + "\n)")
                        .bytes(0x81)
                        .stop(),
                PickleText.start()
                        .text("c" + module + "\n" + function + "\n(")
                        .string(command)
                        .text("tQ")
                        .stop());
        for (byte[] pickle : pickles) {
            assertThat(refusedPickle(pickle)).contains("the name " + name + ", which is refused");
        }
        assertThat(marker).doesNotExist();
    }

    /** In the place where a module's class is named any name passes, for it is kept as a name; nothing can be done with it. */
    @Test
    void namesOfModulesAreNamesOnly() {
        Path marker = folder.resolve("marker");
        String id = "(X\u0006\u0000\u0000\u0000modulecposix\nsystem\n";
        PickleText called = PickleText.start()
                .text(id)
                .text("N")
                .text("NtQ(")
                .string("touch " + marker)
                .text("tR");
        assertThat(refusedPickle(called.stop())).contains("want a call of a known name, have a call of posix.system");
        PickleText made = PickleText.start()
                .text(id)
                .text("NNtQ(")
                .string("touch " + marker)
                .text("t")
                .bytes(0x81);
        assertThat(refusedPickle(made.stop())).contains("want a new module or OrderedDict, have a new posix.system");
        PickleText built =
                PickleText.start().text(id).text("NNtQ)").bytes(0x81).text("}").string("_modules");
        assertThat(refusedPickle(built.text("}sb").stop())).contains("have a module posix.system without tensors");
        assertThat(marker).doesNotExist();
    }

    @Test
    void refusesOperationsThatPyTorchDoesNotWrite() {
        for (int operation : new int[] {'P', 'o', 0x82, 0x83, 0x84, 0x92, 0x96, 0x97, 0x98, 'V', 'S', 'I', 'F', 0xff}) {
            byte[] pickle = PickleText.start()
                    .text("N")
                    .bytes(operation, 1, 1, 1, '\n', '\n')
                    .stop();
            assertThat(refusedPickle(pickle))
                    .contains("want an operation that PyTorch writes, have 0x%02x".formatted(operation));
        }
        assertThat(refusedPickle(PickleText.start().text("(((((").stop()))
                .contains("want a value on the stack, have none");
        assertThat(refusedPickle(PickleText.start().text("(".repeat(65)).stop()))
                .contains("want at most 64 levels");
        assertThat(refusedPickle(PickleText.start().text("h\u0001").stop())).contains("want a remembered value");
        assertThat(refusedPickle(PickleText.start().text("Q").stop())).contains("want a value on the stack");
    }

    /** A megabyte of dictionaries, of copies of a list, and of marks and tuples in one another. */
    @Test
    void boundsTheMemoryOfAPickle() {
        int megabyte = 1 << 20;
        assertThat(refusedPickle(PickleText.start().text("}".repeat(megabyte)).stop()))
                .contains("want a pickle that needs at most 32 MB, have more");
        PickleText many = PickleText.start().text("](" + "N".repeat(100_000) + "eq\u0001");
        assertThat(refusedPickle(many.text("(h\u0001tq\u0002")
                        .text("ccollections\nOrderedDict\n(h\u0001tR".repeat(1000))
                        .stop()))
                .contains("want");
        refusedPickle(PickleText.start().text(")" + "\u0085".repeat(megabyte)).stop());
        refusedPickle(
                PickleText.start().text("]q\u0001" + "h\u0001a".repeat(100_000)).stop());
    }

    /** 16 levels of modules, each holding the one below ten times: 10^16 ways through them. */
    @Test
    void boundsTheWayThroughModules() {
        String id = "(X\u0006\u0000\u0000\u0000modulecm\nNet\nNNtQ";
        PickleText text = PickleText.start().text(id + "q\u0000)\u0081q\u0001");
        for (int level = 1; level < 16; level++) {
            text.text("h\u0000)\u0081}").string("_modules").text("}(");
            for (int i = 0; i < 10; i++) {
                text.string("m" + i).text("h").bytes(level);
            }
            text.text("usb").text("q").bytes(level + 1);
        }
        assertThat(refusedPickle(text.text("0".repeat(16) + "h\u0010").stop()))
                .contains("want at most 200000 fields and parts, have more");
    }

    @Test
    void refusesTensorsOutsideTheirStorage() {
        long[][][] views = {
            {{7}, {1}, {0}},
            {{2, 3}, {3, 1}, {1}},
            {{2, 3}, {4, 1}, {0}},
            {{1L << 32, 1L << 32}, {0, 0}, {0}},
            {{1L << 62, 2}, {1, 1}, {0}},
            {{1000}, {0}, {0}},
            {{3, 3}, {1, 1}, {0}},
            {{2}, {1}, {Long.MAX_VALUE}},
            {{2}, {-1}, {1}},
            {{-2}, {1}, {0}},
            {{2}, {1}, {-1}},
            {{2, 2}, {1}, {0}},
            {{1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {0}}
        };
        for (long[][] view : views) {
            PickleText text = PickleText.start().text("}").string("w");
            text.tensor("FloatStorage", "0", 6, view[2][0], view[0], view[1]).text("s");
            assertThat(refusedPickle(text.stop())).contains("_rebuild_tensor_v2");
        }
    }

    @Test
    void refusesOverlappingTensors() {
        PickleText text = PickleText.start().text("}(");
        text.string("a").tensor("FloatStorage", "0", 6, 0, new long[] {4}, new long[] {1});
        text.string("b").tensor("FloatStorage", "0", 6, 3, new long[] {3}, new long[] {1});
        assertThat(refusedPickle(text.text("u").stop()))
                .contains(
                        "tensor b: want to begin at number 4 of its storage or behind, where the one before ends, have 3");
    }

    @Test
    void refusesOneStorageWithTwoSizes() {
        PickleText text = PickleText.start().text("}(");
        text.string("a").tensor("FloatStorage", "0", 6, 0, new long[] {4}, new long[] {1});
        text.string("b").tensor("HalfStorage", "0", 12, 8, new long[] {3}, new long[] {1});
        assertThat(refusedPickle(text.text("u").stop())).contains("want each storage with one type and size");
    }

    @Test
    void refusesZipBombs() {
        PickleText text = PickleText.start().text("}").string("w");
        text.tensor("FloatStorage", "0", 8 << 20, 0, new long[] {8 << 20}, new long[] {1})
                .text("s");
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("m/data.pkl", text.stop());
        entries.put("m/data/0", new byte[32 << 20]);
        byte[] bomb = PickleText.archive(entries, ZipEntry.DEFLATED);
        assertThat(bomb).hasSizeLessThan(64 << 10);
        assertThat(refusal(bomb)).contains("zip entry m/data/0: want at most 64 times its ");
    }

    /** A directory that names one run of deflated bytes many times, or runs inside one another. */
    @Test
    void refusesOverlappingZipEntries() {
        byte[] zip = PickleText.zip(object(), storages());
        int end = zip.length - 22;
        int directory = PickleText.little(4).put(zip, end + 16, 4).getInt(0);
        int first = directory;
        int second = first + 46 + zip[first + 28] + zip[first + 30];
        System.arraycopy(zip, first + 42, zip, second + 42, 4); // both begin at the same local header
        refusal(zip);
    }

    @Test
    void refusesNamesThatClimb() {
        for (String name : List.of("../x", "m/../../x", "/etc/passwd", "m\\x", "m/\0x")) {
            Map<String, byte[]> entries = new LinkedHashMap<>();
            entries.put("m/data.pkl", object());
            entries.put(name, SIX);
            assertThat(refusal(PickleText.archive(entries, ZipEntry.STORED))).contains("want plain names inside it");
        }
        PickleText text = PickleText.start().text("}").string("w");
        text.tensor("FloatStorage", "../../../etc/passwd", 6, 0, NUMBERS, new long[] {3, 1})
                .text("s");
        assertThat(refusedPickle(text.stop())).contains("want an entry m/data/../../../etc/passwd, have none");
    }

    /** The random bytes of a fuzzer without feedback. */
    @Test
    void refusesNoise() {
        Random random = new Random(3);
        for (int i = 0; i < 2000; i++) {
            byte[] noise = new byte[random.nextInt(300)];
            random.nextBytes(noise);
            outcome(noise);
            byte[] pickle = PickleText.start().raw(noise).stop();
            outcome(PickleText.zip(pickle, Map.of()));
        }
        refusal("a model".getBytes(StandardCharsets.US_ASCII));
    }
}
