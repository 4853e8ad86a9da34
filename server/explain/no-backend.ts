/** In place of a backend where every listener's device explains for itself. */
import type { Backend } from "./backend.ts";

export const NO_BACKEND: Backend = {
  description: "each listener's own device",
  lanes: 1,
  calls: 1,
  batch: () => 1,
  explain: () => Promise.reject(new Error("this pack is explained on the listener's own device")),
  prepare: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
