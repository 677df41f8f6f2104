package io.acuity.cli;

import io.acuity.weights.AtomicFile;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
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
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stopping = true;
            AtomicFile.discardUnfinished();
        }));
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
        switch (word) {
            case "--help", "-h", "help" -> {
                streams.print(HELP.stripTrailing());
                return ExitCode.DONE;
            }
            case "--version", "-V" -> {
                streams.print("acuity " + version());
                return ExitCode.DONE;
            }
            default -> {
                Verb verb = verb(word);
                String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
                return parse(streams, word, verb, rest) ? verb.run(streams) : ExitCode.DONE;
            }
        }
    }

    /** Only the class of the verb in question is loaded: start-up time is part of upscaling a small picture. */
    private static Verb verb(String word) {
        return switch (word) {
            case "metrics" -> new MetricsCommand();
            case "degrade" -> new DegradeCommand();
            case "devices" -> new DevicesCommand();
            default -> throw new UsageException("there is no verb \"" + word + "\"; acuity --help lists them");
        };
    }

    /** Fills the options; false when only help was asked for. */
    private static boolean parse(Streams streams, String word, Verb verb, String... arguments) {
        CommandLine line = new CommandLine(verb).setCaseInsensitiveEnumValuesAllowed(true);
        try {
            line.parseArgs(hyphens(arguments));
        } catch (CommandLine.ParameterException e) {
            String message = String.valueOf(e.getMessage()).replaceAll("\\s*\\R\\s*", " ");
            throw new UsageException(word + ": " + message + " (acuity " + word + " --help)");
        }
        if (line.isUsageHelpRequested()) {
            streams.print(line.getUsageMessage(CommandLine.Help.Ansi.OFF).stripTrailing());
            return false;
        }
        return true;
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
