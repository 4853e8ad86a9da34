/** Makes the files of a moment when a person asks for them, and hands them to the browser. */

import type { Figures } from "../../../../models/explain/figures.ts";
import { VERSION } from "../../../../protocol/version.ts";
import { numbers, words } from "../../../kit/words/words.ts";
import type { Listening, Moment } from "../../../live/live-explainer.ts";
import { matchingGains } from "../match-loudness.ts";
import { fileStem, momentFacts, momentWav } from "../moment-files.ts";
import { type SharedSound, sharedPage } from "../shared/page.ts";
import { figuresIn, type MomentVersion, type SampleSpan } from "../version.ts";
import type { MomentDrawing, MomentView } from "./moment-drawing.ts";
import { type ImagePlot, momentImage, plotEdges } from "./moment-images.ts";
import { figureRows, heardLabel, labelName, unexplainedSeconds, versionTitle } from "./moment-words.ts";
import { secondsText } from "./time.ts";

/** What is shown just now, which is what is exported. */
export interface Shown {
  readonly moment: Moment;
  readonly drawing: MomentDrawing;
  /** The one that plays first. */
  readonly versions: readonly MomentVersion[];
  readonly span: SampleSpan;
  readonly view: MomentView;
}

export type ExportKind = Listening | "picture" | "facts";

/** Where there may be two explanations: "A" and "B". */
export const SIDE_NAMES = ["A", "B"] as const;

export async function exportFile(kind: ExportKind, shown: Shown, side: number): Promise<File> {
  const { moment, versions, span } = shown;
  const stem = stemOf(shown);
  if (kind === "picture")
    return new File([await pngOf(await imageOf(shown))], `${stem}.png`, { type: "image/png" });
  if (kind === "facts") {
    const facts = momentFacts(moment, versions, span, VERSION);
    return new File([`${JSON.stringify(facts, null, 2)}\n`], `${stem}.json`, { type: "application/json" });
  }
  const bytes = momentWav(versions[side].sounds[kind], moment.sampleRate, span);
  return new File([bytes], `${stem}-${kind}.wav`, { type: "audio/wav" });
}

/** The whole moment as one page that needs nothing else. */
export async function sharedFile(shown: Shown): Promise<File> {
  const { moment, versions, span } = shown;
  const { pack, facts, sampleRate } = moment;
  const label = heardLabel(moment, versions[0], span);
  const date = numbers.date(new Date(facts.frozenAt));
  const seconds = secondsText((span.to - span.from) / sampleRate);
  const unexplained = unexplainedSeconds(moment, versions[0], span);
  const sentence = words.moment.sharedSentence(seconds, date, `${pack.title} ${pack.version}`);
  const page = sharedPage({
    language: words.locale,
    title: label ? words.moment.sharedTitle(label) : words.moment.title,
    sentence: unexplained ? `${sentence} ${words.moment.unexplained(unexplained)}` : sentence,
    words: {
      play: words.moment.play,
      stop: words.moment.stop,
      loop: words.moment.loop,
      match: words.moment.match,
      sounds: words.moment.listen,
      keys: words.moment.sharedKeys,
      each: words.moment.sharedEach,
      facts: words.moment.sharedFacts,
    },
    sampleRate,
    sounds: sharedSounds(shown),
    pictures: await sharedPictures(shown),
    facts: momentFacts(moment, versions, span, VERSION),
  });
  return new File([page], `${stemOf(shown)}.html`, { type: "text/html" });
}

/** Leaves the file in the browser's downloads. */
export function download(file: File): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  // The download has its own hold on the bytes soon after.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** By the system's own way of sharing where there is one for such files, else as a download; false when the person thought better of it. */
export async function shareOrDownload(file: File): Promise<boolean> {
  if (!navigator.canShare?.({ files: [file] })) {
    download(file);
    return true;
  }
  try {
    await navigator.share({ files: [file], title: file.name });
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return false;
    // Some systems say that they can, and then can't.
    download(file);
    return true;
  }
}

function stemOf({ moment, versions, span }: Shown): string {
  return fileStem(moment, heardLabel(moment, versions[0], span));
}

function sharedSounds({ moment, versions, span }: Shown): SharedSound[] {
  const cut = (samples: Float32Array) => samples.subarray(span.from, span.to);
  const named = versions.flatMap(({ sounds }, k) => {
    const side = versions.length > 1 ? ` ${SIDE_NAMES[k]}` : "";
    return [
      { title: `${words.moment.sound.explanation}${side}`, samples: cut(sounds.explanation) },
      { title: `${words.moment.sound.rest}${side}`, samples: cut(sounds.rest) },
    ];
  });
  const all = [{ title: words.moment.sound.original, samples: cut(moment.original) }, ...named];
  const gains = matchingGains(
    all.map(({ samples }) => samples),
    moment.sampleRate,
  );
  return all.map((sound, k) => ({ ...sound, gain: gains[k] }));
}

async function sharedPictures(shown: Shown) {
  const { moment, versions, span } = shown;
  return Promise.all(
    versions.map(async (version, k) => {
      const figures = figuresIn(moment, version, span);
      const title = versionTitle(moment, version);
      const image = await imageOf({ ...shown, versions: [version] }, false);
      return {
        title: versions.length > 1 ? `${SIDE_NAMES[k]} · ${title}` : title,
        description: words.moment.sharedPicture(title),
        image: image.toDataURL("image/png"),
        ...plotEdges,
        says: saysOf(shown, version, figures),
        figures: figures ? figureRows(figures).map(({ name, text }) => [name, text] as const) : [],
      };
    }),
  );
}

/** What the figures are about, or why there are none. */
function saysOf({ moment, span }: Shown, version: MomentVersion, figures: Figures | null): string {
  if (figures) return words.moment.says(labelName(moment.pack, figures.target));
  const unexplained = unexplainedSeconds(moment, version, span);
  return unexplained ? words.moment.unexplained(unexplained) : words.moment.silent;
}

/** `captions`: whether it says itself what it shows. */
async function imageOf(
  { moment, drawing, versions, span, view }: Shown,
  captions = true,
): Promise<HTMLCanvasElement> {
  const { signal } = new AbortController();
  const plots: ImagePlot[] = [];
  for (const version of versions) {
    plots.push({ title: versionTitle(moment, version), layer: await drawing.draw(version, view, signal) });
  }
  const label = heardLabel(moment, versions[0], span);
  const at = numbers.date(new Date(moment.facts.frozenAt));
  const subtitle = `${words.moment.views[view]} · ${moment.pack.title} ${moment.pack.version} · ${at}`;
  const said = captions ? { title: label || words.moment.title, subtitle } : null;
  return momentImage(moment, drawing, span, said, plots);
}

function pngOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error("the browser makes no PNG of it"));
    }, "image/png");
  });
}
