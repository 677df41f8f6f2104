package io.acuity.train;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
    @TempDir
    Path folder;

    private static byte[] bytes(int count, int first, int step) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) (first + i * step);
        }
        return bytes;
    }

    /** The examples of RFC 3720, appendix B.4; masked by hand: turned right by 15, plus 0xa282ead8. */
    @Test
    void masksKnownCrcs() {
        assertMasked(bytes(32, 0, 0), 0x8a9136aaL);
        assertMasked(bytes(32, 0xff, 0), 0x62a8ab43L);
        assertMasked(bytes(32, 0, 1), 0x46dd794eL);
        assertMasked("123456789".getBytes(UTF_8), 0xe3069283L);
    }

    private static void assertMasked(byte[] data, long crc) {
        long masked = (((crc >> 15) | (crc << 17)) + 0xa282ead8L) & 0xffffffffL;
        assertThat(EventFile.masked(data, 0, data.length) & 0xffffffffL).isEqualTo(masked);
    }

    /** How every event file that TensorFlow writes begins: 24 bytes, their masked CRC, wall time. */
    @Test
    void beginsAsTensorFlowsFilesDo() throws IOException {
        EventFile.open(folder, 0, () -> 1.5e9).close();
        byte[] file = Files.readAllBytes(only());
        assertThat(HexFormat.of().formatHex(file, 0, 13)).isEqualTo("1800000000000000" + "a37f4b22" + "09");
        assertThat(new String(file, 12 + 9, 15, UTF_8)).isEqualTo("\u001a\rbrain.Event:2");
    }

    @Test
    void scalarsReadBack() throws IOException {
        try (EventFile events = EventFile.open(folder, 0, () -> 1.7e9 + 0.25)) {
            Map<String, Double> values = new LinkedHashMap<>();
            values.put("train/loss", 0.03125);
            values.put("train/l_cl", -1.5);
            events.scalars(300, values);
            events.scalars(70_000_000_000L, Map.of("val/psnr", 30.1));
        }
        List<Event> events = read(only());
        assertThat(events).hasSize(3).allMatch(event -> event.time == 1.7e9 + 0.25);
        assertThat(events.get(0).version).isEqualTo("brain.Event:2");
        assertThat(events.get(1).step).isEqualTo(300);
        assertThat(events.get(1).scalars)
                .containsExactly(Map.entry("train/loss", 0.03125f), Map.entry("train/l_cl", -1.5f));
        assertThat(events.get(2).step).isEqualTo(70_000_000_000L);
        assertThat(events.get(2).scalars).containsExactly(Map.entry("val/psnr", 30.1f));
    }

    /** TensorBoard drops what earlier files hold from the step of a start on. */
    @Test
    void aResumedRunWritesAFileOfItsOwnThatBeginsWithAStart() throws IOException {
        EventFile.open(folder, 0, () -> 1e9).close();
        EventFile.open(folder, 120, () -> 1e9).close();
        try (var files = Files.list(folder)) {
            List<Path> sorted = files.sorted().toList();
            assertThat(sorted).hasSize(2);
            List<Event> events = read(sorted.get(1));
            assertThat(events).hasSize(2);
            assertThat(events.get(1).starts).isTrue();
            assertThat(events.get(1).step).isEqualTo(121);
        }
    }

    private Path only() throws IOException {
        try (var files = Files.list(folder)) {
            List<Path> list = files.toList();
            assertThat(list)
                    .singleElement()
                    .matches(f -> f.getFileName().toString().startsWith("events.out.tfevents."));
            return list.getFirst();
        }
    }

    /** What a reader by the format's description finds. */
    private static final class Event {
        double time;
        long step;
        String version = "";
        boolean starts;
        final Map<String, Float> scalars = new LinkedHashMap<>();
    }

    private static List<Event> read(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Event> events = new ArrayList<>();
        while (in.hasRemaining()) {
            ByteBuffer header = in.slice(in.position(), 8);
            int length = Math.toIntExact(in.getLong());
            assertThat(in.getInt()).isEqualTo(mask(header));
            ByteBuffer data = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
            in.position(in.position() + length);
            assertThat(in.getInt()).isEqualTo(mask(data.duplicate()));
            events.add(event(data));
        }
        return events;
    }

    private static int mask(ByteBuffer data) {
        CRC32C crc = new CRC32C();
        crc.update(data);
        long value = crc.getValue();
        return (int) (((value >>> 15) | (value << 17)) + 0xa282ead8L);
    }

    private static Event event(ByteBuffer in) {
        Event event = new Event();
        while (in.hasRemaining()) {
            switch ((int) varint(in)) {
                case (1 << 3) | 1 -> event.time = in.getDouble();
                case 2 << 3 -> event.step = varint(in);
                case (3 << 3) | 2 -> event.version = UTF_8.decode(message(in)).toString();
                case (5 << 3) | 2 -> {
                    ByteBuffer summary = message(in);
                    while (summary.hasRemaining()) {
                        assertThat(varint(summary)).isEqualTo((1 << 3) | 2);
                        scalar(event, message(summary));
                    }
                }
                case (7 << 3) | 2 -> {
                    ByteBuffer log = message(in);
                    assertThat(varint(log)).isEqualTo(1 << 3);
                    event.starts = varint(log) == 1;
                }
                default -> throw new AssertionError("an unknown field");
            }
        }
        return event;
    }

    private static void scalar(Event event, ByteBuffer value) {
        assertThat(varint(value)).isEqualTo((1 << 3) | 2);
        String tag = UTF_8.decode(message(value)).toString();
        assertThat(varint(value)).isEqualTo((2 << 3) | 5);
        event.scalars.put(tag, value.getFloat());
        assertThat(value.hasRemaining()).isFalse();
    }

    private static ByteBuffer message(ByteBuffer in) {
        int length = (int) varint(in);
        ByteBuffer part = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + length);
        return part;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }
}
