/** Makes music up: a few bars in one of many styles, as notes of instruments. Not good music, but of every kind. */
import type { Random } from "../data/random.ts";
import type { Note, Voice } from "./midi-file.ts";

const DRUMS = 9;
const KICK = 36;
const SNARE = 38;
const HAT = 42;

/** General MIDI's programs, from 0. */
const PIANOS = [0, 1, 2, 3, 4, 5, 6, 7];
const MALLETS = [8, 9, 10, 11, 12, 13];
const ORGANS = [16, 17, 18, 19, 20, 21, 22, 23];
const GUITARS = [24, 25, 26, 27, 28];
const LOUD_GUITARS = [29, 30];
const BASSES = [32, 33, 34, 35, 36, 37, 38, 39];
const BOWED = [40, 41, 42, 43, 44, 48, 49, 50];
const PLUCKED = [15, 24, 45, 46, 104, 105, 106, 107];
const VOICES = [52, 53, 54];
const BRASS = [56, 57, 58, 59, 60, 61, 62];
const REEDS = [64, 65, 66, 67, 68, 69, 70, 71];
const PIPES = [72, 73, 74, 75, 76, 78, 79];
const LEADS = [80, 81, 82, 83, 84, 85, 86, 87];
const PADS = [88, 89, 90, 91, 92, 93, 94, 95];

interface Style {
  readonly chords?: readonly number[];
  readonly bass?: readonly number[];
  readonly melody?: readonly number[];
  /** Beats by drum, in sixteenths of a bar of four beats. */
  readonly drums?: Readonly<Record<number, readonly number[]>>;
  /** How chords are played: held, each note by itself, or on every beat. */
  readonly playing?: "held" | "broken" | "struck";
  /** Beats a minute. */
  readonly tempo: readonly [number, number];
  /** A second melody under the first one. */
  readonly counterpoint?: boolean;
}

const EIGHTHS = [0, 2, 4, 6, 8, 10, 12, 14];
const SIXTEENTHS = Array.from({ length: 16 }, (_, n) => n);
const ROCK = { [KICK]: [0, 8, 10], [SNARE]: [4, 12], [HAT]: EIGHTHS };
const HOUSE = { [KICK]: [0, 4, 8, 12], 39: [4, 12], [HAT]: SIXTEENTHS, 46: [2, 6, 10, 14] };
const SWING = { 51: [0, 4, 7, 8, 12, 15], 44: [4, 12], [KICK]: [0, 10] };
const LATIN = { 62: [0, 3, 6, 10, 12], 64: [2, 8, 14], 70: EIGHTHS, 75: [0, 3, 6, 10, 12] };
const BREAKS = { [KICK]: [0, 2, 10], [SNARE]: [4, 7, 9, 12, 15], [HAT]: SIXTEENTHS };
const MARCH = { 35: [0, 8], 40: [0, 4, 6, 7, 8, 12, 14, 15], 49: [0] };

