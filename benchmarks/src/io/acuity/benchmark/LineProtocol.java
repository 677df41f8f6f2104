package io.acuity.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * How a process is asked for its times: it says {@code READY} and the names of its workloads, then answers each line {@code NAME
 * ROUNDS} with {@code OK wall:cpu wall:cpu ...} in milliseconds, and {@code NAME stages} with {@code OK stage=median/least/own ...}.
 */
final class LineProtocol {
    private static final int WARM_UP = 2;

    /** Something to time over and over; {@code stages} says where its time goes. */
    record Workload(Runnable run, Stages stages) {
        Workload(Runnable run) {
            this(run, new Stages());
        }
    }

    private final Map<String, Supplier<Workload>> workloads = new TreeMap<>();
    private final Map<String, Workload> ready = new HashMap<>();

    void add(String name, Supplier<Runnable> workload) {
        addStaged(name, () -> new Workload(workload.get()));
    }

    void addStaged(String name, Supplier<Workload> workload) {
        workloads.put(name, workload);
    }

    /** Answers until the input ends or says {@code quit}. */
    void serve() throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.println("READY " + String.join(" ", workloads.keySet()));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null && !line.startsWith("quit"); line = in.readLine()) {
            out.println(answer(line.strip().split(" ", -1)));
        }
    }

    private String answer(String... words) {
        Supplier<Workload> known = workloads.get(words[0]);
        if (known == null) {
            return "NO unknown " + words[0];
        }
        Workload workload = ready.computeIfAbsent(words[0], _ -> warm(known.get()));
        if (words.length > 1 && words[1].equals("stages")) {
            return "OK " + workload.stages();
        }
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        StringBuilder answer = new StringBuilder("OK");
        for (int i = words.length > 1 ? Integer.parseInt(words[1]) : 1; i > 0; i--) {
            long wall = System.nanoTime();
            long cpu = threads.getCurrentThreadCpuTime();
            workload.run().run();
            cpu = threads.getCurrentThreadCpuTime() - cpu;
            answer.append(" %.4f:%.4f".formatted((System.nanoTime() - wall) / 1e6, cpu / 1e6));
        }
        return answer.toString();
    }

    private static Workload warm(Workload workload) {
        for (int i = 0; i < WARM_UP; i++) {
            workload.run().run();
        }
        workload.stages().clear();
        return workload;
    }
}
