package io.acuity.tensor;

import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class ParameterSetTest {
    @EveryDevice
    void liesInOneRunOfMemory(Device device) {
        ParameterSet set = new ParameterSet();
        Parameter a = set.declare("a", List.of(3), new float[] {1, 2, 3});
        Parameter b = set.declare("b", List.of(2, 17), uniform(34, 1));
        set.allocate(device);
        assertThat(set.count()).isEqualTo(37);
        assertThat(set.flatElements()).as("each starts a cache line").isEqualTo(16 + 48);
        assertThat(b.values().address() - a.values().address()).isEqualTo(64);
        assertThat(set.byName()).containsOnlyKeys("a", "b");
        assertThat(set.read("b")).isEqualTo(uniform(34, 1));
        set.write("a", new float[] {4, 5, 6});
        assertThat(set.read("a")).containsExactly(4, 5, 6);
        float[] flat = new float[64];
        device.download(set.values(), MemorySegment.ofArray(flat));
        assertThat(flat[3]).as("padding").isZero();
        set.close();
    }

    @EveryDevice
    void makesPackedCopiesOnceForEachChange(Device device) {
        ParameterSet set = new ParameterSet();
        Parameter a = set.declare("a", List.of(1), new float[1]);
        set.allocate(device);
        int[] packings = new int[1];
        Weight.Packing packing = (_, _) -> packings[0]++;
        long address = a.packed("p", 64, packing).address();
        assertThat(a.packed("p", 64, packing).address()).isEqualTo(address);
        assertThat(packings[0]).isEqualTo(1);
        set.write("a", new float[1]);
        assertThat(a.packed("p", 64, packing).address())
                .as("the same memory again")
                .isEqualTo(address);
        assertThat(packings[0]).isEqualTo(2);
        assertThat(a.packed("q", 64, packing).address()).isNotEqualTo(address);
        set.close();
    }

    @EveryDevice
    void clearsAndCompletesGradients(Device device) {
        ParameterSet set = new ParameterSet();
        Parameter a = set.declare("a", List.of(2), new float[2]);
        Parameter b = set.declare("b", List.of(2), new float[2]);
        set.allocate(device);
        Tape tape = Tape.inference(device);
        a.contribute(tape, (to, accumulate) -> {
            assertThat(accumulate).as("the first writes").isZero();
            device.upload(MemorySegment.ofArray(new float[] {1, 2}), to);
        });
        a.contribute(
                tape,
                (_, accumulate) -> assertThat(accumulate).as("the second adds").isEqualTo(1));
        assertThat(a.gradientArray()).containsExactly(1, 2);
        assertThat(b.gradientArray()).isNull();
        set.clearGradients();
        assertThat(a.gradientArray()).isNull();
        set.completeGradients();
        float[] flat = new float[2];
        device.download(a.gradient(), MemorySegment.ofArray(flat));
        assertThat(flat).containsOnly(0f);
        tape.close();
        set.close();
    }

    @EveryDevice
    void refusesWhatDoesNotFit(Device device) {
        ParameterSet set = new ParameterSet();
        assertThatThrownBy(() -> set.declare("a", List.of(2, 3), new float[5]))
                .hasMessage("parameter a: want 6 numbers, have 5");
        set.declare("b", List.of(2), new float[2]);
        assertThatThrownBy(() -> set.declare("b", List.of(2), new float[2]))
                .hasMessage("parameter b: want each name once, have it twice");
        set.allocate(device);
        assertThatThrownBy(() -> set.declare("c", List.of(1), new float[1]))
                .hasMessage("parameter c: want it declared before the set is allocated");
        assertThatThrownBy(() -> set.write("b", new float[3])).hasMessage("parameter b: want 2 numbers, have 3");
        assertThatThrownBy(() -> set.read("nothing")).hasMessageEndingWith("have nothing");
        set.close();
    }

    @Test
    void wantsMemoryFirst() {
        assertThatThrownBy(() -> new ParameterSet().values())
                .hasMessage("parameters: want allocate(device) called first");
    }
}