const STYLES: Readonly<Record<string, Style>> = {
  piano: { chords: PIANOS, melody: PIANOS, playing: "broken", tempo: [60, 140] },
  "solo piano": { melody: [0, 1], bass: [0, 1], tempo: [80, 160], counterpoint: true },
  harpsichord: { melody: [6], bass: [6], tempo: [70, 130], counterpoint: true },
  organ: { chords: [19, 20], melody: [19], playing: "held", tempo: [50, 90], counterpoint: true },
  guitar: { chords: GUITARS, playing: "broken", tempo: [70, 140] },
  songwriter: { chords: [24, 25], melody: PIPES, bass: [32, 33], playing: "struck", tempo: [80, 130] },
  strings: { chords: BOWED, melody: BOWED, bass: [42, 43], playing: "held", tempo: [50, 110] },
  quartet: { melody: [40, 41], bass: [42], tempo: [60, 130], counterpoint: true },
  orchestra: {
    chords: [48, 49],
    melody: [...BRASS, ...REEDS, ...PIPES],
    bass: [43],
    playing: "held",
    tempo: [60, 130],
  },
  brass: { chords: BRASS, melody: BRASS, bass: [58], playing: "struck", tempo: [70, 140] },
  march: {
    chords: [61],
    melody: [56, 73, 72],
    bass: [58],
    drums: MARCH,
    playing: "struck",
    tempo: [100, 130],
  },
  choir: { chords: VOICES, melody: VOICES, playing: "held", tempo: [50, 90] },
  flute: { melody: PIPES, chords: PLUCKED, playing: "broken", tempo: [60, 120] },
  solo: { melody: [...BOWED, ...REEDS, ...PIPES, ...BRASS, ...PLUCKED], tempo: [60, 150] },
  rock: {
    chords: LOUD_GUITARS,
    melody: LOUD_GUITARS,
    bass: BASSES,
    drums: ROCK,
    playing: "struck",
    tempo: [100, 170],
  },
  metal: { chords: LOUD_GUITARS, bass: [34], drums: BREAKS, playing: "struck", tempo: [130, 190] },
  pop: {
    chords: [...PIANOS, ...GUITARS],
    melody: [...LEADS, ...VOICES],
    bass: BASSES,
    drums: ROCK,
    playing: "struck",
    tempo: [85, 130],
  },
  jazz: {
    chords: [0, 4, 26],
    melody: [...REEDS, ...BRASS, 11],
    bass: [32],
    drums: SWING,
    playing: "struck",
    tempo: [90, 200],
  },
  latin: {
    chords: [24, 0],
    melody: [...BRASS, ...PIPES],
    bass: [32, 33],
    drums: LATIN,
    playing: "struck",
    tempo: [90, 140],
  },
  house: {
    chords: [...PADS, ...PIANOS],
    melody: LEADS,
    bass: [38, 39],
    drums: HOUSE,
    playing: "struck",
    tempo: [115, 140],
  },
  breaks: { chords: PADS, bass: [38, 39], drums: BREAKS, playing: "held", tempo: [140, 180] },
  ambient: { chords: PADS, melody: [...MALLETS, ...PADS], playing: "held", tempo: [40, 80] },
  games: { melody: [80, 81, 82], bass: [80, 81, 38], tempo: [110, 180], counterpoint: true },
  organist: {
    chords: ORGANS,
    bass: BASSES,
    drums: ROCK,
    melody: ORGANS,
    playing: "struck",
    tempo: [80, 140],
  },
  mallets: { melody: MALLETS, chords: MALLETS, playing: "broken", tempo: [70, 150] },
  accordion: { chords: [21, 23], melody: [21, 22, 40], bass: [32], playing: "struck", tempo: [90, 180] },
  rockdrums: { drums: ROCK, tempo: [80, 170] },
  hands: { drums: LATIN, tempo: [80, 140] },
};

/** By which kinds of music are made, in turn. */
export const MUSIC_STYLES = Object.keys(STYLES);

const SCALES = [
  [0, 2, 4, 5, 7, 9, 11],
  [0, 2, 3, 5, 7, 8, 10],
  [0, 2, 3, 5, 7, 8, 11],
  [0, 2, 3, 5, 7, 9, 10],
  [0, 2, 4, 5, 7, 9, 10],
];
/** Degrees of the scale, a chord a bar. */
const PROGRESSIONS = [
  [0, 3, 4, 0],
  [0, 5, 3, 4],
  [0, 4, 5, 3],
  [5, 3, 0, 4],
  [1, 4, 0, 5],
  [0, 0, 3, 4],
  [0, 6, 5, 4],
  [0, 2, 3, 3],
];

