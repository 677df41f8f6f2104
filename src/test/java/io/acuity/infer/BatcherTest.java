package io.acuity.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.data.Image;
import io.acuity.device.Device;
import io.acuity.model.Edsr;
import io.acuity.model.Network;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class BatcherTest {
    private static final Upscaler.Options WHOLE = new Upscaler.Options(0, false, 1L << 30);
    private static final Upscaler.Options TILES = new Upscaler.Options(24, false, 1L << 30);
    private static final Upscaler.Options ENSEMBLE = new Upscaler.Options(0, true, 1L << 30);

    private final Device device = Device.open("cpu");
    private final Network network = Edsr.create(device, new Edsr.Options(2, 16, 1f, 2), 7);
    private final Network other = Edsr.create(device, new Edsr.Options(1, 32, 1f, 4), 8);
    private final Batcher batcher = Batcher.start(device, new Batcher.Options(4096));
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() {
        batcher.close();
        threads.close();
        device.close();
    }

    private static void assertSame(Image have, Image want) {
        assertThat(have.width()).isEqualTo(want.width());
        assertThat(have.segment().mismatch(want.segment())).isEqualTo(-1);
    }

    private Image alone(Network which, Upscaler.Options options, Image lr) {
        try (Upscaler upscaler = new Upscaler(which, options)) {
            return upscaler.upscale(lr);
        }
    }

    private Future<Image> ask(Network which, Upscaler.Options options, String client, Image lr) {
        return threads.submit(
                () -> batcher.upscaler(which, options, client, Long.MAX_VALUE).upscale(lr));
    }

    /** A picture whose pass takes about a second, on its way. */
    private Future<Image> longPass(String client, Image lr, Cancel cancel, long deadline) throws InterruptedException {
        Network deep = Edsr.create(device, new Edsr.Options(12, 64, 1f, 2), 3);
        Future<Image> running = threads.submit(
                () -> batcher.upscaler(deep, WHOLE, client, deadline).upscale(lr, Upscaler.Progress.NONE, cancel));
        Thread.sleep(150);
        assertThat(running.isDone()).isFalse();
        assertThat(batcher.statistics().waiting()).isZero();
        return running;
    }

    @Test
    void everyAnswerIsBitForBitTheSoloOne() throws Exception {
        List<Image> pictures = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            pictures.add(UpscalerUseTest.noise(6 + 9 * (i % 4), 5 + 8 * (i % 3), 1 + i % 4, i % 5 == 0 ? 16 : 8));
        }
        List<Network> networks = List.of(network, other);
        List<Upscaler.Options> options = List.of(WHOLE, TILES, ENSEMBLE);
        List<Image> truths = new ArrayList<>();
        List<Future<Image>> answers = new ArrayList<>();
        for (int round = 0; round < 10; round++) {
            for (int i = 0; i < pictures.size(); i++) {
                Network which = networks.get(i % 2);
                Upscaler.Options how = options.get(i / 2 % 3);
                if (round == 0) {
                    truths.add(alone(which, how, pictures.get(i)));
                }
                answers.add(ask(which, how, "client " + i % 5, pictures.get(i)));
            }
        }
        for (int i = 0; i < answers.size(); i++) {
            assertSame(answers.get(i).get(), truths.get(i % truths.size()));
        }
        Batcher.Statistics done = batcher.statistics();
        assertThat(done.waiting()).isZero();
        assertThat(done.batches()).as("passes for %d windows", done.windows()).isLessThan(done.windows() * 2 / 3);
    }

    @Test
    void shortWorkGoesBetweenTheKernelsOfLongWork() throws Exception {
        Image large = UpscalerUseTest.noise(420, 400, 3, 8);
        Image small = UpscalerUseTest.noise(16, 16, 3, 8);
        Image truth = alone(network, WHOLE, small);
        Future<Image> running = longPass("a", large, new Cancel(), Long.MAX_VALUE);
        for (int i = 0; i < 3; i++) {
            assertSame(ask(network, WHOLE, "b", small).get(5, TimeUnit.SECONDS), truth);
        }
        assertThat(running.isDone()).isFalse();
        Network deep = Edsr.create(device, new Edsr.Options(12, 64, 1f, 2), 3);
        assertSame(running.get(), alone(deep, WHOLE, large));
    }

    @Test
    void cancellingEndsWaitingAndRunningWork() throws Exception {
        Image large = UpscalerUseTest.noise(600, 600, 3, 8);
        Cancel cancel = new Cancel();
        Future<Image> running = longPass("a", large, cancel, Long.MAX_VALUE);
        Cancel second = new Cancel();
        Future<Image> waits = threads.submit(() -> batcher.upscaler(network, WHOLE, "b", Long.MAX_VALUE)
                .upscale(UpscalerUseTest.noise(500, 500, 3, 8), Upscaler.Progress.NONE, second));
        while (batcher.statistics().waiting() == 0) {
            Thread.sleep(1);
        }
        second.cancel();
        assertThatThrownBy(waits::get).hasCauseInstanceOf(CancellationException.class);
        assertThat(running.isDone()).isFalse();
        long start = System.nanoTime();
        cancel.cancel();
        assertThatThrownBy(running::get).hasCauseInstanceOf(CancellationException.class);
        // the device is free again: long before the pass would have ended
        ask(network, WHOLE, "c", UpscalerUseTest.noise(400, 400, 3, 8)).get();
        assertThat(batcher.statistics().interrupted()).isEqualTo(2);
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(20));
    }

    @Test
    void deadlinesEndWaitingAndRunningWork() throws Exception {
        long soon = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(200);
        Future<Image> running = longPass("a", UpscalerUseTest.noise(700, 700, 3, 8), new Cancel(), soon);
        assertThatThrownBy(running::get).hasCauseInstanceOf(DeadlineException.class);
        assertThatThrownBy(() -> batcher.upscaler(network, WHOLE, "a", System.nanoTime() - 1)
                        .upscale(UpscalerUseTest.noise(4, 4, 3, 8)))
                .isInstanceOf(DeadlineException.class);
    }

    @Test
    void closingEndsWhatWaitsAndRefusesMore() throws Exception {
        List<Future<Image>> asked = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            asked.add(ask(network, WHOLE, "a", UpscalerUseTest.noise(64, 64, 3, 8)));
        }
        asked.getFirst().get();
        batcher.close();
        for (Future<Image> one : asked) {
            try {
                assertThat(one.get().width()).isEqualTo(128);
            } catch (ExecutionException e) {
                assertThat(e.getCause()).isInstanceOfAny(CancellationException.class, IllegalStateException.class);
            }
        }
        assertThatThrownBy(() -> batcher.upscaler(network, WHOLE, "a", Long.MAX_VALUE)
                        .upscale(UpscalerUseTest.noise(4, 4, 3, 8)))
                .isInstanceOf(IllegalStateException.class);
    }

    /** The device, with so many bytes for working memory. */
    private Device scarce(long bytes) {
        AtomicLong left = new AtomicLong(bytes);
        return (Device) Proxy.newProxyInstance(
                Device.class.getClassLoader(), new Class<?>[] {Device.class}, (_, method, arguments) -> {
                    if (method.getName().equals("allocate") && left.addAndGet(-(long) arguments[0]) < 0) {
                        left.addAndGet((long) arguments[0]);
                        return device.allocate(1L << 60); // says that there is none
                    }
                    if (method.getName().equals("release")) {
                        left.addAndGet(((io.acuity.device.Buffer) arguments[0]).bytes());
                    }
                    try {
                        return method.invoke(device, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void scarceMemoryMakesSmallerBatchesThenSmallerTilesOfTheSamePicture() throws Exception {
        Image lr = UpscalerUseTest.noise(90, 80, 3, 8);
        Image truth = alone(network, WHOLE, lr);
        long needed = network.workingBytes(90 * 80);
        for (long bytes : new long[] {needed * 5 / 2, needed * 4 / 3}) {
            try (Batcher tight = Batcher.start(scarce(bytes), new Batcher.Options(1 << 20))) {
                CountDownLatch go = new CountDownLatch(1);
                List<Future<Image>> answers = new ArrayList<>();
                for (int i = 0; i < 6; i++) {
                    String client = "client " + i;
                    answers.add(threads.submit(() -> {
                        go.await();
                        return tight.upscaler(network, WHOLE, client, Long.MAX_VALUE)
                                .upscale(lr);
                    }));
                }
                go.countDown();
                for (Future<Image> answer : answers) {
                    assertSame(answer.get(), truth);
                }
            }
        }
    }
}
