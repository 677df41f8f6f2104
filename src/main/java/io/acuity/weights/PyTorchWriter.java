package io.acuity.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Writes PyTorch's zip container: {@code archive/data.pkl}, a dictionary of {@code _rebuild_tensor_v2} calls in protocol 2, and
 * one stored entry of numbers a tensor, each at a multiple of 64 bytes as {@code torch.save} lays them. Notes go to an entry
 * that PyTorch does not look at.
 */
final class PyTorchWriter {
    private static final String ROOT = "archive";
    private static final int ALIGNMENT = 64;
    private static final int CHUNK = 1 << 16;
    private static final long MOST = 0xFFFFFFFEL;

    private final OutputStream out;
    private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
    private long at;
    private int entries;

    private PyTorchWriter(OutputStream out) {
        this.out = out;
    }

    static void write(OutputStream out, StateDict state) throws IOException {
        long bytes = state.tensors().values().stream()
                .mapToLong(tensor -> tensor.bytes().byteSize())
                .sum();
        if (bytes > MOST / 2 || state.tensors().size() > 0xFFFF / 2) {
            throw new WeightsException("PyTorch checkpoint: want at most 2 GB and 32,767 tensors, have " + bytes
                    + " bytes and " + state.tensors().size() + " tensors; safetensors has room for them");
        }
        PyTorchWriter writer = new PyTorchWriter(out);
        writer.add("data.pkl", pickle(state));
        writer.add("byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        Map<String, String> notes = new LinkedHashMap<>(state.metadata());
        notes.remove(PyTorchCheckpoint.KEY); // the weights are not under a key any more
        if (!notes.isEmpty()) {
            byte[] json = Json.write(notes).getBytes(StandardCharsets.UTF_8);
            writer.add(PyTorchCheckpoint.NOTES.substring(1), json);
        }
        int index = 0;
        for (TensorData tensor : state.tensors().values()) {
            writer.add("data/" + index++, tensor.bytes());
        }
        writer.add("version", "3\n".getBytes(StandardCharsets.US_ASCII));
        writer.finish();
    }

    private void add(String name, byte[] content) throws IOException {
        add(name, MemorySegment.ofArray(content));
    }

    private void add(String name, MemorySegment content) throws IOException {
        byte[] path = (ROOT + "/" + name).getBytes(StandardCharsets.UTF_8);
        long begin = at + 30 + path.length + 4;
        int padding = (int) (-begin & ALIGNMENT - 1);
        int crc = crc(content);
        byte[] before = new byte[30 + path.length + 4 + padding];
        ByteBuffer local = little(before);
        local.putInt(0x04034b50).putShort((short) 20);
        common(local, crc, content.byteSize(), path.length, 4 + padding);
        local.put(path).put((byte) 'F').put((byte) 'B').putShort((short) padding); // torch.save's own padding field
        long header = at;
        write(before);
        copy(content);

        byte[] listed = new byte[46 + path.length];
        ByteBuffer central = little(listed);
        central.putInt(0x02014b50).putShort((short) 20).putShort((short) 20);
        common(central, crc, content.byteSize(), path.length, 0);
        central.putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0); // comment, volume, attributes
        central.putInt((int) header).put(path);
        directory.write(listed);
        entries++;
    }

    /** What local and central header share: flags (names in UTF-8), method, time, CRC-32, sizes, lengths. */
    private static void common(ByteBuffer header, int crc, long size, int name, int extra) {
        header.putShort((short) 0x800).putShort((short) 0).putInt(0x00210000); // 1980-01-01, the earliest there is
        header.putInt(crc).putInt((int) size).putInt((int) size);
        header.putShort((short) name).putShort((short) extra);
    }

    private void finish() throws IOException {
        long begin = at;
        write(directory.toByteArray());
        byte[] last = new byte[22];
        ByteBuffer end = little(last);
        end.putInt(0x06054b50).putInt(0).putShort((short) entries).putShort((short) entries);
        end.putInt(directory.size()).putInt((int) begin).putShort((short) 0);
        write(last);
    }

    private static ByteBuffer little(byte[] into) {
        return ByteBuffer.wrap(into).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void write(byte[] bytes) throws IOException {
        out.write(bytes);
        at += bytes.length;
    }

    private void copy(MemorySegment content) throws IOException {
        byte[] chunk = new byte[(int) Math.min(CHUNK, content.byteSize())];
        for (long from = 0; from < content.byteSize(); from += chunk.length) {
            int length = (int) Math.min(chunk.length, content.byteSize() - from);
            MemorySegment.copy(content, ValueLayout.JAVA_BYTE, from, chunk, 0, length);
            out.write(chunk, 0, length);
        }
        at += content.byteSize();
    }

    private static int crc(MemorySegment content) {
        CRC32 crc = new CRC32();
        crc.update(content.asByteBuffer());
        return (int) crc.getValue();
    }

    private static byte[] pickle(StateDict state) {
        Pickler pickler = new Pickler();
        pickler.operations("}("); // a plain dictionary: LibTorch's own unpickler makes None of an OrderedDict
        int index = 0;
        for (Map.Entry<String, TensorData> entry : state.tensors().entrySet()) {
            TensorData tensor = entry.getValue();
            pickler.string(entry.getKey());
            pickler.global("torch._utils", "_rebuild_tensor_v2").operations("((");
            pickler.string("storage")
                    .global("torch", ElementType.of(tensor.type()).storage());
            pickler.string(Integer.toString(index++)).string("cpu").number(tensor.count());
            pickler.operations("tQ").number(0);
            pickler.tuple(tensor.shape()).tuple(strides(tensor.shape())).bool(false);
            pickler.global("collections", "OrderedDict").operations(")RtR");
        }
        return pickler.operations("u.").bytes();
    }

    private static List<Long> strides(List<Long> shape) {
        List<Long> strides = new ArrayList<>();
        long step = 1;
        for (long size : shape.reversed()) {
            strides.addFirst(step);
            step *= Math.max(1, size);
        }
        return strides;
    }

    /** Protocol 2, of which only what a state dict needs. */
    private static final class Pickler {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Pickler() {
            out.write(0x80);
            out.write(2);
        }

        Pickler operations(String letters) {
            out.writeBytes(letters.getBytes(StandardCharsets.US_ASCII));
            return this;
        }

        Pickler global(String module, String name) {
            return operations("c" + module + "\n" + name + "\n");
        }

        Pickler string(String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            out.write('X');
            return whole(utf8.length, Integer.BYTES).bytes(utf8);
        }

        Pickler number(long value) {
            if (value <= Integer.MAX_VALUE) {
                return operations("J").whole(value, Integer.BYTES);
            }
            out.write(0x8a);
            out.write(Long.BYTES);
            return whole(value, Long.BYTES);
        }

        private Pickler whole(long value, int bytes) {
            for (int i = 0; i < bytes; i++) {
                out.write((int) (value >> (8 * i)));
            }
            return this;
        }

        private Pickler bytes(byte[] raw) {
            out.writeBytes(raw);
            return this;
        }

        Pickler bool(boolean value) {
            out.write(value ? 0x88 : 0x89);
            return this;
        }

        Pickler tuple(List<Long> numbers) {
            operations("(");
            numbers.forEach(this::number);
            return operations("t");
        }

        byte[] bytes() {
            return out.toByteArray();
        }
    }
}
