package io.acuity.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.acuity.device.NativeLibrary;
import io.acuity.device.NativeLibrary.Entry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** GPU code that nvcc made of the kernels, held against the table that the C++ compiler made of the same files. */
class KernelImagesTest {
    private static final KernelImages IMAGES = KernelImages.find();
    private static final NativeLibrary LIBRARY = NativeLibrary.load();
    private static final Collection<Entry> KERNELS = LIBRARY.kernels().entries();

    @BeforeAll
    static void wantsImages() {
        assumeTrue(
                KERNELS.stream().anyMatch(kernel -> IMAGES.has(file(kernel) + ".ptx")),
                "SKIPPED: this build has no GPU code of the kernels, as nvcc was not found");
    }

    private static String file(Entry kernel) {
        return LIBRARY.geometry(kernel).file();
    }

    static String ptx(String file) {
        return new String(read(file + ".ptx"), StandardCharsets.UTF_8);
    }

    private static byte[] read(String file) {
        byte[] bytes = IMAGES.read(file);
        if (bytes == null) {
            throw new AssertionError("want GPU code " + file + " in " + IMAGES.where() + ", have none");
        }
        return bytes;
    }

    /** Kinds of the parameters of a kernel in PTX, with the letters of the table's signatures. */
    private static String signature(String ptx, String name) {
        Matcher entry =
                Pattern.compile("\\.visible \\.entry " + name + "\\(([^)]*)\\)").matcher(ptx);
        assertThat(entry.find()).as("entry %s", name).isTrue();
        StringBuilder kinds = new StringBuilder();
        Matcher parameter = Pattern.compile("\\.param \\.(\\w+)").matcher(entry.group(1));
        while (parameter.find()) {
            kinds.append(
                    switch (parameter.group(1)) {
                        case "u64" -> 'P';
                        case "u32" -> 'I';
                        case "f32" -> 'F';
                        default -> '?';
                    });
        }
        return kinds.toString();
    }

    @Test
    void ptxHasEveryKernelWithItsArguments() {
        for (Entry kernel : KERNELS) {
            // PTX does not tell pointers and 64-bit numbers apart
            assertThat(signature(ptx(file(kernel)), kernel.name()))
                    .as(kernel.name())
                    .isEqualTo(kernel.signature().replace('L', 'P').replace('H', 'P'));
        }
    }

    @Test
    void formsForHopperHaveTheArgumentsOfTheirKernels() {
        String ptx = ptx(HopperForm.FILE);
        assertThat(ptx).contains(".version 8.0\n", ".target sm_90a\n");
        List<String> found = new ArrayList<>();
        for (Entry kernel : KERNELS) {
            HopperForm form = HopperForm.of(kernel.name());
            if (form != null) {
                found.add(kernel.name());
                assertThat(signature(ptx, form.function()))
                        .as(form.function())
                        .isEqualTo(kernel.signature().replace('L', 'P').replace('H', 'P'));
            }
        }
        assertThat(found).contains("conv3x3_forward_bf16", "conv3x3_backward_input_bf16");
    }

    @Test
    void ptxIsForDriversFrom525On() {
        for (Entry kernel : KERNELS) {
            assertThat(ptx(file(kernel))
                            .lines()
                            .filter(line -> line.startsWith("."))
                            .limit(2))
                    .as(file(kernel))
                    .containsExactly(".version 8.0", ".target sm_80");
        }
    }

    /** Machine code in a fatbin: after a header of 16 bytes, images with headers of their own. */
    private static List<ByteBuffer> machineCode(byte[] fatbin) {
        ByteBuffer file = ByteBuffer.wrap(fatbin).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(file.getInt(0)).isEqualTo(0xba55ed50);
        List<ByteBuffer> found = new ArrayList<>();
        long end = 16 + file.getLong(8);
        for (int at = 16; at < end; ) {
            int header = file.getInt(at + 4);
            int size = Math.toIntExact(file.getLong(at + 8));
            if (file.getShort(at) == 2) {
                found.add(file.slice(at, header + size).order(ByteOrder.LITTLE_ENDIAN));
            }
            at += header + size;
        }
        return found;
    }

    @Test
    void fatbinsHaveEveryKernelForEachGpu() {
        assumeTrue(
                KERNELS.stream().anyMatch(kernel -> IMAGES.has(file(kernel) + ".fatbin")),
                "SKIPPED: this build has PTX only; ./acuity build --cuda makes fatbins");
        for (Entry kernel : KERNELS) {
            byte[] fatbin = read(file(kernel) + ".fatbin");
            Set<Integer> capabilities = new TreeSet<>();
            for (ByteBuffer image : machineCode(fatbin)) {
                capabilities.add(image.getInt(28));
                byte[] bytes = new byte[image.capacity()];
                image.get(0, bytes);
                assertThat(new String(bytes, StandardCharsets.ISO_8859_1))
                        .as("%s for %d", kernel.name(), image.getInt(28))
                        .contains(".text." + kernel.name() + "\0");
            }
            assertThat(capabilities).as(file(kernel)).contains(80, 90);
        }
    }
}
