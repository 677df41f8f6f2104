package io.acuity.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.acuity.weights.AtomicFile;
import io.acuity.weights.Disk;
import io.acuity.weights.Json;
import io.acuity.weights.Safetensors;
import io.acuity.weights.StateDict;
import io.acuity.weights.WeightsException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * The files of one checkpoint: a safetensors file for each part, {@code state.json}, and {@code SHA256SUMS} over all of these in
 * the form of the program sha256sum. A folder is whole only if {@code SHA256SUMS} is, byte for byte, what its files give.
 */
final class CheckpointFolder {
    private static final String STATE = "state.json";
    private static final String SUMS = "SHA256SUMS";
    private static final String SUFFIX = ".safetensors";
    private static final long FORMAT = 1;
    private static final long LARGEST_TEXT = 4 << 20;

    private CheckpointFolder() {}

    /** Writes all files into a new folder and waits until they are on the disk. */
    static void write(Disk disk, Path folder, Checkpoint checkpoint) throws IOException {
        disk.createFolder(folder);
        Map<String, String> sums = new TreeMap<>();
        for (Map.Entry<String, StateDict> part : checkpoint.parts().entrySet()) {
            write(disk, folder, part.getKey() + SUFFIX, sums, out -> Safetensors.write(out, part.getValue()));
        }
        byte[] state = (Json.write(header(checkpoint)) + "\n").getBytes(UTF_8);
        write(disk, folder, STATE, sums, out -> out.write(state));
        disk.write(folder.resolve(SUMS), out -> out.write(text(sums).getBytes(UTF_8)));
        disk.syncFolder(folder);
    }

    /**
     * Reads a whole checkpoint; the tensors stay mapped.
     *
     * @throws WeightsException if anything is missing, damaged or unreadable: which file and why
     */
    static Checkpoint read(Path folder) {
        try {
            Map<String, Object> header = header(folder);
            List<String> parts = parts(header);
            check(folder, parts);
            Map<String, StateDict> tensors = new TreeMap<>();
            for (String part : parts) {
                tensors.put(part, Safetensors.read(folder.resolve(part + SUFFIX)));
            }
            return checkpoint(header, tensors);
        } catch (IOException e) {
            throw new WeightsException(folder + ": cannot be read: " + e, e);
        } catch (ClassCastException | IllegalArgumentException e) {
            throw new WeightsException(folder.resolve(STATE) + ": " + e.getMessage(), e);
        }
    }

    private static Map<String, Object> header(Checkpoint checkpoint) {
        Map<String, Object> header = new LinkedHashMap<>();
        header.put("format", FORMAT);
        header.put("step", checkpoint.step());
        checkpoint.psnr().ifPresent(psnr -> header.put("psnr", psnr));
        header.put("parts", List.copyOf(checkpoint.parts().keySet()));
        header.put("state", checkpoint.state());
        return header;
    }

    @SuppressWarnings("unchecked") // Json gives objects as Map<String, Object>; another kind fails here and is reported
    private static Map<String, Object> header(Path folder) throws IOException {
        Map<String, Object> header = (Map<String, Object>) Json.parse(smallText(folder.resolve(STATE)));
        if (!Long.valueOf(FORMAT).equals(header.get("format"))) {
            throw new IllegalArgumentException("want format " + FORMAT + ", have " + header.get("format"));
        }
        return header;
    }

    private static List<String> parts(Map<String, Object> header) {
        List<String> parts = new ArrayList<>();
        if (header.get("parts") instanceof List<?> list) {
            list.forEach(part -> parts.add((String) part));
        }
        return parts;
    }

    @SuppressWarnings("unchecked") // as above
    private static Checkpoint checkpoint(Map<String, Object> header, Map<String, StateDict> parts) {
        Object psnr = header.get("psnr");
        if (!(header.get("step") instanceof Long step) || !(header.get("state") instanceof Map<?, ?> state)) {
            throw new IllegalArgumentException("want step and state, have " + header.keySet());
        }
        return new Checkpoint(
                step,
                psnr == null ? OptionalDouble.empty() : OptionalDouble.of(((Number) psnr).doubleValue()),
                parts,
                (Map<String, Object>) state);
    }

    /** Compares whole texts, so that a line lost or added in the list itself is damage too. */
    private static void check(Path folder, List<String> parts) throws IOException {
        String listed = smallText(folder.resolve(SUMS));
        List<String> names =
                new ArrayList<>(parts.stream().map(part -> part + SUFFIX).toList());
        names.add(STATE);
        Map<String, String> sums = new TreeMap<>();
        for (String name : names) {
            String sum = sum(folder.resolve(name));
            if (!listed.contains(line(sum, name))) {
                throw new WeightsException(folder.resolve(name) + ": its SHA-256 is not the one in " + SUMS);
            }
            sums.put(name, sum);
        }
        if (!text(sums).equals(listed)) {
            throw new WeightsException(
                    folder.resolve(SUMS) + ": want the files " + sums.keySet() + ", have other lines");
        }
    }

    private static void write(Disk disk, Path folder, String name, Map<String, String> sums, AtomicFile.Body body)
            throws IOException {
        MessageDigest digest = sha256();
        disk.write(folder.resolve(name), out -> {
            OutputStream buffered = new BufferedOutputStream(new DigestOutputStream(out, digest), 1 << 16);
            body.write(buffered);
            buffered.flush();
        });
        sums.put(name, HexFormat.of().formatHex(digest.digest()));
    }

    private static String smallText(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new WeightsException(file + ": it is missing");
        }
        if (Files.size(file) > LARGEST_TEXT) {
            throw new WeightsException(file + ": want at most " + LARGEST_TEXT + " bytes, have " + Files.size(file));
        }
        return Files.readString(file);
    }

    private static String sum(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new WeightsException(file + ": it is missing");
        }
        MessageDigest digest = sha256();
        try (InputStream in = Files.newInputStream(file)) {
            in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static String text(Map<String, String> sums) {
        StringBuilder text = new StringBuilder();
        sums.forEach((name, sum) -> text.append(line(sum, name)));
        return text.toString();
    }

    private static String line(String sum, String name) {
        return sum + "  " + name + "\n";
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
