/** Who the sounds are by that a pack's weights learnt from. */
import type { Attribution, Origin } from "../training/weights-file.ts";

export interface Sources {
  readonly clips: readonly Attribution[];
  /** Sentences on further sounds. */
  readonly credits: readonly string[];
}

/** Of several trainings together, each clip and sentence once. */
export function sourcesOf(origins: readonly Origin[], credits: readonly string[] = []): Sources {
  const clips = new Map(origins.flatMap(({ attributions }) => attributions.map((clip) => [clip.file, clip])));
  const sentences = new Set([...origins.flatMap((origin) => origin.credits), ...credits]);
  return { clips: [...clips.values()], credits: [...sentences] };
}

/** The text of a pack's ATTRIBUTION.md. */
export function attributionMarkdown({ clips, credits }: Sources): string {
  const sorted = clips.toSorted((a, b) => (a.file < b.file ? -1 : 1));
  const named = sorted.filter(({ licence }) => licence !== "CC0");
  const cell = (text: string) => text.replaceAll("|", "\\|");
  return [
    "# The recordings this model learnt from",
    "",
    `${sorted.length} clips of ESC-50 (K. J. Piczak, https://github.com/karoldvl/ESC-50), each cut from a recording on Freesound:`,
    `${sorted.length - named.length} under CC0 1.0, ${named.length} under CC BY 3.0. No clip is part of this package.`,
    "",
    ...credits.flatMap((credit) => [credit, ""]),
    "| clip | recording | by | licence |",
    "| --- | --- | --- | --- |",
    ...named.map(
      ({ file, title, author, url, licence }) =>
        `| ${file} | [${cell(title)}](${url}) | ${cell(author)} | ${licence === "CC-BY" ? "CC BY 3.0" : licence} |`,
    ),
    "",
    `Under CC0: ${sorted
      .filter(({ licence }) => licence === "CC0")
      .map(({ file }) => file)
      .join(", ")}.`,
    "",
  ].join("\n");
}
