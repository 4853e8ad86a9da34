/** Makes a study folder: chooses clips, has them explained, levels all sounds and writes them with the study file. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ChannelChoice } from "../dsp/channel-choice.ts";
import { writeWav } from "../dsp/wav.ts";
import { readSound } from "../lab/data/check-sound.ts";
import { readHeard } from "../lab/data/heard-sounds.ts";
import { type Random, seededBy } from "../lab/data/random.ts";
import type { FoundSound } from "../lab/data/sound-folder.ts";
import { soundHash } from "../lab/data/sound-hash.ts";
import { type HeardInTraining, heardInTraining } from "../lab/evaluation/heard-in-training.ts";
import { type Contamination, contaminate } from "../lab/evaluation/plan/contamination.ts";
import { classWords } from "../models/explain/class-words.ts";
import { clipDecision } from "../models/explain/clip-decision.ts";
import { explainSound } from "../models/explain/explain-sound.ts";
import { hearSound } from "../models/explain/judge-parts.ts";
import type { Pack } from "../models/pack/pack.ts";
import type { RunnablePack } from "../models/runtime/runnable-pack.ts";
import { makePrivateFolder, writePrivate } from "../server/private-files.ts";
import { lowAnchor, nothingOfIt } from "./anchor.ts";
import { type Anchor, conditionsOf, type ForeignMethod, soundsByStem, stemOf } from "./conditions.ts";
import { DEFAULT_QUESTIONS, DEFAULT_TEXTS } from "./default-texts.ts";
import { matchLevels } from "./level.ts";
import {
  parseStudy,
  STUDY_FILE,
  type Study,
  type StudyClip,
  StudyFileError,
  soundPath,
} from "./study-file.ts";

export interface PrepareOptions {
  readonly folder: string;
  readonly name: string;
  readonly title: string;
  readonly sounds: readonly FoundSound[];
  /** Its classifier says which class a sound is asked about where nothing else does. */
  readonly opened: RunnablePack;
  /** Names of its methods that are rated. */
  readonly methods: readonly string[];
  readonly foreign: readonly ForeignMethod[];
  readonly anchors: readonly Anchor[];
  readonly contamination: Contamination;
  readonly sentences: readonly FoundSound[];
  /** Class by clip, for sounds that no data set labels. */
  readonly classes?: ReadonlyMap<string, string> | undefined;
  /** Clips that are rated; the practice clip comes on top. */
  readonly clips: number;
  readonly trials?: number;
  readonly attention: number;
  readonly headphones: boolean;
  readonly scale: Study["scale"];
  readonly seed: number;
  /** LUFS. */
  readonly loudness: number;
  /** Which channel of the sounds is heard. Default "mix". */
  readonly channel?: ChannelChoice | undefined;
  /** Longer sounds are cut. */
  readonly mostSeconds: number;
  /** Frames from one window to the next; as `explainSound` has it when left out. */
  readonly stride?: number | undefined;
  /** Also takes clips that the classifier gets wrong or is not sure of, and asks about what it said. */
  readonly keepWrong: boolean;
  readonly onProgress?: (done: number, total: number, what: string) => void;
  readonly signal?: AbortSignal;
}

export interface Prepared {
  readonly study: Study;
  /** Sounds that were not taken, with the reason. */
  readonly leftOut: readonly string[];
  /** Sounds that came out more than 1 LU fainter than the others of their trial. */
  readonly faint: readonly string[];
  /** Which channels of sounds are heard, where it is not the mean of all. */
  readonly channels: readonly string[];
  /** How many of the rated clips the pack has heard in training; absent where none of its methods is rated. */
  readonly heard?: HeardInTraining | undefined;
}

/** @throws StudyFileError when too few of the sounds can be used. */
export async function prepareStudy(options: PrepareOptions): Promise<Prepared> {
  return new Preparation(options).run();
}

interface MadeClip {
  readonly clip: StudyClip;
  readonly levels: object;
  /** `soundHash` of what a training would hear of it. */
  readonly heardAs: string;
}

class Preparation {
  readonly #leftOut: string[] = [];
  readonly #faint: string[] = [];
  readonly #channels = new Set<string>();
  readonly #random: Random;
  readonly #pack: Pack;
  #foreign = new Map<string, Map<string, string>>();

  constructor(private readonly options: PrepareOptions) {
    this.#random = seededBy(options.seed, "prepare", options.name);
    this.#pack = options.opened.pack;
  }

