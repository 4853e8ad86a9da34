import type { InferenceSession } from "onnxruntime-common";
import type { GraphFiles } from "../pack/open-pack.ts";
import type { Runtime } from "./runtime.ts";

/** A graph that holds all of its weights, or one with the files that hold the others. */
export type Graph = Uint8Array | GraphFiles;

let before: Promise<unknown> = Promise.resolve();

/**
 * Makes a session of a graph, one after the other: onnxruntime-web (1.30) takes the weights of all sessions that are being
 * made away as soon as the first of them is made.
 */
export function openSession(runtime: Runtime, graph: Graph): Promise<InferenceSession> {
  const { bytes, weights } = graph instanceof Uint8Array ? { bytes: graph, weights: new Map() } : graph;
  const externalData = [...weights].map(([path, data]) => ({ path, data }));
  const options = { ...runtime.sessionOptions, ...(externalData.length > 0 && { externalData }) };
  const session = before.then(() => runtime.ort.InferenceSession.create(bytes, options));
  before = session.catch(() => {});
  return session;
}

/** Of the graph itself, for messages. */
export function graphBytes(graph: Graph): number {
  return graph instanceof Uint8Array ? graph.length : graph.bytes.length;
}
