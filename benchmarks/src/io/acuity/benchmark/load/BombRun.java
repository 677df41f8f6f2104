package io.acuity.benchmark.load;

import io.acuity.serve.Bombs;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Small files that promise, or hold, far more than they should, sent one after the other to an idle service. */
final class BombRun {
    private static final int TIMES = 9;

    private BombRun() {}

    static void measure(Client client, Target target, Table table) throws IOException {
        Map<String, byte[]> bombs = new LinkedHashMap<>(Bombs.all());
        bombs.putAll(Bombs.within());
        double before = target.residentMegabytes();
        double worst = 0;
        String slowest = "";
        int refused = 0;
        for (Map.Entry<String, byte[]> bomb : bombs.entrySet()) {
            double[] millis = new double[TIMES];
            boolean all = true;
            for (int i = 0; i < TIMES; i++) {
                long start = System.nanoTime();
                int status = client.post("/v1/upscale", bomb.getValue()).status();
                millis[i] = (System.nanoTime() - start) / 1e6;
                all &= status == 413 || status == 422;
            }
            refused += all ? 1 : 0;
            Arrays.sort(millis);
            if (millis[TIMES / 2] > worst) {
                worst = millis[TIMES / 2];
                slowest = bomb.getKey();
            }
        }
        double grown = target.residentMegabytes() - before;
        table.goal(
                bombs.size() + " bombs", "refused", refused, Integer.toString(bombs.size()), refused == bombs.size());
        table.goal("", "ms, median of the slowest (" + slowest + ")", worst, "at most 50", worst <= 50);
        table.row("", "memory of the process grew by MB", grown, "allocation: BombsTest");
    }
}
