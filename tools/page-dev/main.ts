/** The page on a fake explainer; `?winner=rain&probability=0.4&also=dog&problem=no-microphone` choose what it shows. */

import { readSettings } from "../../client/kit/parameters.ts";
import { builtInSounds } from "../../client/kit/sounds/index.ts";
import type { ProblemCode } from "../../client/live/live-explainer.ts";
import { mount } from "../../client/page/mount.ts";
import { FakeLiveExplainer } from "./fake-live-explainer.ts";

const query = new URLSearchParams(location.search);
const problem = query.get("problem") as ProblemCode | null;
mount(
  new FakeLiveExplainer({
    winner: query.get("winner") ?? undefined,
    probability: query.has("probability") ? Number(query.get("probability")) : undefined,
    also: query.get("also") ?? undefined,
    problem: problem ? { code: problem, detail: "an invented failure" } : undefined,
    missed: Number(query.get("missed") ?? 0),
    notices: query.has("notice") ? [query.get("notice")!] : [],
    ahead: Number(query.get("ahead") ?? 0),
  }),
  readSettings(
    location.search,
    builtInSounds.map(({ name }) => name),
  ),
);
