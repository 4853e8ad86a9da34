import type { Words } from "../english/index.ts";
import { numbersIn } from "../numbers.ts";

const { listed } = numbersIn("de");

export const moment: Words["moment"] = {
  freeze: "Die letzten 10 s festhalten",
  freezing: "Wird festgehalten …",
  freezeHint: "Betrachten, noch einmal hören, anders erklären, behalten.",
  title: "Festgehaltener Moment",
  facts: (seconds, clock, source) => `${seconds} s von: ${source}, festgehalten um ${clock}.`,
  mixed: "Methode oder Klasse wurden darin gewechselt: Der ältere Teil wurde anders erklärt.",
  microphone: "Mikrofon",
  stays:
    "Er bleibt in diesem Browser, bis Sie ihn speichern oder teilen. Der Live-Klang ist stumm, während er spielt.",
  close: "Schließen",
  play: "Abspielen",
  stop: "Anhalten",
  loop: "Wiederholen",
  match: "Gleich laut",
  matchHint:
    "Alle Klänge so laut wie das Original, oder so weit die Vollaussteuerung reicht (ITU-R BS.1770).",
  listen: "Was Sie hören",
  sound: { original: "Original", explanation: "Erklärung", rest: "Rest" },
  view: "Bild",
  views: { overlay: "Klang und Maske", original: "Original", explanation: "Erklärung", rest: "Rest" },
  selected: (from, to, seconds) => `Ausgewählt: ${from} bis ${to} s (${seconds} s)`,
  selectAll: "Alles auswählen",
  selectFrom: "Anfang der Auswahl",
  selectTo: "Ende der Auswahl",
  seconds: (value) => `${value} Sekunden`,
  picture: (title, seconds, top) =>
    `Spektrogramm von ${seconds} Sekunden, 0 bis ${top} Kilohertz, erklärt von ${title}. Ziehen wählt einen Teil aus.`,
  took: (names) =>
    names.length > 0
      ? `Beim Hören wurde es gehalten für: ${listed(names)}`
      : "Es wurde für nichts mit Sicherheit gehalten",
  side: (name) => `Erklärung ${name}`,
  method: "Erklärt von",
  heardBy: (method) => `${method}, wie gehört`,
  asked: "Warum",
  winner: "was es hört",
  onlyWinner: (method) => `${method} erklärt nur, was es hört.`,
  compare: "Mit einer anderen vergleichen",
  single: "Vergleich beenden",
  hear: (side) => `${side} hören`,
  whichSide: "Welche Erklärung spielt",
  working: (share) => `Wird neu erklärt: ${share}`,
  judging: (share) => `Der Klassifikator wird noch einmal gefragt: ${share}`,
  failed: (why) => `Das ließ sich nicht erklären (${why}). Wählen Sie es noch einmal oder etwas anderes.`,
  says: (label) => `Wie sicher sich der Klassifikator bei „${label}“ ist`,
  saysWhole: "beim ganzen Klang",
  saysExplanation: "bei der Erklärung allein",
  saysRest: "beim Rest, ohne sie",
  increase: "Fenster, in denen die Erklärung allein sicherer ist",
  faithfulness: "Ganzes minus Rest",
  silent: "In diesem Teil ist nichts zu hören.",
  unexplained: (seconds) =>
    `${seconds} s dieses Teils hatten keine Erklärung. Sie sind schraffiert, Erklärung und Rest sind dort still, und die Zahlen lassen sie aus.`,
  save: "Behalten",
  wav: (name) => `${name} .wav`,
  png: "Bild .png",
  json: "Fakten .json",
  share: "Als eine Datei teilen",
  shareHint: "Eine eigene Seite, die diesen Moment überall spielt und zeigt, ohne Netz.",
  saved: (name) => `${name} ist fertig.`,
  notFrozen: (why) => `Dieser Moment ließ sich nicht festhalten: ${why}.`,
  notSaved: (why) => `Das ließ sich nicht speichern: ${why}.`,
  notPlayed: (why) => `Das Tongerät spielt ihn nicht: ${why}.`,
  keys: "Tasten: A, B, C wählen, was Sie hören, Leertaste spielt, L wiederholt, S wechselt die Seite, Escape schließt.",
  sharedTitle: (label) => `Warum es „${label}“ gehört hat`,
  sharedSentence: (seconds, date, model) =>
    `${seconds} Sekunden, festgehalten am ${date}. Ein Klassifikator (${model}) hat benannt, was er hörte; die Erklärung ist der Teil des Klangs, der den Ausschlag gab, der Rest ist alles andere. Gemacht mit Listenable.`,
  sharedPicture: (title) => `Spektrogramm des Klangs, erklärt von ${title}.`,
  sharedKeys: "Die Tasten A, B, C … wählen den Klang.",
  sharedEach: "Jeder Klang für sich",
  sharedFacts: "Alle Fakten",
};
