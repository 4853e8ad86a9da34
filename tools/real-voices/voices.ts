/** Where real voices are found, under which licence, and what they may be used for. */

export interface VoiceSource {
  /** Of its files, in `OUT`. */
  readonly name: string;
  readonly package: string;
  readonly folder: string;
  readonly files: RegExp;
  readonly licence: string;
  /** Whose it is, for who trains on it. */
  readonly credit: string;
  /** Trained on is only what is under CC0, CC BY or in the public domain. */
  readonly use: "train" | "test";
  /** Single words and syllables, which are joined to sounds of 5 s; sounds as they are without. */
  readonly joined?: boolean;
  /** Sounds that are taken at most, where they are not joined; 6 without. */
  readonly most?: number;
}

const SPHINX = "usr/share/pocketsphinx/test/data";

const TRAINED_ON: readonly VoiceSource[] = [
  {
    name: "mandarin",
    package: "gcin-voice",
    folder: "usr/share/gcin-voice/ogg",
    files: /\/5\.ogg$/,
    licence: "CC BY 3.0",
    credit: "Mandarin syllables by ChionMeilin with the vocal source from Chu Lo",
    use: "train",
    joined: true,
  },
];

/** Acted dialogues (two fish and others), names of things, telephone prompts at 8 kHz. */
const TESTED_ON: readonly VoiceSource[] = [
  // Free to train on, but heard in a built-in scene, which the released pack must name without having learnt it.
  {
    name: "librivox",
    package: "pocketsphinx-testdata",
    folder: `${SPHINX}/librivox`,
    files: /\.wav$/,
    licence: "public domain",
    credit: "Sentences of Sense and Sensibility read for LibriVox",
    use: "test",
  },
  {
    name: "cards",
    package: "pocketsphinx-testdata",
    folder: `${SPHINX}/cards`,
    files: /\.wav$/,
    licence: "BSD-2-Clause",
    credit: "Playing cards named for CMU Sphinx",
    use: "test",
  },
  ...["cs", "nl"].map((language) =>
    tested("fillets", `fillets-ng-data-${language}`, "usr/share/games/fillets-ng/sound", language, 12),
  ),
  ...[
    "ca",
    "da",
    "de",
    "el",
    "en",
    "es",
    "fi",
    "fr",
    "ga",
    "gl",
    "it",
    "lt",
    "nds",
    "nl",
    "nn",
    "pt",
    "ro",
    "ru",
    "sl",
    "sr",
    "sv",
    "uk",
    "wa",
  ].map((language) => tested("ktuberling", "ktuberling-data", "usr/share/ktuberling/sounds", language)),
  ...["be", "bg", "ca", "da", "el", "es", "fr", "lt", "nl", "ro", "ru"].map(
    (language): VoiceSource => ({
      ...tested("tuxpaint", "tuxpaint-stamps-default", "usr/share/tuxpaint/stamps", language),
      files: new RegExp(`_desc_${language}\\.ogg$`),
    }),
  ),
  ...["es_MX_f_Allison", "fr_CA_f_June", "ru_RU_f_IvrvoiceRU"].map((folder) =>
    prompts(`asterisk-core-sounds-${folder.slice(0, 2)}-wav`, folder),
  ),
  prompts("asterisk-prompt-it-menardi-wav", "it_IT_f_Menardi"),
];

/** What is under the GPL in a folder a language. */
function tested(name: string, from: string, folder: string, language: string, most = 4): VoiceSource {
  return {
    name: `${name}-${language}`,
    package: from,
    folder,
    files: new RegExp(`(^|/)${language}/.*\\.(ogg|wav)$`),
    licence: "GPL-2+",
    credit: `${from}, ${language}`,
    use: "test",
    most,
  };
}

/** A telephone's words, one speaker a folder. */
function prompts(from: string, folder: string): VoiceSource {
  return {
    name: `asterisk-${folder.slice(0, 2)}`,
    package: from,
    folder: `usr/share/asterisk/sounds/${folder}`,
    files: /\.wav$/,
    licence: "CC BY-SA 3.0",
    credit: `${from}, ${folder}`,
    use: "test",
    most: 4,
  };
}

export const VOICES: readonly VoiceSource[] = [...TRAINED_ON, ...TESTED_ON];
