package io.acuity.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.DeviceException;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The forms of kernels/sm90 against those for every GPU: on a GPU of compute capability 9.0, where {@code acuity.devices} names it; and
 * how they are launched, on the stand-in driver, which runs the emulated kernel in their stead.
 */
class HopperTest {
    private static final int CHANNELS = 64;
    private static final List<int[]> IMAGES = List.of(
            new int[] {1, 1, 1}, new int[] {1, 6, 24}, new int[] {2, 7, 25}, new int[] {3, 13, 50}, new int[] {1, 48, 48
            });
    /** More tiles than blocks, so that blocks take several. */
    private static final int[] LARGE = {4, 90, 160};

    /** What a kernel makes of images, with everything that it may be given or with nothing. */
    private interface Pass {
        double[] of(Device device, int[] image, boolean all);
    }

    private static final Map<String, Pass> PASSES = Map.of(
            "forward", HopperTest::forward,
            "input", HopperTest::backwardInput,
            "input beside a skip", HopperTest::backwardInputSkip,
            "forward with sums", HopperTest::forwardSums,
            "input with sums of a product", HopperTest::backwardProduct);

    /** The bits of random numbers in [-1, 1) as bf16. */
    private static short[] noise(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        short[] bits = new short[count];
        for (int i = 0; i < count; i++) {
            bits[i] = (short) (Float.floatToRawIntBits(random.nextFloat() * 2 - 1) >>> 16);
        }
        return bits;
    }

    private static Buffer features(Device device, int[] image, long seed) {
        short[] bits = noise(image[0] * image[1] * image[2] * CHANNELS, seed);
        Buffer buffer = device.allocate(2L * bits.length).as(Precision.BF16);
        device.upload(MemorySegment.ofArray(bits), buffer);
        return buffer;
    }

