package io.acuity.benchmark;

import io.acuity.device.Device;
import io.acuity.device.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/**
 * Runs benchmarks as JMH's own main would, then prints each one's median with what it amounts to, and appends it to
 * {@code benchmarks/results/<device>.csv} unless {@code -Dacuity.results=none}.
 */
public final class Report {
    private static final String HEADER =
            "date,commit,machine,device,benchmark,parameters,median_us,gflops,gigabytes_per_second,share_of_limit";

    /** Values that go without saying. */
    private static final Map<String, String> USUAL = Map.of("precision", "fp32", "launches", "1");

    /** What the device reaches at best, in operations and bytes a second; 0 where it is not known. */
    private record Limit(double flops, double bytes) {}

    private record Row(String benchmark, String parameters, double micros, Work work, double share) {
        String csv() {
            return String.format(
                    Locale.ROOT,
                    "%s,%s,%.1f,%.2f,%.2f,%.3f",
                    benchmark,
                    parameters,
                    micros,
                    work.flops() / micros / 1e3,
                    work.bytes() / micros / 1e3,
                    share);
        }

        String text() {
            return String.format(
                    Locale.ROOT,
                    "%-20s %-52s %12.1f us %9.1f GFLOP/s %8.1f GB/s %6.1f %%",
                    benchmark,
                    parameters,
                    micros,
                    work.flops() / micros / 1e3,
                    work.bytes() / micros / 1e3,
                    100 * share);
        }
    }

    private Report() {}

    public static void main(String[] arguments) throws Exception {
        Collection<RunResult> results = new Runner(new CommandLineOptions(arguments)).run();
        System.out.printf("%nshare: of the time that the machine's measured peak and copy speed would allow%n");
        Map<String, Limit> limits = new HashMap<>();
        for (RunResult result : results) {
            BenchmarkParams params = result.getParams();
            String device = params.getParam("device");
            Row row = row(result, limits.computeIfAbsent(device, Report::limit));
            System.out.println(row.text());
            append(device, row);
        }
    }

    private static Row row(RunResult result, Limit limit) throws ReflectiveOperationException {
        BenchmarkParams params = result.getParams();
        String type = params.getBenchmark().substring(0, params.getBenchmark().lastIndexOf('.'));
        Timed benchmark = Class.forName(type)
                .asSubclass(Timed.class)
                .getDeclaredConstructor()
                .newInstance();
        for (String key : params.getParamsKeys()) {
            set(benchmark, key, params.getParam(key));
        }
        Work work = benchmark.work();
        double micros = result.getPrimaryResult().getStatistics().getPercentile(50) / benchmark.launches;
        double floor = Math.max(
                limit.flops() > 0 ? work.flops() / limit.flops() : 0,
                limit.bytes() > 0 ? work.bytes() / limit.bytes() : 0);
        String parameters = params.getParamsKeys().stream()
                .filter(key -> !key.equals("device") && !params.getParam(key).equals(USUAL.get(key)))
                .sorted()
                .map(key -> key + "=" + params.getParam(key))
                .collect(Collectors.joining("; "));
        String name = type.substring(type.lastIndexOf('.') + 1).replace("Benchmark", "");
        return new Row(name, parameters, micros, work, floor * 1e6 / micros);
    }

    private static void set(Timed benchmark, String key, String value) throws ReflectiveOperationException {
        var field = benchmark.getClass().getField(key);
        Class<?> type = field.getType();
        if (type == int.class) {
            field.setInt(benchmark, Integer.parseInt(value));
        } else if (type == long.class) {
            field.setLong(benchmark, Long.parseLong(value));
        } else {
            field.set(benchmark, value);
        }
    }

    private static Limit limit(String device) {
        if (!device.equals("cpu")) {
            return new Limit(0, 0);
        }
        NativeLibrary library = NativeLibrary.load();
        NativeLibrary.Peak peak = library.measurePeak(library.threads(0));
        return new Limit(peak.gflops() * 1e9, peak.copyGigabytesPerSecond() * 1e9);
    }

    private static void append(String device, Row row) throws IOException {
        String folder = System.getProperty("acuity.results", "benchmarks/results");
        if (folder.equals("none")) {
            return;
        }
        Path file = Path.of(folder).resolve(device.replace(':', '-') + ".csv");
        Files.createDirectories(file.getParent());
        if (!Files.exists(file)) {
            Files.writeString(file, HEADER + "\n");
        }
        String described;
        try (Device open = Device.open(device)) {
            described = open.describe();
        }
        String line = String.join(
                ",",
                LocalDate.now(ZoneOffset.UTC).toString(),
                System.getProperty("acuity.commit", "unknown"),
                quoted(System.getProperty("acuity.machine", "unknown")),
                quoted(described),
                row.csv());
        Files.writeString(file, line + "\n", StandardOpenOption.APPEND);
    }

    private static String quoted(String text) {
        return '"' + text.replace('"', '\'') + '"';
    }
}