/** Bars of one style that last at least `seconds`. */
export function compose(random: Random, style: string, seconds: number): { voices: Voice[]; notes: Note[] } {
  const { chords, bass, melody, drums, playing = "held", tempo, counterpoint } = STYLES[style]!;
  const beat = 60 / random.uniform(...tempo);
  const beats = drums ? 4 : random.pick([3, 4, 4]);
  const bars = Math.ceil(seconds / (beats * beat));
  const key = random.integer(12);
  const scale = random.pick(SCALES);
  const progression = random.pick(PROGRESSIONS);
  const degrees = Array.from({ length: bars }, (_, bar) => progression[bar % progression.length]);
  const pitch = (degree: number, octave: number) =>
    key + 12 * (octave + 1 + Math.floor(degree / 7)) + scale[((degree % 7) + 7) % 7];
  const voices: Voice[] = [];
  const notes: Note[] = [];
  const voice = (programs: readonly number[]) => {
    const channel = voices.length < DRUMS ? voices.length : voices.length + 1;
    voices.push({ channel, program: random.pick(programs), pan: 34 + random.integer(60) });
    return channel;
  };
  // Nobody plays on the dot.
  const loose = random.uniform(0, 0.015);
  const play = (channel: number, key: number, start: number, length: number, loudness: number) =>
    notes.push({
      channel,
      key: Math.max(21, Math.min(108, key)),
      velocity: Math.max(1, Math.min(127, Math.round(loudness + 8 * random.normal()))),
      start: Math.max(0, start + loose * random.normal()),
      length,
    });
  const barStart = (bar: number) => bar * beats * beat;

  if (chords) {
    const channel = voice(chords);
    const octave = random.pick([3, 4, 4]);
    const triad = random.chance(0.3) ? [0, 2, 4, 6] : [0, 2, 4];
    const order = random.shuffle([...triad, triad[0] + 7, ...(beats === 4 ? [triad[1]] : [])]);
    for (const [bar, root] of degrees.entries()) {
      const all = triad.map((third) => pitch(root + third, octave));
      if (playing === "held") for (const note of all) play(channel, note, barStart(bar), beats * beat, 70);
      if (playing === "struck") {
        for (let at = 0; at < beats; at += random.pick([0.5, 1, 1, 1.5])) {
          for (const note of all) play(channel, note, barStart(bar) + at * beat, 0.45 * beat, 76);
        }
      }
      if (playing === "broken") {
        for (let eighth = 0; eighth < 2 * beats; eighth++) {
          play(
            channel,
            pitch(root + order[eighth % order.length], octave),
            barStart(bar) + (eighth * beat) / 2,
            beat,
            74,
          );
        }
      }
    }
  }
  if (bass) {
    const channel = voice(bass);
    const walking = random.chance(0.4);
    for (const [bar, root] of degrees.entries()) {
      for (let at = 0; at < beats; at++) {
        if (!walking && at % 2 === 1) continue;
        const step = walking ? random.pick([0, 2, 4, 7]) : at === 0 ? 0 : 4;
        play(channel, pitch(root + step, 2), barStart(bar) + at * beat, (walking ? 0.9 : 1.8) * beat, 84);
      }
    }
  }
  for (let part = 0; melody && part < (counterpoint ? 2 : 1); part++) {
    const channel = voice(melody);
    const octave = part === 0 ? random.pick([4, 5]) : 3;
    // A rhythm that comes again is what makes it a tune.
    const rhythms = [motif(random, beats), motif(random, beats)];
    let degree = 7 * random.integer(2);
    for (const [bar, root] of degrees.entries()) {
      let at = 0;
      for (const length of rhythms[bar % 2]) {
        degree = at === 0 ? nearest(degree, root) : degree + random.pick([-2, -1, -1, 0, 1, 1, 2, 3, -3]);
        if (degree > 12 || degree < -4) degree = nearest(4, root);
        if (!random.chance(0.1))
          play(channel, pitch(degree, octave), barStart(bar) + at * beat, 0.92 * length * beat, 92);
        at += length;
      }
    }
  }
  if (drums) {
    voices.push({ channel: DRUMS, program: random.pick([0, 0, 8, 16, 24, 25, 32, 40]), pan: 64 });
    for (let bar = 0; bar < bars; bar++) {
      for (const [drum, steps] of Object.entries(drums)) {
        for (const step of steps) {
          if (random.chance(0.06)) continue;
          const loudness = step % 4 === 0 ? 100 : 80;
          play(DRUMS, Number(drum), barStart(bar) + (step * beat) / 4, 0.1, loudness);
        }
      }
    }
  }
  return { voices, notes };
}

/** Lengths in beats that fill a bar. */
function motif(random: Random, beats: number): number[] {
  const lengths: number[] = [];
  let left = beats;
  while (left > 0) {
    const length = Math.min(left, random.pick([0.25, 0.5, 0.5, 0.5, 1, 1, 1.5, 2]));
    lengths.push(length);
    left -= length;
  }
  return lengths;
}

/** The note of the chord on `root` that is nearest to `degree`. */
function nearest(degree: number, root: number): number {
  const notes = [-7, 0, 7].flatMap((octave) => [0, 2, 4].map((third) => root + third + octave));
  return notes.reduce((best, note) => (Math.abs(note - degree) < Math.abs(best - degree) ? note : best));
}
