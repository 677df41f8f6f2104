package io.acuity.infer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Windows that wait, in an order that is fair to clients: start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996). Each
 * client has a clock that runs by the pixels computed for it, and the one whose clock is furthest behind is next; a client
 * that was idle starts at the clock of the service, so it neither saves up time nor owes any. Of one client's windows the one
 * with the earliest deadline is next, then the oldest. Not thread-safe.
 */
final class FairQueue {
    private static final Comparator<Work> BY_DEADLINE =
            Comparator.comparingLong(Work::deadline).thenComparingLong(Work::number);

    private static final class Client {
        final List<Work> waiting = new ArrayList<>();
        long clock;

        Client(long clock) {
            this.clock = clock;
        }
    }

    private final Map<String, Client> clients = new HashMap<>();
    private long clock;
    private int size;
    private long pixels;

    void add(Work work) {
        Client client = clients.computeIfAbsent(work.client(), _ -> new Client(clock));
        if (client.waiting.isEmpty()) {
            client.clock = Math.max(client.clock, clock);
        }
        client.waiting.add(work);
        size++;
        pixels += work.job().pixels();
    }

    /** The next one that is wanted, taken out and charged to its client; null when none is. */
    @Nullable
    Work poll(Predicate<Work> wanted) {
        Work best = null;
        Client owner = null;
        for (Client client : clients.values()) {
            Work first = first(client, wanted);
            if (first != null && (owner == null || before(client, first, owner, best))) {
                best = first;
                owner = client;
            }
        }
        if (best == null || owner == null) {
            return null;
        }
        remove(owner, best);
        clock = Math.max(clock, owner.clock);
        owner.clock += best.job().pixels();
        forget();
        return best;
    }

    private static boolean before(Client a, Work first, Client b, @Nullable Work other) {
        return a.clock != b.clock ? a.clock < b.clock : other == null || BY_DEADLINE.compare(first, other) < 0;
    }

    private static @Nullable Work first(Client client, Predicate<Work> wanted) {
        Work best = null;
        for (Work work : client.waiting) {
            if (wanted.test(work) && (best == null || BY_DEADLINE.compare(work, best) < 0)) {
                best = work;
            }
        }
        return best;
    }

    /** Takes out all that are no longer wanted. */
    List<Work> removeIf(Predicate<Work> gone) {
        List<Work> removed = new ArrayList<>();
        for (Client client : clients.values()) {
            for (Work work : List.copyOf(client.waiting)) {
                if (gone.test(work)) {
                    remove(client, work);
                    removed.add(work);
                }
            }
        }
        forget();
        return removed;
    }

    private void remove(Client client, Work work) {
        client.waiting.remove(work);
        size--;
        pixels -= work.job().pixels();
    }

    /** A client with nothing waiting whose clock has been reached by the others is like a new one. */
    private void forget() {
        clients.values().removeIf(client -> client.waiting.isEmpty() && client.clock <= clock);
    }

    int size() {
        return size;
    }

    /** LR pixels of all that wait. */
    long pixels() {
        return pixels;
    }
}
