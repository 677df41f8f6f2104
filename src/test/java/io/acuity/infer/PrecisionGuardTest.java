package io.acuity.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.data.Image;
import io.acuity.device.Device;
import io.acuity.device.Precision;
import io.acuity.device.cuda.StandIn;
import io.acuity.model.Network;
import io.acuity.model.OverflowingNetwork;
import io.acuity.op.Pixels;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In bf16 a window whose result is not finite is fp32's, and no other is. */
class PrecisionGuardTest {
    private static final int WIDTH = 14;
    private static final int HEIGHT = 6;
    private static final Upscaler.Options WHOLE = new Upscaler.Options(0, false, 1L << 30);

    private static Device open(String name, Precision precision) {
        return name.equals("stand-in") ? StandIn.open(precision) : Device.open(name, precision);
    }

    private static Engine.Job job(Image image) {
        SampleArray samples = new SampleArray(image.bytes().length, 8);
        for (int i = 0; i < image.bytes().length; i++) {
            samples.set(i, image.bytes()[i]);
        }
        return new Engine.Job(samples, image.height(), image.width(), 8);
    }

    /** What the network itself gives for one picture, with nothing around it that watches. */
    private static float[] numbers(Precision precision, Image image) {
        try (Device device = Device.open("emu", precision);
                Tape tape = Tape.inference(device)) {
            Network network = OverflowingNetwork.create(device);
            var samples = tape.take(image.bytes().length);
            device.upload(MemorySegment.ofArray(image.bytes()), samples);
            Shape shape = new Shape(1, 3, image.height(), image.width());
            var sr = network.forward(tape, Pixels.toTensor(tape, samples, shape, 8));
            float[] result = new float[Math.toIntExact(sr.shape().elements())];
            device.download(sr.data(), MemorySegment.ofArray(result));
            return result;
        }
    }

    private static boolean finite(float[] numbers) {
        for (float number : numbers) {
            if (!Float.isFinite(number)) {
                return false;
            }
        }
        return true;
    }

    @ParameterizedTest
    @ValueSource(strings = {"emu", "stand-in"})
    void ofABatchTheWindowConcernedAloneIsRedone(String name) {
        Image good = OverflowingNetwork.dark(WIDTH, HEIGHT);
        Image bad = OverflowingNetwork.white(WIDTH, HEIGHT, 3, 4);
        Image other = OverflowingNetwork.white(WIDTH, HEIGHT, 3, 4);
        other.bytes()[(4 * WIDTH + 3) * 3] = 0; // all but white
        float[] goodHalf = numbers(Precision.BF16, good);
        float[] otherHalf = numbers(Precision.BF16, other);
        float[] badPlain = numbers(Precision.FP32, bad);
        assertThat(finite(numbers(Precision.BF16, bad))).as("bf16 by itself").isFalse();
        assertThat(finite(badPlain)).as("fp32").isTrue();
        assertThat(goodHalf).isNotEqualTo(numbers(Precision.FP32, good));
        try (Device device = open(name, Precision.BF16);
                Lane lane = new Lane(device)) {
            Network network = OverflowingNetwork.create(device);
            for (int round = 0; round < 3; round++) {
                List<Engine.Result> results =
                        lane.run(network, List.of(job(good), job(bad), job(other), job(bad)), () -> {});
                assertThat(results.stream().map(Engine.Result::redone)).containsExactly(false, true, false, true);
                assertThat(results.get(0).numbers()).isEqualTo(goodHalf);
                assertThat(results.get(1).numbers()).isEqualTo(badPlain);
                assertThat(results.get(2).numbers()).isEqualTo(otherHalf);
                assertThat(results.get(3).numbers()).isEqualTo(badPlain);
            }
            Engine.Result alone =
                    lane.run(network, List.of(job(good)), () -> {}).getFirst();
            assertThat(alone.redone()).isFalse();
            assertThat(alone.numbers()).isEqualTo(goodHalf);
        }
    }

