/**
 * Reads graphs that its parent sends, in a process of its own: as a classifier that somebody brings, and as a method of a pack
 * that is cut for the live page.
 */
import { readClassifier } from "../../lab/import/read-classifier.ts";
import { decodeModel, encodeModel } from "../../models/graph/index.ts";
import { classifierAlone } from "../../models/tailor/classifier-alone.ts";
import { newestRows } from "../../models/tailor/newest-rows.ts";
import type { ReadOutcome } from "./fallible-reader.ts";

export interface GraphRequest {
  readonly as: "classifier" | "method";
  readonly bytes: Uint8Array;
}

const SOURCE = "hostile.onnx";

process.on("message", ({ as, bytes }: GraphRequest) => {
  const started = performance.now();
  const outcome = as === "classifier" ? asClassifier(bytes) : asMethod(bytes);
  const ms = performance.now() - started;
  const maxRssMiB = process.resourceUsage().maxRSS / 1024;
  process.send!({ outcome, ms, maxRssMiB } satisfies ReadOutcome);
});
process.on("disconnect", () => process.exit());

function asClassifier(bytes: Uint8Array): string {
  return outcomeOf(() => {
    const { graph } = readClassifier(bytes, { source: SOURCE });
    // What was read must be something that can be written and read again.
    decodeModel(encodeModel(graph));
  }, SOURCE);
}

function asMethod(bytes: Uint8Array): string {
  return outcomeOf(() => {
    classifierAlone(bytes);
    newestRows(bytes, 8);
  });
}

/** Errors of the language's own are nothing that a reader meant to say. */
function outcomeOf(read: () => void, source = ""): string {
  try {
    read();
    return "read";
  } catch (error) {
    if (!(error instanceof Error)) return `threw ${error}`;
    const cause = error.cause ?? error;
    if ([error, cause].some((each) => each instanceof TypeError || each instanceof RangeError)) {
      const inside = error.message.includes("no ONNX model");
      if (!inside) return `threw ${error.stack}`;
    }
    return error.message.startsWith(source)
      ? "refused"
      : `an error without the file's name: ${error.message}`;
  }
}
