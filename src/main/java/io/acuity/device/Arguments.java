package io.acuity.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.acuity.device.NativeLibrary.Entry;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Values of one launch and the pointers to them, as {@code cuLaunchKernel} wants them; one a thread, used again. */
public final class Arguments {
    private static final int MOST = 24;

    private final MemorySegment values = Arena.ofAuto().allocate(8L * MOST, 8);
    private final MemorySegment pointers = Arena.ofAuto().allocate(8L * MOST, 8);

    public Arguments() {
        for (int i = 0; i < MOST; i++) {
            pointers.setAtIndex(ADDRESS, i, values.asSlice(8L * i, 8));
        }
    }

    /** Pointers to the values written last. */
    public MemorySegment pointers() {
        return pointers;
    }

    /**
     * Writes the arguments of a launch.
     *
     * @throws DeviceException if their number or kinds are not the kernel's, or a buffer belongs to another device
     */
    public void write(Device device, Entry entry, @Nullable Object... arguments) {
        String signature = entry.signature();
        if (arguments.length != signature.length()) {
            throw mismatch(entry, arguments);
        }
        for (int i = 0; i < arguments.length; i++) {
            long at = 8L * i;
            switch (signature.charAt(i)) {
                case 'P', 'H' -> {
                    if (arguments[i] == null) {
                        values.set(JAVA_LONG, at, 0L);
                    } else if (arguments[i] instanceof Buffer buffer && letter(buffer) == signature.charAt(i)) {
                        checkOwner(device, buffer);
                        values.set(JAVA_LONG, at, buffer.address());
                    } else {
                        throw mismatch(entry, arguments);
                    }
                }
                case 'I' -> {
                    if (!(arguments[i] instanceof Integer v)) {
                        throw mismatch(entry, arguments);
                    }
                    values.set(JAVA_INT, at, v);
                }
                case 'L' -> {
                    if (!(arguments[i] instanceof Long v)) {
                        throw mismatch(entry, arguments);
                    }
                    values.set(JAVA_LONG, at, v);
                }
                case 'F' -> {
                    if (!(arguments[i] instanceof Float v)) {
                        throw mismatch(entry, arguments);
                    }
                    values.set(JAVA_FLOAT, at, v);
                }
                default -> throw new DeviceException(entry.name() + ": unknown kind in signature " + signature);
            }
        }
    }

    private static char letter(Buffer buffer) {
        return buffer.precision() == Precision.BF16 ? 'H' : 'P';
    }

    /** Throws unless the buffer is the device's. */
    @SuppressWarnings("ReferenceEquality") // a device equals itself alone
    public static void checkOwner(Device device, Buffer buffer) {
        if (buffer.device() != device) {
            throw new DeviceException("want a buffer of " + device.name() + ", have one of "
                    + buffer.device().name());
        }
    }

    private static DeviceException mismatch(Entry entry, @Nullable Object... arguments) {
        StringBuilder given = new StringBuilder();
        for (Object a : arguments) {
            given.append(
                    switch (a) {
                        case null -> 'P';
                        case Buffer buffer -> letter(buffer);
                        case Integer _ -> 'I';
                        case Long _ -> 'L';
                        case Float _ -> 'F';
                        default -> '?';
                    });
        }
        return new DeviceException(entry.name() + " takes " + entry.signature() + ", was given " + given);
    }
}
