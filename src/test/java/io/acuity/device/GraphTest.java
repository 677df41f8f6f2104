package io.acuity.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Gemm.Matrices;
import io.acuity.tensor.Numbers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A graph replays what was asked, in order, bit for bit, with what its feeds bring each time. */
class GraphTest {
    private static final Kernel ADD = new Kernel("add_forward");
    private static final Kernel RELU = new Kernel("relu_forward");
    private static final Fft PLANE = new Fft(1, 8, 8);
    private static final int N = 64;

    private static Buffer floats(Device device, float[] values) {
        Buffer buffer = device.allocate((long) values.length * Float.BYTES);
        device.upload(MemorySegment.ofArray(values), buffer);
        return buffer;
    }

    private static float[] read(Device device, Buffer buffer) {
        float[] values = new float[(int) (buffer.bytes() / Float.BYTES)];
        device.download(buffer, MemorySegment.ofArray(values));
        return values;
    }

    /** Some of everything a device does: y += relu(x), a product, a transform and back. */
    private static final class Step {
        final Device device;
        final Buffer x;
        final Buffer y;
        final Buffer t;
        final Buffer spectrum;

        Step(Device device) {
            this.device = device;
            x = floats(device, new float[N]);
            y = floats(device, new float[N]);
            t = device.allocate(4 * N);
            spectrum = device.allocate(PLANE.spectrumBytes());
        }

        void work() {
            device.fill(t, 0);
            device.launch(RELU, Grid.cover(N), x, t, (long) N);
            device.launch(ADD, Grid.cover(N), y, t, y, (long) N);
            Matrices square = new Matrices(y, 8, 0);
            device.gemm(
                    new Gemm(false, true, 8, 8, 8, 0.25f, square, new Matrices(x, 8, 0), 0, new Matrices(t, 8, 0), 1));
            device.fft(PLANE, Fft.Direction.FORWARD, t, spectrum);
            device.fft(PLANE, Fft.Direction.INVERSE, spectrum, t);
            device.launch(ADD, Grid.cover(N), y, t, y, (long) N);
        }
    }

    private static void write(MemorySegment to, float[] values) {
        MemorySegment.copy(MemorySegment.ofArray(values), 0, to, 0, to.byteSize());
    }

    @EveryDevice(standIn = true)
    void replaysWhatWasRunDirectly(Device device) {
        float[][] inputs = {
            Numbers.uniform(N, 1), Numbers.uniform(N, 2), Numbers.uniform(N, 3),
        };
        Step direct = new Step(device);
        for (float[] input : inputs) {
            device.feed(direct.x, host -> write(host, input));
            direct.work();
        }

        Step replayed = new Step(device);
        AtomicInteger next = new AtomicInteger();
        replayed.work(); // makes what is made at first use; x and y are zero and stay so
        try (Graph graph = device.capture(() -> {
            replayed.work();
            device.feed(replayed.x, host -> write(host, inputs[next.getAndIncrement()]));
        })) {
            assertThat(next).hasValue(0);
            assertThat(read(device, replayed.y)).as("capturing does nothing").containsOnly(0f);
            for (int i = 0; i < inputs.length; i++) {
                graph.launch();
            }
        }
        assertThat(read(device, replayed.y)).isEqualTo(read(device, direct.y));
        assertThat(read(device, replayed.t)).isEqualTo(read(device, direct.t));
        assertThat(read(device, replayed.y)).doesNotContain(0f);
    }

    @EveryDevice(standIn = true)
    void keepsTheArgumentsOfItsCapture(Device device) {
        Buffer a = floats(device, new float[] {1, 2, 3});
        Buffer b = floats(device, new float[] {10, 20, 30});
        Buffer c = floats(device, new float[3]);
        Object[] arguments = {a, b, c, 3L};
        try (Graph graph = device.capture(() -> device.launch(ADD, Grid.cover(3), arguments))) {
            arguments[0] = b;
            arguments[3] = 1L;
            graph.launch();
            assertThat(read(device, c)).containsExactly(11, 22, 33);
            device.upload(MemorySegment.ofArray(new float[] {5}), a);
            graph.launch();
            assertThat(read(device, c)).as("what the buffers hold now").containsExactly(15, 22, 33);
        }
    }

