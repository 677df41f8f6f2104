package io.acuity.model;

import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * BasicSR's names of the tensors of EDSR and RCAN in those of EDSR-PyTorch, which are used here. The numbers are the same: both
 * subtract the mean colour and multiply by the range, 255 in the published files, before the first convolution.
 */
final class BasicSrNames {
    private static final Pattern EDSR_BLOCK = Pattern.compile("body\\.(\\d+)\\.conv([12])\\.(weight|bias)");
    private static final Pattern RCAN_BLOCK =
            Pattern.compile("body\\.(\\d+)\\.residual_group\\.(\\d+)\\.rcab\\.([02])\\.(weight|bias)");
    private static final Pattern RCAN_ATTENTION =
            Pattern.compile("body\\.(\\d+)\\.residual_group\\.(\\d+)\\.rcab\\.3\\.attention\\.([13])\\.(weight|bias)");
    private static final Pattern RCAN_GROUP = Pattern.compile("body\\.(\\d+)\\.conv\\.(weight|bias)");
    private static final Pattern OUTSIDE =
            Pattern.compile("(conv_first|conv_after_body|upsample\\.[02]|conv_last)\\.(weight|bias)");

    private BasicSrNames() {}

    /** The same tensors under EDSR-PyTorch's names; those of other networks as they are. */
    static StateDict toOwn(StateDict state) {
        boolean rcan = TensorNames.has(state, "body.0.residual_group.0.rcab.0.weight");
        boolean edsr = TensorNames.has(state, "body.0.conv1.weight");
        if (!TensorNames.has(state, "conv_first.weight") || rcan == edsr) {
            return state;
        }
        int stages = rcan
                ? TensorNames.count(state, "body.", ".residual_group.0.rcab.0.weight")
                : TensorNames.count(state, "body.", ".conv1.weight");
        int blocks = TensorNames.count(state, "body.0.residual_group.", ".rcab.0.weight");
        LinkedHashMap<String, TensorData> renamed = new LinkedHashMap<>();
        state.tensors().forEach((name, tensor) -> renamed.put(own(name, stages, blocks), tensor));
        return new StateDict(renamed, state.metadata());
    }

    private static String own(String name, int stages, int blocks) {
        Matcher m = EDSR_BLOCK.matcher(name);
        if (m.matches()) {
            return "body." + m.group(1) + ".body." + (m.group(2).equals("1") ? 0 : 2) + "." + m.group(3);
        }
        m = RCAN_BLOCK.matcher(name);
        if (m.matches()) {
            return "body.%s.body.%s.body.%s.%s".formatted(m.group(1), m.group(2), m.group(3), m.group(4));
        }
        m = RCAN_ATTENTION.matcher(name);
        if (m.matches()) {
            int layer = Integer.parseInt(m.group(3)) - 1;
            return "body.%s.body.%s.body.3.conv_du.%d.%s".formatted(m.group(1), m.group(2), layer, m.group(4));
        }
        m = RCAN_GROUP.matcher(name);
        if (m.matches()) {
            return "body.%s.body.%d.%s".formatted(m.group(1), blocks, m.group(2));
        }
        m = OUTSIDE.matcher(name);
        return m.matches() ? outside(m.group(1), stages) + "." + m.group(2) : name;
    }

    private static String outside(String name, int stages) {
        return Map.of(
                        "conv_first", "head.0",
                        "conv_after_body", "body." + stages,
                        "upsample.0", "tail.0.0",
                        "upsample.2", "tail.0.2",
                        "conv_last", "tail.1")
                .getOrDefault(name, name);
    }
}
