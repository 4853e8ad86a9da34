import type { Words } from "../english/index.ts";
import { numbersIn } from "../numbers.ts";

const { plural } = numbersIn("de");

export const study: Words["study"] = {
  loading: "Die Studie wird geladen …",
  noServer: "Die Studie ist nicht zu erreichen. Prüfen Sie Ihre Verbindung; diese Seite versucht es weiter.",
  saved: "Alle Antworten sind gespeichert.",
  saving: "Wird gespeichert …",
  notSaved: (count) =>
    `${count} ${plural(count, "Antwort ist", "Antworten sind")} noch nicht gespeichert; diese Seite versucht es weiter. Sie können weitermachen.`,
  outOfStep: "Diese Studie ging anderswo weiter, vielleicht in einem anderen Tab; hier ist, wo Sie stehen.",
  consentHeading: "Bevor Sie beginnen",
  begin: "Beginnen",
  next: "Weiter",
  headphonesHeading: "Kopfhörerprobe",
  headphonesText:
    "Setzen Sie Ihre Kopfhörer auf. Sie hören drei Töne nacheinander. Sagen Sie, welcher der leiseste ist.",
  headphonesAgain:
    "Das klang nicht nach Kopfhörern. Sehen Sie nach, ob sie aufgesetzt und eingesteckt sind, und versuchen Sie es noch einmal.",
  headphonesQuestion: (k, of) => `Frage ${k} von ${of}: Welcher Ton ist der leiseste?`,
  threeTones: "Die drei Töne",
  tones: ["Der erste", "Der zweite", "Der dritte"],
  noHeadphonesHeading: "Es braucht Kopfhörer",
  noHeadphonesText:
    "An dieser Studie kann man nur mit Kopfhörern teilnehmen, und die Probe hat keine gefunden. Danke für Ihre Zeit.",
  volumeHeading: "Lautstärke einstellen",
  volumeText:
    "Stellen Sie die Lautstärke klein, spielen Sie diese Aufnahme ab, und stellen Sie lauter, bis es so laut ist, wie Sie gerne hören. " +
    "Lassen Sie es dann bis zum Ende so.",
  volumeDone: "Die Lautstärke stimmt",
  practiceHeading: "Übung",
  practiceText:
    "Probieren Sie es hiermit; es zählt nicht. Hören Sie die Aufnahme und jeden Klang bis zum Ende, und bewerten Sie dann. " +
    "Sie können hören, so oft Sie wollen, und Bewertungen ändern, bis Sie weitergehen.",
  trialHeading: (k, of) => `Aufnahme ${k} von ${of}`,
  classLine: (label) => `Die Klasse ist „${label}“.`,
  original: "Die Aufnahme",
  stimulus: (letter) => `Klang ${letter}`,
  play: (what) => `Abspielen: ${what}`,
  stop: (what) => `Anhalten: ${what}`,
  heard: "gehört",
  notHeard: "noch nicht gehört",
  listenFirst: "Hören Sie zuerst die Aufnahme und diesen Klang.",
  notRated: "nicht bewertet",
  ends: (low, lowest, high, highest) => `${low} ist ${lowest}, ${high} ist ${highest}`,
  missing: (count) =>
    `Es ${plural(count, "fehlt", "fehlen")} noch ${count} ${plural(count, "Bewertung", "Bewertungen")}.`,
  soundFailed:
    "Der Klang lässt sich nicht laden. Prüfen Sie Ihre Verbindung, und drücken Sie noch einmal auf Abspielen.",
  commentHeading: "Fast fertig",
  commentLabel: "Möchten Sie uns noch etwas sagen? (Sie müssen nicht, und bitte schreiben Sie keine Namen.)",
  finish: "Abschließen",
  doneHeading: "Danke",
};
