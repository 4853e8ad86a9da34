import type { ChannelChoice, ChannelVerdict } from "./channel-choice.ts";
import { hann } from "./frames.ts";
import { RealFft } from "./real-fft.ts";

/** Seconds of a frame, about: long enough to keep hum and a constant out of what is measured. */
const FRAME_SECONDS = 0.055;
/** In Hz: below is hum, above nothing that a classifier needs. */
const LOWEST = 200;
const HIGHEST = 7_500;
/** Frames that the means remember: a second or two where noise is told from sound, half of one for levels. */
const MEMORY = 24;
const LEVEL_MEMORY = 8;
/** Mean square below which a frame tells nothing: -90 dB of full scale. */
const QUIET = 1e-9;
/** A channel so much weaker than the loudest holds no sound (-30 dB), and does again from there (-24 dB). */
const SILENT = 1e-3;
const SOUNDS = 4e-3;
/**
 * In steady Gaussian noise of any colour the power of a bin is distributed exponentially, so that the mean of its
 * logarithm lies Euler's constant below the logarithm of its mean: 0.57 in MEMORY frames, 0.49 to 0.59 in 20 s of white and
 * brown noise at 8 to 96 kHz. Tones have less of it, and what begins and ends has more: of 50 kinds of sound only rain,
 * wind, vacuum cleaners and engines come as near for most of their time. So a channel is only noise beside one that is
 * clearly something else.
 */
const NOISE = { from: 0.48, to: 0.6 } as const;
const NO_NOISE = { below: 0.35, above: 0.8 } as const;
/** Bins so much weaker than the strongest (-60 dB) are empty: the sound was of a lower rate once. */
const EMPTY = 1e-6;
/** Fewer frames can't tell noise from sound. */
const NOISE_FRAMES = 10;
/** Noise is left out for sound that is at most so much weaker (-25 dB): fainter, it may be the hum of a dead input. */
const BESIDE_NOISE = 3e-3;
/** Channels cancel when their mean has less than this share of the power that it would have were they unrelated. */
const CANCELS = 0.5;
const MIXES = 0.8;
/** Another channel is the better one when it is so much louder (6 dB). */
const BETTER = 4;
/** Frames for which something must hold before it counts. To lose sound is worse than to hear noise for a moment. */
const FRAMES = {
  silent: { enter: 10, leave: 1 },
  noise: { enter: 10, leave: 40 },
  cancel: { enter: 4, leave: 90 },
} as const;

const UNKNOWN = 0;
const LIKE_NOISE = 1;
const UNLIKE_NOISE = 2;

/**
 * Finds which of several channels can be heard as one sound: channels that hold none are left out, as are those with
 * nothing but noise; where those that are left cancel each other, the one with the most sound is heard alone. Goes by what
 * it heard in the last seconds, and stays with what it found until something else has held for a while.
 * Allocates at construction only (but for `verdict`).
 */
export class ChannelJudge {
  /** Share [channels] of each channel in what is heard; they sum to 1. */
  readonly weights: Float64Array;
  /** Grows with every change of the weights or of the reason for them. */
  changes = 0;
  /** Frames with sound so far. */
  frames = 0;
  /** Samples to one frame. */
  readonly size: number;
  readonly #fft: RealFft;
  readonly #window: Float64Array;
  readonly #first: number;
  readonly #last: number;
  /** [channels][size]: the frame that fills, and [channels][bins, 2]: what the full one is made of. */
  readonly #samples: Float64Array[];
  readonly #spectra: Float32Array[];
  /** [channels][band]: means of power and of its logarithm. */
  readonly #power: Float64Array[];
  readonly #logs: Float64Array[];
  /** [channels, channels]: what two have in common, as mean square. */
  readonly #common: Float64Array;
  readonly #scale = new Float64Array(1);
  readonly #product = new Float64Array(1);
  /** Shares of the newest frame in the means of bins and of levels. */
  readonly #shares = new Float64Array(2);
  /** [channels] each, 0 or 1; and in how many frames running the opposite was found. */
  readonly #silent: Uint8Array;
  readonly #noisy: Uint8Array;
  readonly #cancelling = new Uint8Array(1);
  readonly #silentFor: Int32Array;
  readonly #noisyFor: Int32Array;
  readonly #cancellingFor = new Int32Array(1);
  /** [channels]: UNKNOWN, LIKE_NOISE or UNLIKE_NOISE. */
  readonly #kinds: Uint8Array;
  #filled = 0;
  #best = 0;
  #settled = false;

