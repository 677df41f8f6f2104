package io.acuity.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All checks of one file, in an order in which no number of the file is trusted, or used to allocate, before it is checked. */
final class SafetensorsReader {
    static final String METADATA = "__metadata__";

    /** The format allows 100 MB; a network of 10,000 tensors needs 1 MB, and a smaller limit bounds the cost of a hostile file. */
    static final long MAX_HEADER = 2 << 20;

    private static final int MAX_RANK = 8;
    private static final Set<String> FIELDS = Set.of("dtype", "shape", "data_offsets");

    private final String file;
    private final MemorySegment bytes;

    /** A tensor as the header tells it; begin and end count from the first byte after the header. */
    private record Entry(String name, DataType type, List<Long> shape, long begin, long end) {}

    SafetensorsReader(String file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    StateDict read() {
        long length = headerLength();
        Map<String, Object> header = header(length);
        SequencedMap<String, String> metadata = metadata(header.remove(METADATA));
        List<Entry> entries = new ArrayList<>(header.size());
        header.forEach((name, fields) -> entries.add(entry(name, fields)));
        MemorySegment data = bytes.asSlice(Long.BYTES + length);
        checkCover(entries, data.byteSize());

        LinkedHashMap<String, TensorData> tensors = new LinkedHashMap<>();
        for (Entry entry : entries) {
            MemorySegment slice = data.asSlice(entry.begin, entry.end - entry.begin);
            tensors.put(entry.name, new TensorData(entry.type, entry.shape, slice));
        }
        return new StateDict(tensors, metadata);
    }

    private long headerLength() {
        if (bytes.byteSize() < Long.BYTES) {
            throw want("safetensors file", "at least 8 bytes", bytes.byteSize());
        }
        ByteBuffer first = bytes.asSlice(0, Long.BYTES).asByteBuffer(); // at a start cheaper than a layout's handle
        long length = first.order(ByteOrder.LITTLE_ENDIAN).getLong();
        long most = Math.min(MAX_HEADER, bytes.byteSize() - Long.BYTES);
        if (length < 2 || length > most) {
            throw want("safetensors header length", "2 to " + most, Long.toUnsignedString(length));
        }
        return length;
    }

    @SuppressWarnings("unchecked") // Json gives objects as Map<String, Object>; the first byte says it is one
    private Map<String, Object> header(long length) {
        byte[] text = new byte[Math.toIntExact(length)];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, Long.BYTES, text, 0, text.length);
        if (text[0] != '{') {
            throw want("safetensors header", "to start with {", "byte " + text[0]);
        }
        try {
            String json = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text))
                    .toString();
            return (Map<String, Object>) Json.parse(json);
        } catch (CharacterCodingException e) {
            throw new WeightsException(file + ": safetensors header: want UTF-8, have " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new WeightsException(file + ": safetensors header: " + e.getMessage(), e);
        }
    }

    private SequencedMap<String, String> metadata(@Nullable Object value) {
        SequencedMap<String, String> metadata = new LinkedHashMap<>();
        if (value == null) {
            return metadata;
        }
        if (!(value instanceof Map<?, ?> map)) {
            throw want(METADATA, "an object of strings", kind(value));
        }
        map.forEach((key, text) -> {
            if (!(text instanceof String string)) {
                throw want(METADATA + "." + shown((String) key), "a string", kind(text));
            }
            metadata.put((String) key, string);
        });
        return metadata;
    }

    private Entry entry(String name, Object value) {
        String what = "tensor " + shown(name);
        if (!(value instanceof Map<?, ?> fields) || !fields.keySet().equals(FIELDS)) {
            throw want(what, "the fields dtype, shape and data_offsets", kind(value));
        }
        DataType type = type(what, fields.get("dtype"));
        List<Long> shape = naturals(what + " shape", fields.get("shape"));
        List<Long> offsets = naturals(what + " data_offsets", fields.get("data_offsets"));
        if (shape.size() > MAX_RANK) {
            throw want(what + " shape", "at most " + MAX_RANK + " sizes", shape.size());
        }
        if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
            throw want(what + " data_offsets", "[begin, end] with begin at most end", shown(offsets.toString()));
        }
        long size = offsets.get(1) - offsets.get(0);
        if (size != byteSize(what, type, shape)) {
            throw want(what + " data_offsets", byteSize(what, type, shape) + " bytes for " + type + " " + shape, size);
        }
        return new Entry(name, type, shape, offsets.get(0), offsets.get(1));
    }

    private DataType type(String what, @Nullable Object value) {
        for (DataType type : DataType.values()) {
            if (type.name().equals(value)) {
                return type;
            }
        }
        throw want(what + " dtype", "one of " + List.of(DataType.values()), shown(String.valueOf(value)));
    }

    private List<Long> naturals(String what, @Nullable Object value) {
        if (!(value instanceof List<?> list)) {
            throw want(what, "a list of whole numbers", kind(value));
        }
        List<Long> numbers = new ArrayList<>();
        for (Object item : list) {
            if (!(item instanceof Long number) || number < 0) {
                throw want(what, "whole numbers from 0 to 2^63 - 1", shown(item.toString()));
            }
            numbers.add(number);
        }
        return numbers;
    }

    private long byteSize(String what, DataType type, List<Long> shape) {
        try {
            return TensorData.byteSize(type, shape);
        } catch (ArithmeticException e) {
            throw new WeightsException(file + ": " + what + " shape: want fewer than 2^63 bytes, have " + shape, e);
        }
    }

    /** In order of place, each tensor begins where the one before ends: no gap, no overlap, nothing left over. */
    private void checkCover(List<Entry> entries, long size) {
        List<Entry> placed = new ArrayList<>(entries);
        placed.sort((a, b) -> a.begin != b.begin ? Long.compare(a.begin, b.begin) : Long.compare(a.end, b.end));
        long end = 0;
        for (Entry entry : placed) {
            if (entry.begin != end) {
                throw want("tensor " + shown(entry.name), "to begin at byte " + end + " of the data", entry.begin);
            }
            end = entry.end;
        }
        if (end != size) {
            throw want("data after the header", end + " bytes", size);
        }
    }

    private static String shown(String name) {
        return WeightsException.shown(name);
    }

    private static String kind(@Nullable Object value) {
        return switch (value) {
            case null -> "nothing";
            case Map<?, ?> map -> "an object of " + map.size() + " fields";
            case List<?> _ -> "a list";
            case String _ -> "a string";
            default -> shown(value.toString());
        };
    }

    private WeightsException want(String what, Object want, Object have) {
        return WeightsException.want(file, what, want, have);
    }
}