  async run(): Promise<Prepared> {
    const { options } = this;
    const { folder, clips: wanted, attention } = options;
    const pack = this.#pack;
    const conditions = conditionsOf(pack, options.methods, options.foreign, options.anchors);
    const told = await readHeard(options.opened);
    for (const { id, folder: from } of options.foreign) this.#foreign.set(id, await soundsByStem(from));
    await makePrivateFolder(join(folder, "sounds"));
    const made: MadeClip[] = [];
    const attentionClips: Study["attention"] = [];
    const total = wanted + 1 + attention;
    const step = (what: string) => options.onProgress?.(made.length + attentionClips.length, total, what);
    for (const sound of inTurns(options.sounds, this.#random)) {
      if (made.length === wanted + 1) break;
      options.signal?.throwIfAborted();
      step(sound.name);
      const clip = await this.#clip(sound, `clip-${made.length + 1}`);
      if (typeof clip === "string") this.#leftOut.push(`${sound.path}: ${clip}`);
      else made.push(clip);
    }
    if (made.length < 2) {
      const why = this.#leftOut[0] ? `; the first that was left out: ${this.#leftOut[0]}` : "";
      throw new StudyFileError(
        `a study takes two clips at least, one of them to practise with, and ${made.length} can be used${why}`,
      );
    }
    // The one made last is for practice: it is heard by everybody and counts for nothing.
    const [practice] = made.splice(-1);
    for (let k = 0; k < attention; k++) {
      attentionClips.push(
        await this.#attention(made[k % made.length].clip, `attention-${k + 1}`, conditions.length),
      );
      step("attention checks");
    }
    const study = parseStudy(
      {
        format: 1,
        name: options.name,
        title: options.title,
        language: "en",
        seed: options.seed,
        texts: DEFAULT_TEXTS,
        scale: options.scale,
        questions: DEFAULT_QUESTIONS,
        methods: conditions,
        trials: Math.min(options.trials ?? made.length, made.length),
        headphones: options.headphones
          ? { questions: 6, needed: 5, attempts: 2, required: false }
          : undefined,
        participants: { most: 1_000 },
        clips: made.map(({ clip }) => clip),
        practice: { ...practice.clip, id: "practice" },
        attention: attentionClips,
      } satisfies Study,
      STUDY_FILE,
    );
    const heard =
      options.methods.length > 0
        ? heardInTraining(pack.name, told, [
            { name: "the study", hashes: made.map(({ heardAs }) => heardAs) },
          ])
        : undefined;
    const levels = [...made, practice].map((each) => each.levels);
    const { name, version } = pack;
    await writeJson(join(folder, "preparation.json"), {
      pack: { name, version },
      contamination: options.contamination,
      seed: options.seed,
      loudness: options.loudness,
      clips: levels,
      leftOut: this.#leftOut,
      channels: [...this.#channels],
      heard,
    });
    await writeJson(join(folder, STUDY_FILE), study);
    return { study, leftOut: this.#leftOut, faint: this.#faint, channels: [...this.#channels], heard };
  }

  /** The clip with all its sounds written, or why it can't be one. */
  async #clip(found: FoundSound, id: string): Promise<MadeClip | string> {
    const { opened, methods, keepWrong, stride, classes } = this.options;
    const pack = this.#pack;
    const heardAs = { rate: pack.sampleRate, stride };
    let samples: Float32Array;
    try {
      samples = await this.#mixture(found);
    } catch (error) {
      return (error as Error).message;
    }
    const known = classes?.get(stemOf(found.name)) ?? found.label;
    let asked = known;
    if (methods.length > 0 || known === undefined) {
      const decision = clipDecision(pack, await hearSound(opened, samples, heardAs));
      if (decision.label === null) return "the classifier hears nothing in it";
      const said = [decision.label, ...decision.believed.map(({ label }) => label)];
      if (!keepWrong && known !== undefined && !said.includes(known)) {
        const heard = decision.accepted ? decision.label : "nothing that it is sure of";
        return `the classifier hears ${heard} and not ${known}`;
      }
      if (!keepWrong && known === undefined && !decision.accepted) {
        return "the classifier is not sure what it hears";
      }
      // Of several that are heard at once it is the clip's own.
      asked = known !== undefined && said.includes(known) ? known : decision.label;
    }
    const target = pack.labels.indexOf(asked!);
    const parts = new Map<string, Float32Array>([["", samples]]);
    for (const method of methods) {
      // All methods on one question: those that can't be asked about the class explain what wins.
      const question = { ...heardAs, method, target, ifUnaskable: "any-winner" } as const;
      const { explanation } = await explainSound(opened, samples, question);
      parts.set(method, explanation);
    }
    for (const [method, sounds] of this.#foreign) {
      const path = sounds.get(stemOf(found.name));
      if (path === undefined) return `${method} has no sound of this name`;
      parts.set(method, fitted(await this.#heard(path, "mix"), samples.length));
    }
    for (const anchor of this.options.anchors) {
      parts.set(anchor, anchor === "original" ? samples : lowAnchor(samples, this.#random));
    }
    return this.#write(found, id, asked!, parts);
  }

  async #write(
    found: FoundSound,
    id: string,
    asked: string,
    parts: ReadonlyMap<string, Float32Array>,
  ): Promise<MadeClip> {
    const names = [...parts.keys()];
    const written = await this.#writeLevelled(id, parts);
    const loudest = Math.max(...written.map(({ loudness }) => loudness));
    for (const [k, { loudness }] of written.entries()) {
      if (loudest - loudness > 1) this.#faint.push(`${found.name}: ${names[k] || "original"}`);
    }
    const [original, ...rest] = written.map(({ sound }) => sound);
    const sounds = Object.fromEntries(rest.map((sound, k) => [names[k + 1], sound]));
    const clip = { id, source: found.name, label: classWords(asked), original, sounds };
    const levels = written.map(({ loudness, gainDb }, k) => ({
      of: names[k] || "original",
      loudness: Number.isFinite(loudness) ? rounded(loudness) : null,
      gainDb: rounded(gainDb),
    }));
    // A channel of its own is another sound; what a training hears is the mean.
    const heardAs = soundHash(await readSound(found.path, this.#pack.sampleRate));
    return { clip, levels: { clip: id, source: found.name, levels }, heardAs };
  }

  /** Everybody who listens hears that only one of the sounds has anything of the class. */
  async #attention(clip: StudyClip, id: string, count: number): Promise<Study["attention"][number]> {
    const found = this.options.sounds.find(({ name }) => name === clip.source)!;
    const samples = await this.#read(found);
    const parts = new Map<string, Float32Array>([
      ["", samples],
      ["right", samples],
    ]);
    for (let k = 1; k < Math.max(2, count); k++) {
      parts.set(`wrong-${k}`, nothingOfIt(samples.length, this.#pack.sampleRate, this.#random));
    }
    const [original, right, ...wrong] = (await this.#writeLevelled(id, parts)).map(({ sound }) => sound);
    return { id, label: clip.label, original, right, wrong };
  }

  async #writeLevelled(id: string, parts: ReadonlyMap<string, Float32Array>) {
    const { folder, loudness: target, name, seed } = this.options;
    const { sampleRate } = this.#pack;
    const levelled = matchLevels([...parts.values()], sampleRate, target);
    return Promise.all(
      [...parts.keys()].map(async (part, k) => {
        const sound = createHash("sha256")
          .update(`${name}\n${seed}\n${id}\n${part}`)
          .digest("hex")
          .slice(0, 24);
        const { samples, gainDb, loudness } = levelled[k];
        await writePrivate(soundPath(folder, sound), writeWav([samples], sampleRate));
        return { sound, gainDb, loudness };
      }),
    );
  }

  async #mixture(found: FoundSound): Promise<Float32Array> {
    const { contamination, sounds, sentences } = this.options;
    const others = sounds.filter(
      ({ path, label }) => path !== found.path && (!label || label !== found.label),
    );
    const read = async (from: readonly FoundSound[]) => this.#read(this.#random.pick(from));
    const [mixed] = await contaminate(
      contamination,
      await this.#read(found),
      { otherClip: () => read(others), sentence: () => read(sentences) },
      this.#random,
    );
    return mixed.samples;
  }

  async #read({ path }: FoundSound): Promise<Float32Array> {
    const samples = await this.#heard(path);
    return samples.subarray(0, Math.round(this.options.mostSeconds * this.#pack.sampleRate));
  }

  async #heard(path: string, channel = this.options.channel): Promise<Float32Array> {
    const notes: string[] = [];
    const samples = await readSound(path, this.#pack.sampleRate, { channel, notes });
    for (const note of notes) this.#channels.add(note);
    return samples;
  }
}

/** One sound of each label in turn, each label's in an order drawn at random. */
function inTurns(sounds: readonly FoundSound[], random: Random): FoundSound[] {
  const byLabel = new Map<string, FoundSound[]>();
  for (const sound of random.shuffle([...sounds])) {
    const label = sound.label ?? "";
    byLabel.set(label, [...(byLabel.get(label) ?? []), sound]);
  }
  const rows = random.shuffle([...byLabel.values()]);
  const longest = Math.max(0, ...rows.map(({ length }) => length));
  return Array.from({ length: longest }, (_, k) => rows.flatMap((row) => row[k] ?? [])).flat();
}

/** Cut or followed by silence. */
function fitted(samples: Float32Array, length: number): Float32Array {
  const out = new Float32Array(length);
  out.set(samples.subarray(0, length));
  return out;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writePrivate(path, `${JSON.stringify(value, null, 1)}\n`);
}
