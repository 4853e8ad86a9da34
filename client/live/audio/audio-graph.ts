import {
  MOST_INPUT_CHANNELS,
  type PageToProcessor,
  PROCESSOR,
  type ProcessorOptions,
  type ProcessorToPage,
} from "../../../protocol/port.ts";
import { ProblemError } from "../problems.ts";
import type { Scope } from "../scope.ts";
import { installPolyfill, workletSupport } from "./worklet-support.ts";

/** How long a context may take to start; without a press of the person some never do. */
const RESUME_MS = 2_000;
/** From one attempt to bring an interrupted one back to the next. */
const RETRY_MS = 500;
/** Shorter interruptions are not worth a word. */
const TELL_AFTER_MS = 900;

/** A processor ends with its next block, a few milliseconds away; a device that stands still has no next block. */
const STOP_MS = 250;

/** What keeps the processor from running here, before anything is opened; null when nothing is known to. */
export function workletProblem(): ProblemError | null {
  if (workletSupport() !== "forbidden") return null;
  return new ProblemError(
    "worklet-missing",
    "there is no AudioWorklet, and the page's content policy forbids its replacement",
  );
}

/** By context; a second load of the same would ask for the file again. */
const loaded = new WeakMap<AudioContext, { readonly url: string; readonly done: Promise<void> }>();

/** Loads the processor into the context, once; where AudioWorklet is missing, a polyfill takes its place. */
export function loadWorklet(context: AudioContext, url: string): Promise<void> {
  const before = loaded.get(context);
  if (before?.url === url) return before.done;
  const done = addWorklet(context, url);
  loaded.set(context, { url, done });
  done.catch(() => loaded.delete(context));
  return done;
}

async function addWorklet(context: AudioContext, url: string): Promise<void> {
  try {
    if (workletSupport() !== "native") await installPolyfill();
    await context.audioWorklet.addModule(url);
  } catch (error) {
    const why = workletSupport() === "native" ? "it failed" : "the replacement of AudioWorklet failed";
    throw new ProblemError("audio-unsupported", `${url} cannot run as an audio worklet: ${why} (${error})`, {
      cause: error,
    });
  }
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
 * and for as long as that happens; some come back only with the person's next press or key.
 *
 * @param onHeld told after a while of it, and with null when it is over.
 */
export function keepRunning(
  context: AudioContext,
  scope: Scope,
  onHeld: (state: AudioContextState | null) => void,
): void {
  let recovering = false;
  let told = false;
  const resume = () => void context.resume().catch(() => {});
  const recover = async () => {
    if (recovering) return;
    recovering = true;
    const held = performance.now();
    while (!scope.closed && !runs(context) && context.state !== "closed") {
      resume();
      await scope.pause(RETRY_MS);
      if (told || scope.closed || runs(context) || performance.now() - held < TELL_AFTER_MS) continue;
      told = true;
      onHeld(context.state);
    }
    recovering = false;
    if (told && !scope.closed) onHeld(null);
    told = false;
  };
  const pressed = () => {
    if (!runs(context)) resume();
  };
  scope.listen(context, "statechange", () => void recover());
  scope.listen(document, "visibilitychange", () => void recover());
  for (const type of ["pointerdown", "keydown"]) scope.listen(document, type, pressed);
}

export interface ExplainerNode {
  readonly node: AudioNode;
  post(message: PageToProcessor, transfer?: Transferable[]): void;
}

/**
 * The processor as a node of one channel; the scope stops it and waits for its end. Until the page is left, Chromium
 * keeps a node, its context and whatever listens to them, unless its processor has ended with nothing connected to its
 * input before the context closes. So what sounds into it is to be disconnected before this, and what it sounds through
 * after it, or no last block is asked for.
 */
export function createExplainerNode(
  context: AudioContext,
  options: ProcessorOptions,
  scope: Scope,
  onMessage: (message: ProcessorToPage) => void,
): ExplainerNode {
  const node = processorNode(context, options);
  const post = (message: PageToProcessor, transfer: Transferable[] = []) =>
    node.port.postMessage(message, transfer);
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  node.port.onmessage = ({ data }: MessageEvent<ProcessorToPage>) =>
    data.type === "stopped" ? end() : onMessage(data);
  node.onprocessorerror = () => {
    end();
    onMessage({ type: "failed", detail: "the audio processor could not be made" });
  };
  scope.add(async () => {
    post({ type: "stop" });
    const patience = setTimeout(end, runs(context) ? STOP_MS : 0);
    await ended;
    clearTimeout(patience);
    // A node that the browser keeps must not keep the session.
    node.port.onmessage = node.onprocessorerror = null;
    node.port.close();
    node.disconnect();
  });
  return { node, post };
}

/** @throws ProblemError where the worklet that was loaded is of another version: it has no processor of this name. */
function processorNode(context: AudioContext, processorOptions: ProcessorOptions): AudioWorkletNode {
  try {
    return new AudioWorkletNode(context, PROCESSOR, {
      numberOfInputs: 1,
      numberOfOutputs: 1,
      outputChannelCount: [1],
      // All channels, as they are: the processor looks at them before they become one.
      channelCount: MOST_INPUT_CHANNELS,
      channelCountMode: "clamped-max",
      channelInterpretation: "discrete",
      processorOptions,
    });
  } catch (cause) {
    if (!(cause instanceof DOMException && cause.name === "InvalidStateError")) throw cause;
    throw new ProblemError(
      "version-mismatch",
      `worklet.js has no "${PROCESSOR}": serve the files of one version`,
      {
        cause,
      },
    );
  }
}

/** A function, as TypeScript takes a state once seen for good. */
function runs(context: AudioContext): boolean {
  return context.state === "running";
}
