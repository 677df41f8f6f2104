package io.acuity.infer;

import io.acuity.tensor.Tape;
import java.util.LinkedHashMap;
import java.util.Map;

/** The passes of the forms that were run last on one tape; closing ends them, and it can be used again. */
final class Passes implements AutoCloseable {
    /** A service's pictures come in a few sizes; a graph of a deep network takes a megabyte. */
    static final int MOST = 16;

    private final Tape tape;
    private final Map<Form, Pass> recent = new LinkedHashMap<>(MOST, 0.75f, true);

    Passes(Tape tape) {
        this.tape = tape;
    }

    /** The pass of a form, a new one if the weights have changed since. */
    Pass of(Form form) {
        Pass have = recent.get(form);
        if (have != null && have.isCurrent()) {
            return have;
        }
        if (have != null) {
            remove(form, have);
        } else if (recent.size() == MOST) {
            Map.Entry<Form, Pass> oldest = recent.entrySet().iterator().next();
            remove(oldest.getKey(), oldest.getValue());
        }
        Pass made = new Pass(tape, form);
        recent.put(form, made);
        return made;
    }

    private void remove(Form form, Pass pass) {
        recent.remove(form);
        pass.close();
    }

    @Override
    public void close() {
        recent.values().forEach(Pass::close);
        recent.clear();
    }
}
