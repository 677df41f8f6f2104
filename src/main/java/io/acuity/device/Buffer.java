package io.acuity.device;

/**
 * A run of bytes in a device's memory, and the precision of the numbers there. A slice shares its parent's bytes; only the parent
 * is released.
 */
public final class Buffer {
    private final Device device;
    private final long address;
    private final long bytes;
    private final Precision precision;

    /** For devices: bytes of their memory. */
    public Buffer(Device device, long address, long bytes) {
        this(device, address, bytes, Precision.FP32);
    }

    private Buffer(Device device, long address, long bytes, Precision precision) {
        this.device = device;
        this.address = address;
        this.bytes = bytes;
        this.precision = precision;
    }

    /** The device whose memory this is; only it may use the buffer. */
    public Device device() {
        return device;
    }

    /** Address in the device's own memory. */
    public long address() {
        return address;
    }

    /** Length in bytes. */
    public long bytes() {
        return bytes;
    }

    /**
     * What the numbers are. A launch with a buffer of {@link Precision#BF16} runs the kernel's form of that name; memory that holds no
     * feature map (bytes, tables, pictures, parameters) is of {@link Precision#FP32}.
     */
    public Precision precision() {
        return precision;
    }

    /** The same bytes for numbers of another precision. */
    public Buffer as(Precision wanted) {
        return wanted == precision ? this : new Buffer(device, address, bytes, wanted);
    }

    /** The {@code length} bytes from {@code offset} on. */
    public Buffer slice(long offset, long length) {
        if (offset < 0 || length < 0 || offset > bytes - length) {
            throw new IllegalArgumentException(
                    "slice: want a range inside " + bytes + " bytes, have offset " + offset + " length " + length);
        }
        return new Buffer(device, address + offset, length, precision);
    }

    @Override
    public String toString() {
        return "Buffer[" + device.name() + ", " + bytes + " bytes" + (precision == Precision.BF16 ? ", bf16]" : "]");
    }
}