    private static Image upscaled(Precision precision, Image lr) {
        try (Device device = Device.open("emu", precision);
                Upscaler upscaler = new Upscaler(OverflowingNetwork.create(device), WHOLE)) {
            return upscaler.upscale(lr);
        }
    }

    /** A white pixel at column 100: tiles that are computed with it around them are fp32's, the others bf16's. */
    @ParameterizedTest
    @ValueSource(strings = {"emu", "stand-in"})
    void ofAPictureTheTilesConcernedAreRedone(String name) {
        int tile = 16;
        Image lr = OverflowingNetwork.white(7 * tile, 8, 100, 2);
        Image half = upscaled(Precision.BF16, OverflowingNetwork.dark(7 * tile, 8));
        Image plain = upscaled(Precision.FP32, lr);
        try (Device device = open(name, Precision.BF16);
                Upscaler upscaler =
                        new Upscaler(OverflowingNetwork.create(device), new Upscaler.Options(tile, false, 1L << 30))) {
            Image sr = upscaler.upscale(lr);
            assertThat(upscaler.redone()).isEqualTo(3);
            for (int y = 0; y < sr.height(); y++) {
                for (int x = 0; x < sr.width(); x++) {
                    Image want = x / 2 / tile < 4 ? half : plain;
                    for (int c = 0; c < 3; c++) {
                        assertThat(sr.sample(x, y, c)).as("%d, %d", x, y).isEqualTo(want.sample(x, y, c));
                    }
                }
            }
            upscaler.upscale(OverflowingNetwork.dark(20, 8));
            assertThat(upscaler.redone()).isEqualTo(3);
            upscaler.upscale(OverflowingNetwork.white(20, 8, 1, 1));
            assertThat(upscaler.redone()).as("two tiles more").isEqualTo(5);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"emu fp32", "emu bf16", "cpu fp32"})
    void whatFp32CannotDoEitherIsAnErrorAndNoPicture(String where) {
        String[] words = where.split(" ", -1);
        Precision precision = words[1].equals("bf16") ? Precision.BF16 : Precision.FP32;
        try (Device device = Device.open(words[0], precision);
                Upscaler upscaler = new Upscaler(OverflowingNetwork.beyondFp32(device), WHOLE)) {
            assertThatThrownBy(() -> upscaler.upscale(OverflowingNetwork.white(12, 8, 5, 3)))
                    .isInstanceOf(ArithmeticException.class)
                    .hasMessageMatching("upscale: the network's result holds \\S+, want finite numbers only");
            assertThat(upscaler.redone()).isEqualTo(precision == Precision.BF16 ? 1 : 0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"emu", "stand-in"})
    void aServicesBatchesAreSoloAnswersToo(String name) throws Exception {
        List<Image> pictures = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int width = i % 2 == 0 ? 8 : 7;
            pictures.add(
                    i % 3 == 0
                            ? OverflowingNetwork.white(width, 6, i % width, i % 6)
                            : OverflowingNetwork.dark(width, 6));
        }
        try (Device device = open(name, Precision.BF16)) {
            Network network = OverflowingNetwork.create(device);
            List<Image> alone = new ArrayList<>();
            try (Upscaler upscaler = new Upscaler(network, WHOLE)) {
                pictures.forEach(picture -> alone.add(upscaler.upscale(picture)));
                assertThat(upscaler.redone()).isEqualTo(3);
            }
            try (Batcher batcher = Batcher.start(device, new Batcher.Options(1 << 10));
                    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<Image>> answers = new ArrayList<>();
                for (int i = 0; i < pictures.size(); i++) {
                    Image picture = pictures.get(i);
                    Upscaler upscaler = batcher.upscaler(network, WHOLE, "client " + i % 3, Long.MAX_VALUE);
                    answers.add(threads.submit(() -> upscaler.upscale(picture)));
                }
                for (int i = 0; i < pictures.size(); i++) {
                    assertThat(answers.get(i)
                                    .get()
                                    .segment()
                                    .mismatch(alone.get(i).segment()))
                            .as("picture %d", i)
                            .isEqualTo(-1);
                }
                assertThat(batcher.statistics().redone()).isEqualTo(3);
            }
        }
    }
}
