package io.acuity.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Times this program and PyTorch in turn: each is a process that waits for {@code NAME ROUNDS}, every round asks both, first the
 * one, then the other. Prints medians and least times, their ratio, and the stages of a step.
 *
 * <p>Arguments: threads, rounds, a regular expression of workloads, the command of this program's process.
 */
public final class Rounds {
    private static final String COLLAPSED = "-collapsed";

    private record Sample(double wall, double own) {}

    /** One process and what it can do. */
    private static final class Peer {
        final String name;
        final Process process;
        final List<String> workloads;
        private final BufferedReader answers;
        private final PrintStream questions;

        Peer(String name, int threads, Path log, List<String> command) throws IOException {
            this.name = name;
            ProcessBuilder builder = new ProcessBuilder(command);
            Map<String, String> environment = builder.environment();
            environment.put("OMP_NUM_THREADS", String.valueOf(threads));
            // in favour of the others: OpenBLAS's threads would spin beside OpenMP's, and freed activations would be
            // unmapped and faulted in again
            environment.put("OPENBLAS_NUM_THREADS", "1");
            environment.put("MALLOC_MMAP_THRESHOLD_", "8589934592");
            environment.put("MALLOC_TRIM_THRESHOLD_", "8589934592");
            environment.put("MALLOC_ARENA_MAX", "2");
            builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
            process = builder.start();
            answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            questions = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
            workloads = List.of(line("READY").split(" "));
        }

        private String line(String beginning) throws IOException {
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                if (line.startsWith(beginning)) {
                    return line.substring(beginning.length()).strip();
                }
                if (line.startsWith("NO ")) {
                    throw new IOException(name + ": " + line.substring(3));
                }
            }
            throw new IOException(name + ": ended without an answer");
        }

        String ask(String question) {
            try {
                questions.println(question);
                return line("OK");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private Rounds() {}

    public static void main(String[] arguments) throws Exception {
        Locale.setDefault(Locale.ROOT);
        int threads = Integer.parseInt(arguments[0]);
        int rounds = Integer.parseInt(arguments[1]);
        Path log = Path.of("target/peers.log").toAbsolutePath();
        Files.deleteIfExists(log);
        List<Peer> peers = new ArrayList<>();
        try {
            peers.add(new Peer("acuity", threads, log, List.of(arguments[3])));
            peers.add(new Peer("torch", threads, log, torch()));
            TreeSet<String> workloads = new TreeSet<>();
            for (Peer peer : peers) {
                peer.workloads.stream().filter(w -> w.matches(arguments[2])).forEach(workloads::add);
            }
            measure(peers, workloads, threads, rounds);
        } finally {
            for (Peer peer : peers) {
                peer.process.destroy();
            }
        }
        System.out.println("\nValues that must agree:");
        Files.readAllLines(log).stream().filter(l -> l.contains("CHECK")).forEach(System.out::println);
    }

    private static List<String> torch() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx2g",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "io.acuity.benchmark.TorchPeer");
    }

    private static void measure(List<Peer> peers, TreeSet<String> workloads, int threads, int rounds) {
        System.out.printf("threads %d, rounds %d%n%n", threads, rounds);
        System.out.println("| workload | peer | median ms | least ms | own time, median ms | time / torch |");
        System.out.println("|---|---|---|---|---|---|");
        Map<String, Map<String, List<Sample>>> all = new TreeMap<>();
        for (String workload : workloads) {
            List<Peer> able =
                    new ArrayList<>(peers.stream().filter(p -> p.workloads.contains(workload)).toList());
            for (int round = 0; round < rounds; round++) {
                for (Peer peer : able) {
                    all.computeIfAbsent(workload, _ -> new LinkedHashMap<>())
                            .computeIfAbsent(peer.name, _ -> new ArrayList<>())
                            .add(sample(peer.ask(workload + " 1")));
                }
                Collections.rotate(able, 1);
            }
        }
        all.forEach((workload, byPeer) -> byPeer.forEach((peer, samples) -> {
            Map<String, List<Sample>> base = all.getOrDefault(workload.replace(COLLAPSED, ""), Map.of());
            List<Sample> reference = base.getOrDefault("torch", List.of());
            String ratio = reference.isEmpty() ? "" : "%.2f".formatted(cost(samples, threads) / cost(reference, threads));
            System.out.printf(
                    "| %s | %s | %.1f | %.1f | %.1f | %s |%n",
                    workload, peer, middle(samples, true), least(samples), middle(samples, false), ratio);
        }));
        System.out.println("\nStages: median / least / own time, median, in ms");
        for (String workload : workloads) {
            for (Peer peer : peers) {
                String stages = peer.workloads.contains(workload) ? peer.ask(workload + " stages") : "";
                if (!stages.isBlank()) {
                    System.out.printf("%s %s%n", workload, peer.name);
                    Arrays.stream(stages.split(" ")).forEach(stage -> System.out.println("    " + stage));
                }
            }
        }
    }

    private static Sample sample(String answer) {
        String[] times = answer.split(":");
        return new Sample(Double.parseDouble(times[0]), Double.parseDouble(times[1]));
    }

    /** On one thread its own time, which other processes matter less for. */
    private static double cost(List<Sample> samples, int threads) {
        return middle(samples, threads > 1);
    }

    private static double middle(List<Sample> samples, boolean wall) {
        double[] sorted = samples.stream().mapToDouble(s -> wall ? s.wall : s.own).sorted().toArray();
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    private static double least(List<Sample> samples) {
        return samples.stream().mapToDouble(Sample::wall).min().orElseThrow();
    }
}
