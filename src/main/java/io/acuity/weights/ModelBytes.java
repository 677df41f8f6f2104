package io.acuity.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Model files of any format that is read here, told apart by their first bytes, never by their names. */
public final class ModelBytes {
    private static final long PART = 1 << 30;

    private ModelBytes() {}

    /**
     * Opens a safetensors file or a PyTorch checkpoint; its bytes stay mapped while one of its tensors is reachable.
     *
     * @throws WeightsException file, wanted and found
     */
    public static StateDict read(Path file) {
        return parse(file.toString(), map(file));
    }

    /** Reads what lies in memory. */
    public static StateDict parse(String name, MemorySegment file) {
        return isPyTorch(file) ? PyTorchCheckpoint.parse(name, file) : Safetensors.parse(name, file);
    }

    /** Whether a file is a PyTorch checkpoint, by its first bytes; else it is taken for safetensors. */
    public static boolean isPyTorch(MemorySegment file) {
        return PyTorchCheckpoint.begins(file);
    }

    /** SHA-256 as hexadecimal text. */
    public static String sha256(MemorySegment file) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (long at = 0; at < file.byteSize(); at += PART) {
                digest.update(
                        file.asSlice(at, Math.min(PART, file.byteSize() - at)).asByteBuffer());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    /** A file's bytes, mapped as long as they are reachable. */
    public static MemorySegment map(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new WeightsException(
                    file + (Files.exists(file) ? ": want a file, have a folder or device" : ": there is no such file"));
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
        } catch (IOException e) {
            throw new WeightsException(file + ": cannot be read: " + WriteException.reason(e), e);
        }
    }
}
