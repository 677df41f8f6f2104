package io.acuity.train;

import io.acuity.contrast.BankOptions;
import io.acuity.contrast.BankOptions.Domain;
import io.acuity.contrast.BankOptions.Emphasis;
import io.acuity.contrast.Embedding;
import io.acuity.contrast.EmbeddingNetwork;
import io.acuity.contrast.FrequencyBank;
import io.acuity.device.Device;
import io.acuity.device.DeviceException;
import io.acuity.model.Architectures;
import io.acuity.model.Network;
import io.acuity.op.InfoNceLoss;
import io.acuity.optim.Adam;
import io.acuity.optim.Schedule;
import java.util.List;

/** The parts of a run as its configuration wants them. */
final class Parts {
    /** LH, HL and HH of red, green and blue. */
    private static final int HAAR_CHANNELS = 9;

    private Parts() {}

    static Network network(TrainConfig config, Device device) {
        TrainConfig.Network n = config.network();
        try {
            return Architectures.create(n.type(), device, n.settings(config.scale()), config.seed())
                    .collapse(n.tail() == TrainConfig.Tail.COLLAPSED);
        } catch (IllegalArgumentException e) {
            throw new ConfigException("network_g: " + e.getMessage(), e);
        }
    }

    /** Refuses a network before a run has files, if it has no form for the device's number mode. */
    static void tryOut(Network network) {
        try {
            network.tryOut();
        } catch (DeviceException e) {
            throw new DeviceException("network_g: " + e.getMessage(), e);
        }
    }

    static Adam.Options adamOptions(TrainConfig.Train train) {
        List<Double> betas = train.optimizer().betas();
        return new Adam.Options(betas.get(0), betas.get(1), train.optimizer().epsilon(), train.gradientClamp());
    }

    static Schedule schedule(TrainConfig.Train train) {
        double rate = train.optimizer().rate();
        TrainConfig.Scheduler s = train.scheduler();
        Schedule curve = switch (s.type()) {
            case CONSTANT -> Schedule.constant(rate);
            case STEP -> Schedule.steps(rate, s.milestones(), s.gamma());
            case COSINE ->
                Schedule.cycles(rate, s.floor(), s.periods().isEmpty() ? List.of(train.steps()) : s.periods());
        };
        return s.warmup() > 0 ? curve.warmUp(s.warmup()) : curve;
    }

    /** The embedding's learning rate. */
    static Schedule embeddingSchedule(TrainConfig.Train train) {
        Contrastive c = train.contrastive();
        double first = c.rate() == 0 ? train.optimizer().rate() : c.rate();
        if (c.course() == Contrastive.Course.CONSTANT) {
            return Schedule.constant(first);
        }
        Schedule curve = schedule(train);
        return step -> curve.rate(step) * (first / train.optimizer().rate());
    }

    static FrequencyBank bank(Contrastive c) {
        return FrequencyBank.of(samples(c));
    }

    private static BankOptions samples(Contrastive c) {
        Domain domain = c.filters() == Contrastive.Filters.DIRECT ? Domain.DIRECT : Domain.SPECTRAL;
        Emphasis raised = c.filters() == Contrastive.Filters.BAND ? Emphasis.BAND : Emphasis.HIGH;
        return BankOptions.standard()
                .withDomain(domain, raised)
                .withCopies(c.positives(), c.negatives())
                .withOnlyAugmented(c.onlyMade())
                .withShuffled(c.shuffled())
                .withFactors(c.sharpen().get(0), c.sharpen().get(1))
                .withSigmas(c.sigma().get(0), c.sigma().get(1));
    }

    static Embedding embedding(TrainConfig config, Device device) {
        Contrastive c = config.train().contrastive();
        EmbeddingNetwork.Statistics statistics = switch (c.statistics()) {
            case SET -> EmbeddingNetwork.Statistics.PER_SET;
            case JOINT -> EmbeddingNetwork.Statistics.JOINT;
            case FROZEN -> EmbeddingNetwork.Statistics.RUNNING;
        };
        InfoNceLoss.Kind kind = switch (c.form()) {
            case INFONCE -> InfoNceLoss.Kind.INFO_NCE;
            case COSINE -> InfoNceLoss.Kind.COSINE;
            case L1 -> InfoNceLoss.Kind.L1;
            case L2 -> InfoNceLoss.Kind.L2;
            case LMCL -> InfoNceLoss.Kind.LMCL;
        };
        List<Double> betas = config.train().optimizer().betas();
        Embedding.Options options = new Embedding.Options(
                new EmbeddingNetwork.Options(HAAR_CHANNELS, c.features(), statistics),
                c.layers(),
                c.beforeActivation(),
                new InfoNceLoss.Options(kind, (float) c.temperature()),
                c.learnsSamples(),
                new Adam.Options(
                        betas.get(0), betas.get(1), config.train().optimizer().epsilon(), 0));
        try {
            return Embedding.create(device, config.seed(), options, samples(c));
        } catch (IllegalArgumentException e) {
            throw new ConfigException("train.contrastive_opt: " + e.getMessage(), e);
        }
    }
}