    @EveryDevice(standIn = true)
    void feedsTheHeadOfALongerRun(Device device) {
        Buffer whole = floats(device, new float[] {1, 2, 3, 4});
        device.feed(whole.slice(4, 8), host -> {
            assertThat(host.byteSize()).isEqualTo(8);
            write(host, new float[] {7, 8});
        });
        assertThat(read(device, whole)).containsExactly(1, 7, 8, 4);
    }

    @EveryDevice(standIn = true)
    void startsNothingWhenAWriterFails(Device device) {
        Buffer x = floats(device, new float[] {1});
        AtomicInteger calls = new AtomicInteger();
        try (Graph graph = device.capture(() -> {
            device.launch(ADD, Grid.cover(1), x, x, x, 1L);
            device.feed(x, host -> {
                if (calls.incrementAndGet() == 1) {
                    throw new IllegalStateException("no data");
                }
                write(host, new float[] {3});
            });
        })) {
            assertThatThrownBy(graph::launch).hasMessage("no data");
            assertThat(read(device, x)).containsExactly(1);
            graph.launch();
            assertThat(read(device, x)).containsExactly(6);
        }
    }

    @EveryDevice(standIn = true)
    void refusesWhatCannotBeReplayed(Device device) {
        Buffer x = floats(device, new float[] {1});
        try (Graph empty = device.capture(() -> {})) {
            List<ThrowingCallable> calls = List.of(
                    () -> device.allocate(4),
                    () -> device.release(x),
                    () -> device.upload(MemorySegment.ofArray(new float[1]), x),
                    () -> device.download(x, MemorySegment.ofArray(new float[1])),
                    device::synchronize,
                    empty::launch,
                    () -> device.capture(() -> {}));
            List<String> names = Arrays.asList(
                    "allocate", "release", "upload", "download", "synchronize", "graph launch", "capture");
            for (int i = 0; i < calls.size(); i++) {
                ThrowingCallable call = calls.get(i);
                assertThatThrownBy(() -> device.capture(() -> {
                            try {
                                call.call();
                            } catch (RuntimeException e) {
                                throw e;
                            } catch (Throwable t) {
                                throw new AssertionError(t);
                            }
                        }))
                        .isInstanceOf(DeviceException.class)
                        .hasMessage(names.get(i) + " on " + device.name()
                                + ": want it outside a capture, have it inside one");
            }
        }
        assertThat(read(device, x)).as("the device works on").containsExactly(1);
    }

    @EveryDevice(standIn = true)
    void checksLaunchesAsTheyAreCaptured(Device device) {
        Buffer x = floats(device, new float[] {1});
        assertThatThrownBy(() -> device.capture(() -> device.launch(ADD, Grid.cover(1), x, x, x, 1)))
                .hasMessage("add_forward takes PPPL, was given PPPI");
        device.launch(ADD, Grid.cover(1), x, x, x, 1L);
        assertThat(read(device, x)).as("the capture has ended").containsExactly(2);
    }

    /** Each copy is of the moment at which it was asked for, though it is read after later work. */
    @EveryDevice(standIn = true)
    void copiesToTheHostAreReadLater(Device device) {
        Buffer x = floats(device, new float[] {1, 2});
        try (Graph graph = device.capture(() -> device.launch(ADD, Grid.cover(2), x, x, x, 2L));
                Readback first = device.readback(8);
                Readback second = device.readback(4)) {
            graph.launch();
            first.start(x);
            graph.launch();
            second.start(x);
            graph.launch();
            assertThat(first.await().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(2, 4);
            assertThat(second.await().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(4);
            first.start(x);
            assertThat(first.await().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(8, 16);
            assertThatThrownBy(() -> first.start(x.slice(0, 4)))
                    .hasMessage("readback: want a buffer of at least 8 bytes, have 4");
            assertThatThrownBy(() -> device.capture(() -> first.start(x)))
                    .hasMessage("readback on " + device.name() + ": want it outside a capture, have it inside one");
        }
    }

    @EveryDevice(standIn = true)
    void isOverWhenClosed(Device device) {
        Graph graph = device.capture(() -> {});
        graph.close();
        graph.close();
        assertThatThrownBy(graph::launch)
                .hasMessage("graph on " + device.name() + ": want an open one, have one that was closed");
    }
}
