import {
  type PageToProcessor,
  PROCESSOR,
  type ProcessorOptions,
  type ProcessorToPage,
} from "../../protocol/port.ts";
import { ProblemError } from "./problems.ts";
import type { Scope } from "./scope.ts";

/** How long a context may take to start; without a press of the person some never do. */
const RESUME_MS = 2_000;
/** How long an interrupted one may take to come back while the page is seen. */
const RECOVER_MS = 5_000;

/**
 * Makes the context able to run worklets and returns what a person should know of that. Where AudioWorklet is missing,
 * a polyfill takes its place, if the page's content policy lets it.
 */
export async function loadWorklet(context: AudioContext, url: string): Promise<string[]> {
  const notices: string[] = [];
  const missing = typeof AudioWorkletNode !== "function";
  try {
    if (missing) {
      await import("audioworklet-polyfill");
      notices.push(
        "This browser, or this address, offers no AudioWorklet: a replacement runs on the page itself and may stutter.",
      );
    }
    await context.audioWorklet.addModule(url);
  } catch (error) {
    // The polyfill evaluates the worklet's text, so a content policy without 'unsafe-eval' keeps it from working.
    const why = missing
      ? "AudioWorklet is missing here and its replacement was not allowed to run"
      : "it failed";
    throw new ProblemError("audio-unsupported", `${url} cannot run as an audio worklet: ${why} (${error})`, {
      cause: error,
    });
  }
  return notices;
}

/** Starts the context, or throws "audio-suspended". */
export async function resumeContext(context: AudioContext, scope: Scope): Promise<void> {
  if (runs(context)) return;
  await Promise.race([context.resume().catch(() => {}), scope.pause(RESUME_MS)]);
  scope.check();
  if (!runs(context)) {
    throw new ProblemError("audio-suspended", `the audio device is ${context.state}`);
  }
}

/**
 * Brings a context back that is suspended or interrupted (a phone call, another app, a device that changed), as often
 * as that happens; a problem when it doesn't come back within some seconds of the page being seen.
 */
export function keepRunning(
  context: AudioContext,
  scope: Scope,
  onProblem: (problem: ProblemError) => void,
): void {
  let recovering = false;
  const recover = async () => {
    if (recovering || scope.closed || runs(context) || document.hidden) return;
    recovering = true;
    const deadline = performance.now() + RECOVER_MS;
    while (!scope.closed && !runs(context) && performance.now() < deadline) {
      void context.resume().catch(() => {});
      await scope.pause(250);
    }
    recovering = false;
    if (!scope.closed && !runs(context) && !document.hidden) {
      onProblem(new ProblemError("audio-suspended", `the audio device is ${context.state}`));
    }
  };
  scope.listen(context, "statechange", () => void recover());
  scope.listen(document, "visibilitychange", () => void recover());
}

export interface ExplainerNode {
  readonly node: AudioNode;
  post(message: PageToProcessor, transfer?: Transferable[]): void;
}

/** The processor as a node of one channel; the scope stops it. */
export function createExplainerNode(
  context: AudioContext,
  options: ProcessorOptions,
  scope: Scope,
  onFailed: (detail: string) => void,
): ExplainerNode {
  const node = new AudioWorkletNode(context, PROCESSOR, {
    numberOfInputs: 1,
    numberOfOutputs: 1,
    outputChannelCount: [1],
    // The browser mixes any source down to one channel.
    channelCount: 1,
    channelCountMode: "explicit",
    processorOptions: options,
  });
  const post = (message: PageToProcessor, transfer: Transferable[] = []) =>
    node.port.postMessage(message, transfer);
  scope.add(() => {
    post({ type: "stop" });
    node.port.onmessage = null;
    node.port.close();
    node.disconnect();
  });
  node.port.onmessage = ({ data }: MessageEvent<ProcessorToPage>) => onFailed(data.detail);
  node.onprocessorerror = () => onFailed("the audio processor could not be made");
  return { node, post };
}

/** A function, as TypeScript takes a state once seen for good. */
function runs(context: AudioContext): boolean {
  return context.state === "running";
}
