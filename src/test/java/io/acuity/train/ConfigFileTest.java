package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.model.Architectures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
    private static final String YAML = """
            name: edsr_s_x4
            scale: 4
            device: cpu
            network_g:
              type: EDSR
              num_feat: 64
              res_scale: !!float 1
            datasets:
              train:
                dataroot_gt: photos/cc0
                halve: yes
                gt_size: 192
              val: # nothing yet
            train:
              total_iter: 3e4
              optim_g: {type: Adam, lr: !!float 2e-4, betas: [0.9, 0.99]}
              scheduler:
                type: step
                milestones: [10000, 20000]
            path:
              pretrain_network_g: ~
            """;

    @TempDir
    Path folder;

    @Test
    void readsBasicSrsNames() {
        TrainConfig config = parse(YAML).config();
        assertThat(config.name()).isEqualTo("edsr_s_x4");
        assertThat(config.network().type()).isEqualTo("edsr");
        assertThat(config.network().residualScale()).contains(1.0);
        assertThat(config.network().tail()).isEqualTo(TrainConfig.Tail.COLLAPSED);
        assertThat(config.datasets().train().folders()).containsExactly("photos/cc0");
        assertThat(config.datasets().train().halve()).isTrue();
        assertThat(config.datasets().validation().folders()).isEmpty();
        assertThat(config.train().steps()).isEqualTo(30_000);
        assertThat(config.train().optimizer().rate()).isEqualTo(2e-4);
        assertThat(config.train().optimizer().betas()).containsExactly(0.9, 0.99);
        assertThat(config.train().scheduler().type()).isEqualTo(TrainConfig.Curve.STEP);
        assertThat(config.train().scheduler().milestones()).containsExactly(10_000L, 20_000L);
        assertThat(config.train().emaDecay()).isEqualTo(0.999);
        assertThat(config.path().pretrained()).isEmpty();
    }

    @Test
    void theNearestToTheUserCounts() {
        Map<String, String> environment = Map.of("ACUITY_DEVICE", "emu", "ACUITY_THREADS", "1");
        ConfigFile file = ConfigFile.parse(
                YAML,
                "c.yml",
                List.of(
                        "device=cuda",
                        "n_feats=32",
                        "patch_size=96",
                        "train.scheduler.milestones=[5, 6]",
                        "datasets.val.dataroot_gt=a b,c",
                        "path.pretrain_network_g=x2.safetensors",
                        "lr=1e-5",
                        "lr=1e-6"),
                environment);
        assertThat(file.config().device()).isEqualTo("cuda");
        assertThat(file.config().threads()).isEqualTo(1);
        assertThat(file.config().network().features()).contains(32);
        assertThat(file.config().datasets().train().patch()).isEqualTo(96);
        assertThat(file.config().train().scheduler().milestones()).containsExactly(5L, 6L);
        assertThat(file.config().datasets().validation().folders()).containsExactly("a b,c");
        assertThat(file.config().path().pretrained()).contains("x2.safetensors");
        assertThat(file.config().train().optimizer().rate()).isEqualTo(1e-6);
        assertThat(file.entries())
                .contains(
                        new ConfigFile.Entry("device", "cuda", "--set"),
                        new ConfigFile.Entry("threads", 1, "ACUITY_THREADS"),
                        new ConfigFile.Entry("name", "edsr_s_x4", "c.yml:1"),
                        new ConfigFile.Entry("train.ema_decay", 0.999, "default"));
        assertThat(file.show())
                .containsPattern("threads +1 +ACUITY_THREADS\n")
                .containsPattern("train.optim_g.betas +\\[0.9, 0.99\\] +c.yml:16\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "scale: 4|c.yml:1: scale is given twice",
                "scael: 4|c.yml:1: scael is not a key; the nearest is scale",
                "train: {contrastive_opt: {num_positiv: 4}}|c.yml:1: train.contrastive_opt.num_positiv is not a key; the nearest is train.contrastive_opt.num_positive",
                "train: {contrastive_opt: {preset: plc}}|c.yml:1: train.contrastive_opt.preset: want one of l1, haar-l1, pcl, pcl-released, have \"plc\"",
                "train: {contrastive_opt: {num_negative: 0}}|c.yml:1: train.contrastive_opt.num_negative: want a whole number from 1 to 16, have 0",
                "train: {contrastive_opt: {num_positive: 0}}|c.yml:1: train.contrastive_opt.num_positive: want a whole number from 1 to 16, have 0",
                "train: {contrastive_opt: {layers: [0, 8]}}|c.yml:1: train.contrastive_opt.layers: want a list, each a whole number from 0 to 7, have 8",
                "train: {contrastive_opt: {layers: []}}|train.contrastive_opt.layers: want at least one of 0 to 7, have none",
                "train: {contrastive_opt: {layers: [4, 2]}}|train.contrastive_opt.layers: want rising numbers from 0 to 7, have [4, 2]",
                "train: {contrastive_opt: {sharpen: [3, 1]}}|train.contrastive_opt.sharpen: want the least value first, have [3.0, 1.0]",
                "train: {contrastive_opt: {temperature: 0}}|c.yml:1: train.contrastive_opt.temperature: want a number from 0.01 to 100, have 0",
                "{train: {contrastive_opt: {preset: pcl}}, datasets: {train: {gt_size: 200}}}|datasets.train.gt_size: want a multiple of 16 from 16 to 4096 for train.contrastive_opt.preset pcl, have 200",
                "experiment: {arms: [pcl]}|experiment.arms: want two or more, the first of which the others are compared with, have [pcl]",
                "experiment: {seeds: [1, 1]}|experiment.seeds: want each once, have [1, 1]",
                "total_iters: 4|c.yml:1: total_iters is not a key; the nearest is train.total_iter",
                "datasets: {train: {gt_sise: 4}}|c.yml:1: datasets.train.gt_sise is not a key; the nearest is datasets.train.gt_size",
                "num_worker_per_gpu: 4|c.yml:1: num_worker_per_gpu is not a key",
                "seed: many|c.yml:1: seed: want a whole number, have \"many\"",
                "seed: 1.5|c.yml:1: seed: want a whole number, have 1.5",
                "seed: 1e999999999|c.yml:1: seed: want a whole number, have 1e999999999",
                "seed: 1e-999999999|c.yml:1: seed: want a whole number, have 1e-999999999",
                "seed: 99999999999999999999|c.yml:1: seed: want a whole number, have 99999999999999999999",
                "seed:|c.yml:1: seed: want a whole number, have nothing",
                "seed: [1]|c.yml:1: seed: want a whole number, have a list",
                "seed: {a: 1}|c.yml:1: seed: want a whole number, have keys and values",
                "threads: -1|c.yml:1: threads: want a whole number from 0 to 4096, have -1",
                "network_g: edsr|c.yml:1: network_g: want keys and values, have \"edsr\"",
                "network_g: {tail: fused}|c.yml:1: network_g.tail: want one of collapsed, plain, have \"fused\"",
                "network_g: {res_scale: 0}|c.yml:1: network_g.res_scale: want a number from 1.0e-6 to 1, have 0",
                "network_g: {num_hash: 0}|c.yml:1: network_g.num_hash: want a whole number from 1 to 64, have 0",
                "network_g: {chunk_size: 1e6}|c.yml:1: network_g.chunk_size: want a whole number from 1 to 65536, have 1e6",
                "network_g: {chunk_size: many}|c.yml:1: network_g.chunk_size: want a whole number from 1 to 65536, have \"many\"",
                "network_g: {res_scale: NaN}|c.yml:1: network_g.res_scale: want a number from 1.0e-6 to 1, have \"NaN\"",
                "train: {optim_g: {betas: [0.9]}}|c.yml:1: train.optim_g.betas: want a list of 2, each a number from 0 to 0.9999999, have [0.9]",
                "train: {scheduler: {milestones: [1, x]}}|c.yml:1: train.scheduler.milestones: want a list, each a whole number from 1 to 1000000000, have \"x\"",
                "train: {scheduler: {milestones: [2, 1]}}|train.scheduler.milestones: want rising steps, have [2, 1]",
                "train: {scheduler: {milestones: [[2]]}}|c.yml:1: train.scheduler.milestones: want a list, each a whole number from 1 to 1000000000, have a list with a list in it",
                "train: {total_iter: 10, scheduler: {type: step, milestones: [10]}}|train.scheduler: want warmup_iter and milestones below total_iter 10, have 10",
                "train: {scheduler: {type: step}}|train.scheduler.milestones: want at least one for type step, have none",
                "train: {optim_g: {lr: 1e-8}}|train.scheduler.eta_min: want at most train.optim_g.lr 1.0E-8, have 1.0E-7",
                "datasets: {train: {gt_size: 191}}|datasets.train.gt_size: want a multiple of scale 4, have 191",
                "datasets: {train: {dataroot_gt: []}}|c.yml:1: datasets.train.dataroot_gt: want a list, each a text, have an empty one",
                "datasets: {train: {use_rot: maybe}}|c.yml:1: datasets.train.use_rot: want true or false, have \"maybe\"",
                "? [a]|c.yml:1: want a name for each key, have a list",
                "- a|c.yml:1: want keys and values, have a list",
                "a: [|c.yml:2: not YAML: expected the node content, but found '<stream end>'",
                "a: b: c|c.yml:1: not YAML: mapping values are not allowed here",
                "a: *x|c.yml:1: not YAML: found undefined alias x",
                "<<: {seed: 1}|c.yml:1: << is not a key",
            })
    void saysWhereAndWhatIsWrong(String line, String sentence) {
        String yaml = line.startsWith("scale:") ? "scale: 2\n" + line : line + "\n";
        String want = line.startsWith("scale:") ? sentence.replace(":1:", ":2:") : sentence;
        assertThatThrownBy(() -> ConfigFile.parse(yaml, "c.yml", required(yaml), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessage(want);
    }

    private static List<String> required(String yaml) {
        return yaml.contains("dataroot_gt") ? List.of("name=x") : List.of("name=x", "datasets.train.dataroot_gt=d");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "scale|--set: want key=value, have \"scale\"",
                "=4|--set: want key=value, have \"=4\"",
                "n_featz=4|--set n_featz is not a key",
                "train.total=4|--set train.total is not a key; the nearest is train.total_iter",
                "batch_size=none|--set datasets.train.batch_size_per_gpu: want a whole number from 1 to 4096, have \"none\"",
                "train=4|--set train is a section, not a key",
                "name=../x|name: want letters, digits, '_', '-', '+', '.' and blanks, starting with one of the first three, for it names a folder; have \"../x\"",
            })
    void saysWhatIsWrongWithAnOverride(String override, String sentence) {
        assertThatThrownBy(() -> ConfigFile.of("name=x", "datasets.train.dataroot_gt=d", override))
                .isInstanceOf(ConfigException.class)
                .hasMessage(sentence);
    }

    @Test
    void asksForWhatHasNoDefault() {
        assertThatThrownBy(() -> ConfigFile.of("name=x"))
                .hasMessage("datasets.train.dataroot_gt: want a list, each a text, have nothing; it has no default");
        assertThatThrownBy(() -> ConfigFile.of()).hasMessage("name: want a text, have nothing; it has no default");
    }

    /** A preset changes defaults; what is given counts all the same; and the written file says it all. */
    @Test
    void presetsChangeDefaultsOnly() {
        ConfigFile released = ConfigFile.of(
                "name=x",
                "datasets.train.dataroot_gt=d",
                "train.contrastive_opt.preset=pcl-released",
                "train.contrastive_opt.sharpen=[1, 2]");
        Contrastive c = released.config().train().contrastive();
        assertThat(c.layers()).containsExactly(4);
        assertThat(c.weight()).isEqualTo(0.0196);
        assertThat(c.learnsSamples()).isTrue();
        assertThat(c.course()).isEqualTo(Contrastive.Course.CONSTANT);
        assertThat(c.sharpen()).containsExactly(1.0, 2.0);
        assertThat(released.entries())
                .contains(
                        new ConfigFile.Entry("train.contrastive_opt.layers", List.of(4), "preset"),
                        new ConfigFile.Entry("train.contrastive_opt.sharpen", List.of(1.0, 2.0), "--set"));
        assertThat(ConfigFile.parse(released.toYaml(), "w", List.of(), Map.of()).config())
                .isEqualTo(released.config());
    }

    @Test
    void theWrittenFileGivesTheSameConfiguration() throws IOException {
        ConfigFile file = ConfigFile.parse(
                YAML,
                "c.yml",
                List.of(
                        "name=on",
                        "datasets.val.dataroot_gt=[no, 'x: y # \"z\", ~, 12]",
                        "path.pretrain_network_g=C:\\x\t\u00fc\ud83d\ude00",
                        "lr=0.00012345678901234567",
                        "seed=-9223372036854775808"),
                Map.of());
        Path written = folder.resolve("config.yml");
        file.write(written);
        assertThat(ConfigFile.load(written, List.of(), Map.of()).config()).isEqualTo(file.config());
        assertThat(Files.readString(written)).startsWith("name: \"on\"\nscale: 4\nseed: -9223372036854775808\n");
        assertThat(file.config().datasets().validation().folders()).containsExactly("no", "'x: y # \"z\"", "~", "12");
    }

    @Test
    void theNetworksAreThoseOfTheRegistry() {
        List<String> names = Architectures.names();
        assertThatThrownBy(() -> parse("network_g: {type: wing}"))
                .hasMessage("c.yml:1: network_g.type: want one of " + String.join(", ", names) + ", have \"wing\"");
    }

    @Test
    void theTemplateIsAFileOfAllDefaults() {
        ConfigFile defaults = ConfigFile.of("name=x", "datasets.train.dataroot_gt=d");
        ConfigFile template = ConfigFile.parse(
                ConfigFile.template().replace("name: \"\"", "name: x").replace("dataroot_gt: \"\"", "dataroot_gt: d"),
                "template",
                List.of(),
                Map.of());
        assertThat(template.config()).isEqualTo(defaults.config());
        assertThat(ConfigFile.template())
                .contains(
                        "  num_feat: ~",
                        "# residual blocks, rcan and han: of each group",
                        "\nnetwork_g: # the network\n");
        assertThat(ConfigFile.reference())
                .contains(
                        "| `train.optim_g.lr` (`--set lr`) | a number from 1.0e-12 to 1 | `1.0e-4` | learning rate at the start |\n");
        assertThat(defaults.config().path().pretrained()).isEqualTo(Optional.empty());
    }

    /** The table in docs/configuration.md; on failure put {@link ConfigFile#reference} there. */
    @Test
    void theDocumentationListsEveryKey() throws IOException {
        assertThat(Files.readString(Path.of("docs/configuration.md"))).endsWith("\n" + ConfigFile.reference());
    }

    @Test
    void refusesFilesThatAreNoConfiguration() throws IOException {
        Path none = folder.resolve("none.yml");
        assertThatThrownBy(() -> load(none)).hasMessage(none + ": there is no such file");
        assertThatThrownBy(() -> load(folder)).hasMessage(folder + ": want a file, have a folder");
        Path binary = Files.write(folder.resolve("b.yml"), new byte[] {(byte) 0x89, 'P', 'N', 'G'});
        assertThatThrownBy(() -> load(binary)).hasMessage(binary + ": want UTF-8 text, have other bytes");
        Path zero = Files.write(folder.resolve("z.yml"), new byte[8]);
        assertThatThrownBy(() -> load(zero))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(zero + ": not YAML: ");
        Path large = Files.writeString(folder.resolve("l.yml"), "# ".repeat(1 << 17) + "x");
        assertThatThrownBy(() -> load(large)).hasMessage(large + ": want a file of at most 262144 bytes, have 262145");
    }

    @Test
    void aBombOfAliasesIsRefused() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 30; i++) {
            bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
        }
        assertThatThrownBy(() -> parse(bomb.toString())).isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> parse("[".repeat(10_000)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("not YAML");
        assertThatThrownBy(() -> parse("&a {train: *a}")).isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> parse("!!javax.script.ScriptEngineManager [x]"))
                .hasMessageStartingWith("c.yml:1: not YAML: Global tag is not allowed");
    }

    private static ConfigFile parse(String yaml) {
        return ConfigFile.parse(yaml, "c.yml", List.of(), Map.of());
    }

    private static ConfigFile load(Path file) {
        return ConfigFile.load(file, List.of(), Map.of());
    }
}
