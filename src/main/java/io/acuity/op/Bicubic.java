package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * MATLAB's bicubic {@code imresize} on a device: x [N, C, h, w] to y [N, C, H, W], one axis after the other, the one that
 * shrinks most first. No gradient flows through it. The taps of both axes are uploaded once and used for any N and C.
 */
public final class Bicubic implements AutoCloseable {
    private static final Kernel ROWS = new Kernel("bicubic_rows");
    private static final Kernel COLUMNS = new Kernel("bicubic_columns");

    /** Taps of one axis on the device. */
    private record Axis(int in, int out, int taps, Buffer index, Buffer weight) {
        static Axis upload(Device device, BicubicTaps taps) {
            Buffer index = device.allocate((long) taps.index().length * Integer.BYTES);
            Buffer weight = device.allocate((long) taps.weight().length * Float.BYTES);
            device.upload(MemorySegment.ofArray(taps.index()), index);
            device.upload(MemorySegment.ofArray(taps.floatWeights()), weight);
            return new Axis(taps.in(), taps.out(), taps.taps(), index, weight);
        }

        static Axis feed(Tape tape, BicubicTaps taps) {
            MemorySegment index = MemorySegment.ofArray(taps.index());
            MemorySegment weight = MemorySegment.ofArray(taps.floatWeights());
            return new Axis(
                    taps.in(),
                    taps.out(),
                    taps.taps(),
                    tape.feed(index.byteSize(), memory -> memory.copyFrom(index)),
                    tape.feed(weight.byteSize(), memory -> memory.copyFrom(weight)));
        }

        boolean shrinksMoreThan(Axis other) {
            return (long) out * other.in < (long) other.out * in;
        }
    }

    private final Device device;
    private final Axis rows;
    private final Axis columns;

    private Bicubic(Device device, Axis rows, Axis columns) {
        this.device = device;
        this.rows = rows;
        this.columns = columns;
    }

    /** A resize along both axes by the given taps: {@code rows} over the height, {@code columns} over the width. */
    public static Bicubic on(Device device, BicubicTaps rows, BicubicTaps columns) {
        return new Bicubic(device, Axis.upload(device, rows), Axis.upload(device, columns));
    }

    /** [N, C, h, w] to [N, C, H, W] by taps that the tape brings with its step's data, so that a graph can be captured. */
    public static Tensor apply(Tape tape, Tensor x, BicubicTaps rows, BicubicTaps columns) {
        Axis down = Axis.feed(tape, rows);
        Axis across = Axis.feed(tape, columns);
        return new Bicubic(tape.device(), down, across).apply(tape, x);
    }

    /**
     * [N, C, h, w] to [N, C, H, W].
     *
     * @throws IllegalArgumentException unless h and w are those of the taps
     */
    public Tensor apply(Tape tape, Tensor x) {
        Shape s = x.shape();
        if (s.h() != rows.in() || s.w() != columns.in()) {
            throw new IllegalArgumentException(
                    "bicubic: want height " + rows.in() + " and width " + columns.in() + ", have " + s);
        }
        boolean columnsFirst = columns.shrinksMoreThan(rows);
        Tensor between = columnsFirst ? alongColumns(tape, x) : alongRows(tape, x);
        Tensor y = columnsFirst ? alongRows(tape, between) : alongColumns(tape, between);
        tape.give(between.data());
        return y;
    }

    private Tensor alongRows(Tape tape, Tensor x) {
        Shape s = x.shape();
        Tensor y = tape.plain(new Shape(s.n(), s.c(), rows.out(), s.w()));
        tape.launch(
                ROWS,
                Grid.cover(y.shape().elements()),
                x.data(),
                rows.index(),
                rows.weight(),
                y.data(),
                s.n(),
                s.h(),
                rows.out(),
                s.w(),
                s.c(),
                rows.taps());
        return y;
    }

    private Tensor alongColumns(Tape tape, Tensor x) {
        Shape s = x.shape();
        Tensor y = tape.plain(new Shape(s.n(), s.c(), s.h(), columns.out()));
        tape.launch(
                COLUMNS,
                Grid.cover(y.shape().elements()),
                x.data(),
                columns.index(),
                columns.weight(),
                y.data(),
                s.n(),
                s.h(),
                s.w(),
                columns.out(),
                s.c(),
                columns.taps());
        return y;
    }

    @Override
    public void close() {
        device.release(rows.index());
        device.release(rows.weight());
        device.release(columns.index());
        device.release(columns.weight());
    }
}
