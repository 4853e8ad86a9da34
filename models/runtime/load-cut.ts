/** Methods cut down to what is asked for: as their pack was prepared, else cut when they are loaded. */
import type { GraphFiles, OpenPack } from "../pack/open-pack.ts";
import { type Pack, type PackGraph, type PackMethod, packMethod } from "../pack/pack.ts";
import { type LoadedMethod, loadGraph, loadMethod } from "./load-method.ts";
import type { Runtime } from "./runtime.ts";

/** `loadMethod` of an opened pack; a streaming one has its graphs for several blocks at once too. */
export async function loadWhole(runtime: Runtime, opened: OpenPack, name?: string): Promise<LoadedMethod> {
  return loadMethod(runtime, await opened.graph(name), opened.pack, name, opened.read);
}

/**
 * Like `loadMethod`, but its masks are those of the window's newest `frames` alone, or of some more, where that costs less;
 * else of all. The masks of a streaming pack are of the newest frames alone anyway.
 */
export async function loadNewest(
  runtime: Runtime,
  opened: OpenPack,
  name: string | undefined,
  frames: number,
): Promise<LoadedMethod> {
  const { pack } = opened;
  const { windowFrames, stft } = pack;
  const method = packMethod(pack, name);
  const load = (graph: GraphFiles, rows: number, { graph: file }: PackGraph = method) =>
    loadGraph(runtime, graph, pack, { ...method, graph: file }, [rows, stft.bins]);
  if (pack.streaming) return loadWhole(runtime, opened, name);
  const nothingToGain = frames >= windowFrames || method.newest?.length === 0;
  if (nothingToGain) return load(await opened.read(method), windowFrames);
  const prepared = preparedCut(method, frames);
  if (prepared) return load(await opened.read(prepared), prepared.frames, prepared);
  const whole = await opened.read(method);
  const tailor = await tailorIfThere();
  const cut = tailor && orNone(() => tailor.newestRows(whole.bytes, frames, whole.weights));
  return cut ? load(selfContained(cut), frames) : load(whole, windowFrames);
}

/** The graph that `loadNewest` reads. */
export function newestGraph(pack: Pack, name: string | undefined, frames: number): PackGraph {
  const method = packMethod(pack, name);
  return (frames < pack.windowFrames && preparedCut(method, frames)) || method;
}

function preparedCut(method: PackMethod, frames: number) {
  return method.newest?.find((cut) => cut.frames >= frames);
}

/**
 * The pack's classifier, which all of its methods share, with masks of zeros: a fraction of a method's work.
 *
 * @param method the one to cut it out of, where the pack was not prepared.
 */
export async function loadClassifier(
  runtime: Runtime,
  opened: OpenPack,
  method?: string,
): Promise<LoadedMethod> {
  const { pack } = opened;
  const load = (graph: GraphFiles, described: PackMethod, read = opened.read) =>
    loadGraph(runtime, graph, pack, described, [pack.windowFrames, pack.stft.bins], read);
  if (pack.classifier) {
    const described = { ...pack.classifier, name: "classifier", title: pack.title, target: false };
    return load(await opened.read(pack.classifier), described);
  }
  const tailor = await tailorIfThere();
  const cut = async (graph: PackGraph) => {
    const whole = await opened.read(graph);
    const alone = tailor && orNone(() => tailor.classifierAlone(whole.bytes, { weights: whole.weights }));
    return alone ? selfContained(alone) : whole;
  };
  const described = packMethod(pack, method);
  return load(await cut(described), described, cut);
}

/** Whoever copies a worker alone goes without: graphs are run as they are then. */
const tailorIfThere = () => import("../tailor/index.ts").catch(() => null);

const selfContained = (bytes: Uint8Array): GraphFiles => ({ bytes, weights: new Map() });

/** Graphs that we can't read are onnxruntime's to judge. */
function orNone<T>(cut: () => T | null): T | null {
  try {
    return cut();
  } catch {
    return null;
  }
}
