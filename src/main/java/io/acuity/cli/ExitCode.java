package io.acuity.cli;

/** What the process ends with; scripts may rely on the numbers. */
enum ExitCode {
    /** Everything asked was done. */
    DONE(0),
    /** Some inputs failed, the others are done; also a mistake of the program itself. */
    FAILED(1),
    /** Wrong usage or configuration. */
    USAGE(2),
    /** An input cannot be read, is damaged or over a limit. */
    INPUT(3),
    /** A model file is wrong or unknown. */
    MODEL(4),
    /** The device is missing or out of memory, or a folder is locked by another run. */
    DEVICE(5),
    /** An output cannot be written. */
    OUTPUT(6),
    /** Training diverged and could not be rescued. */
    DIVERGED(7);

    private final int number;

    ExitCode(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
