package io.acuity.weights;

import org.jspecify.annotations.Nullable;

/** The numbers a PyTorch storage may hold; those without a {@link DataType} are known but not read. */
enum ElementType {
    FLOAT("FloatStorage", 4, DataType.F32),
    HALF("HalfStorage", 2, DataType.F16),
    BFLOAT16("BFloat16Storage", 2, DataType.BF16),
    LONG("LongStorage", 8, DataType.I64),
    BYTE("ByteStorage", 1, DataType.U8),
    DOUBLE("DoubleStorage", 8, null),
    INT("IntStorage", 4, null),
    SHORT("ShortStorage", 2, null),
    CHAR("CharStorage", 1, null),
    BOOL("BoolStorage", 1, null);

    private final String storage;
    private final int bytes;
    private final @Nullable DataType type;

    ElementType(String storage, int bytes, @Nullable DataType type) {
        this.storage = storage;
        this.bytes = bytes;
        this.type = type;
    }

    /** Name of the class in package {@code torch}. */
    String storage() {
        return storage;
    }

    int bytes() {
        return bytes;
    }

    /** What a tensor of such numbers becomes; null for those that no network here has. */
    @Nullable
    DataType type() {
        return type;
    }

    /** The element of a data type. */
    static ElementType of(DataType wanted) {
        for (ElementType element : values()) {
            if (element.type == wanted) {
                return element;
            }
        }
        throw new IllegalArgumentException("PyTorch storage: want F32, F16, BF16, I64 or U8, have " + wanted);
    }
}
