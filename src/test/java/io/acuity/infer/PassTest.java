package io.acuity.infer;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.data.Image;
import io.acuity.device.CountingDevice;
import io.acuity.device.Device;
import io.acuity.device.EveryPrecision;
import io.acuity.device.Precision;
import io.acuity.device.cuda.StandIn;
import io.acuity.model.Edsr;
import io.acuity.model.Han;
import io.acuity.model.Imdn;
import io.acuity.model.Network;
import io.acuity.model.Nlsn;
import io.acuity.model.Rcan;
import io.acuity.model.Vdsr;
import io.acuity.op.Pixels;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pass is run directly, captured, replayed, and gives the same bits each time. */
class PassTest {
    private static final Edsr.Options SMALL = new Edsr.Options(1, 8, 1f, 2);

    private static Engine.Job job(Image image) {
        SampleArray samples = new SampleArray(image.width() * image.height() * 3, image.bitDepth());
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                for (int c = 0; c < 3; c++) {
                    samples.set((y * image.width() + x) * 3 + c, image.sample(x, y, c));
                }
            }
        }
        return new Engine.Job(samples, image.height(), image.width(), image.bitDepth());
    }

    /** The number-th of pictures that all differ. */
    private static Engine.Job job(int width, int height, int bitDepth, int number) {
        return job(UpscalerUseTest.noise(width, height + number, 3, bitDepth).crop(0, number, width, height));
    }

    /** What the network gives for a window by launches alone, on a tape of its own. */
    private static float[] direct(Device device, Network network, Engine.Job job) {
        try (Tape tape = Tape.inference(device)) {
            var samples = tape.take(job.samples().segment().byteSize());
            device.upload(job.samples().segment(), samples);
            Shape shape = new Shape(1, 3, job.height(), job.width());
            var sr = network.forward(tape, Pixels.toTensor(tape, samples, shape, job.bitDepth()));
            float[] numbers = new float[Math.toIntExact(sr.shape().elements())];
            device.download(sr.data(), MemorySegment.ofArray(numbers));
            return numbers;
        }
    }

    private static void assertDirect(Device device, Network network, Lane lane, List<Engine.Job> jobs) {
        List<Engine.Result> results = lane.run(network, jobs, () -> {});
        for (int i = 0; i < jobs.size(); i++) {
            assertThat(results.get(i).redone()).isFalse();
            assertThat(results.get(i).numbers()).isEqualTo(direct(device, network, jobs.get(i)));
        }
    }

    @EveryPrecision(standIn = true)
    void replaysGiveWhatLaunchesGiveAndAskForNothingElse(Device device) {
        Network network = Edsr.create(device, SMALL, 7);
        CountingDevice counting = new CountingDevice(device);
        try (Lane lane = new Lane(counting)) {
            for (int round = 0; round < 4; round++) {
                assertDirect(device, network, lane, List.of(job(7, 6, 8, 2 * round), job(7, 6, 8, 2 * round + 1)));
                assertDirect(device, network, lane, List.of(job(9, 6, 16, round)));
                if (round == 1) {
                    assertThat(counting.captures()).isEqualTo(2);
                }
            }
            int launches = counting.launches();
            int allocations = counting.allocations();
            assertDirect(device, network, lane, List.of(job(7, 6, 8, 20), job(7, 6, 8, 21)));
            assertDirect(device, network, lane, List.of(job(9, 6, 16, 22)));
            assertThat(counting.launches()).isEqualTo(launches);
            assertThat(counting.allocations()).isEqualTo(allocations);
            assertThat(counting.captures()).isEqualTo(2);
            assertThat(counting.replays()).as("all but the first of each form").isEqualTo(8);
        }
        assertThat(counting.open()).isZero();
    }

    @EveryPrecision(standIn = true)
    void otherWeightsAreRunDirectlyAndCapturedAnew(Device device) {
        Network network = Edsr.create(device, SMALL, 7);
        CountingDevice counting = new CountingDevice(device);
        List<Engine.Job> jobs = List.of(job(7, 6, 8, 0));
        try (Lane lane = new Lane(counting)) {
            for (int change = 0; change < 3; change++) {
                for (int round = 0; round < 3; round++) {
                    assertDirect(device, network, lane, jobs);
                }
                float[] weight = network.parameters().read("body.1.weight");
                weight[change] += 1;
                network.parameters().write("body.1.weight", weight);
            }
            network.collapse(false);
            assertDirect(device, network, lane, jobs);
            assertDirect(device, network, lane, jobs);
            assertThat(counting.captures()).isEqualTo(4);
            assertThat(counting.replays()).isEqualTo(7);
            assertThat(counting.open()).isEqualTo(1);
        }
        assertThat(counting.open()).isZero();
    }

    @Test
    void theGraphsKeptAreBoundedAndGoWithTheirMemory() {
        try (Device device = Device.open("cpu")) {
            Network network = Edsr.create(device, SMALL, 7);
            CountingDevice counting = new CountingDevice(device);
            try (Lane lane = new Lane(counting)) {
                for (int width = 5; width < 5 + Passes.MOST + 4; width++) {
                    for (int round = 0; round < 2; round++) {
                        assertDirect(device, network, lane, List.of(job(width, 6, 8, round)));
                    }
                }
                assertThat(counting.captures()).isEqualTo(Passes.MOST + 4);
                assertThat(counting.open()).isEqualTo(Passes.MOST);
                assertDirect(device, network, lane, List.of(job(5 + 4, 6, 8, 3)));
                assertThat(counting.captures()).as("that one was kept").isEqualTo(Passes.MOST + 4);
                assertDirect(device, network, lane, List.of(job(5, 6, 8, 3)));
                assertDirect(device, network, lane, List.of(job(5, 6, 8, 4)));
                assertThat(counting.captures()).as("that one was not").isEqualTo(Passes.MOST + 5);
            }
            assertThat(counting.open()).isZero();

            CountingDevice scarce = new CountingDevice(device);
            try (Lane lane = new Lane(scarce, 0)) {
                for (int round = 0; round < 3; round++) {
                    assertDirect(device, network, lane, List.of(job(7, 6, 8, round)));
                }
                assertThat(scarce.open()).isEqualTo(1);
                assertDirect(device, network, lane, List.of(job(8, 6, 8, 0)));
                assertThat(scarce.open()).as("the memory was given back").isZero();
                assertDirect(device, network, lane, List.of(job(7, 6, 8, 4)));
                assertThat(scarce.captures()).isEqualTo(1);
            }
        }
    }

    @Test
    void largeWindowsAreNotCaptured() {
        try (Device device = Device.open("cpu")) {
            Network network = Imdn.create(device, new Imdn.Options(1, 4, 1, 2), 7);
            CountingDevice counting = new CountingDevice(device);
            try (Lane lane = new Lane(counting)) {
                int side = (int) Math.sqrt(Pass.MOST_PIXELS);
                for (int height : new int[] {side + 1, side}) {
                    Engine.Job window = job(side, height, 8, 0);
                    for (int round = 0; round < 2; round++) {
                        lane.run(network, List.of(window), () -> {});
                    }
                    assertThat(counting.captures()).isEqualTo(height > side ? 0 : 1);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"edsr", "edsr layers", "rcan", "rcan bf16", "han", "nlsn", "vdsr", "imdn"})
    void everyNetworkCanBeReplayed(String name) {
        Map<String, Function<Device, Network>> networks = Map.of(
                "edsr", device -> Edsr.create(device, SMALL, 7),
                "edsr layers", device -> Edsr.create(device, SMALL, 7).collapse(false),
                "rcan", device -> Rcan.create(device, new Rcan.Options(2, 1, 8, 2, 255f, 2), 7),
                "han", device -> Han.create(device, new Rcan.Options(2, 1, 8, 2, 1f, 2), 7),
                "nlsn", device -> Nlsn.create(device, new Nlsn.Options(2, 1, 8, 0.5f, 2, 16, 1f, 2), 7),
                "vdsr", device -> Vdsr.create(device, new Vdsr.Options(4, 4, 2), 7),
                "imdn", device -> Imdn.create(device, new Imdn.Options(1, 8, 3, 2), 7));
        boolean half = name.endsWith(" bf16");
        try (Device device = half ? Device.open("emu", Precision.BF16) : Device.open("cpu")) {
            Network network = requireNonNull(networks.get(name.replace(" bf16", "")), name)
                    .apply(device);
            CountingDevice counting = new CountingDevice(device);
            try (Lane lane = new Lane(counting)) {
                for (int round = 0; round < 3; round++) {
                    assertDirect(device, network, lane, List.of(job(11, 9, 8, round)));
                }
            }
            assertThat(counting.replays()).isEqualTo(2);
        }
    }

    /** On the host a replay is looked at before each of its kernels, as a direct run is, and can be begun again. */
    @Test
    void aReplayCanBeStoppedBetweenItsKernels() {
        try (Device device = Device.open("cpu");
                Lane lane = new Lane(device)) {
            Network network = Edsr.create(device, SMALL, 7);
            List<Engine.Job> jobs = List.of(job(7, 6, 8, 0));
            int[] looks = new int[4];
            for (int round = 0; round < looks.length; round++) {
                int now = round;
                lane.run(network, jobs, () -> looks[now]++);
            }
            assertThat(looks[2]).isGreaterThan(8).isEqualTo(looks[1]).isEqualTo(looks[3]);
            assertThat(looks[0]).as("packs weights, too").isGreaterThan(looks[2]);
            int[] count = new int[1];
            assertThatThrownBy(() -> lane.run(network, jobs, () -> {
                        if (++count[0] == 5) {
                            throw new CancellationException("enough");
                        }
                    }))
                    .isInstanceOf(CancellationException.class);
            assertThat(count[0]).isEqualTo(5);
            assertDirect(device, network, lane, List.of(job(7, 6, 8, 1)));
        }
    }

    @Test
    void onAGpuAReplayIsOneCallToTheDriver() {
        StandIn standIn = StandIn.start();
        try (Device device = StandIn.open(Precision.BF16);
                Lane lane = new Lane(device)) {
            Network network = Edsr.create(device, SMALL, 7);
            for (int round = 0; round < 2; round++) {
                lane.run(network, List.of(job(7, 6, 8, round)), () -> {});
            }
            long kernels = standIn.calls("cuLaunchKernel");
            int[] looks = new int[1];
            lane.run(network, List.of(job(7, 6, 8, 3)), () -> looks[0]++);
            lane.run(network, List.of(job(7, 6, 8, 4)), () -> looks[0]++);
            assertThat(standIn.calls("cuLaunchKernel")).isEqualTo(kernels);
            assertThat(standIn.calls("cuGraphLaunch")).isEqualTo(3);
            assertThat(looks[0]).isEqualTo(2);
        }
    }

    /** Captures of some threads beside first runs, with their packing of weights, of others. */
    @Test
    @Timeout(120)
    void manyThreadsShareAGpuAndANetwork() throws Exception {
        List<Image> pictures = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            // some so small that the tail is run layer by layer
            pictures.add(UpscalerUseTest.noise(i % 3 == 0 ? 4 : 6 + i % 2, 5, 3, 8));
        }
        List<Image> alone = new ArrayList<>();
        try (Device device = Device.open("emu", Precision.BF16);
                Upscaler upscaler = new Upscaler(Edsr.create(device, SMALL, 7), Upscaler.Options.automatic())) {
            pictures.forEach(picture -> alone.add(upscaler.upscale(picture)));
        }
        try (Device device = StandIn.open(Precision.BF16);
                Upscaler upscaler = new Upscaler(Edsr.create(device, SMALL, 7), Upscaler.Options.automatic());
                ExecutorService threads = Executors.newFixedThreadPool(6)) {
            List<Future<Image>> answers = new ArrayList<>();
            for (Image picture : pictures) {
                answers.add(threads.submit(() -> upscaler.upscale(picture)));
            }
            for (int i = 0; i < answers.size(); i++) {
                assertThat(answers.get(i).get().segment().mismatch(alone.get(i).segment()))
                        .as("picture %d", i)
                        .isEqualTo(-1);
            }
        }
    }
}
