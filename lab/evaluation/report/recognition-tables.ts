/** What a classifier makes of the known, the unknown and two sounds at once, as tables of figures, and of text for any form of report. */
import { percent, type Share } from "../metrics/classifier-report.ts";
import { type Acceptance, type Recognition, TAKEN_SHARE } from "../metrics/recognition.ts";
import { PAIR_DB } from "../plan/two-sounds.ts";

/** A share, a count, or words; absent where there is nothing to tell. */
export type Figure = Share | number | string | undefined;

interface TableOf<Cell> {
  readonly title: string;
  /** What the figures are of, a sentence each. */
  readonly notes: readonly string[];
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export type FigureTable = TableOf<string>;

export function recognitionTables(recognition: Recognition): FigureTable[] {
  return recognitionFigures(recognition).map((table) => ({
    ...table,
    rows: table.rows.map((row) => row.map(figureText)),
  }));
}

/** The same as figures. */
export function recognitionFigures(recognition: Recognition): TableOf<Figure>[] {
  return [
    clipTable(recognition),
    windowTable(recognition),
    unknownTable(recognition),
    pairTable(recognition),
    classTable(recognition),
  ].filter((table) => table !== undefined);
}

const AT_SHARE = `at ${100 * TAKEN_SHARE} % taken`;

function figureText(figure: Figure): string {
  if (figure === undefined) return "–";
  if (typeof figure === "number") return Number.isInteger(figure) ? String(figure) : figure.toFixed(3);
  if (typeof figure === "string") return figure;
  return figure.of === 0 ? "–" : `${percent(figure).toFixed(1)} % (${figure.right} of ${figure.of})`;
}

function clipTable({ groups, independent }: Recognition): TableOf<Figure> {
  const answers = independent ? "Each class answers by itself." : "Classes exclude each other.";
  return {
    title: "Clips",
    notes: [
      `${answers} A clip is decided by the mean over it: right when its class is the one most above its threshold, named when`,
      "that is believed too; most probable: right without thresholds; among: right among the classes of the row alone.",
    ],
    head: ["clips of", "right", "most probable", "among", "named", "named in some window"],
    rows: groups.map(({ name, right, mostProbable, among, believed, atSomeTime }) => [
      name,
      ...[right, mostProbable, among, believed, atSomeTime],
    ]),
  };
}

function windowTable({ own, atShare }: Recognition): TableOf<Figure> {
  const rows = (name: string, { groups, taken, thresholds }: Acceptance) =>
    groups.map((group) => [name, group.name, ...[group.accepted, group.right, taken], rangeOf(thresholds)]);
  return {
    title: "Windows of known and of unknown sounds",
    notes: [
      "Accepted: some known class is believed; rightly: it is, or is among others, the window's own. Taken: some known class is",
      `believed in a window of an unknown sound. Compared where at most ${100 * TAKEN_SHARE} % are taken: all thresholds moved by the same`,
      "in log-odds.",
    ],
    head: [
      "thresholds",
      "windows of",
      "accepted",
      "accepted rightly",
      "unknown taken for known",
      "thresholds from to",
    ],
    rows: [...rows("the pack's own", own), ...(atShare ? rows(AT_SHARE, atShare) : [])],
  };
}

function rangeOf(thresholds: readonly number[]): string {
  const [least, most] = [Math.min(...thresholds), Math.max(...thresholds)].map((value) => value.toFixed(3));
  return least === most ? least : `${least} – ${most}`;
}

function unknownTable({ unknown }: Recognition): TableOf<Figure> | undefined {
  if (unknown.length === 0) return undefined;
  return {
    title: "Unknown sounds",
    notes: ["Windows that are taken for a known class."],
    head: ["from", "sound", "taken", AT_SHARE],
    rows: [...new Set(unknown.map(({ source }) => source))].flatMap((source) => {
      const kinds = unknown.filter((each) => each.source === source);
      const row = (name: string, of: typeof kinds) => [
        ...[source, name, sumOf(of.map(({ taken }) => taken))],
        sumOf(of.flatMap(({ takenAtShare }) => takenAtShare ?? [])),
      ];
      return [row("all of them", kinds), ...kinds.map((kind) => row(kind.label, [kind]))];
    }),
  };
}

function sumOf(shares: readonly Share[]): Share {
  const sum = (key: keyof Share) => shares.reduce((total, each) => total + each[key], 0);
  return { right: sum("right"), of: sum("of") };
}

function pairTable({ pairs }: Recognition): TableOf<Figure> | undefined {
  if (!pairs) return undefined;
  return {
    title: "Two sounds at once",
    notes: [
      `Clips of two known classes, both from where they begin, the louder with ${PAIR_DB} dB more energy where both are active. Named is`,
      "believed, in some window of the mixture.",
    ],
    head: ["named", "pairs"],
    rows: [
      ["both", pairs.atSomeTime],
      ["both in one window", pairs.atOnce],
      ["both, by the mean of the windows", pairs.byClip],
      ["the louder alone", pairs.louderAlone],
      ["the fainter alone", pairs.fainterAlone],
      ["neither", pairs.neither],
      ["windows in which the louder is named", pairs.windows.louder],
      ["windows in which the fainter is named", pairs.windows.fainter],
      ["windows in which both are named", pairs.windows.both],
    ],
  };
}

function classTable({ classes }: Recognition): TableOf<Figure> {
  return {
    title: "Class by class",
    notes: [
      "The probability from which it is believed; clips right and named; windows accepted; unknown windows that are taken for the",
      "class; what its clips are called that are not called right.",
    ],
    head: [
      ...["class", "believed from", "right", "named", "windows accepted", AT_SHARE],
      ...["unknown taken", `unknown ${AT_SHARE}`, "called instead"],
    ],
    rows: classes.map((each) => [
      each.label,
      each.threshold,
      ...[each.right, each.believed, each.windowsAccepted, each.windowsAcceptedAtShare],
      each.taken,
      each.takenAtShare,
      each.calledInstead.map(({ label, clips }) => `${label} ${clips}`).join(", ") || undefined,
    ]),
  };
}
