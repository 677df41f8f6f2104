package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BucketSortTest {
    private static int[] download(Buffer buffer, int count) {
        int[] values = new int[count];
        buffer.device().download(buffer, MemorySegment.ofArray(values));
        return values;
    }

    private static Buffer upload(Tape tape, MemorySegment values) {
        Buffer buffer = tape.take(values.byteSize());
        tape.device().upload(values, buffer);
        return buffer;
    }

    @Test
    void countsBucketsAsTheReleasedCode() {
        assertThat(BucketSort.buckets(48 * 48, 144)).isEqualTo(16);
        assertThat(BucketSort.buckets(144 * 3, 144)).isEqualTo(4);
        assertThat(BucketSort.buckets(180 * 320, 144)).isEqualTo(128);
        assertThat(BucketSort.buckets(100, 144)).as("less than a chunk").isEqualTo(2);
    }

    /** Two rounds of two images against a stable sort of the library; lengths with and without padding. */
    @EveryDevice
    void sortsStably(Device device) {
        for (int length : new int[] {1, 5, 8, 9, 30, 64}) {
            int chunk = 8;
            int groups = 4;
            int[] codes = new int[groups * length];
            for (int i = 0; i < codes.length; i++) {
                codes[i] = (i * 7 + i / 5) % 6;
            }
            try (Tape tape = Tape.inference(device)) {
                Buffer given = upload(tape, MemorySegment.ofArray(codes));
                BucketSort.Sorted sorted = BucketSort.order(tape, given, groups, 2, length, 6, chunk);
                int[] order = download(sorted.order(), codes.length);
                int[] inverse = download(sorted.inverse(), codes.length);
                int[] layout = download(sorted.layout(), groups * sorted.places());
                for (int g = 0; g < groups; g++) {
                    int base = g * length;
                    List<Integer> want = IntStream.range(0, length)
                            .boxed()
                            .sorted(Comparator.comparingInt(p -> codes[base + p]))
                            .toList();
                    for (int place = 0; place < length; place++) {
                        assertThat(order[base + place]).isEqualTo(want.get(place));
                        assertThat(inverse[base + want.get(place)]).isEqualTo(place);
                    }
                    layout(sorted, layout, g, want);
                }
            }
        }
    }

    private static void layout(BucketSort.Sorted sorted, int[] layout, int group, List<Integer> want) {
        int length = want.size();
        int padded = sorted.padded();
        assertThat(padded).isEqualTo((length + 7) / 8 * 8);
        int image = group / 2 * length;
        for (int place = 0; place < sorted.places(); place++) {
            int from = Math.floorMod(place - sorted.chunk(), padded);
            if (from >= length && padded - length <= length) {
                from -= padded - length; // copies of the last ones
            } else {
                from %= length;
            }
            assertThat(layout[group * sorted.places() + place]).isEqualTo(image + want.get(from));
        }
    }

    /** Pixels that point along an axis hash to it; the opposite one to the opposite bucket. */
    @EveryDevice
    void hashesByDirection(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(new Shape(1, 2, 1, 8));
            x.set(new float[] {3, -1, 0.1f, 0, -2, 1, 0, 5, 0.5f, 0, 2, -4, 0.3f, 0.9f, 1, 0});
            Buffer identity = upload(tape, MemorySegment.ofArray(new float[] {1, 0, 0, 1}));
            BucketSort.Sorted sorted = BucketSort.sort(tape, x, identity, 1, 2);
            // codes: 0 2 1 3 2 0 1 0, the sixth (1, 0.9) being 0
            assertThat(download(sorted.order(), 8)).containsExactly(0, 5, 7, 2, 6, 1, 4, 3);
        }
    }

    @EveryDevice
    void refusesShortRotations(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(new Shape(1, 2, 1, 8));
            Buffer few = tape.device().allocate(64);
            assertThatThrownBy(() -> BucketSort.sort(tape, x, few, 16, 2))
                    .hasMessage("bucket_sort: want rounds, a chunk and rotations of 2 x 32, have 16, 2 and 16 numbers");
        }
    }
}