  /** @param most channels that there may be at a time. */
  constructor(
    readonly most: number,
    rate: number,
    private readonly choice: ChannelChoice = "mix",
  ) {
    this.size = 2 ** Math.round(Math.log2(FRAME_SECONDS * rate));
    const { size } = this;
    this.#fft = new RealFft(size);
    this.#window = hann(size);
    this.#first = Math.ceil((LOWEST * size) / rate);
    this.#last = Math.min(this.#fft.bins - 1, Math.floor((HIGHEST * size) / rate));
    const band = this.#last - this.#first;
    const each = <T>(make: () => T) => Array.from({ length: most }, make);
    this.#samples = each(() => new Float64Array(size));
    this.#spectra = each(() => new Float32Array(2 * this.#fft.bins));
    this.#power = each(() => new Float64Array(band));
    this.#logs = each(() => new Float64Array(band));
    this.#common = new Float64Array(most * most);
    // Hann's mean square is 3/8; both halves of the spectrum count.
    this.#scale[0] = 2 / (size * size * 0.375);
    this.weights = new Float64Array(most);
    this.#silent = new Uint8Array(most);
    this.#noisy = new Uint8Array(most);
    this.#kinds = new Uint8Array(most);
    this.#silentFor = new Int32Array(most);
    this.#noisyFor = new Int32Array(most);
    this.begin(Math.min(most, 1));
  }

  /** Channels that there are now. */
  count = 0;

  /** Forgets everything; from now on there are so many channels. */
  begin(count: number): void {
    this.count = Math.min(count, this.most);
    this.frames = 0;
    this.#filled = 0;
    this.#best = 0;
    this.#settled = false;
    this.#common.fill(0);
    for (let c = 0; c < this.most; c++) {
      this.#power[c].fill(0);
      this.#logs[c].fill(0);
    }
    this.#silent.fill(0);
    this.#noisy.fill(0);
    this.#kinds.fill(0);
    this.#cancelling[0] = 0;
    this.#silentFor.fill(0);
    this.#noisyFor.fill(0);
    this.#cancellingFor[0] = 0;
    this.#weigh();
  }

  /** Samples until the frame is full. */
  get room(): number {
    return this.size - this.#filled;
  }

