package io.acuity.serve;

import io.helidon.common.buffers.DataReader;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.OptionalLong;

/** Bodies of requests, read with their length bounded and their memory accounted for as it is filled, never before. */
final class Bodies {
    private static final int FIRST = 64 << 10;

    private Bodies() {}

    /** Bytes and the part of the budget they take until {@link #close}. */
    static final class Body implements AutoCloseable {
        private final Budget budget;
        private byte[] bytes = new byte[0];
        private int length;
        private long held;

        private Body(Budget budget) {
            this.budget = budget;
        }

        byte[] bytes() {
            return bytes.length == length ? bytes : Arrays.copyOf(bytes, length);
        }

        private void grow(long size) {
            if (!budget.take(size - held)) {
                throw Refusal.later(429, "queue_full", "the bodies of requests under way fill the memory", 2);
            }
            held = size;
            bytes = Arrays.copyOf(bytes, (int) size);
        }

        @Override
        public void close() {
            budget.give(held);
            held = 0;
        }
    }

    /** Reads a body; refuses one over the limit by its stated length, or once it is longer. */
    static Body read(ServerRequest request, ServeOptions options, Budget budget) {
        OptionalLong stated = request.headers().contentLength();
        long most = options.maxBytes();
        if (stated.isPresent() && stated.getAsLong() > most) {
            throw tooLarge(most, stated.getAsLong());
        }
        Body body = new Body(budget);
        boolean whole = false;
        try (InputStream in = request.content().inputStream()) {
            while (true) {
                if (body.length == body.bytes.length) {
                    long room = Math.min(most + 1, Math.max(FIRST, 2L * body.bytes.length));
                    body.grow(stated.isPresent() ? Math.min(room, stated.getAsLong() + 1) : room);
                }
                int n = in.read(body.bytes, body.length, body.bytes.length - body.length);
                if (n < 0) {
                    break;
                }
                body.length += n;
                if (body.length > most) {
                    throw tooLarge(most, body.length);
                }
            }
            whole = true;
            return body;
        } catch (IOException | UncheckedIOException | DataReader.InsufficientDataAvailableException e) {
            throw new CloseConnectionException("the client left in the middle of its body", e);
        } catch (IllegalArgumentException e) {
            throw Refusal.badRequest("body: want chunks as HTTP/1.1 has them, have others");
        } finally {
            if (!whole) {
                body.close();
            }
        }
    }

    private static Refusal tooLarge(long most, long have) {
        return Refusal.of(413, "too_large", "want a body of at most " + most + " bytes, have " + have + " or more");
    }
}
