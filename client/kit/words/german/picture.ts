import type { Words } from "../english/index.ts";

const spoken = {
  original: "Alles ist farbig; eine Linie umrandet, was zur Erklärung gehört.",
  explanation: "Was zur Erklärung gehört, ist farbig, der Rest grau.",
  rest: "Der Rest ist farbig; was zur Erklärung gehört, ist grau.",
};

export const picture: Words["picture"] = {
  label: (seconds, kilohertz, view) =>
    `Spektrogramm der letzten ${seconds} Sekunden, 0 bis ${kilohertz} Kilohertz. ${spoken[view]}`,
  hint: "Hier wird der Klang zum Bild: Die Zeit läuft nach rechts, hohe Töne stehen oben.",
  made: "gab den Ausschlag",
  leftOut: "blieb übrig",
  outlined: "innerhalb der Linie: gab den Ausschlag",
  hatched: "keine Erklärung",
  hatchedToo: "Teile davon sind schraffiert: Sie haben keine Erklärung.",
  mask: "Maske zeigen",
  more: "Mehr",
  view: "Farbig ist",
  views: {
    listening: "was Sie hören",
    original: "alles",
    explanation: "die Erklärung",
    rest: "der Rest",
  },
  scale: "Tonhöhen",
  scales: { mel: "wie das Ohr hört (Mel)", log: "Oktaven", linear: "Hertz" },
  hertz: "Hz",
  now: "jetzt",
  ago: (seconds) => `−${seconds} s`,
  after: (seconds) => `${seconds} s`,
};
