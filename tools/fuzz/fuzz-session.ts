/** A whole session under a client that is mostly right: only named errors end it, and its bookkeeping stays right. */
import * as assert from "uvu/assert";
import type { Pack } from "../../models/pack/pack.ts";
import {
  decodeClientMessage,
  decodeServerMessage,
  type ExplanationMessage,
  encodeBlocks,
  encodeExplain,
  encodeFrames,
  encodeStart,
  type Hello,
} from "../../protocol/wire.ts";
import { WireError, wireCloseCode } from "../../protocol/wire-errors.ts";
import type { Backend, WindowQuery, WindowResult } from "../../server/explain/backend.ts";
import { linear } from "../../server/explain/run-together.ts";
import { Scheduler } from "../../server/explain/scheduler.ts";
import { Session, type SessionJob } from "../../server/explain/session.ts";
import { hex } from "./fuzz-decoders.ts";
import { clientMessage, damaged, HELLO, STREAMING_HELLO } from "./messages.ts";
import type { Random } from "./mutate.ts";

const { stft, labels } = HELLO.pack;

/** Runs windows when it is told to; two at a time. What it remembers is how many frames it heard. */
class SteppedBackend implements Backend {
  readonly description = "stepped";
  readonly lanes = 2;
  readonly calls = 2;
  readonly batch = () => 1;
  readonly #running: ((fails: boolean) => void)[] = [];

  constructor(private readonly hello: Hello) {}

  explain([window]: readonly WindowQuery[]): Promise<WindowResult[]> {
    const { windowFrames, streaming } = this.hello.pack;
    const { magnitudes, maskFrames, memory } = window;
    if (streaming) {
      assert.is(magnitudes.length, maskFrames * stft.bins);
      assert.is(maskFrames % windowFrames, 0, "whole blocks");
      assert.is.not(memory, undefined);
    } else {
      assert.is(magnitudes.length, windowFrames * stft.bins);
      assert.ok(maskFrames >= 1 && maskFrames <= windowFrames, "a mask is no longer than its window");
    }
    assert.ok(
      linear(magnitudes).every((value) => value >= 0 && value < 1e7),
      "magnitudes are finite and not negative",
    );
    assert.ok(this.#running.length < this.lanes, "no more windows than lanes");
    return new Promise((resolve, reject) => {
      this.#running.push((fails) => {
        if (fails) reject(new Error("the model failed"));
        else resolve([this.#answer(window)]);
      });
    });
  }

  #answer({ magnitudes, maskFrames, memory }: WindowQuery): WindowResult {
    const { windowFrames, streaming } = this.hello.pack;
    const mask = new Uint8Array(maskFrames * stft.bins);
    const answer = { mask, inferenceMs: 1, magnitudes };
    if (!streaming) return { ...answer, probabilities: new Float32Array(labels.length) };
    const before = memory?.frames ?? 0;
    const heard = { of: "tiny", frames: before + maskFrames, values: new Float32Array(1) };
    const rows = maskFrames / windowFrames;
    const probabilities = Float32Array.from(
      { length: rows * labels.length },
      (_, i) => before + (Math.floor(i / labels.length) + 1) * windowFrames,
    );
    return { ...answer, probabilities, memory: heard };
  }

  /** Finishes the window that runs longest. */
  step(fails: boolean): void {
    this.#running.shift()?.(fails);
  }

  async prepare(): Promise<void> {}

  async close(): Promise<void> {}
}

interface SessionFuzz {
  readonly messages: number;
  /** "closed", or the name of the error that ended it. */
  readonly ending: string;
}

/** One session from its start to its end. @throws Error with the session's last message when something did not hold. */
export async function fuzzSession(random: Random): Promise<SessionFuzz> {
  let clock = 0;
  const hello = random.chance(0.5) ? HELLO : STREAMING_HELLO;
  const backend = new SteppedBackend(hello);
  const scheduler = new Scheduler<Session, SessionJob>(backend, { now: () => clock, patienceMs: 250 });
  const client = new Client(random, hello);
  // Of a pack, a session reads what the hello tells and no more.
  const service = { pack: hello.pack as unknown as Pack, reading: { folder: "", generation: 1 } };
  const session = new Session({
    service,
    limits: hello.limits,
    scheduler,
    now: () => clock,
    send: (message) => client.receive(message),
  });
  const count = 1 + random.below(60);
  for (let n = 0; n < count; n++) {
    clock += random.below(200);
    const message = client.next();
    try {
      session.receive(message.buffer as ArrayBuffer);
    } catch (error) {
      if (!(error instanceof WireError)) {
        throw new Error(`the session was sent ${hex(message)}: ${(error as Error).stack}`);
      }
      assert.ok(wireCloseCode(error.code) !== null, `${error.code} ends a session`);
      assert.ok(error.message.length > 0 && error.message.length < 500);
      await end(session, backend, client);
      return { messages: n + 1, ending: error.code };
    }
    if (random.chance(0.5)) {
      backend.step(random.chance(0.1));
      await settled();
    }
    if (client.problem) throw new Error(`after ${hex(message)}: ${client.problem}`);
  }
  await end(session, backend, client);
  return { messages: count, ending: "closed" };
}

