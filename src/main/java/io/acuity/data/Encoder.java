package io.acuity.data;

import java.io.IOException;

/** A picture format's writer of bands, whose order and form are right already. */
interface Encoder {
    /** The next rows. */
    void write(Image band) throws IOException;

    /** What follows the last row. */
    void finish() throws IOException;

    /** Lets go of what is held; called once, at the end or after a failure. */
    default void release() {}
}
