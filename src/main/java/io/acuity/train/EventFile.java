package io.acuity.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.acuity.weights.WriteException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.zip.CRC32C;

/**
 * An event file for TensorBoard, {@code events.out.tfevents.*}: scalars by tag and step. Each opening of a run writes a file of
 * its own, whose first events tell TensorBoard to forget what earlier files hold beyond the step it goes on from.
 *
 * <p>A record is length (uint64), masked CRC-32C of the length, data, masked CRC-32C of the data, all little endian; the data
 * is a protocol buffer {@code tensorflow.Event}: 1 wall_time, 2 step, 3 file_version, 5 summary, 7 session_log.
 */
final class EventFile implements AutoCloseable {
    private static final String VERSION = "brain.Event:2";
    private static final int MASK = 0xa282ead8;

    private static final int WALL_TIME = 1;
    private static final int STEP = 2;
    private static final int FILE_VERSION = 3;
    private static final int SUMMARY = 5;
    private static final int SESSION_LOG = 7;
    private static final int SUMMARY_VALUE = 1;
    private static final int VALUE_TAG = 1;
    private static final int VALUE_SIMPLE = 2;
    private static final int SESSION_STATUS = 1;
    private static final int SESSION_START = 1;

    private final Path file;
    private final FileChannel channel;
    private final DoubleSupplier clock;

    private EventFile(Path file, FileChannel channel, DoubleSupplier clock) {
        this.file = file;
        this.channel = channel;
        this.clock = clock;
    }

    /**
     * Begins a file in the run folder, going on after {@code step} completed steps.
     *
     * @throws WriteException if it cannot be written
     */
    static EventFile open(Path run, long step) {
        return open(run, step, () -> System.currentTimeMillis() / 1000.0);
    }

    /** The same with a clock in seconds since 1970. */
    static EventFile open(Path run, long step, DoubleSupplier clock) {
        Path file = unused(run, (long) clock.getAsDouble());
        try {
            EventFile events = new EventFile(
                    file, FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW), clock);
            events.write(
                    new Message().real(WALL_TIME, clock.getAsDouble()).bytes(FILE_VERSION, VERSION.getBytes(UTF_8)));
            if (step > 0) {
                Message start = new Message().varint(SESSION_STATUS, SESSION_START);
                events.write(new Message()
                        .real(WALL_TIME, clock.getAsDouble())
                        .varint(STEP, step + 1)
                        .bytes(SESSION_LOG, start.toBytes()));
            }
            return events;
        } catch (IOException e) {
            throw WriteException.of(file, e);
        }
    }

    /** TensorBoard reads the files of a folder in the order of their names, which begin with the time. */
    private static Path unused(Path run, long seconds) {
        for (int number = 0; ; number++) {
            Path file = run.resolve("events.out.tfevents.%010d.%03d.acuity".formatted(seconds, number));
            if (!Files.exists(file)) {
                return file;
            }
        }
    }

    /** Writes values of one step, by tag, at once. */
    void scalars(long step, Map<String, Double> values) {
        Message summary = new Message();
        values.forEach((tag, value) -> summary.bytes(
                SUMMARY_VALUE,
                new Message()
                        .bytes(VALUE_TAG, tag.getBytes(UTF_8))
                        .real(VALUE_SIMPLE, value.floatValue())
                        .toBytes()));
        try {
            write(new Message()
                    .real(WALL_TIME, clock.getAsDouble())
                    .varint(STEP, step)
                    .bytes(SUMMARY, summary.toBytes()));
        } catch (IOException e) {
            throw WriteException.of(file, e);
        }
    }

    private void write(Message event) throws IOException {
        byte[] data = event.toBytes();
        ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(data.length);
        record.putInt(masked(record.array(), 0, Long.BYTES));
        record.put(data);
        record.putInt(masked(data, 0, data.length));
        record.flip();
        while (record.hasRemaining()) {
            channel.write(record);
        }
    }

    /** CRC-32C, turned and shifted as TFRecord files want it, so that a CRC of data that holds CRCs stays good. */
    static int masked(byte[] data, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(data, offset, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw WriteException.of(file, e);
        }
    }

    /** A protocol buffer under construction. */
    private static final class Message {
        private static final int VARINT = 0;
        private static final int BITS_64 = 1;
        private static final int BYTES = 2;
        private static final int BITS_32 = 5;

        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message varint(int field, long value) {
            number(((long) field << 3) | VARINT);
            number(value);
            return this;
        }

        Message real(int field, double value) {
            number(((long) field << 3) | BITS_64);
            out.writeBytes(ByteBuffer.allocate(Double.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putDouble(value)
                    .array());
            return this;
        }

        Message real(int field, float value) {
            number(((long) field << 3) | BITS_32);
            out.writeBytes(ByteBuffer.allocate(Float.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat(value)
                    .array());
            return this;
        }

        Message bytes(int field, byte[] value) {
            number(((long) field << 3) | BYTES);
            number(value.length);
            out.writeBytes(value);
            return this;
        }

        byte[] toBytes() {
            return out.toByteArray();
        }

        /** Seven bits a byte, lowest first; the eighth says that more follow. */
        private void number(long value) {
            long rest = value;
            while ((rest & ~0x7fL) != 0) {
                out.write((int) ((rest & 0x7f) | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }
    }
}
