package io.acuity.benchmark.load;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What the service bears, beside what the library does on the same machine. {@code benchmarks/serve} runs it.
 *
 * <pre>{@code
 * ./acuity java io.acuity.benchmark.load.Load all SECONDS FOLDER
 * ./acuity java io.acuity.benchmark.load.Load soak SECONDS FOLDER
 * }</pre>
 */
public final class Load {
    private final double seconds;
    private final Table table = new Table();
    private final Setting shipped;
    private final Setting tiny;

    private Load(double seconds, Path folder) {
        this.seconds = seconds;
        shipped = Setting.shipped("48x48");
        tiny = Setting.tiny(folder.resolve("tiny.safetensors"), "48x48", "96x64");
    }

    /** What to do, seconds for each experiment or of the soak, folder for {@code load.md} and {@code load.png}. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 3 || !List.of("all", "soak").contains(arguments[0])) {
            System.err.println("Load: want all or soak, SECONDS, FOLDER");
            System.exit(2);
        }
        Path folder = Path.of(arguments[2]);
        Files.createDirectories(folder);
        Load load = new Load(Double.parseDouble(arguments[1]), folder);
        if (arguments[0].equals("soak")) {
            load.soak();
        } else {
            Starts.measure(folder, load.table);
            load.all(load.shipped);
            load.all(load.tiny);
            load.hostile();
        }
        load.table.write(folder);
        System.exit(0);
    }

    private Target target() throws Exception {
        return Target.start(List.of(), "-n", shipped.model(), "-n", tiny.model());
    }

    private void all(Setting setting) throws Exception {
        try (Target target = target();
                Client client = new Client(target.port())) {
            Generator generator = new Generator(client, setting);
            double capacity = Capacity.measure(setting, generator, seconds, table);
            Overload.measure(setting, generator, target, capacity, 2 * seconds, table);
            SlowClients.measure(setting, generator, target, capacity, table);
        }
    }

    private void hostile() throws Exception {
        try (Target target = target();
                Client client = new Client(target.port())) {
            new Generator(client, shipped).closed(4, 1);
            BombRun.measure(client, target, table);
            Leavers.measure(shipped, client, target, table);
        }
    }

    private void soak() throws Exception {
        try (Target target = target();
                Client client = new Client(target.port())) {
            Generator generator = new Generator(client, tiny);
            generator.closed(16, 5);
            double capacity = generator.closed(16, 5).goodput();
            Soak.measure(tiny, client, target, capacity, seconds, table);
        }
    }
}
