package io.acuity.weights;

import io.acuity.weights.Pickled.Storage;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * PyTorch's checkpoints ({@code .pth}, {@code .pt}) without Python: the zip container of PyTorch 1.6 and later and the older
 * stream of pickles, read by a machine that can run no code ({@link PickleMachine}). docs/formats.md lists what is accepted.
 */
public final class PyTorchCheckpoint {
    /** Note in {@link StateDict#metadata}: the key of the file under which the weights were found. */
    public static final String KEY = "pytorch.key";

    static final String NOTES = "/extra/acuity.json";

    /** Protocol 2 and the number 0x1950a86a20f9469cfc6c, with which the older container begins. */
    private static final byte[] LEGACY = {
        (byte) 0x80,
        2,
        (byte) 0x8a,
        10,
        0x6c,
        (byte) 0xfc,
        (byte) 0x9c,
        0x46,
        (byte) 0xf9,
        0x20,
        0x6a,
        (byte) 0xa8,
        0x50,
        0x19,
        '.'
    };

    private static final byte[] ZIP = {'P', 'K'};
    private static final int MAX_PROTOCOL = 5;
    private static final long LEGACY_VERSION = 1001;
    private static final long MAX_PICKLE = 4 << 20;
    private static final int TAR_MAGIC = 257;

    private PyTorchCheckpoint() {}

    /**
     * Whether these may be the bytes of a checkpoint: a zip archive, a pickle, or PyTorch's oldest form, a tar archive. Those of
     * safetensors, which begin with any number, are told by the brace behind it.
     */
    static boolean begins(MemorySegment file) {
        if (startsWith(file, Long.BYTES, (byte) '{')) {
            return false;
        }
        boolean pickle = startsWith(file, 0, (byte) 0x80)
                && file.byteSize() > 1
                && file.get(ValueLayout.JAVA_BYTE, 1) >= 0
                && file.get(ValueLayout.JAVA_BYTE, 1) <= MAX_PROTOCOL;
        return startsWith(file, 0, ZIP) || pickle || isTar(file);
    }

    private static boolean isTar(MemorySegment file) {
        return startsWith(file, TAR_MAGIC, "ustar".getBytes(StandardCharsets.US_ASCII));
    }

    private static boolean startsWith(MemorySegment file, long at, byte... magic) {
        return file.byteSize() >= at + magic.length
                && file.asSlice(at, magic.length).mismatch(MemorySegment.ofArray(magic)) < 0;
    }

    /**
     * Opens a file; its bytes stay mapped while one of its tensors is reachable.
     *
     * @throws WeightsException file, wanted and found
     */
    public static StateDict read(Path file) {
        return parse(file.toString(), ModelBytes.map(file));
    }

    /** Reads what lies in memory; tensors that lie in one piece are parts of {@code file}. */
    public static StateDict parse(String name, MemorySegment file) {
        if (startsWith(file, 0, ZIP)) {
            return zip(name, file);
        }
        if (startsWith(file, 0, LEGACY)) {
            return legacy(name, file);
        }
        String have =
                isTar(file) ? "a tar archive of PyTorch before 0.1.10; load and save it there once" : "something else";
        throw WeightsException.want(name, "PyTorch checkpoint", "a zip archive or a stream of pickles", have);
    }

    /**
     * Replaces {@code file}, completely or not at all, by a state dict that {@code torch.load(file, weights_only=True)} reads. The
     * same content gives the same bytes.
     *
     * @throws WriteException if it cannot be written
     */
    public static void write(Path file, StateDict state) {
        AtomicFile.write(file, out -> write(out, state));
    }

    /** Writes the zip container. */
    public static void write(OutputStream out, StateDict state) throws IOException {
        PyTorchWriter.write(out, state);
    }

    private static StateDict zip(String name, MemorySegment file) {
        ZipContainer zip = ZipContainer.open(name, file);
        String root = root(name, zip);
        if (zip.has(root + "/byteorder")
                && !new String(zip.read(root + "/byteorder").toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII)
                        .equals("little")) {
            throw WeightsException.want(name, "PyTorch checkpoint", "little endian numbers", "big endian ones");
        }
        long size = zip.size(root + "/data.pkl");
        if (size > MAX_PICKLE) {
            throw WeightsException.want(name, "pickle", "at most " + MAX_PICKLE + " bytes", size);
        }
        MemorySegment pickle = zip.read(root + "/data.pkl");
        Map<String, Storage> storages = new HashMap<>();
        PickleBytes bytes = new PickleBytes(name, pickle);
        Object value = new PickleMachine(bytes, storages).run();
        if (bytes.position() != pickle.byteSize()) {
            throw WeightsException.want(name, "pickle", bytes.position() + " bytes", pickle.byteSize());
        }
        TensorViews views = new TensorViews(name, storage -> zip.read(root + "/data/" + storage.key()));
        return views.stateDict(value, notes(name, zip, root));
    }

