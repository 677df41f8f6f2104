package io.acuity.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class DeviceTest {
    private static final Kernel ADD = new Kernel("add_forward");

    @Test
    void refusesUnknownNames() {
        assertThatThrownBy(() -> Device.open("tpu"))
                .isInstanceOf(DeviceException.class)
                .hasMessageStartingWith("device: want ")
                .hasMessageEndingWith("have tpu");
    }

    @Test
    void describesItself() {
        try (Device cpu = Device.open("cpu");
                Device emu = Device.open("emu")) {
            assertThat(cpu.describe()).matches("cpu \\((avx512|avx2|plain), \\d+ threads\\)");
            assertThat(emu.describe()).startsWith("emu ");
        }
    }

    @EveryDevice(standIn = true)
    void copiesThereAndBack(Device device) {
        Buffer buffer = device.allocate(12);
        device.upload(MemorySegment.ofArray(new int[] {1, 2, 3}), buffer);
        device.upload(MemorySegment.ofArray(new int[] {7}), buffer.slice(4, 4));
        int[] have = new int[3];
        device.download(buffer, MemorySegment.ofArray(have));
        assertThat(have).containsExactly(1, 7, 3);
        assertThat(buffer.bytes()).isEqualTo(12);
        assertThat(buffer.address() % 64).isZero();
    }

    @EveryDevice(standIn = true)
    void fillsWordByWord(Device device) {
        Buffer buffer = device.allocate(40);
        device.fill(buffer, 1);
        device.fill(buffer.slice(8, 12), 0x01020304);
        int[] have = new int[10];
        device.download(buffer, MemorySegment.ofArray(have));
        assertThat(have).containsExactly(1, 1, 0x01020304, 0x01020304, 0x01020304, 1, 1, 1, 1, 1);
    }

    @EveryDevice(standIn = true)
    void checksEveryArgument(Device device) {
        Buffer b = device.allocate(64);
        assertThatThrownBy(() -> device.launch(ADD, Grid.cover(1), b, b, b))
                .hasMessage("add_forward takes PPPL, was given PPP");
        assertThatThrownBy(() -> device.launch(ADD, Grid.cover(1), b, b, b, 1))
                .hasMessage("add_forward takes PPPL, was given PPPI");
        assertThatThrownBy(() -> device.launch(ADD, Grid.cover(1), b, b, 1f, "x"))
                .hasMessage("add_forward takes PPPL, was given PPF?");
        assertThatThrownBy(() -> device.launch(new Kernel("divine"), Grid.cover(1)))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("divine");
        assertThat(device.has(ADD)).isTrue();
        assertThat(device.has(new Kernel("divine"))).isFalse();
    }

    @EveryDevice(standIn = true)
    void launchesOverNothing(Device device) {
        Buffer b = device.allocate(64);
        device.fill(b, 5);
        device.launch(ADD, Grid.cover(0), b, b, b, 0L);
        int[] have = new int[16];
        device.download(b, MemorySegment.ofArray(have));
        assertThat(have).containsOnly(5);
    }

    @EveryDevice(standIn = true)
    void refusesWhatIsNotIts(Device device) {
        try (Device other = Device.open("cpu")) {
            Buffer foreign = other.allocate(64);
            Buffer own = device.allocate(64);
            assertThatThrownBy(() -> device.launch(ADD, Grid.cover(1), own, own, foreign, 1L))
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining("want a buffer of " + device.name());
            assertThatThrownBy(() -> device.upload(MemorySegment.ofArray(new int[1]), foreign))
                    .isInstanceOf(DeviceException.class);
            assertThatThrownBy(() -> device.download(foreign, MemorySegment.ofArray(new int[1])))
                    .isInstanceOf(DeviceException.class);
            assertThatThrownBy(() -> device.fill(foreign, 0)).isInstanceOf(DeviceException.class);
            assertThatThrownBy(() -> device.release(foreign)).isInstanceOf(DeviceException.class);
        }
    }

    @EveryDevice(standIn = true)
    void refusesWhatDoesNotFit(Device device) {
        Buffer b = device.allocate(8);
        assertThatThrownBy(() -> device.upload(MemorySegment.ofArray(new int[3]), b))
                .hasMessage("upload: want at most 8 bytes (the buffer's size), have 12");
        assertThatThrownBy(() -> device.download(b, MemorySegment.ofArray(new int[3])))
                .hasMessage("download: want at most 8 bytes (the buffer's size), have 12");
        assertThatThrownBy(() -> b.slice(4, 5))
                .hasMessage("slice: want a range inside 8 bytes, have offset 4 length 5");
        assertThatThrownBy(() -> b.slice(Long.MAX_VALUE, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> device.allocate(-1)).hasMessage("allocate: want no negative size, have -1");
        assertThatThrownBy(() -> Grid.cover(1, -2, 3)).hasMessage("grid: want no negative side, have 1 x -2 x 3");
        device.release(b);
        assertThatThrownBy(() -> device.release(b)).isInstanceOf(DeviceException.class);
    }

    @EveryDevice(standIn = true)
    void tellsWhenMemoryIsOut(Device device) {
        assertThatThrownBy(() -> device.allocate(1L << 50))
                .isInstanceOf(OutOfDeviceMemoryException.class)
                .hasMessage("device " + device.name() + " has no 1125899906842624 bytes left");
    }
}
