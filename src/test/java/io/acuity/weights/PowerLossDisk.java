package io.acuity.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A disk that remembers every change below a folder, and shows what may be left had the power gone at any moment. Contents are
 * durable once written, since {@link Disk#write} waits for them; names are durable once their folder is synced. Unsynced names
 * of one folder reach the disk in order or not at all, those of different folders independently.
 */
public final class PowerLossDisk implements Disk {
    /** A folder or a file, whatever its name is. */
    private static final class Node {
        private final Map<String, Node> names = new LinkedHashMap<>();
        private final byte[] bytes;
        private final boolean folder;

        private Node(boolean folder, byte[] bytes) {
            this.folder = folder;
            this.bytes = bytes;
        }
    }

    /** A change of names in one folder, or a sync of it. */
    private record Change(Node folder, Consumer<Map<String, Node>> effect, boolean sync) {}

    private final Path root;
    private final Node tree = new Node(true, new byte[0]);
    private final List<Change> changes = new ArrayList<>();

    /** Starts with the real folder {@code root}, which is empty. */
    public PowerLossDisk(Path root) {
        this.root = root;
    }

    /** How many changes there have been. */
    public int size() {
        return changes.size();
    }

    @Override
    public void createFolder(Path folder) throws IOException {
        REAL.createFolder(folder);
        put(folder, new Node(true, new byte[0]));
    }

    @Override
    public void write(Path file, AtomicFile.Body body) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        body.write(out);
        byte[] bytes = out.toByteArray();
        Files.write(file, bytes);
        put(file, new Node(false, Arrays.copyOf(bytes, bytes.length / 2))); // the power may go while it is written
        put(file, new Node(false, bytes));
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        if (!Objects.equals(from.getParent(), to.getParent())) {
            throw new UnsupportedOperationException("moves between folders have more outcomes than this disk knows");
        }
        REAL.move(from, to);
        change(from, names -> names.put(name(to), Objects.requireNonNull(names.remove(name(from)))));
    }

    @Override
    public void syncFolder(Path folder) {
        changes.add(new Change(node(folder), _ -> {}, true));
    }

    @Override
    public void delete(Path file) throws IOException {
        if (Files.exists(file)) {
            REAL.delete(file);
            change(file, names -> names.remove(name(file)));
        }
    }

    /** Makes, below {@code empty}, a folder for each state in which a power loss after {@code n} changes may leave the disk. */
    public List<Path> statesAfter(int n, Path empty) throws IOException {
        Set<Node> open = new LinkedHashSet<>(); // folders with unsynced changes
        for (Change change : changes.subList(0, n)) {
            if (change.sync) {
                open.remove(change.folder);
            } else {
                open.add(change.folder);
            }
        }
        List<Node> choices = List.copyOf(open);
        List<Path> states = new ArrayList<>();
        for (int subset = 0; subset < 1 << choices.size(); subset++) {
            int lost = subset;
            Path state = Files.createDirectory(empty.resolve("state" + subset));
            Map<Node, Map<String, Node>> names = replay(n, folder -> {
                int choice = choices.indexOf(folder);
                return choice >= 0 && ((lost >> choice) & 1) == 1;
            });
            materialize(tree, names, state);
            states.add(state);
        }
        return states;
    }

    private Map<Node, Map<String, Node>> replay(int n, Predicate<Node> lost) {
        Map<Node, Map<String, Node>> names = new LinkedHashMap<>();
        for (int i = 0; i < n; i++) {
            Change change = changes.get(i);
            if (!lost.test(change.folder) || syncedLater(i, n)) {
                change.effect.accept(names.computeIfAbsent(change.folder, _ -> new LinkedHashMap<>()));
            }
        }
        return names;
    }

    private boolean syncedLater(int i, int n) {
        return changes.subList(i, n).stream().anyMatch(later -> later.sync && later.folder == changes.get(i).folder);
    }

    private static void materialize(Node folder, Map<Node, Map<String, Node>> names, Path where) throws IOException {
        for (Map.Entry<String, Node> entry :
                names.getOrDefault(folder, Map.of()).entrySet()) {
            Path path = where.resolve(entry.getKey());
            if (entry.getValue().folder) {
                Files.createDirectory(path);
                materialize(entry.getValue(), names, path);
            } else {
                Files.write(path, entry.getValue().bytes);
            }
        }
    }

    private void put(Path path, Node node) {
        change(path, names -> names.put(name(path), node));
    }

    private void change(Path path, Consumer<Map<String, Node>> effect) {
        Node folder = node(Objects.requireNonNull(path.toAbsolutePath().getParent()));
        effect.accept(folder.names);
        changes.add(new Change(folder, effect, false));
    }

    private Node node(Path folder) {
        Node node = tree;
        for (Path name : root.toAbsolutePath().relativize(folder.toAbsolutePath())) {
            if (!name.toString().isEmpty()) {
                node = Objects.requireNonNull(node.names.get(name.toString()), name.toString());
            }
        }
        return node;
    }

    private static String name(Path path) {
        return path.getFileName().toString();
    }
}
