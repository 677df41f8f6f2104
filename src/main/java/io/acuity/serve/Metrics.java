package io.acuity.serve;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Counters in Prometheus' text format 0.0.4. */
final class Metrics {
    /** Upper ends of the histogram of answers, in seconds. */
    private static final double[] ENDS = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500};

    private final Map<String, LongAdder> requests = new ConcurrentSkipListMap<>();
    private final AtomicLongArray buckets = new AtomicLongArray(ENDS.length + 1);
    private final LongAdder nanos = new LongAdder();
    private final LongAdder left = new LongAdder();

    /** A request was answered. */
    void answered(String route, int status) {
        requests.computeIfAbsent("route=\"" + route + "\",status=\"" + status + "\"", _ -> new LongAdder())
                .increment();
    }

    /** A picture was accepted and answered within so many nanoseconds. */
    void upscaled(long took) {
        int i = 0;
        while (i < ENDS.length && took > ENDS[i] * 1e9) {
            i++;
        }
        buckets.incrementAndGet(i);
        nanos.add(took);
    }

    /** A client left before its picture was done. */
    void left() {
        left.increment();
    }

    /** The page of metrics. */
    String text(Service service) {
        StringBuilder page = new StringBuilder();
        head(page, "acuity_requests_total", "counter", "Requests answered, by route and status.");
        requests.forEach((labels, count) -> page.append("acuity_requests_total{")
                .append(labels)
                .append("} ")
                .append(count.sum())
                .append('\n'));
        head(page, "acuity_upscale_seconds", "histogram", "From acceptance to answer of pictures answered.");
        long sum = 0;
        for (int i = 0; i <= ENDS.length; i++) {
            sum += buckets.get(i);
            String end = i < ENDS.length ? number(ENDS[i]) : "+Inf";
            page.append("acuity_upscale_seconds_bucket{le=\"%s\"} %d%n".formatted(end, sum));
        }
        page.append("acuity_upscale_seconds_sum ")
                .append(number(nanos.sum() / 1e9))
                .append('\n');
        page.append("acuity_upscale_seconds_count ").append(sum).append('\n');
        var device = service.batcher().statistics();
        value(page, "acuity_windows_total", "counter", "Windows computed.", device.windows());
        value(page, "acuity_batches_total", "counter", "Passes they took.", device.batches());
        value(page, "acuity_pixels_total", "counter", "LR pixels computed, margins included.", device.pixels());
        value(page, "acuity_device_seconds_total", "counter", "Time of the device.", device.nanos() / 1e9);
        value(page, "acuity_windows_redone_total", "counter", "Windows computed again in fp32.", device.redone());
        value(page, "acuity_windows_dropped_total", "counter", "Windows given up.", device.interrupted());
        value(page, "acuity_windows_waiting", "gauge", "Windows that wait for the device.", device.waiting());
        value(page, "acuity_clients_left_total", "counter", "Clients that left before the answer.", left.sum());
        Connections connections = service.connections();
        value(page, "acuity_connections", "gauge", "Open connections.", connections.count());
        value(page, "acuity_connections_cut_total", "counter", "Connections ended for slowness.", connections.cut());
        Admission admission = service.admission();
        value(page, "acuity_queue", "gauge", "Pictures accepted and not yet answered.", admission.accepted());
        value(page, "acuity_queue_limit", "gauge", "Most of them.", admission.most());
        value(
                page,
                "acuity_jobs",
                "gauge",
                "Jobs known, done ones included.",
                service.jobs().count());
        value(
                page,
                "acuity_draining",
                "gauge",
                "1 while the service is being stopped.",
                admission.isDraining() ? 1 : 0);
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        value(
                page,
                "acuity_heap_bytes",
                "gauge",
                "Java heap in use.",
                memory.getHeapMemoryUsage().getUsed());
        int threads = ManagementFactory.getThreadMXBean().getThreadCount();
        value(page, "acuity_threads", "gauge", "Platform threads.", threads);
        return page.toString();
    }

    private static void value(StringBuilder page, String name, String type, String help, Number value) {
        head(page, name, type, help);
        page.append(name).append(' ').append(number(value.doubleValue())).append('\n');
    }

    private static void head(StringBuilder page, String name, String type, String help) {
        page.append("# HELP ").append(name).append(' ').append(help).append('\n');
        page.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    private static String number(double value) {
        return new BigDecimal(value)
                .round(new MathContext(9))
                .stripTrailingZeros()
                .toPlainString();
    }
}
