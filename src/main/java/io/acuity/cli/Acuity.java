package io.acuity.cli;

import io.acuity.weights.AtomicFile;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine;

/** Entry point: finds the verb, parses its options, runs it, and turns whatever goes wrong into one line and an exit code. */
public final class Acuity {
    private static final String HELP = """
            Usage: acuity VERB [OPTIONS]
            Upscales images by learned super-resolution, and trains the networks that do it.

              upscale    enlarge a picture or a folder of pictures
              evaluate   measure a model on benchmark sets: PSNR and SSIM
              metrics    compare two pictures or two folders of pictures
              degrade    shrink pictures as MATLAB's bicubic does
              train      train a network from a configuration
              experiment train in several ways and say what each gains
              convert    write a model as safetensors, PyTorch checkpoint or ONNX
              model      say what a model file is, or check it
              serve      upscale pictures over HTTP, with a page for the browser
              bench      measure the speed of upscaling and training
              devices    show what can compute here

              build      build and stop
              test       run the whole test suite

            acuity VERB --help explains a verb. The first thing to try, on a built-in picture:
              acuity upscale
            """;

    private static volatile boolean stopping;

    private Acuity() {}

    /** Runs a verb and ends the process with its exit code. */
    public static void main(String[] arguments) {
        // figures have points and ASCII digits whatever the user's language
        Locale.setDefault(Locale.ROOT);
        System.setProperty("java.util.logging.SimpleFormatter.format", "acuity: %5$s%6$s%n");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            Stopping.now();
            stopping = true;
            AtomicFile.discardUnfinished();
        }));
        if (arguments.length > 0 && arguments[0].equals("upscale")) {
            Preload.start();
        }
        int code = run(Streams.ofProcess(), arguments).number();
        if (!stopping) {
            System.exit(code);
        }
    }

    /** The same without ending the process. */
    static ExitCode run(Streams streams, String... arguments) {
        try {
            return dispatch(streams, arguments);
        } catch (IOException | RuntimeException | Error e) {
            // while the process is being stopped its files are taken away from below the verb: that is no news
            if (!stopping) {
                streams.tell(Failures.sentence(e));
                if (Arrays.asList(arguments).contains("--debug")) {
                    e.printStackTrace(streams.err());
                }
            }
            return Failures.code(e);
        }
    }

    private static ExitCode dispatch(Streams streams, String... arguments) throws IOException {
        String word = arguments.length == 0 ? "--help" : arguments[0];
        if (Set.of("--help", "-h", "help").contains(word)) {
            streams.print(HELP.stripTrailing());
            return ExitCode.DONE;
        }
        if (Set.of("--version", "-V").contains(word)) {
            streams.print("acuity " + version());
            return ExitCode.DONE;
        }
        Verb verb = verb(word);
        String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
        return parse(streams, word, verb, rest) ? verb.run(streams) : ExitCode.DONE;
    }

    /** Only the class of the verb in question is loaded: start-up time is part of upscaling a small picture. */
    private static Verb verb(String word) {
        return switch (word) {
            case "upscale" -> new UpscaleCommand();
            case "evaluate" -> new EvaluateCommand();
            case "train" -> new TrainCommand();
            case "experiment" -> new ExperimentCommand();
            case "convert" -> new ConvertCommand();
            case "model" -> new ModelCommand();
            case "serve" -> new ServeCommand();
            case "bench" -> new BenchCommand();
            case "metrics" -> new MetricsCommand();
            case "degrade" -> new DegradeCommand();
            case "devices" -> new DevicesCommand();
            default -> throw new UsageException("there is no verb \"" + word + "\"; acuity --help lists them");
        };
    }

    /** Fills the options; false when only help was asked for. */
    private static boolean parse(Streams streams, String word, Verb verb, String... arguments) {
        // else the parser searches all jars for Groovy, which is 25 ms of a start
        System.setProperty("picocli.disable.closures", "true");
        CommandLine line = new CommandLine(verb).setCaseInsensitiveEnumValuesAllowed(true);
        line.getCommandSpec().parser().collectErrors(true);
        List<Exception> mistakes = line.parseArgs(hyphens(arguments)).errors();
        if (line.isUsageHelpRequested()) {
            streams.print(line.getUsageMessage(CommandLine.Help.Ansi.OFF).stripTrailing());
            return false;
        }
        if (!mistakes.isEmpty()) {
            throw new UsageException(word + ": " + sentence(mistakes) + " (acuity " + word + " --help)");
        }
        return true;
    }

    /** A mistyped option is the likeliest reason for all other complaints. */
    private static String sentence(List<Exception> mistakes) {
        Exception first = mistakes.getFirst();
        for (Exception mistake : mistakes) {
            if (mistake instanceof CommandLine.UnmatchedArgumentException) {
                first = mistake;
                break;
            }
        }
        return String.valueOf(first.getMessage()).replaceAll("\\s*\\R\\s*", " ");
    }

    /** Peers write {@code --self_ensemble}: underscores in names of options are hyphens. */
    private static String[] hyphens(String... arguments) {
        String[] changed = arguments.clone();
        for (int i = 0; i < changed.length; i++) {
            if (changed[i].equals("--")) {
                break;
            }
            if (changed[i].startsWith("--")) {
                int equals = changed[i].indexOf('=');
                int end = equals < 0 ? changed[i].length() : equals;
                changed[i] = changed[i].substring(0, end).replace('_', '-') + changed[i].substring(end);
            }
        }
        return changed;
    }

    /** The version in the jar's manifest. */
    static String version() {
        String version = Acuity.class.getPackage().getImplementationVersion();
        return version == null ? "(not packaged)" : version;
    }
}
