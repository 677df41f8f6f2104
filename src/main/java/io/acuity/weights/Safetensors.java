package io.acuity.weights;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The safetensors file format: 8 bytes of header length, a JSON header, the numbers. The header is checked completely before
 * anything is taken from the file (docs/formats.md lists the checks); the numbers are mapped, not copied.
 */
public final class Safetensors {
    private static final int ALIGNMENT = 64;
    private static final int CHUNK = 1 << 16;

    private Safetensors() {}

    /**
     * Opens a file; its bytes stay mapped while one of its tensors is reachable.
     *
     * @throws WeightsException file, wanted and found
     */
    public static StateDict read(Path file) {
        return parse(file.toString(), ModelBytes.map(file));
    }

    /** Reads a whole stream, as of a resource; {@code name} is for messages. */
    public static StateDict read(String name, InputStream in) throws IOException {
        return parse(name, MemorySegment.ofArray(in.readAllBytes()));
    }

    /** Reads what lies in memory; the tensors are parts of {@code file}. */
    public static StateDict parse(String name, MemorySegment file) {
        return new SafetensorsReader(name, file).read();
    }

    /**
     * Replaces {@code file}, completely or not at all. The same content gives the same bytes.
     *
     * @throws WriteException if it cannot be written
     */
    public static void write(Path file, StateDict state) {
        AtomicFile.write(file, out -> write(out, state));
    }

    /**
     * Writes the format: tensors by falling element size, then name, so that each lies aligned to its element size with no gap
     * between; the header filled with spaces so that the numbers start at a multiple of 64 bytes.
     */
    public static void write(OutputStream out, StateDict state) throws IOException {
        List<Map.Entry<String, TensorData>> tensors =
                new ArrayList<>(state.tensors().entrySet());
        tensors.sort(Comparator.<Map.Entry<String, TensorData>>comparingInt(
                        entry -> -entry.getValue().type().bytes())
                .thenComparing(Map.Entry::getKey));

        byte[] header = header(state.metadata(), tensors).getBytes(StandardCharsets.UTF_8);
        int padding = -(Long.BYTES + header.length) & ALIGNMENT - 1;
        out.write(ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length + padding)
                .array());
        out.write(header);
        out.write(" ".repeat(padding).getBytes(StandardCharsets.US_ASCII));
        for (Map.Entry<String, TensorData> tensor : tensors) {
            copy(tensor.getValue().bytes(), out);
        }
    }

    private static String header(Map<String, String> metadata, List<Map.Entry<String, TensorData>> tensors) {
        Map<String, Object> header = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            header.put(SafetensorsReader.METADATA, new TreeMap<>(metadata));
        }
        long end = 0;
        for (Map.Entry<String, TensorData> entry : tensors) {
            TensorData tensor = entry.getValue();
            long begin = end;
            end += tensor.bytes().byteSize();
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("dtype", tensor.type().name());
            fields.put("shape", tensor.shape());
            fields.put("data_offsets", List.of(begin, end));
            header.put(entry.getKey(), fields);
        }
        return Json.write(header);
    }

    private static void copy(MemorySegment bytes, OutputStream out) throws IOException {
        byte[] chunk = new byte[(int) Math.min(CHUNK, bytes.byteSize())];
        for (long at = 0; at < bytes.byteSize(); at += chunk.length) {
            int length = (int) Math.min(chunk.length, bytes.byteSize() - at);
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, chunk, 0, length);
            out.write(chunk, 0, length);
        }
    }
}
