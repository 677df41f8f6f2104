package io.acuity.device;

/** The device had not so many bytes left. */
public final class OutOfDeviceMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** For devices. */
    public OutOfDeviceMemoryException(String device, long bytes) {
        super("device " + device + " has no " + bytes + " bytes left");
    }
}