    /** The folder all entries are in: that of the one data.pkl. */
    private static String root(String name, ZipContainer zip) {
        List<String> roots = new ArrayList<>();
        for (String entry : zip.names()) {
            if (entry.endsWith("/data.pkl") && entry.indexOf('/') == entry.lastIndexOf('/')) {
                roots.add(entry.substring(0, entry.indexOf('/')));
            }
        }
        if (roots.size() != 1) {
            throw WeightsException.want(name, "PyTorch checkpoint", "one entry */data.pkl", roots.size());
        }
        String root = roots.getFirst();
        if (zip.has(root + "/constants.pkl")) {
            throw WeightsException.want(
                    name, "PyTorch checkpoint", "a state dict", "TorchScript; save the module's state_dict() instead");
        }
        return root;
    }

    /** What {@link PyTorchWriter} keeps of a model file's notes. */
    private static Map<String, String> notes(String name, ZipContainer zip, String root) {
        Map<String, String> notes = new LinkedHashMap<>();
        if (zip.has(root + NOTES)) {
            MemorySegment text = zip.size(root + NOTES) > SafetensorsReader.MAX_HEADER
                    ? MemorySegment.ofArray(new byte[0])
                    : zip.read(root + NOTES);
            try {
                Object value = Json.parse(new String(text.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8));
                if (value instanceof Map<?, ?> map) {
                    map.forEach((key, note) -> notes.put(String.valueOf(key), String.valueOf(note)));
                    return notes;
                }
            } catch (IllegalArgumentException e) {
                throw new WeightsException(name + ": notes of the model: " + e.getMessage(), e);
            }
            throw WeightsException.want(name, "notes of the model", "a JSON object of strings", "something else");
        }
        return notes;
    }

    /** Pickles of magic number, version, machine, object and keys; then for each key 8 bytes of count and the numbers. */
    private static StateDict legacy(String name, MemorySegment file) {
        PickleBytes bytes = new PickleBytes(name, file.asSlice(0, Math.min(file.byteSize(), MAX_PICKLE)));
        bytes.skip(LEGACY.length);
        Map<String, Storage> storages = new HashMap<>();
        Object version = new PickleMachine(bytes, new HashMap<>()).run();
        if (!version.equals(LEGACY_VERSION)) {
            throw bytes.wrong("protocol " + LEGACY_VERSION, PickleMachine.kind(version));
        }
        Object machine = new PickleMachine(bytes, new HashMap<>()).run();
        if (!(machine instanceof Map<?, ?> map) || !Boolean.TRUE.equals(map.get("little_endian"))) {
            throw bytes.wrong("little endian numbers", "big endian ones");
        }
        Object value = new PickleMachine(bytes, storages).run();
        Object keys = new PickleMachine(bytes, new HashMap<>()).run();
        if (!(keys instanceof List<?> list)) {
            throw bytes.wrong("a list of storages", PickleMachine.kind(keys));
        }
        Map<Storage, MemorySegment> data = numbers(name, file, bytes.position(), list, storages);
        TensorViews views = new TensorViews(name, storage -> {
            MemorySegment found = data.get(storage);
            if (found == null) {
                throw WeightsException.want(
                        name, "storage " + WeightsException.shown(storage.key()), "numbers", "none in the file");
            }
            return found;
        });
        return views.stateDict(value, Map.of());
    }

    private static Map<Storage, MemorySegment> numbers(
            String name, MemorySegment file, long begin, List<?> keys, Map<String, Storage> storages) {
        Map<Storage, MemorySegment> data = new HashMap<>();
        long at = begin;
        for (Object key : keys) {
            Storage storage = key instanceof String text ? storages.get(text) : null;
            String what = "storage " + PickleMachine.kind(key);
            if (storage == null || data.containsKey(storage)) {
                throw WeightsException.want(name, what, "a key of the object, once", "another");
            }
            long rest = file.byteSize() - at - Long.BYTES;
            long count =
                    rest < 0 ? -1 : file.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), at);
            if (count != storage.count() || count > rest / storage.type().bytes()) {
                throw WeightsException.want(
                        name,
                        what,
                        storage.count() + " numbers of " + storage.type().bytes() + " bytes",
                        count == storage.count() ? rest + " bytes" : count);
            }
            at += Long.BYTES;
            data.put(storage, file.asSlice(at, count * storage.type().bytes()));
            at += count * storage.type().bytes();
        }
        if (at != file.byteSize()) {
            throw WeightsException.want(name, "data behind the storages", "none", file.byteSize() - at + " bytes");
        }
        return data;
    }
}
