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
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file {@code metrics.csv} of a run: rows of step, mean loss since the row before, learning rate, and rows of step and
 * validation PSNR in dB. It holds nothing that differs between two runs of the same seed, so a resumed run writes the same file
 * as one that never stopped.
 */
final class Metrics implements AutoCloseable {
    private static final String TITLE = "step,loss,learning_rate,psnr";
    private static final Pattern ROW = Pattern.compile("(\\d{1,18}),([^,]*),([^,]*),([^,]*)");

    /** One row; loss and rate, or the PSNR, are there. */
    record Row(long step, OptionalDouble loss, OptionalDouble rate, OptionalDouble psnr) {
        private static OptionalDouble number(String text) {
            return text.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(Double.parseDouble(text));
        }

        private static Row parse(String line) {
            Matcher row = ROW.matcher(line);
            if (!row.matches()) {
                throw new NumberFormatException(line);
            }
            return new Row(
                    Long.parseLong(row.group(1)), number(row.group(2)), number(row.group(3)), number(row.group(4)));
        }

        private String line() {
            return step + "," + text(loss) + "," + text(rate) + "," + text(psnr) + "\n";
        }

        private static String text(OptionalDouble number) {
            return number.isPresent() ? Double.toString(number.getAsDouble()) : "";
        }
    }

    private final Path file;
    private final FileChannel channel;

    private Metrics(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Opens the file to go on after {@code step}: later rows, and a last line that broke off, are dropped.
     *
     * @throws WriteException if it cannot be written, or is another file
     */
    static Metrics open(Path file, long step) {
        try {
            List<Row> rows = Files.exists(file) ? read(file) : List.of();
            AtomicFile.write(file, out -> {
                out.write((TITLE + "\n").getBytes(UTF_8));
                for (Row row : rows) {
                    if (row.step <= step) {
                        out.write(row.line().getBytes(UTF_8));
                    }
                }
            });
            return new Metrics(file, FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND));
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
        for (int i = 0; i < lines.size(); i++) {
            try {
                if (i > 0) {
                    rows.add(Row.parse(lines.get(i)));
                } else if (!lines.getFirst().equals(TITLE)) {
                    throw new IOException("want the first line " + TITLE + ", have " + lines.getFirst());
                }
            } catch (NumberFormatException e) {
                throw new IOException("want numbers in line " + (i + 1) + ", have " + lines.get(i), e);
            }
        }
        return rows;
    }

    /** Appends a row at once, so that it is in the file whatever happens to the process. */
    void add(Row row) {
        try {
            ByteBuffer line = UTF_8.encode(row.line());
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
