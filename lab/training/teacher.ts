/**
 * A teacher: YAMNet, whose 521 independent AudioSet classes are a second target for what is trained here. Its file is nobody's part of
 * this project: `tools/teacher/convert-yamnet.py` makes it from the published one.
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UsageError } from "../errors.ts";
import { PATCH_BANDS, PATCH_FRAMES, PATCH_SAMPLES, TeacherFront } from "./teacher-front.ts";
import { openTrainingSession } from "./training-runtime.ts";

/** What the teacher's classes are called, one a line, as TensorFlow publishes it; looked for beside the teacher's file. */
const CLASS_MAP = "yamnet_class_map.csv";

export interface TeacherOptions {
  readonly threads?: number;
}

export interface Lesson {
  /** [windows, 521], each 0 to 1. */
  readonly scores: Float32Array;
  /** [windows, 1024], not negative. */
  readonly embedding: Float32Array;
}

export type Teacher = Awaited<ReturnType<typeof openTeacher>>;

/** @throws UsageError when `path` is no file, or none that takes patches and gives scores. */
export async function openTeacher(path: string, { threads = 1 }: TeacherOptions = {}) {
  const file = await readFile(path).catch((cause) => {
    throw new UsageError(
      `the teacher ${path} cannot be read (${cause.message}); tools/teacher/convert-yamnet.py makes it`,
    );
  });
  const { session, Tensor } = await openTrainingSession(file, threads);
  const takes = session.inputNames.join(", ");
  if (takes !== "patches" || !session.outputNames.includes("scores")) {
    throw new UsageError(
      `${path} takes ${takes} and gives ${session.outputNames.join(", ")}; a teacher takes patches and gives scores: ` +
        "tools/teacher/convert-yamnet.py makes one",
    );
  }
  const front = new TeacherFront();
  let patches = new Float32Array(0);

  const hears = (windows: readonly Float32Array[], ends?: readonly number[]) => {
    const size = PATCH_FRAMES * PATCH_BANDS;
    const needed = windows.length * size;
    if (patches.length < needed) patches = new Float32Array(needed);
    for (const [index, samples] of windows.entries()) {
      const end = ends?.[index] ?? samples.length;
      if (!(end >= PATCH_SAMPLES && end <= samples.length)) {
        throw new RangeError(
          `window ${index} of ${samples.length} samples has no ${PATCH_SAMPLES} before sample ${end}`,
        );
      }
      front.patch(samples, end, patches, index * size);
    }
    const dims = [windows.length, PATCH_FRAMES, PATCH_BANDS];
    return { patches: new Tensor("float32", patches.subarray(0, needed), dims) };
  };

  return {
    /**
     * What the teacher's last layer reads, [windows, 1024] row-major, and its scores, of the same windows as `scores`.
     *
     * @throws RangeError as `scores` does.
     */
    async lesson(windows: readonly Float32Array[], ends?: readonly number[]): Promise<Lesson> {
      const { scores, embedding } = await session.run(hears(windows, ends), ["scores", "embedding"]);
      return { scores: scores.data as Float32Array, embedding: embedding.data as Float32Array };
    },

    /**
     * The teacher's scores, each 0 to 1, [windows, classes] row-major, for the 15,600 samples (0.975 s at 16 kHz) of `windows[b]` that
     * end before sample `ends[b]`; the window's end where left out.
     *
     * @throws RangeError for a window with too few samples before its end.
     */
    async scores(windows: readonly Float32Array[], ends?: readonly number[]): Promise<Float32Array> {
      const { scores } = await session.run(hears(windows, ends), ["scores"]);
      return scores.data as Float32Array;
    },

    /** What the classes are called, in the order of the scores. @throws UsageError when their list is not beside the teacher. */
    async classNames(): Promise<string[]> {
      const list = join(dirname(path), CLASS_MAP);
      const text = await readFile(list, "utf8").catch((cause) => {
        throw new UsageError(`the names of the teacher's classes cannot be read: ${cause.message}`);
      });
      return parseClassMap(text);
    },

    close: () => session.release(),
  };
}

/** Names by index from `index,mid,display_name`; names with commas are in quotes. */
export function parseClassMap(text: string): string[] {
  const lines = text.trim().split(/\r?\n/).slice(1);
  return lines.map((line, index) => {
    const [, at, name] = /^(\d+),[^,]+,(.*)$/.exec(line) ?? [];
    if (Number(at) !== index) throw new UsageError(`line ${index + 2} of the class map is "${line}"`);
    return name.replace(/^"(.*)"$/, "$1").replaceAll('""', '"');
  });
}