/** After its end a session says nothing, whatever still runs for it. */
async function end(session: Session, backend: SteppedBackend, client: Client): Promise<void> {
  await settled();
  session.close();
  client.over = true;
  for (let n = 0; n < backend.lanes; n++) backend.step(n === 1);
  session.receive(encodeStart().buffer as ArrayBuffer);
  await settled();
  if (client.problem) throw new Error(`at its end: ${client.problem}`);
}

/** Until all that is to follow from a finished window has followed. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Knows the rules, keeps them for the most part, and checks every answer. */
class Client {
  over = false;
  /** The first thing that the session said and should not have. */
  problem: string | undefined;
  /** Frames [from, to) were sent without a gap. */
  #from = 0;
  #to = 0;
  #requests = 0;
  #started = false;
  /** Request to how often it was asked and not answered. */
  readonly #out = new Map<number, number>();

  /** Of a streaming pack: the frame that comes after those that were explained, and how many the server remembers of them. */
  #heard: { next: number; frames: number } | undefined;

  constructor(
    private readonly random: Random,
    private readonly hello: Hello,
  ) {}

  next(): Uint8Array<ArrayBuffer> {
    const { random } = this;
    const message = random.chance(0.01) ? clientMessage(random) : this.#good();
    const sent = random.chance(0.02) ? damaged(message, random) : new Uint8Array(message);
    this.#note(sent);
    return sent;
  }

  /** What the message asks for, however it came about. */
  #note(sent: Uint8Array<ArrayBuffer>): void {
    try {
      const message = decodeClientMessage(sent.buffer);
      // Of what was asked before a start, nothing is answered.
      if (message.type === "start") {
        this.#out.clear();
        this.#heard = undefined;
      }
      if (message.type === "explain" || message.type === "blocks")
        this.#out.set(message.request, this.#waiting(message.request) + 1);
    } catch {
      // The session will say so.
    }
  }

  #waiting(request: number): number {
    return this.#out.get(request) ?? 0;
  }

  /** Called out of the scheduler, where nothing may be thrown. */
  receive(bytes: Uint8Array): void {
    try {
      this.#check(new Uint8Array(bytes));
    } catch (error) {
      this.problem ??= `${(error as Error).message}: ${hex(bytes)}`;
    }
  }

  #check(bytes: Uint8Array<ArrayBuffer>): void {
    assert.not(this.over, "nothing is sent after the end");
    const message = decodeServerMessage(bytes.buffer);
    if (message.type === "hello" || message.type === "pace") {
      throw new Error(`a session says no ${message.type} by itself`);
    }
    const waiting = this.#waiting(message.request);
    assert.ok(waiting > 0, `request ${message.request} was asked and not answered yet`);
    this.#out.set(message.request, waiting - 1);
    if (message.type === "explanation") {
      assert.is(message.mask.length, message.frames * stft.bins);
      if (this.hello.pack.streaming) this.#checkMemory(message);
    }
    if (message.type === "error") assert.is(message.code, "inference-failed");
  }

  /** What goes on has heard all that was explained just before it, and nothing else. */
  #checkMemory({ begins, firstFrame, frames, rows, probabilities }: ExplanationMessage): void {
    const before = begins ? { next: firstFrame, frames: 0 } : this.#heard;
    assert.ok(before, "without memory it begins");
    assert.is(before?.next, firstFrame, "nothing is missing in between");
    this.#heard = { next: firstFrame + frames, frames: (before?.frames ?? 0) + frames };
    assert.is(probabilities[probabilities.length - 1], this.#heard.frames);
    assert.is(rows, frames / this.hello.pack.windowFrames);
  }

  #good(): Uint8Array {
    const { random } = this;
    const { windowFrames, streaming } = this.hello.pack;
    if (!this.#started || random.chance(0.03)) {
      this.#started = true;
      this.#from = random.pick([0, -50, 1000, 2 ** 52]);
      this.#to = this.#from;
      const frames = random.pick([0, 1, windowFrames, windowFrames + 9]);
      return random.chance(0.5)
        ? encodeStart("bands", -1, frames)
        : encodeStart("all-ones", random.below(3), frames);
    }
    if (streaming) {
      const blocks = 1 + random.below(HELLO.limits.keptFrames / windowFrames);
      const first = this.#to + (random.chance(0.05) ? random.below(20) : 0);
      this.#to = first + blocks * windowFrames;
      const target = random.chance(0.01) ? 1 : -1;
      return encodeBlocks(++this.#requests, first, stft.bins, this.#levels(blocks * windowFrames), target);
    }
    const whole = this.#to - this.#from >= windowFrames;
    if (random.chance(0.5) || (!whole && random.chance(0.99))) {
      const count = 1 + random.below(HELLO.limits.keptFrames);
      const gap = random.chance(0.05) ? random.below(20) : 0;
      if (gap > 0) this.#from = this.#to + gap;
      const first = this.#to + gap;
      this.#to = first + count;
      return encodeFrames(first, stft.bins, this.#levels(count));
    }
    return encodeExplain(++this.#requests, this.#to - windowFrames);
  }

  #levels(frames: number): Uint16Array {
    return Uint16Array.from({ length: frames * stft.bins }, () => this.random.below(65_536));
  }
}
