import type { EngineReason, Restart, VoiceProcessing } from "../../../live/told.ts";
import type { Words } from "../english/index.ts";
import { numbersIn } from "../numbers.ts";

const { percent } = numbersIn("de");

const processing: Readonly<Record<VoiceProcessing, string>> = {
  echoCancellation: "die Echounterdrückung",
  noiseSuppression: "die Rauschunterdrückung",
  autoGainControl: "die automatische Aussteuerung",
};

const next = {
  nothing: "",
  device: "; inzwischen rechnet dieses Gerät",
  trying: "; es wird weiter versucht",
  "until-back": "; es wird versucht, bis er wieder da ist",
} as const;

const engines = { local: "Dieses Gerät", remote: "Der Server" } as const;

function because(reason: EngineReason): string {
  switch (reason.why) {
    case "chosen":
      return "so gewählt";
    case "measured":
      return "nach Messung der bessere Ort";
    case "server-back":
      return "der Server ist wieder da";
    case "late":
      return `${reason.misses} der letzten ${reason.windows} Antworten des Servers kamen zu spät`;
    case "in-time":
      return `der Server hat ${reason.windows} Fenster rechtzeitig beantwortet`;
    case "failed":
      return reason.detail;
    default:
      return reason satisfies never;
  }
}

const restarts: Readonly<Record<Restart, string>> = {
  "frames-lost": "Auf dem Weg zu ihm ging Klang verloren",
  behind: "Es war zu weit zurückgefallen",
  engine: "Was jetzt antwortet, hat das Vorige nicht gehört",
};

export const live: Words["live"] = {
  polyfill: () =>
    "Dieser Browser oder diese Adresse bietet keinen Audio-Thread: Der Klang wird im Hauptstrang der Seite verarbeitet. " +
    "Er kommt etwas später und kann stocken, während die Seite beschäftigt ist.",
  "voice-processing": ({ what }) =>
    `Der Browser lässt ${processing[what]} an: Sie verändert den Klang, bevor er untersucht wird.`,
  "microphone-muted": () => "Das System hat das Mikrofon stumm geschaltet.",
  "microphone-unmuted": () => "Das Mikrofon ist nicht mehr stumm.",
  "microphone-away": () =>
    "Das Mikrofon wurde abgezogen oder entzogen. Es geht von selbst weiter, wenn wieder eines da ist.",
  "microphone-back": () => "Das Mikrofon ist wieder da.",
  "other-microphone": ({ name }) =>
    `Das gewählte Mikrofon fehlt; bis es wieder da ist, wird ${name ? `„${name}“` : "ein anderes"} benutzt.`,
  "other-microphone-took-over": () => "Ein anderes Mikrofon ist eingesprungen.",
  "chosen-microphone-back": () => "Das gewählte Mikrofon ist wieder da.",
  "microphone-followed": () => "Das Mikrofon des Systems hat gewechselt, und diese Seite ist mitgegangen.",
  channels: ({ verdict: { of, heard, cancelling } }) => {
    const which = of === 2 ? (heard[0] === 1 ? "der linke" : "der rechte") : `Kanal ${heard[0]}`;
    const alone = heard.length === 1 ? which : `die Kanäle ${heard.join(", ")}`;
    const why = cancelling
      ? `Die ${of} Kanäle dieses Klangs löschen einander aus, als wäre einer verpolt`
      : `Nicht alle der ${of} Kanäle enthalten Klang`;
    return `${why}: Zu hören ${heard.length === 1 ? "ist" : "sind"} allein ${alone}.`;
  },
  howled: () => "Die Ausgabe kam ins Mikrofon zurück und wurde leiser gestellt.",
  "held-back": ({ state }) =>
    state === null
      ? "Das System hält den Klang zurück. Es geht von selbst weiter, oder wenn Sie eine Taste drücken oder die Seite berühren."
      : `Das System hält den Klang zurück (${state}).`,
  flows: () => "Der Klang geht weiter.",
  slept: ({ seconds }) => `Der Computer hat etwa ${seconds} s geschlafen.`,
  "stands-still": ({ what, trying }) => {
    const standing =
      what === "device" ? "Das Tongerät steht still." : "Beim Modell kommt kein Klang mehr an.";
    return trying ? `${standing} Es wird versucht, es wieder in Gang zu bringen.` : standing;
  },
  "begun-anew": () => "Neu begonnen, da der Klang stillstand.",
  "given-up": () => "Aufgegeben: Der Klang stand immer wieder still.",
  "explanation-away": () => "Für das, was von hier an zu hören war, kam keine Erklärung.",
  "explanation-back": () => "Die Erklärung ist wieder da.",
  "engine-answers": ({ engine, reason }) => `${engines[engine]} antwortet: ${because(reason)}.`,
  "model-restarted": ({ why }) => `Das Modell hört neu hin: ${restarts[why]}.`,
  "server-late": () => "Der Server antwortet zu spät; dieses Gerät rechnet, bis er wieder schneller ist.",
  "server-warming": ({ progress }) =>
    `Der Server läuft warm${progress === undefined ? "" : ` (${percent(progress)})`}. Es geht von selbst weiter.`,
  "engine-failed": ({ detail, next: then }) => `${detail}${next[then]}`,
};
