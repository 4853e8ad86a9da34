import type { Words } from "../english/index.ts";

export const problems: Words["problems"] = {
  "insecure-context": {
    what: "Browser geben das Mikrofon nur sicheren Seiten, und diese Adresse ist keine.",
    next: "Öffnen Sie die Seite über https:// oder als http://localhost. Klangdateien und die Beispielklänge gehen auch hier.",
  },
  "permission-denied": {
    what: "Der Browser durfte das Mikrofon nicht benutzen.",
    next: "Erlauben Sie es in den Website-Einstellungen neben der Adresszeile, und drücken Sie noch einmal Start.",
  },
  "no-microphone": {
    what: "Es wurde kein Mikrofon gefunden.",
    next: "Schließen Sie eines an, und drücken Sie noch einmal Start, oder nehmen Sie eine Klangdatei oder einen Beispielklang.",
  },
  "microphone-busy": {
    what: "Das Mikrofon ist da, lässt sich aber nicht öffnen; vielleicht benutzt es ein anderes Programm.",
    next: "Schließen Sie Programme, die es benutzen, etwa ein Videogespräch, oder wählen Sie ein anderes Mikrofon, und drücken Sie noch einmal Start.",
  },
  "microphone-lost": {
    what: "Vom Mikrofon kommt kein Klang mehr; es wurde abgezogen oder ausgeschaltet.",
    next: "Schließen Sie es wieder an, oder wählen Sie ein anderes, und drücken Sie Start.",
  },
  "file-unreadable": {
    what: "Diese Datei ist beschädigt oder kein Klang, den Ihr Browser lesen kann.",
    next: "Wählen Sie eine andere Datei; WAV, MP3, FLAC, OGG und M4A gehen meistens.",
  },
  "file-empty": {
    what: "Diese Datei enthält keinen Klang.",
    next: "Wählen Sie eine Datei von mindestens einer Sekunde.",
  },
  "audio-unsupported": {
    what: "Diesem Browser fehlen die Audiofunktionen, die die Seite braucht.",
    next: "Nehmen Sie einen aktuellen Firefox, Chrome, Edge oder Safari.",
  },
  "worklet-missing": {
    what: "Dieser Browser oder diese Adresse bietet keinen Audio-Thread, daher lässt sich der Klang auf dieser Seite nicht verarbeiten.",
    next: "Nehmen Sie einen aktuellen Browser, und öffnen Sie die Seite über https:// oder als http://localhost.",
  },
  "audio-suspended": {
    what: "Der Browser hält den Klang zurück.",
    next: "Drücken Sie noch einmal Start; Browser spielen Klang erst nach einem Druck oder einer Taste. Läuft ein Anruf, beenden Sie ihn zuerst.",
  },
  "server-gone": {
    what: "Der Server antwortet nicht mehr.",
    next: "Prüfen Sie Ihre Verbindung, und drücken Sie noch einmal Start, oder lassen Sie dieses Gerät arbeiten: Wählen Sie unten „Dieses Gerät“.",
  },
  "server-refused": {
    what: "Der Server hat die Verbindung abgewiesen; vielleicht ist er voll oder von anderer Version.",
    next: "Laden Sie die Seite neu, und versuchen Sie es in einer Minute wieder, oder wählen Sie unten „Dieses Gerät“.",
  },
  "model-missing": {
    what: "Das Modell ließ sich nicht holen.",
    next: "Prüfen Sie Ihre Verbindung, und laden Sie die Seite neu; wenn Sie den Server betreiben, sehen Sie nach, ob er ein Modellpaket hat.",
  },
  "model-broken": {
    what: "Das Modell wurde geholt, ist aber nicht zu gebrauchen; es ist beschädigt oder für eine andere Version gemacht.",
    next: "Laden Sie die Seite ohne Zwischenspeicher neu; wenn Sie den Server betreiben, installieren Sie das Modellpaket noch einmal.",
  },
  "engine-failed": {
    what: "Das Modell blieb bei der Arbeit stehen.",
    next: "Drücken Sie noch einmal Start; geschieht es wieder, wählen Sie unten einen anderen Rechenort.",
  },
  "version-mismatch": {
    what: "Die Teile dieser Seite sind von verschiedenen Versionen.",
    next: "Laden Sie die Seite ohne Zwischenspeicher neu; wenn Sie den Server betreiben, installieren Sie Listenable neu.",
  },
  unexpected: {
    what: "Etwas ist fehlgeschlagen, das nicht hätte fehlschlagen dürfen.",
    next: "Laden Sie die Seite neu, und versuchen Sie es noch einmal; die Einzelheiten unten helfen dem, der nachsieht.",
  },
};