  /** Takes the samples [from, to) of each channel, at most `room` of them. */
  push(channels: readonly Float32Array[], from: number, to: number): void {
    for (let c = 0; c < this.count; c++) {
      const frame = this.#samples[c];
      const channel = channels[c];
      for (let n = from; n < to; n++) {
        const sample = channel[n];
        frame[this.#filled + n - from] = sample - sample === 0 ? sample : 0;
      }
    }
    this.#filled += to - from;
    if (this.#filled < this.size) return;
    this.#filled = 0;
    if (!this.#measure()) return;
    this.frames++;
    this.#findNoise();
    if (this.#settled) this.#judge(false);
  }

  /** Takes what was found up to now for granted; from then on only what lasts counts. */
  settle(): void {
    this.#settled = true;
    if (this.frames > 0) this.#judge(true);
  }

  get verdict(): ChannelVerdict {
    const which = (holds: (channel: number) => boolean) =>
      Array.from({ length: this.count }, (_, c) => c)
        .filter(holds)
        .map((c) => c + 1);
    return {
      of: this.count,
      heard: which((c) => this.weights[c] > 0),
      silent: which((c) => this.#silent[c] === 1),
      noisy: which((c) => this.#noisy[c] === 1),
      cancelling: this.#cancelling[0] === 1,
    };
  }

  /** Takes the frame into the means; false when nothing is in it. */
  #measure(): boolean {
    const { count, most } = this;
    for (let c = 0; c < count; c++) this.#transform(c);
    let audible = false;
    for (let c = 0; c < count && !audible; c++) {
      this.#multiply(c, c);
      audible = this.#product[0] > QUIET;
    }
    if (!audible) return false;
    const heard = this.frames + 1;
    this.#shares[0] = 1 / Math.min(MEMORY, heard);
    // Until it is settled, all that was heard counts alike.
    this.#shares[1] = 1 / (this.#settled && heard > LEVEL_MEMORY ? LEVEL_MEMORY : heard);
    const levelShare = this.#shares[1];
    for (let c = 0; c < count; c++) {
      this.#rememberBins(c);
      for (let other = 0; other <= c; other++) {
        const at = c * most + other;
        this.#multiply(c, other);
        this.#common[at] += levelShare * (this.#product[0] - this.#common[at]);
      }
    }
    return true;
  }

  #transform(channel: number): void {
    const samples = this.#samples[channel];
    const window = this.#window;
    let mean = 0;
    for (let n = 0; n < samples.length; n++) mean += samples[n];
    mean /= samples.length;
    for (let n = 0; n < samples.length; n++) samples[n] = (samples[n] - mean) * window[n];
    this.#fft.forward(samples, this.#spectra[channel]);
  }

  /** What two channels have in common goes to `#product`: a fraction that is returned may be an object made for it. */
  #multiply(one: number, other: number): void {
    const a = this.#spectra[one];
    const b = this.#spectra[other];
    let sum = 0;
    for (let k = 2 * this.#first; k < 2 * this.#last; k++) sum += a[k] * b[k];
    this.#product[0] = this.#scale[0] * sum;
  }

  #rememberBins(channel: number): void {
    const share = this.#shares[0];
    const spectrum = this.#spectra[channel];
    const power = this.#power[channel];
    const logs = this.#logs[channel];
    for (let k = 0; k < power.length; k++) {
      const re = spectrum[2 * (this.#first + k)];
      const im = spectrum[2 * (this.#first + k) + 1];
      const value = re * re + im * im + 1e-20;
      power[k] += share * (value - power[k]);
      logs[k] += share * (Math.log(value) - logs[k]);
    }
  }

  #findNoise(): void {
    for (let c = 0; c < this.count; c++) {
      const power = this.#power[c];
      const logs = this.#logs[c];
      let strongest = 0;
      for (let k = 0; k < power.length; k++) if (power[k] > strongest) strongest = power[k];
      let sum = 0;
      let bins = 0;
      for (let k = 0; k < power.length; k++) {
        if (power[k] < EMPTY * strongest) continue;
        sum += Math.log(power[k]) - logs[k];
        bins++;
      }
      const gap = sum / bins;
      let kind = UNKNOWN;
      if (this.frames >= NOISE_FRAMES) {
        if (gap >= NOISE.from && gap <= NOISE.to) kind = LIKE_NOISE;
        else if (gap < NO_NOISE.below || gap > NO_NOISE.above) kind = UNLIKE_NOISE;
      }
      this.#kinds[c] = kind;
    }
  }

  /** @param atOnce without waiting until a finding has lasted. */
  #judge(atOnce: boolean): void {
    const { count, most } = this;
    const common = this.#common;
    for (let c = 0; c < count; c++) {
      const { enter, leave } = FRAMES.noise;
      hold(this.#noisy, this.#noisyFor, c, this.#isOnlyNoise(c), atOnce, enter, leave);
    }
    let loudest = 0;
    for (let c = 0; c < count; c++) {
      if (this.#noisy[c] === 0 && common[c * most + c] > loudest) loudest = common[c * most + c];
    }
    for (let c = 0; c < count; c++) {
      const limit = this.#silent[c] === 1 ? SOUNDS : SILENT;
      const silent = this.#noisy[c] === 0 && common[c * most + c] < limit * loudest;
      const { enter, leave } = FRAMES.silent;
      hold(this.#silent, this.#silentFor, c, silent, atOnce, enter, leave);
    }
    const { enter, leave } = FRAMES.cancel;
    hold(this.#cancelling, this.#cancellingFor, 0, this.#cancel(), atOnce, enter, leave);
    this.#findBest();
    this.#weigh();
  }

  #isOnlyNoise(channel: number): boolean {
    if (this.#kinds[channel] !== LIKE_NOISE) return false;
    const { count, most } = this;
    const common = this.#common;
    const enough = Math.max(QUIET, BESIDE_NOISE * common[channel * most + channel]);
    // What was left out stays so while anything else is heard: between sounds, a room is noise too.
    const already = this.#noisy[channel] === 1;
    for (let c = 0; c < count; c++) {
      const other = already ? c !== channel && this.#noisy[c] === 0 : this.#kinds[c] === UNLIKE_NOISE;
      if (other && common[c * most + c] > enough) return true;
    }
    return false;
  }

  #cancel(): boolean {
    const { count, most } = this;
    let together = 0;
    let apart = 0;
    let channels = 0;
    for (let c = 0; c < count; c++) {
      if (!this.#mixes(c)) continue;
      channels++;
      apart += this.#common[c * most + c];
      for (let other = 0; other < c; other++) {
        if (this.#mixes(other)) together += 2 * this.#common[c * most + other];
      }
    }
    const limit = this.#cancelling[0] === 1 ? MIXES : CANCELS;
    return channels > 1 && together + apart < limit * apart;
  }

  #findBest(): void {
    const { count, most } = this;
    for (let c = 0; c < count; c++) {
      if (!this.#mixes(c)) continue;
      const held = this.#mixes(this.#best) ? BETTER * this.#common[this.#best * most + this.#best] : 0;
      if (this.#common[c * most + c] > held) this.#best = c;
    }
  }

  #mixes(channel: number): boolean {
    return this.#silent[channel] === 0 && this.#noisy[channel] === 0;
  }

  #weigh(): void {
    const { count, weights } = this;
    const alone = this.choice === "best" || this.#cancelling[0] === 1;
    let mixed = 0;
    for (let c = 0; c < count; c++) if (this.#mixes(c)) mixed++;
    let changed = false;
    for (let c = 0; c < weights.length; c++) {
      let weight = 0;
      if (c < count) {
        if (mixed === 0) weight = 1 / count;
        else if (alone) weight = c === this.#best ? 1 : 0;
        else if (this.#mixes(c)) weight = 1 / mixed;
      }
      if (weights[c] !== weight) changed = true;
      weights[c] = weight;
    }
    if (changed) this.changes++;
  }
}

/** Sets flag `at` once the opposite of it was found for long enough. */
function hold(
  flags: Uint8Array,
  counts: Int32Array,
  at: number,
  found: boolean,
  atOnce: boolean,
  enter: number,
  leave: number,
): void {
  const is = flags[at] === 1;
  if (found === is) {
    counts[at] = 0;
    return;
  }
  if (atOnce || ++counts[at] >= (is ? leave : enter)) {
    flags[at] = found ? 1 : 0;
    counts[at] = 0;
  }
}
