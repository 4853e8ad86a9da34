import type { Words } from "../english/index.ts";
import { numbersIn } from "../numbers.ts";

const { listedAny } = numbersIn("de");

export const monitor: Words["monitor"] = {
  live: "Live",
  events: "Ereignisse",
  denied:
    "Dieser Monitor verlangt ein Zugangs-Token: Öffnen Sie die Adresse, die Sie bekommen haben, mit #token= darin.",
  lost: "Der Monitor antwortet nicht. Diese Seite kommt von selbst wieder, wenn er es tut.",
  full: "Dem Monitor folgen gerade zu viele Seiten. Diese wird von Zeit zu Zeit erneuert und folgt, sobald Platz ist.",
  rebuilding: (done, total, seconds) =>
    `Die Datenbank wird neu aufgebaut: ${done} von ${total} Ereignissen, noch ${seconds} s. Ältere Ereignisse erscheinen, wenn sie fertig ist.`,
  nothingHere: (address) => `Auf dieser Seite gibt es kein ${address}. Wählen Sie oben Live oder Ereignisse.`,
  toReview: "Ereignisse, die noch niemand beurteilt hat",
  noSound: "Live zu hören ist gerade nichts; es wird weiter versucht.",
  loading: "Wird geladen …",
  nothingYet: "Noch wurde nichts behalten. Ereignisse erscheinen hier, wenn sie erklärt sind.",
  nothingFound: "Kein Ereignis passt zu diesen Filtern.",
  latest: "Letzte Ereignisse",
  lastMinute: "Die letzte Minute",
  listen: "Live mithören",
  off: "Aus",
  original: "Original",
  explanation: "Erklärung",
  rest: "Rest",
  originalNote: "Was aufgenommen wurde.",
  explanationNote: "Der Teil, der den Ausschlag gab.",
  restNote: "Alles andere.",
  allClasses: "Alle Klassen",
  class: "Klasse",
  input: "Eingang",
  allInputs: "Alle Eingänge",
  from: "Von",
  to: "Bis",
  confidence: "Sicherheit mindestens",
  anyConfidence: "Beliebig",
  reviewState: "Beurteilung",
  anyReview: "Beliebig oder keine",
  unreviewed: "Nicht beurteilt",
  search: "Suchen",
  badge: "Die Erklärung ist",
  anyBadge: "Beliebig",
  more: "Ältere Ereignisse",
  labels: "Als Labels",
  back: "Alle Ereignisse",
  review: "War das richtig?",
  readOnly: "Diese Seiten sind nur zum Lesen.",
  unknownEvent: "Dieses Ereignis gibt es nicht. Vielleicht war es zu alt, um behalten zu werden.",
  picture: "Spektrogramm des Ausschnitts, was den Ausschlag gab, und was wann gehört wurde",
  continues: "Es dauerte länger, als ein Ereignis dauern darf, und wurde hier abgeschnitten.",
  discards: (labels, count) =>
    `Ausschnitte mit ${listedAny(labels)} werden nicht behalten${count > 0 ? `; bisher ${count}` : ""}.`,
  total: (shown, total) => (total === 1 ? "1 Ereignis" : `${shown} von ${total} Ereignissen`),
  silence: "Stille",
  other: "etwas anderes",
  dropped: (seconds) => `${seconds} s verloren: Die Analyse kam nicht nach`,
  unkept: (count) =>
    `${count === 1 ? "1 Ereignis wartet" : `${count} Ereignisse warten`} darauf, geschrieben zu werden; es wird weiter versucht`,
  unread: (count) =>
    `${count === 1 ? "1 Datei konnte" : `${count} Dateien konnten`} nicht bis zum Ende gelesen werden; es wird weiter versucht`,
  views: "Ansichten",
  sounds: "Klänge",
  states: {
    connecting: "verbindet sich",
    running: "hört zu",
    idle: "nichts Neues",
    waiting: "wartet",
    ended: "beendet",
  },
  reviews: { right: "Richtig", wrong: "Falsch", unsure: "Unklar" },
  badges: { faithful: "treu", partly: "teilweise treu", not: "nicht treu" },
  place: (input, file, time) => `${input} · ${file} bei ${time}`,
  notExplained: (problem) => `Keine Erklärung: ${problem}`,
  beingExplained: "Die Erklärung wird gerade gemacht.",
  faithfulness: (label, shares, alone, without) =>
    `Der Klassifikator gibt ${label} im Original ${shares.original}. ` +
    `Die Erklärung allein heißt ${alone ? "noch immer" : "nicht mehr"} ${label} (${shares.explanation}), ` +
    `der Rest ${without ? "auch noch" : "nicht"} (${shares.rest}).`,
};
