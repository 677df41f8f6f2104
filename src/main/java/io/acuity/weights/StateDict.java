package io.acuity.weights;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Named tensors in order, with the notes a model file carries: what a network, its average or its optimizer is made of.
 *
 * @param tensors by name as PyTorch has them ({@code body.0.body.2.weight})
 * @param metadata keys and values of the file's {@code __metadata__}
 */
public record StateDict(SequencedMap<String, TensorData> tensors, SequencedMap<String, String> metadata) {
    public StateDict {
        tensors = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(tensors));
        metadata = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(metadata));
    }

    /** Tensors without notes. */
    public static StateDict of(SequencedMap<String, TensorData> tensors) {
        return new StateDict(tensors, new TreeMap<>());
    }

    /**
     * The tensor of this name.
     *
     * @throws WeightsException if there is none
     */
    public TensorData tensor(String name) {
        TensorData found = tensors.get(name);
        if (found == null) {
            throw new WeightsException("want a tensor named " + name + ", have " + tensors.size() + " of other names");
        }
        return found;
    }

    /** The same tensors with other notes. */
    public StateDict withMetadata(Map<String, String> notes) {
        return new StateDict(tensors, new TreeMap<>(notes));
    }

    /** Bytes of all tensors. */
    public long byteSize() {
        return tensors.values().stream()
                .mapToLong(tensor -> tensor.bytes().byteSize())
                .sum();
    }

    /** The same with every F32, F16 and BF16 tensor stored as {@code type}; whole numbers stay as they are. */
    public StateDict storedAs(DataType type) {
        LinkedHashMap<String, TensorData> stored = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> stored.put(
                name,
                switch (tensor.type()) {
                    case F32, F16, BF16 -> tensor.storedAs(type);
                    case I64, U8 -> tensor;
                }));
        return new StateDict(stored, metadata);
    }
}
