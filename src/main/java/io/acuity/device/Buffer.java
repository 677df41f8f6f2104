package io.acuity.device;

/** A run of bytes in a device's memory. A slice shares its parent's bytes; only the parent is released. */
public final class Buffer {
    private final Device device;
    private final long address;
    private final long bytes;

    /** For devices: bytes of their memory. */
    public Buffer(Device device, long address, long bytes) {
        this.device = device;
        this.address = address;
        this.bytes = bytes;
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

    /** The {@code length} bytes from {@code offset} on. */
    public Buffer slice(long offset, long length) {
        if (offset < 0 || length < 0 || offset > bytes - length) {
            throw new IllegalArgumentException(
                    "slice: want a range inside " + bytes + " bytes, have offset " + offset + " length " + length);
        }
        return new Buffer(device, address + offset, length);
    }

    @Override
    public String toString() {
        return "Buffer[" + device.name() + ", " + bytes + " bytes]";
    }
}
