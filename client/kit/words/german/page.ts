import type { Words } from "../english/index.ts";
import { numbersIn } from "../numbers.ts";

const { plural } = numbersIn("de");

const SENT =
  "die Logarithmen der Beträge des Spektrums, ohne Phase: nie den Klang selbst, obwohl sich gesprochene Wörter daraus noch erraten ließen";

export const page: Words["page"] = {
  notices: "Hinweise",
  whatItHears: "Was es hört",
  drop: "Klangdatei hier loslassen, um sie zu hören",
  model: (title, labels) =>
    `Modell: ${title}. Es kennt ${labels} ${plural(labels, "Klangart", "Klangarten")}.`,
  language: "Sprache",

  theme: {
    name: "Farben",
    system: "Wie das System",
    light: "Hell",
    dark: "Dunkel",
  },

  welcome: {
    name: "Was das ist",
    sentences: [
      "Ein Klassifikator hört mit und benennt, was er hört.",
      "Listenable zeigt im Bild des Klangs den Teil, der den Ausschlag gab, und spielt Ihnen nur diesen Teil vor.",
      "Schalten Sie zwischen Original, Erklärung und Rest um, und urteilen Sie selbst, ob er auf das Richtige gehört hat.",
    ],
    tryIt: "Ohne Mikrofon ausprobieren",
    close: "Verstanden",
    again: "Was ist das?",
  },

  update: {
    waits: "Eine neue Version dieser Seite ist da.",
    load: "Laden",
    others: "Schließen Sie zuerst die anderen Tabs mit dieser Seite, damit keiner Altes und Neues mischt.",
  },

  source: {
    name: "Was gehört werden soll",
    listenTo: "Zuhören bei",
    sound: "Beispielklang",
    microphone: "Mikrofon",
    file: "Klangdatei",
    recordedBy: "Von anderen aufgenommen: von wem?",
    by: (author: string) => `von ${author}`,
    mixed: "von uns geschnitten, angeglichen und gemischt.",
    dropHere: "Oder irgendwo auf dieser Seite loslassen.",
    start: "Start",
    stop: "Stopp",
    standardMicrophone: "Standardmikrofon",
    headphones: "Ich trage Kopfhörer: Klang abspielen",
    headphonesWhy:
      "Über Lautsprecher würde das Mikrofon sich selbst hören und pfeifen; ohne Kopfhörer bleibt es daher still.",
    chooseFile: "Datei wählen …",
    repeat: "Wiederholen",
  },

  status: {
    idle: { headline: "Drücken Sie Start", sentence: "Dann sehen Sie hier, was es hört." },
    warming: { headline: "Der Server läuft warm …", sentence: "Es geht von selbst weiter." },
    listening: { headline: "Ich höre zu …", sentence: "Die erste Antwort dauert etwa eine Sekunde." },
    ended: { headline: "Der Klang ist zu Ende", sentence: "Start spielt ihn noch einmal." },
    stopped: { headline: "Angehalten", sentence: "Mit Start geht es weiter." },
    failed: { headline: "Hört nicht zu", sentence: "Oben steht, was geschehen ist und was zu tun ist." },
    steps: {
      server: "Der Server läuft warm …",
      audio: "Der Klang wird vorbereitet …",
      model: "Das Modell wird geholt …",
      microphone: "Warten auf das Mikrofon …",
      file: "Die Datei wird gelesen …",
      engine: "Das Modell läuft sich warm …",
    },
    allowMicrophone: "Wenn Ihr Browser fragt, erlauben Sie dieser Seite, es zu benutzen.",
    loading: "Wird geladen",
    silent: "Es kommt kein Klang herein",
    muted: "Ist das Mikrofon stumm geschaltet?",
    silentPart: "Diese Stelle ist still.",
  },

  unexplained: {
    headline: "Gerade keine Erklärung",
    sentence:
      "Bis sie wieder da ist, hören Sie alles, und der Rest ist still. Im Bild ist schraffiert, was keine Erklärung hat.",
    useDevice: "Dieses Gerät benutzen",
    preparing: "Dieses Gerät macht sich bereit und übernimmt dann.",
  },

  verdict: {
    sure: (share) => `Zu ${share} sicher.`,
    other: "Etwas anderes",
    otherSentence: (share) => `Keiner der Klänge, die es kennt (zu ${share} sicher).`,
    unsure: "Nicht sicher",
    none: "Nichts, was es kennt",
    also: (labels) => `Auch: ${labels}.`,
    unsureSentence: (label, share, threshold) =>
      `Am ehesten ${label} mit ${share}; sicher ist es sich ab ${threshold}.`,
  },

  spoken: {
    listeningTo: (source) => `Hört zu: ${source}.`,
    ended: "Der Klang ist zu Ende.",
    stopped: "Angehalten.",
    hears: (what) => `Es hört: ${what}.`,
    explained: "Die Erklärung ist wieder da.",
  },

  listening: {
    name: "Was Sie hören",
    titles: { original: "Original", explanation: "Erklärung", rest: "Rest" },
    hints: { original: "alles", explanation: "was den Ausschlag gab", rest: "was übrig blieb" },
    volume: "Lautstärke",
    silentBecause:
      "Der Ton ist aus: Setzen Sie Kopfhörer auf und kreuzen Sie oben „Ich trage Kopfhörer“ an, um ihn zu hören.",
  },

  minute: {
    upTo: (label, share) => `${label}, bis zu ${share}`,
    heard: (parts) => `Die letzte Minute: ${parts}`,
    nothing: "Die letzte Minute: nichts mit Sicherheit",
    now: "jetzt",
  },

  classes: {
    title: "Was es erwägt",
    before: "Was es zuletzt erwog",
    threshold: (share) => `Ab der Linie bei ${share} glaubt dieses Modell sich selbst.`,
    thresholds: "Ab der Linie auf jedem Balken glaubt dieses Modell, diesen Klang zu hören.",
    alone: "Jeder Klang wird für sich beurteilt: Mehrere können da sein, oder keiner.",
    mean: "Mittel der letzten halben Sekunde.",
    explain: "Erklären",
    winner: "was es hört",
    asked: (label) =>
      `Sie sehen und hören, was für „${label}“ spricht, was immer es hört. Spricht nichts dafür, bleibt fast nichts übrig.`,
    onlyWinner: (method) => `${method} erklärt nur, was es hört.`,
    thisMethod: "Diese Methode",
  },

  running: {
    name: "Wie es läuft",
    where: "Wo das Modell arbeitet",
    engines: { auto: "Automatisch", local: "Dieses Gerät", remote: "Server" },
    delay: "Verzögerung",
    delays: { "low-delay": "Kurz", balanced: "Ausgewogen", "high-quality": "Hohe Güte" },
    delayNotes: {
      "low-delay":
        "Höchstens eine Zehntelsekunde: Die Masken sehen wenig von dem, was folgt, und das Modell arbeitet mehr.",
      balanced: "",
      "high-quality": "Die Masken sehen mehr von dem, was folgt; der Klang kommt später.",
    },
    method: "Methode",
    paced: (ms) =>
      `Der Server ist beschäftigt und wünscht nur alle ${ms} ein Fenster: Die Masken sind älter als sonst, bis er wieder Zeit hat.`,
    tooSlow: (method, ms) =>
      `${method} braucht hier ${ms} je Fenster, zu lange, um live zu sein: Was Sie hören, folgt älteren Masken. Wählen Sie eine schnellere Methode oder einen anderen Rechenort, oder wenden Sie sie mit „listenable explain“ auf eine Datei an.`,
    shortcuts: "Die Tasten A, B und C (oder 1, 2 und 3) schalten um, was Sie hören",
    howLong: "Wie lange es dauert",
    notYet:
      "Wird gemessen, während es läuft: die Verzögerung und ihre Teile, das Tempo des Modells und Masken, die zu spät kamen.",
    heardAfter: (ms) => `Jeder Klang ist ${ms} nach seinem Eintreffen zu hören`,
    parts: "Teile der Verzögerung",
    modelTypical: "Modell, üblich",
    maskTypical: "Maske, üblich",
    maskSlowest: "Maske, langsamstes 1 %",
    missed:
      "Kommt eine Maske zu spät, gilt die vorige weiter. Geschieht das oft, schließen Sie andere Tabs, erlauben Sie mehr Verzögerung, oder wählen Sie einen anderen Rechenort.",
  },

  latency: {
    window: "Analysefenster",
    lookAhead: "Vorausschau",
    stride: "Schrittweite",
    engine: "Zeit für das Modell",
    device: "Tongerät",
  },

  figures: {
    rate: "Fenster je Sekunde",
    skipped: "Übersprungene Fenster",
    restarts: "Modell hörte neu hin",
    missed: "Verpasste Fristen",
    late: "Kurz gehaltene Masken",
  },

  diagnostics: {
    title: "Diagnose",
    delay: "Verzögerung",
    setting: "Einstellung",
    engine: "Rechenort",
    worksOn: "Arbeitet auf",
    places: { local: "diesem Gerät", remote: "dem Server" },
    maskTypical: "Vom Fenster zur Maske, üblich",
    maskSlowest: "Vom Fenster zur Maske, langsamstes 1 %",
    modelTypical: "Modell allein, üblich",
    paced: "Zwischen zwei Fenstern, wie vom Server gewünscht",
    browser: "Ton und Browser",
    deviceRate: "Abtastrate des Geräts",
    baseLatency: "Grundlatenz",
    outputLatency: "Ausgabelatenz",
    audio: "Audio",
    sharedMemory: "Gemeinsamer Speicher",
    isolated: "Isolierte Seite",
    version: "Version",
    model: "Modell",
    yes: "ja",
    no: "nein",
    notInUse: "nicht benutzt",
    happened: "Was geschehen ist",
    nothing: "Noch nichts.",
    copy: "Als JSON kopieren",
    copyHint: "Für einen Fehlerbericht: ohne Klang und ohne Gerätenamen.",
    copied: "Kopiert.",
    noClipboard: "Dieser Browser gibt hier keine Zwischenablage; kopieren Sie den Text unten.",
    report: "Bericht",
    times: (count) => `(${count}-mal)`,
  },

  privacy: {
    phases:
      "Nur auf diesem Gerät: Dieses Modell hört die Wellenform und braucht die Phasen des Klangs, und die werden nie an einen Server gesandt.",
    server:
      "Nur auf diesem Gerät: Der Server dieser Seite erklärt nichts; was Sie abspielen oder sagen, wird ihm nicht gesandt.",
    remote: `Auf dem Server, er bekommt ${SENT}.`,
    local: "Auf diesem Gerät: Ist das Modell geladen, wird niemandem etwas gesandt.",
    localNow: "Jetzt auf diesem Gerät.",
    auto: `Automatisch nimmt, was mithält, dieses Gerät oder den Server. Ein Server bekommt ${SENT}.`,
  },

  going: {
    device: "Der Klang bleibt auf diesem Gerät.",
    either: (server) =>
      `Automatisch: ${server} wird gemessen und kann übernehmen. Er bekommt Spektren, nie den Klang selbst.`,
    server: (server) => `Spektren des Klangs gehen an ${server}, nie der Klang selbst.`,
  },

  automatic: {
    question: (server) =>
      `Darf Automatisch ${server} messen und benutzen, wo er schneller ist? Er bekommt zuerst Fenster aus Rauschen und dann immer wieder welche von dem, was gehört wird: ${SENT}. Bis Sie zustimmen, bleibt alles auf diesem Gerät.`,
    agree: "Ich stimme zu",
    decline: "Auf diesem Gerät bleiben",
    agreed: "Sie haben dem zugestimmt, und dieser Browser merkt es sich.",
    takeBack: "Zurücknehmen",
  },

  problem: {
    detail: "Technische Einzelheiten",
    compatible:
      "Oder machen Sie auf einer Seite weiter, die den Klang im Hauptstrang verarbeitet; dort kann er stocken.",
    openCompatible: "Verträgliche Seite öffnen",
  },
};
