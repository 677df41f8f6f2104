package io.acuity.device;

/** A device could not be opened, or could not do what was asked; the message names call, kernel and arguments. */
public final class DeviceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DeviceException(String message) {
        super(message);
    }

    public DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
