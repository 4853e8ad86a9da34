// Which lane a test file runs in, told by its folder or the ending of its name; the first that fits.
import { availableParallelism } from "node:os";

const cores = availableParallelism();
const MINUTE_MS = 60_000;

/** `processes`: files that run at the same time; `full`: left out of `npm test`. */
const LANES = [
  { name: "full", files: /\.full\.test\.ts$/, processes: 1, limitMs: 30 * MINUTE_MS, full: true },
  // Sound in real time: a test wants the machine for itself.
  { name: "browser", files: /^test\/browser\/|\.browser\.test\.ts$/, processes: 1, limitMs: 5 * MINUTE_MS },
  {
    name: "slow",
    files: /^test\/(cli|examples|package)\/|\.slow\.test\.ts$/,
    processes: cores,
    limitMs: 5 * MINUTE_MS,
  },
  { name: "unit", files: /./, processes: cores, limitMs: 2 * MINUTE_MS },
];

export const laneOf = (file) => LANES.find(({ files }) => files.test(file));

/** In the order they run in: what fails soonest first. */
export const lanes = LANES.toReversed();
