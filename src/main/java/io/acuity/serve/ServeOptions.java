package io.acuity.serve;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the service allows. All of it is fixed when it starts.
 *
 * @param host address to listen on
 * @param port port to listen on, 0 for any free one
 * @param token what clients must send as {@code Authorization: Bearer}, null for none
 * @param maxBytes most bytes of a request's body
 * @param maxPixels most pixels of a picture, by its header
 * @param maxFrames most frames of a picture, by its header
 * @param queue most pictures that are accepted and not yet answered; more are refused with 429
 * @param timeLimit within which an accepted picture is answered, or given up
 * @param headTime within which a request's head must have come
 * @param stall longest silence of a client in the middle of a body or of reading an answer
 * @param grace how long pictures that were accepted may take once the service is to stop
 * @param behindProxy whether clients are told apart by the last address of {@code X-Forwarded-For}
 * @param memory device memory for one window, in bytes
 */
public record ServeOptions(
        String host,
        int port,
        @Nullable String token,
        long maxBytes,
        long maxPixels,
        int maxFrames,
        int queue,
        Duration timeLimit,
        Duration headTime,
        Duration stall,
        Duration grace,
        boolean behindProxy,
        long memory) {
    /** As documented in docs/serving.md; listens on this machine only. */
    public static final ServeOptions DEFAULT = new ServeOptions(
            "127.0.0.1",
            8080,
            null,
            32L << 20,
            16_800_000,
            1,
            32,
            Duration.ofMinutes(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            false,
            2L << 30);

    public ServeOptions {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port: want 0 to 65535, have " + port);
        }
        if (maxBytes < 1 || maxBytes > 1L << 30 || maxPixels < 1 || maxFrames < 1 || queue < 1 || memory < 1 << 20) {
            throw new IllegalArgumentException(
                    "limits: want bytes from 1 to 2^30, pixels, frames and queue of at least 1, memory of at least"
                            + " 1 MiB, have " + maxBytes + ", " + maxPixels + ", " + maxFrames + ", " + queue + ", "
                            + memory);
        }
        for (Duration time : new Duration[] {timeLimit, headTime, stall, grace}) {
            if (time.isNegative() || time.isZero()) {
                throw new IllegalArgumentException("times: want more than nothing, have " + time);
            }
        }
        if (token != null && !token.matches("[\\x21-\\x7e]+")) {
            throw new IllegalArgumentException("token: want visible ASCII characters, at least one");
        }
    }

    /** After so long without a request a connection is closed. */
    Duration idleTime() {
        return headTime.multipliedBy(4);
    }
}