    private static Buffer parameters(Device device, int count, float scale, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = scale * (random.nextFloat() * 2 - 1);
        }
        Buffer buffer = device.allocate(4L * count);
        device.upload(MemorySegment.ofArray(values), buffer);
        return buffer;
    }

    private static double[] read(Device device, Buffer buffer) {
        short[] bits = new short[(int) (buffer.bytes() / 2)];
        device.download(buffer, MemorySegment.ofArray(bits));
        double[] values = new double[bits.length];
        for (int i = 0; i < bits.length; i++) {
            values[i] = Float.intBitsToFloat(bits[i] << 16);
        }
        return values;
    }

    private static Buffer packed(Device device, String pass) {
        int numbers = CHANNELS * CHANNELS * 9;
        Buffer packed = device.allocate(2L * numbers).as(Precision.BF16);
        Buffer weight = parameters(device, numbers, 1 / 24f, 1);
        device.launch(
                new Kernel("conv3x3_pack_" + pass), Grid.cover(numbers / 8), weight, packed, CHANNELS, CHANNELS, 1, 0);
        return packed;
    }

    /** y of a convolution with everything that may follow it, or with nothing. */
    private static double[] forward(Device device, int[] s, boolean all) {
        Buffer y = features(device, s, 3); // also the residual: written in place
        device.launch(
                new Kernel("conv3x3_forward"),
                Grid.cover(CHANNELS, s[2], s[1]).times(s[0]),
                features(device, s, 2),
                packed(device, "forward"),
                all ? parameters(device, CHANNELS, 1, 4) : null,
                all ? y : null,
                y,
                s[0],
                s[1],
                s[2],
                CHANNELS,
                CHANNELS,
                1,
                all ? 1 : 0,
                all ? 0.5f : 1f);
        return read(device, y);
    }

    private static Buffer sums(Device device, int[] s) {
        return device.allocate(4L * CHANNELS * (1 + s[0] * (s[1] / 6 + 1) * (s[2] / 16 + 1)));
    }

    /** y, and its sums over each image's pixels, of all tiles that the kernel says there are. */
    private static double[] forwardSums(Device device, int[] s, boolean bias) {
        Buffer y = features(device, s, 13);
        Buffer sums = sums(device, s);
        device.launch(
                new Kernel("conv3x3_forward_sums"),
                Grid.cover(CHANNELS, s[2], s[1]).times(s[0]),
                features(device, s, 11),
                packed(device, "forward"),
                bias ? parameters(device, CHANNELS, 1, 12) : null,
                y,
                sums,
                s[0],
                s[1],
                s[2],
                CHANNELS,
                CHANNELS);
        return withTotals(device, s[0], y, sums);
    }

    /** dx, added to what is there or not, and the same sums of its product with another tensor. */
    private static double[] backwardProduct(Device device, int[] s, boolean added) {
        Buffer dx = features(device, s, 14);
        Buffer sums = sums(device, s);
        device.launch(
                new Kernel("conv3x3_backward_input_product"),
                Grid.cover(CHANNELS, s[2], s[1]).times(s[0]),
                features(device, s, 15),
                packed(device, "backward"),
                added ? dx : null,
                features(device, s, 16),
                dx,
                sums,
                s[0],
                s[1],
                s[2],
                CHANNELS,
                CHANNELS,
                0.5f);
        return withTotals(device, s[0], dx, sums);
    }

    /** A kernel's results and, behind them, the totals of its sums for each image and channel. */
    private static double[] withTotals(Device device, int images, Buffer results, Buffer sums) {
        double[] numbers = read(device, results);
        float[] rows = new float[(int) (sums.bytes() / 4)];
        device.download(sums, MemorySegment.ofArray(rows));
        int tiles = Float.floatToRawIntBits(rows[0]);
        double[] all = Arrays.copyOf(numbers, numbers.length + images * CHANNELS);
        for (int row = 0; row < images * tiles; row++) {
            for (int channel = 0; channel < CHANNELS; channel++) {
                all[numbers.length + row / tiles * CHANNELS + channel] += rows[(1 + row) * CHANNELS + channel];
            }
        }
        return all;
    }

    private static double[] backwardInput(Device device, int[] s, boolean all) {
        Buffer dx = features(device, s, 5);
        List<@Nullable Object> arguments = inputArguments(device, s, all);
        arguments.add(3, dx);
        arguments.add(all ? 1 : 0);
        return inputGradient(device, new Kernel("conv3x3_backward_input"), s, dx, arguments);
    }

    /** The same beside a gradient that stays as it is. */
    private static double[] backwardInputSkip(Device device, int[] s, boolean all) {
        Buffer dx = features(device, s, 5);
        List<@Nullable Object> arguments = inputArguments(device, s, all);
        arguments.add(3, features(device, s, 13));
        arguments.add(4, dx);
        return inputGradient(device, new Kernel("conv3x3_backward_input_skip"), s, dx, arguments);
    }

    private static double[] inputGradient(
            Device device, Kernel kernel, int[] s, Buffer dx, List<@Nullable Object> arguments) {
        device.launch(kernel, Grid.cover(CHANNELS, s[2], s[1]).times(s[0]), arguments.toArray());
        return read(device, dx);
    }

    private static List<@Nullable Object> inputArguments(Device device, int[] s, boolean all) {
        Buffer mask = all ? features(device, s, 7) : null;
        return new ArrayList<>(Arrays.asList(
                features(device, s, 6),
                packed(device, "backward"),
                mask,
                s[0],
                s[1],
                s[2],
                CHANNELS,
                CHANNELS,
                1,
                all ? 0.5f : 1f));
    }

    /** The gradient of weights and bias, summed over parts. */
    private static double[] backwardWeight(Device device, int[] s, int parts) {
        int weights = CHANNELS * CHANNELS * 9;
        Buffer partial = device.allocate(4L * parts * (weights + CHANNELS));
        Buffer dweight = device.allocate(4L * weights);
        Buffer dbias = device.allocate(4L * CHANNELS);
        device.launch(
                new Kernel("conv3x3_backward_weight"),
                Grid.cover(CHANNELS, CHANNELS, parts),
                features(device, s, 8),
                features(device, s, 9),
                partial,
                s[0],
                s[1],
                s[2],
                CHANNELS,
                CHANNELS,
                1,
                parts);
        device.launch(
                new Kernel("sum_parts"),
                Grid.cover(weights + CHANNELS),
                partial,
                dweight,
                dbias,
                (long) weights,
                CHANNELS,
                parts,
                1f,
                0);
        float[] values = new float[weights];
        float[] last = new float[CHANNELS];
        device.download(dweight, MemorySegment.ofArray(values));
        device.download(dbias, MemorySegment.ofArray(last));
        double[] both = new double[weights + CHANNELS];
        for (int i = 0; i < both.length; i++) {
            both[i] = i < weights ? values[i] : last[i - weights];
        }
        return both;
    }

    /** As far apart as sums of as many products in another order may be; a pixel too many shows on the small images. */
    private static void compareWeights(Device hopper, Device portable, int[] image) {
        for (int parts : new int[] {1, 3}) {
            double[] have = backwardWeight(hopper, image, parts);
            double[] want = backwardWeight(portable, image, parts);
            double pixels = image[0] * image[1] * image[2];
            for (int i = 0; i < want.length; i++) {
                assertThat(have[i])
                        .as("weights, number %d of %d x %d x %d in %d parts", i, image[0], image[1], image[2], parts)
                        .isCloseTo(want[i], within(1e-3 * Math.sqrt(pixels)));
            }
        }
    }

    /** A result that is rounded to its neighbour moves a sum less than a pixel too many does. */
    private static double near(double want, int[] image, boolean total) {
        return total ? 1e-3 * Math.sqrt(image[1] * image[2]) + Math.abs(want) / 128 : Math.abs(want) / 64 + 1e-4;
    }

    /** The same numbers but for the order of sums in fp32, so at most a step of bf16 apart. */
    private static void compare(Device hopper, Device portable, int[] image, boolean all) {
        compareWeights(hopper, portable, image);
        PASSES.forEach((name, pass) -> {
            double[] have = pass.of(hopper, image, all);
            double[] want = pass.of(portable, image, all);
            int results = image[0] * image[1] * image[2] * CHANNELS;
            for (int i = 0; i < want.length; i++) {
                assertThat(have[i])
                        .as("%s, number %d of %d x %d x %d", name, i, image[0], image[1], image[2])
                        .isCloseTo(want[i], within(near(want[i], image, i >= results)));
            }
        });
    }

    @Test
    void agreesWithThePortableFormsOnAGpu() {
        assumeTrue(
                System.getProperty("acuity.devices", "").contains("cuda"),
                "SKIPPED: wants a GPU, named by -Dacuity.devices=cuda");
        List<CudaProbe.Gpu> gpus = CudaProbe.answer().gpus();
        assumeTrue(
                !gpus.isEmpty() && gpus.get(0).capability() == HopperForm.CAPABILITY,
                "SKIPPED: wants a GPU of compute capability 9.0");
        try (Device hopper = Device.open("cuda");
                Device portable = portable()) {
            assertThat(((CudaDevice) hopper).hopper()).isTrue();
            assertThat(((CudaDevice) portable).hopper()).isFalse();
            for (int[] image : IMAGES) {
                compare(hopper, portable, image, false);
                compare(hopper, portable, image, true);
            }
            compare(hopper, portable, LARGE, true);
        }
    }

    private static Device portable() {
        String property = "acuity.cuda.sm90";
        System.setProperty(property, "off");
        try {
            return Device.open("cuda");
        } finally {
            System.clearProperty(property);
        }
    }

    /** GPU code that also names the forms for Hopper. */
    private static void writeImages(Path folder) throws IOException {
        StandIn.writeImages(folder);
        StringBuilder text = new StringBuilder(".version 8.0\n.target sm_90a\n");
        for (HopperForm form : HopperForm.values()) {
            text.append(".visible .entry ").append(form.function()).append("()\n");
        }
        Files.writeString(folder.resolve(HopperForm.FILE + ".ptx"), text);
    }

    @Test
    void isLaunchedWhereItFits(@TempDir Path folder) throws IOException {
        StandIn gpu = StandIn.start();
        writeImages(folder);
        int[] image = {2, 7, 25};
        try (CudaDevice hopper = gpu.device(folder);
                CudaDevice portable = gpu.device()) {
            assertThat(hopper.hopper()).isTrue();
            assertThat(portable.hopper()).isFalse();
            compare(hopper, portable, image, true);
            hopper.synchronize();
            gpu.fail("cuLaunchKernel", 1, 1); // after that of the packing
            assertThatThrownBy(() -> forward(hopper, image, true))
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining("conv3x3_forward_bf16_sm90, 8 x 1 x 1 blocks of 128 x 1 x 1 threads");
            gpu.mend("cuLaunchKernel");
        }
    }

    @Test
    void isNotLaunchedOnOtherGpus(@TempDir Path folder) throws IOException {
        StandIn gpu = StandIn.start();
        writeImages(folder);
        gpu.set("capability", 89);
        try (CudaDevice device = gpu.device(folder)) {
            assertThat(device.hopper()).isFalse();
            gpu.fail("cuLaunchKernel", 1, 1);
            assertThatThrownBy(() -> forward(device, new int[] {1, 3, 3}, false))
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining("conv3x3_forward_bf16, 1 x 1 x 1 blocks");
            gpu.mend("cuLaunchKernel");
        }
    }
}
