import { type ChannelChoice, type ChannelVerdict, chosenChannel, MOST_CHANNELS } from "./channel-choice.ts";
import { ChannelJudge } from "./channel-judge.ts";
import { joined } from "./joined.ts";

/** Seconds in which one choice of channels goes over into the next, so that it can't be heard. */
const FADE_SECONDS = 0.02;

/**
 * Many channels to one, sample for sample and without a delay: each has a weight, which the judge sets and which glides to
 * where it is set. Allocates at construction only; may run on the audio thread.
 */
export class ChannelMixer {
  readonly judge: ChannelJudge;
  /** Weights [channels] now, and what each gains with a sample. */
  readonly #now: Float64Array;
  readonly #step: Float64Array;
  readonly #fade: number;
  #fading = 0;
  #seen = -1;
  #count = 0;
  /** Index of the channel that was asked for, -1 where the judge decides. */
  #fixed = -1;

  /** @param most channels that can be heard; more are left out. */
  constructor(
    rate: number,
    private readonly choice: ChannelChoice = "mix",
    most = MOST_CHANNELS,
  ) {
    this.judge = new ChannelJudge(most, rate, choice);
    this.#now = new Float64Array(most);
    this.#step = new Float64Array(most);
    this.#fade = Math.max(1, Math.round(FADE_SECONDS * rate));
  }

  /** Begins anew with so many channels. @throws RangeError when the one that was asked for is not among them. */
  begin(count: number): void {
    this.#count = Math.min(count, this.judge.most);
    this.#fixed = chosenChannel(this.choice, count) ?? -1;
    this.judge.begin(count);
    this.#jump();
  }

  /** Takes what the judge has heard so far for the beginning: from here on the weights are those. */
  settle(): void {
    this.judge.settle();
    this.#jump();
  }

  /** Writes the first `length` samples of the channels, mixed, to `out`. No channel at all is silence. */
  mix(channels: readonly Float32Array[], length: number, out: Float32Array): void {
    if (channels.length === 0) {
      out.fill(0, 0, length);
      return;
    }
    if (Math.min(channels.length, this.judge.most) !== this.#count) {
      this.begin(channels.length);
      this.judge.settle();
    }
    if (this.#count === 1 || this.#fixed >= 0) {
      const channel = channels[Math.max(0, this.#fixed)];
      for (let n = 0; n < length; n++) out[n] = channel[n];
      return;
    }
    for (let from = 0; from < length; ) {
      const to = Math.min(length, from + this.judge.room);
      this.judge.push(channels, from, to);
      this.#weigh(channels, from, to, out);
      from = to;
    }
  }

  /** As `mix`, with the weights as they are: the judge has heard these samples before. */
  mixHeard(channels: readonly Float32Array[], length: number, out: Float32Array): void {
    this.#weigh(channels, 0, length, out);
  }

  #weigh(channels: readonly Float32Array[], from: number, to: number, out: Float32Array): void {
    if (this.#seen !== this.judge.changes) this.#glide();
    const now = this.#now;
    const step = this.#step;
    for (let n = from; n < to; n++) {
      if (this.#fading > 0) {
        this.#fading--;
        const last = this.#fading === 0;
        for (let c = 0; c < this.#count; c++) now[c] = last ? this.judge.weights[c] : now[c] + step[c];
      }
      let sum = 0;
      for (let c = 0; c < this.#count; c++) if (now[c] !== 0) sum += now[c] * channels[c][n];
      out[n] = sum;
    }
  }

  #glide(): void {
    this.#seen = this.judge.changes;
    this.#fading = this.#fade;
    for (let c = 0; c < this.#count; c++) {
      this.#step[c] = (this.judge.weights[c] - this.#now[c]) / this.#fade;
    }
  }

  #jump(): void {
    this.#seen = this.judge.changes;
    this.#fading = 0;
    this.#now.set(this.judge.weights);
  }
}

export interface MonoOptions {
  /** Default "mix". */
  readonly choice?: ChannelChoice | undefined;
  /** Told what was found, once for each thing that was: where something other than the mean of all is heard. */
  readonly onVerdict?: ((verdict: ChannelVerdict) => void) | undefined;
  /** Live sound is given on at once; what is not live waits until it is known which channels it is. */
  readonly live?: boolean | undefined;
}

/** Seconds of sound that tell which channels to take, and for how many they are waited for. */
const ENOUGH_SECONDS = 2;
const LONGEST_WAIT_SECONDS = 5;
/** Further verdicts of a sound that changes all the time are told to nobody. */
const MOST_VERDICTS = 8;

/** A sound of many channels that comes in pieces, as one channel in pieces. What is no number counts as 0. */
export class MonoStream {
  readonly #mixer: ChannelMixer;
  readonly #told = new Set<string>();
  #waiting: (readonly Float32Array[])[] | undefined;
  #waited = 0;
  #seen = -1;

  constructor(
    private readonly rate: number,
    private readonly channels: number,
    private readonly options: MonoOptions = {},
  ) {
    this.#mixer = new ChannelMixer(rate, options.choice, Math.min(channels, MOST_CHANNELS));
    this.#mixer.begin(channels);
    const { choice = "mix" } = options;
    const decided = channels === 1 || (choice !== "mix" && choice !== "best");
    if (options.live || decided) this.#mixer.settle();
    else this.#waiting = [];
  }

  /** Arrays of one length; they are kept while it waits. Gives what can be given. */
  push(channels: readonly Float32Array[]): Float32Array[] {
    const { length } = channels[0];
    if (!this.#waiting) return [this.#mixed(channels, length)];
    const { judge } = this.#mixer;
    for (let from = 0; from < length; ) {
      const to = Math.min(length, from + judge.room);
      judge.push(channels, from, to);
      from = to;
    }
    this.#waiting.push(channels);
    this.#waited += length;
    const enough = judge.frames * judge.size >= ENOUGH_SECONDS * this.rate;
    return enough || this.#waited >= LONGEST_WAIT_SECONDS * this.rate ? this.finish() : [];
  }

  /** What still waited. */
  finish(): Float32Array[] {
    const waiting = this.#waiting ?? [];
    if (!this.#waiting) return [];
    this.#waiting = undefined;
    this.#mixer.settle();
    this.#tell();
    return waiting.map((channels) => {
      const out = new Float32Array(channels[0].length);
      this.#mixer.mixHeard(channels, out.length, out);
      return out;
    });
  }

  #mixed(channels: readonly Float32Array[], length: number): Float32Array {
    if (this.channels === 1) return channels[0];
    const out = new Float32Array(length);
    this.#mixer.mix(channels, length, out);
    this.#tell();
    return out;
  }

  #tell(): void {
    const { judge } = this.#mixer;
    const { choice = "mix", onVerdict } = this.options;
    if (onVerdict === undefined || choice !== "mix" || this.#seen === judge.changes) return;
    this.#seen = judge.changes;
    const { verdict } = judge;
    const key = JSON.stringify(verdict);
    if (verdict.heard.length === verdict.of || this.#told.has(key) || this.#told.size >= MOST_VERDICTS)
      return;
    this.#told.add(key);
    onVerdict(verdict);
  }
}

/** A whole sound of one or more channels as one channel. @throws RangeError as `chosenChannel` does, and without a channel. */
export function mixDown(
  channels: readonly Float32Array[],
  rate: number,
  options: Omit<MonoOptions, "live"> = {},
): Float32Array {
  if (channels.length === 0) throw new RangeError("no channel to make mono of");
  const stream = new MonoStream(rate, channels.length, options);
  return joined([...stream.push(channels), ...stream.finish()]);
}
