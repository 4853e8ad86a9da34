import type { Pack } from "../../models/pack/pack.ts";
import { UsageError } from "../errors.ts";

/** @throws UsageError for a stride that leaves gaps between windows, and for any where a pack has no windows. */
export function checkStride(stride: number | undefined, { name, windowFrames, streaming }: Pack): void {
  if (stride === undefined) return;
  if (streaming) {
    throw new UsageError(
      `--stride ${stride}: pack ${name} hears each frame once, block by block, so it has no windows; leave --stride out`,
    );
  }
  if (stride > windowFrames) {
    throw new UsageError(`--stride ${stride} leaves gaps; windows have ${windowFrames} frames`);
  }
}
