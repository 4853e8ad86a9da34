/**
 * The built-in scenes: recordings of others, one sound over another, and who made them. Their files lie in `recordings/`;
 * tools/demo-scenes makes them and knows where each recording was found.
 */
export interface Recording {
  /** As whoever made it called it. */
  readonly title: string;
  readonly author: string;
  readonly licence: keyof typeof LICENCES;
  readonly source: string;
}

export interface Scene {
  /** In the page's address: `?sound=dog-in-wind`; `soundTitle` of words/words.ts is what people read. */
  readonly name: string;
  /** It repeats itself after that. */
  readonly seconds: number;
  /** The class that it is to be named as, by the packs' labels. */
  readonly label: string;
  /** Frequencies in Hz between which nine tenths of that sound's energy lie. */
  readonly band: readonly [low: number, high: number];
  /** What it was mixed of, the sound of `label` first. */
  readonly recordings: readonly Recording[];
}

export const LICENCES = {
  "CC0 1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
  "CC BY 3.0": "https://creativecommons.org/licenses/by/3.0/",
  "public domain": "https://librivox.org/pages/public-domain/",
} as const;

const sardin = (title: string, path: string): Recording => ({
  ...{ title, author: "Joseph Sardin", licence: "CC0 1.0" },
  source: `https://bigsoundbank.com/${path}`,
});
const freesound = (
  title: string,
  author: string,
  licence: Recording["licence"],
  number: number,
): Recording => ({
  ...{ title, author, licence },
  source: `https://freesound.org/s/${number}/`,
});
const openSfx = (title: string, author: string, licence: Recording["licence"]): Recording => ({
  ...{ title, author, licence },
  source: "https://github.com/OpenTTD/OpenSFX",
});

const WIND = freesound("WindLoop", "ERH", "CC BY 3.0", 34338);
const FURNACE = freesound("Furnace", "tc630", "CC0 1.0", 47835);

/** The strongest first. */
export const scenes: readonly Scene[] = [
  {
    ...{ name: "dog-in-wind", seconds: 8, label: "dog", band: [690, 1250] },
    recordings: [sardin("2 dogs barking", "2-dogs-barking-s0868.html"), WIND],
  },
  {
    ...{ name: "voice-by-the-fire", seconds: 8, label: "speech", band: [90, 1950] },
    recordings: [
      {
        ...{ title: "Sense and Sensibility, chapter 1", author: "a volunteer of LibriVox" },
        ...{ licence: "public domain", source: "https://librivox.org/sense-and-sensibility-by-jane-austen/" },
      },
      FURNACE,
    ],
  },
  {
    ...{ name: "sheep-before-a-storm", seconds: 8, label: "sheep", band: [440, 2660] },
    recordings: [
      sardin("Sheep", "sheep-1-s2343.html"),
      openSfx("Corner of a sheep field in summer", "David R Barnes, edited by Wuzzy", "CC0 1.0"),
      freesound("Thunder1", "xerana, adapted by Maikel", "CC BY 3.0", 199638),
    ],
  },
  {
    ...{ name: "birds-at-a-lock", seconds: 8, label: "chirping_birds", band: [2950, 4110] },
    recordings: [
      freesound("Bird Noise - 1", "SpaceJoe, edited by Wuzzy", "CC0 1.0", 507257),
      freesound("Bird Noise - 12", "SpaceJoe, edited by Wuzzy", "CC0 1.0", 507254),
      freesound("water_fill", "inchadney", "CC BY 3.0", 34681),
    ],
  },
  {
    ...{ name: "frogs-and-birds", seconds: 8, label: "frog", band: [470, 2780] },
    recordings: [
      sardin("Frogs", "frogs-1-s0997.html"),
      freesound("BirdsLoop", "dobroide", "CC BY 3.0", 54746),
    ],
  },
  {
    ...{ name: "crow-before-a-storm", seconds: 8, label: "crow", band: [1170, 3450] },
    recordings: [
      freesound("Crow", "davidworksonline", "CC0 1.0", 54973),
      freesound("Thunder5", "shaka9, adapted by Maikel", "CC BY 3.0", 160514),
    ],
  },
  {
    ...{ name: "chainsaw-by-the-fire", seconds: 8, label: "chainsaw", band: [160, 4800] },
    recordings: [openSfx("CHAINSAW.wav", "JFBSAUVE, edited by Janis Lukss", "CC BY 3.0"), FURNACE],
  },
];
