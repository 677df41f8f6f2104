package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.device.DeviceException;
import io.acuity.device.NativeLibrary;
import io.acuity.device.cuda.CudaDevices;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code acuity devices}: one line for each device, what it is or why it cannot be used. */
@Command(
        name = "acuity devices",
        sortOptions = false,
        description = "Shows what can compute here: the name for -g, and what it is or why it cannot be used.",
        footer = {
            "",
            "Examples:",
            "  acuity devices                     name and description, a line each",
            "  acuity devices --json              the same as JSON",
            "  acuity upscale -i a.png -g cpu     names the device to use"
        })
final class DevicesCommand implements Verb {
    @Option(
            names = "--json",
            description = "one JSON object a line: device, available, describe or reason, threads, isa, default")
    boolean json;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Override
    public ExitCode run(Streams streams) {
        String first = CudaDevices.preferred() ? "cuda" : "cpu";
        List<String> names = new ArrayList<>(List.of("cpu", "emu", "cuda"));
        for (int i = 1; i < CudaDevices.count(); i++) {
            names.add("cuda:" + i);
        }
        for (String name : names) {
            String reason = name.startsWith("cuda") ? CudaDevices.reasonAgainst(name) : null;
            Map<String, Object> line = reason == null ? opened(name) : refused(name, reason);
            line.put("default", name.equals(first));
            print(streams, name, line);
        }
        return ExitCode.DONE;
    }

    /** What the device says of itself; one that does not open after all is a line like any other. */
    private static Map<String, Object> opened(String name) {
        try (Device device = Device.open(name)) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("device", name);
            line.put("available", true);
            line.put("describe", device.describe());
            if (!name.startsWith("cuda")) {
                NativeLibrary library = NativeLibrary.load();
                line.put("threads", library.threads(0));
                line.put("isa", library.isa(null));
            }
            return line;
        } catch (DeviceException e) {
            if (!name.startsWith("cuda")) {
                throw e;
            }
            return refused(name, String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, Object> refused(String name, String reason) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("device", name);
        line.put("available", false);
        line.put("reason", reason);
        return line;
    }

    private void print(Streams streams, String name, Map<String, Object> line) {
        if (json) {
            streams.print(line);
            return;
        }
        Object text = line.containsKey("describe") ? line.get("describe") : "not available: " + line.get("reason");
        streams.print("%-5s %s%s".formatted(name, text, Boolean.TRUE.equals(line.get("default")) ? " (default)" : ""));
    }
}
