/** What files of a transformers model say: its front (`preprocessor_config.json`) and its labels (`config.json`). */
import * as v from "valibot";
import { PRESETS } from "./presets.ts";

const whole = v.pipe(v.number(), v.integer(), v.minValue(1));

const ast = v.object({
  feature_extractor_type: v.literal("ASTFeatureExtractor"),
  sampling_rate: v.optional(whole, 16_000),
  num_mel_bins: v.optional(whole, 128),
  max_length: v.optional(whole, 1024),
  do_normalize: v.optional(v.boolean(), true),
  mean: v.optional(v.number(), -4.2677393),
  std: v.optional(v.number(), 4.5689974),
});

const wav2vec2 = v.object({
  feature_extractor_type: v.literal("Wav2Vec2FeatureExtractor"),
  sampling_rate: v.optional(whole, 16_000),
  do_normalize: v.optional(v.boolean(), true),
});

const whisper = v.object({
  feature_extractor_type: v.literal("WhisperFeatureExtractor"),
  sampling_rate: v.optional(whole, 16_000),
  feature_size: v.optional(whole, 80),
  n_fft: v.optional(whole, 400),
  hop_length: v.optional(whole, 160),
  chunk_length: v.optional(v.pipe(v.number(), v.gtValue(0)), 30),
});

const config = v.variant("feature_extractor_type", [ast, wav2vec2, whisper]);

/** Its kinds of front, for people. */
const KINDS = "ASTFeatureExtractor, Wav2Vec2FeatureExtractor, WhisperFeatureExtractor";

/** Whether a JSON file is a `preprocessor_config.json`. */
export function isPreprocessorConfig(json: unknown): json is { feature_extractor_type: unknown } {
  return typeof json === "object" && json !== null && "feature_extractor_type" in json;
}

/**
 * Fields of a front.
 *
 * @throws Error for kinds that are not known, by name, and for values that cannot be.
 */
export function frontOfPreprocessor(json: { feature_extractor_type: unknown }): Record<string, unknown> {
  const found = v.safeParse(config, json);
  if (!found.success) {
    const [problem] = found.issues;
    throw new Error(
      v.getDotPath(problem) === "feature_extractor_type"
        ? `its kind ${JSON.stringify(json.feature_extractor_type)} is not known (${KINDS} are); say it in words or as JSON`
        : `${v.getDotPath(problem)}: ${problem.message}`,
    );
  }
  const told = found.output;
  switch (told.feature_extractor_type) {
    case "ASTFeatureExtractor":
      return {
        ...PRESETS.ast.front,
        ...{ sampleRate: told.sampling_rate, nMels: told.num_mel_bins, frames: told.max_length },
        ...(told.do_normalize ? { mean: told.mean, std: 2 * told.std } : { mean: 0, std: 1 }),
      };
    case "Wav2Vec2FeatureExtractor": {
      const { input, ...normalised } = PRESETS.wav2vec2.front;
      return { ...(told.do_normalize && normalised), input, sampleRate: told.sampling_rate };
    }
    case "WhisperFeatureExtractor": {
      const { sampling_rate: sampleRate, n_fft: nFft, hop_length: hop, feature_size: nMels } = told;
      const samples = told.chunk_length * sampleRate;
      return {
        ...PRESETS.whisper.front,
        ...{ sampleRate, nFft, hop, nMels, samples, frames: Math.floor(samples / hop) },
      };
    }
    default:
      return told satisfies never;
  }
}

/** The names of the classes in a `config.json`, in order; undefined for other files. */
export function labelsOfConfig(json: unknown): string[] | undefined {
  const found = v.safeParse(v.object({ id2label: v.record(v.string(), v.string()) }), json);
  if (!found.success) return undefined;
  return Object.entries(found.output.id2label)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, label]) => label);
}
