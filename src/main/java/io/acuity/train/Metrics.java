package io.acuity.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.acuity.weights.AtomicFile;
import io.acuity.weights.WriteException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SequencedSet;

/**
 * The file {@code metrics.csv} of a run: rows of step, mean loss since the row before, learning rate and what else the run
 * measures, and rows of step and validation PSNR in dB. It holds nothing that differs between two runs of the same seed, so a
 * resumed run writes the same file as one that never stopped.
 */
final class Metrics implements AutoCloseable {
    private static final List<String> FIRST = List.of("step", "loss", "learning_rate", "psnr");

    /** One row; {@code more} has the values of further columns by their names. */
    record Row(long step, OptionalDouble loss, OptionalDouble rate, OptionalDouble psnr, Map<String, Double> more) {
        Row {
            more = Collections.unmodifiableMap(new LinkedHashMap<>(more));
        }

        /** Means since the row before. */
        static Row of(long step, OptionalDouble loss, double rate, Map<String, Double> more) {
            return new Row(step, loss, OptionalDouble.of(rate), OptionalDouble.empty(), more);
        }

        /** A validation. */
        static Row validation(long step, double psnr) {
            return new Row(step, OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.of(psnr), Map.of());
        }

        /** The value of a further column. */
        OptionalDouble more(String column) {
            Double value = more.get(column);
            return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
        }

        private static OptionalDouble number(String text) {
            return text.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(Double.parseDouble(text));
        }

        private static Row parse(String line, List<String> title) {
            String[] cells = line.split(",", -1);
            if (cells.length != title.size() || !cells[0].matches("\\d{1,18}")) {
                throw new NumberFormatException(line);
            }
            Map<String, Double> more = new LinkedHashMap<>();
            for (int i = FIRST.size(); i < cells.length; i++) {
                if (!cells[i].isEmpty()) {
                    more.put(title.get(i), Double.valueOf(cells[i]));
                }
            }
            return new Row(Long.parseLong(cells[0]), number(cells[1]), number(cells[2]), number(cells[3]), more);
        }

        private String line(SequencedSet<String> columns) {
            StringBuilder line = new StringBuilder();
            line.append(step).append(',').append(text(loss)).append(',').append(text(rate));
            line.append(',').append(text(psnr));
            columns.forEach(column -> line.append(',').append(shortText(more(column))));
            return line.append('\n').toString();
        }

        /** Counts without a point. */
        private static String shortText(OptionalDouble number) {
            double value = number.orElse(Double.NaN);
            return value == (int) value ? Integer.toString((int) value) : text(number);
        }

        private static String text(OptionalDouble number) {
            return number.isPresent() ? Double.toString(number.getAsDouble()) : "";
        }
    }

    private final Path file;
    private final FileChannel channel;
    private final SequencedSet<String> columns;

    private Metrics(Path file, FileChannel channel, SequencedSet<String> columns) {
        this.file = file;
        this.channel = channel;
        this.columns = columns;
    }

    /**
     * Opens the file to go on after {@code step}: later rows, and a last line that broke off, are dropped; columns that the file
     * does not have yet are added.
     *
     * @param columns further columns besides the first four
     * @throws WriteException if it cannot be written, or is another file
     */
    static Metrics open(Path file, long step, List<String> columns) {
        try {
            SequencedSet<String> all = new LinkedHashSet<>();
            List<Row> rows = List.of();
            if (Files.exists(file)) {
                rows = read(file);
                List<String> title = title(Files.readString(file));
                all.addAll(title.subList(FIRST.size(), title.size()));
            }
            all.addAll(columns);
            StringBuilder text = new StringBuilder(String.join(",", FIRST));
            all.forEach(column -> text.append(',').append(column));
            text.append('\n');
            for (Row row : rows) {
                text.append(row.step <= step ? row.line(all) : "");
            }
            AtomicFile.write(file, out -> out.write(text.toString().getBytes(UTF_8)));
            return new Metrics(file, FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND), all);
        } catch (IOException e) {
            throw WriteException.of(file, e);
        }
    }

    /** All whole rows of a file. */
    static List<Row> read(Path file) throws IOException {
        String text = Files.readString(file);
        List<String> lines =
                text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
        List<Row> rows = new ArrayList<>();
        List<String> title = title(text);
        for (int i = 1; i < lines.size(); i++) {
            try {
                rows.add(Row.parse(lines.get(i), title));
            } catch (NumberFormatException e) {
                throw new IOException("want numbers in line " + (i + 1) + ", have " + lines.get(i), e);
            }
        }
        return rows;
    }

    /** The names of all columns; those of a new file when the first line is not there or broke off. */
    private static List<String> title(String text) throws IOException {
        int end = text.indexOf('\n');
        List<String> title = end < 0 ? FIRST : List.of(text.substring(0, end).split(",", -1));
        boolean begins =
                title.size() >= FIRST.size() && title.subList(0, FIRST.size()).equals(FIRST);
        if (!begins || !title.stream().allMatch(name -> name.matches("[a-z][a-z0-9_]*"))) {
            throw new IOException("want a first line that begins with " + String.join(",", FIRST) + ", have "
                    + text.substring(0, end));
        }
        return title;
    }

    /** Appends a row at once, so that it is in the file whatever happens to the process. */
    void add(Row row) {
        try {
            ByteBuffer line = UTF_8.encode(row.line(columns));
            while (line.hasRemaining()) {
                channel.write(line);
            }
        } catch (IOException e) {
            throw WriteException.of(file, e);
        }
    }

    /** Waits until all rows are on the disk. */
    void sync() {
        try {
            channel.force(false);
        } catch (IOException e) {
            throw WriteException.of(file, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw WriteException.of(file, e);
        }
    }
}
