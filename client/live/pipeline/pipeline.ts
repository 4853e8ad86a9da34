import { filter, map, Observable, Subject } from "rxjs";
import { type AudioShape, framesIn, hopMs } from "../../../protocol/audio-shape.ts";
import type { Explanation, SpectralWindow } from "../../../protocol/engine.ts";
import { MaskState } from "../../../protocol/mask-state.ts";
import type { Decision, SpectrogramColumns, Timings } from "../live-explainer.ts";
import type { Restart } from "../told.ts";
import { type Blocks, BlocksInOrder } from "./blocks-in-order.ts";
import { ColumnCollector } from "./column-collector.ts";
import type { DelayPolicy } from "./delay-policy.ts";
import { everyStride } from "./every-stride.ts";
import { FrameClock } from "./frame-clock.ts";
import { latestWhenFree } from "./latest-when-free.ts";
import { HEARD_AFTER_MS, MaskMerger } from "./mask-merger.ts";
import type { FrameRecord } from "./processor-link.ts";
import { RecentValues } from "./recent-values.ts";
import { shared } from "./shared.ts";
import { SpectralHistory } from "./spectral-history.ts";
import { whenFree } from "./when-free.ts";

/** Frames that are remembered at least. */
const REMEMBERED_FRAMES = 1_024;
/** Columns are kept so long for a page that stands still. */
const COLUMNS_MS = 8_000;
/** Blocks of a streaming pack wait so long for their engine; what it says of them later is of no use to anybody. */
const WAITING_MS = 1_000;
const REMEMBERED_WINDOWS = 256;
const TIMINGS_INTERVAL_MS = 250;
/** Windows a second are counted over this time. */
const RATE_SPAN_MS = 2_000;

interface PipelineSettings {
  /** T: frames in one window, or in one block of a streaming pack. */
  readonly windowFrames: number;
  /** Of streaming packs: frames that one call can take, the fewest first. */
  readonly blockSizes?: (() => readonly number[]) | undefined;
  readonly shape: AudioShape;
  /** The most that D may become. */
  readonly maxDelayFrames: number;
  /** What framing, overlap-add and resampling hold back. */
  readonly framingMs: number;
}

/** What may change while it runs. */
interface PipelinePace {
  readonly strideFrames: number;
}

interface OpenColumns {
  readonly columns$: Observable<SpectrogramColumns>;
  readonly received: () => void;
}

interface PipelineParts {
  readonly records$: Observable<FrameRecord>;
  readonly link: {
    /** Records that wait to be read; null where nobody can tell. */
    readonly unread: number | null;
    writeMasks(firstFrame: number, rows: Float32Array): void;
    setDelay(frames: number): void;
  };
  /** Null when no engine could answer; the window is then lost. */
  readonly explain: (window: SpectralWindow) => Promise<Explanation | null>;
  /** Milliseconds that the engine wants between two windows at least; 0 where it wants nothing. */
  readonly leastMs?: (() => number) | undefined;
  readonly policy: DelayPolicy;
  readonly pace: PipelinePace;
  readonly settings: PipelineSettings;
  /** Milliseconds on any steady clock. */
  readonly now: () => number;
}

/** Frames that an engine was asked about. */
interface Span {
  readonly newest: number;
  /** The newest one of those that were asked about before; of the last answer where it is left out. */
  readonly before?: number;
}

/** What the worker knows of the timings; the page adds what the device holds back. */
export type Timing = Omit<Timings, "deviceMs">;

/**
 * frames → windows → newest window when the engine is free → engine → masks, or, of streaming packs,
 * frames → blocks → every block in order when the engine is free → engine → masks.
 *
 * Every `strideFrames` a window of the newest `windowFrames` is due; it is cut when the engine is free for it, so it
 * always ends with the newest frame. One is in flight; those that fall due meanwhile are dropped and counted. The
 * masks of overlapping windows are merged here and written for all frames that have not gone out yet. Blocks don't overlap:
 * the masks of a block are those of its very frames.
 * All streams complete with `records$`.
 */
export class Pipeline {
  readonly decisions$: Observable<Decision>;
  readonly columns$: Observable<SpectrogramColumns>;
  readonly timings$: Observable<Timing>;
  readonly #restarts = new Subject<Restart>();
  /** Each time that a streaming pack's model had to forget what it had heard of this stream. */
  readonly restarts$ = this.#restarts.asObservable();
  readonly #parts: PipelineParts;
  /** Frames that are remembered: the window and the longest delay find room. */
  readonly #remembered: number;
  readonly #history: SpectralHistory;
  readonly #merger: MaskMerger;
  readonly #policy: DelayPolicy;
  readonly #clock: FrameClock;
  readonly #frames$: Observable<FrameRecord>;
  /** One for the page and for each other reader of columns. */
  readonly #collectors = new Set<ColumnCollector>();
  readonly #pageColumns: OpenColumns;
  readonly #engineMs = new RecentValues(REMEMBERED_WINDOWS);
  readonly #inferenceMs = new RecentValues(REMEMBERED_WINDOWS);
  readonly #deliveries: number[] = [];
  #pace: PipelinePace;
  #windowsDropped = 0;
  #restartCount = 0;
  #late = 0;
  #missed = 0;
  /** Newest frame of the last window whose masks were delivered. */
  #lastExplained = Number.NaN;
  #lastColumn = -1;

  constructor(parts: PipelineParts) {
    const { settings, records$, now } = parts;
    this.#parts = parts;
    this.#pace = parts.pace;
    const { shape, windowFrames, maxDelayFrames } = settings;
    this.#remembered = Math.max(REMEMBERED_FRAMES, windowFrames + maxDelayFrames);
    this.#history = new SpectralHistory(this.#remembered, shape.bins, shape.phases);
    this.#merger = new MaskMerger(
      this.#remembered,
      shape.bins,
      // Of a block's frames nothing is said twice.
      settings.blockSizes ? 0 : framesIn(shape, HEARD_AFTER_MS),
    );
    this.#policy = parts.policy;
    this.#clock = new FrameClock(hopMs(shape));

    const frames$ = shared(records$.pipe(map((record) => this.#take(record))));
    this.#frames$ = frames$;
    const { blockSizes } = settings;
    this.decisions$ = shared(
      blockSizes ? this.#explainBlocks(frames$, blockSizes) : this.#explainWindows(frames$),
    );
    this.#pageColumns = this.openColumns();
    this.columns$ = this.#pageColumns.columns$;
    this.timings$ = frames$.pipe(
      atMostEvery(TIMINGS_INTERVAL_MS, now),
      map(() => this.#timings(now())),
    );
  }

  /** The page has received a message of columns; without this no more than two are sent. */
  columnsReceived(): void {
    this.#pageColumns.received();
  }

  /** Columns for one more reader, who calls `received` for each message; they are kept from when it subscribes. */
  openColumns(): OpenColumns {
    const { settings, now } = this.#parts;
    const { shape } = settings;
    const collector = new ColumnCollector(shape.bins, framesIn(shape, COLUMNS_MS));
    const columns$ = new Observable<SpectrogramColumns>((subscriber) => {
      this.#collectors.add(collector);
      subscriber.add(() => this.#collectors.delete(collector));
      const taken$ = this.#frames$.pipe(map(() => collector.take(now())));
      return taken$.pipe(filter((columns) => columns !== null)).subscribe(subscriber);
    });
    return { columns$, received: () => collector.answered() };
  }

  /** Windows come at this pace from now on, and the policy has been told. */
  setPace(pace: PipelinePace): void {
    this.#pace = pace;
    this.#lastExplained = Number.NaN;
    this.#parts.link.setDelay(this.#policy.delayFrames);
  }

  /** Another engine or method answers from now on: old masks and times say nothing of it. */
  engineChanged(): void {
    this.#merger.clear();
    this.#policy.forget();
    this.#engineMs.clear();
    this.#inferenceMs.clear();
    this.#lastExplained = Number.NaN;
  }

  #take(record: FrameRecord): FrameRecord {
    const { bins } = this.#parts.settings.shape;
    this.#clock.arrived(record.frame, this.#parts.now());
    const lost = record.frame > this.#history.newest + 1;
    this.#history.add(record.frame, record.magnitudes, record.phases);
    this.#late = record.late;
    this.#missed = record.missed;
    // When the delay shrinks, frames in between show the mask of the next one that was heard. Where records were lost, nobody
    // knows what they were heard under.
    const first = Math.max(this.#lastColumn + 1, record.appliedFrame - this.#remembered);
    for (let frame = first; frame <= record.appliedFrame; frame++) {
      const column = new Float32Array(2 * bins);
      this.#history.copy(frame, column);
      column.set(record.mask, bins);
      const state = lost && frame < record.appliedFrame ? MaskState.none : record.maskState;
      for (const collector of this.#collectors) collector.add(frame, column, state);
      this.#lastColumn = frame;
    }
    return record;
  }

  #engineStride(): number {
    return Math.ceil((this.#parts.leastMs?.() ?? 0) / hopMs(this.#parts.settings.shape));
  }

  #explainWindows(frames$: Observable<FrameRecord>): Observable<Decision> {
    const { windowFrames } = this.#parts.settings;
    return frames$.pipe(
      everyStride(() => Math.max(this.#pace.strideFrames, this.#engineStride())),
      latestWhenFree(
        () =>
          each(async () => {
            // Records come in bursts: the rest of this one belongs to the window too.
            await null;
            const window = this.#history.window(windowFrames);
            return this.#explain(window, { newest: this.#history.newest });
          }),
        () => this.#windowsDropped++,
      ),
    );
  }

  #explainBlocks(frames$: Observable<FrameRecord>, sizes: () => readonly number[]): Observable<Decision> {
    const { windowFrames, shape } = this.#parts.settings;
    const settings = {
      blockFrames: windowFrames,
      mostFrames: framesIn(shape, WAITING_MS),
      sizes,
      least: () => Math.max(this.#pace.strideFrames, this.#engineStride()),
      onDropped: (blocks: number) => {
        this.#windowsDropped += blocks;
      },
    };
    const explain = async ({ firstFrame, frames, begins }: Blocks) => {
      const cut = this.#history.window(frames, firstFrame);
      const window = begins === null ? cut : { ...cut, begins: true };
      const span = { newest: firstFrame + frames - 1, before: firstFrame - 1 };
      return this.#explain(window, span, (answer) => {
        if (answer.begins && begins !== "start") this.#restarted(begins ?? "engine");
      });
    };
    return frames$.pipe(
      whenFree(
        () => new BlocksInOrder(settings),
        (blocks) => each(() => explain(blocks)),
      ),
    );
  }

  #restarted(why: Restart): void {
    this.#restartCount++;
    this.#restarts.next(why);
  }

  async #explain(
    window: SpectralWindow,
    span: Span,
    onAnswer: (answer: Explanation) => void = () => {},
  ): Promise<readonly Decision[]> {
    const { explain, now, settings } = this.#parts;
    const started = now();
    const answer = await explain(window);
    if (!answer) return [];
    onAnswer(answer);
    this.#deliver(answer, span, now() - started);
    const { firstFrame, probabilities } = answer;
    const { blockSizes, windowFrames } = settings;
    if (!blockSizes) return [{ firstFrame, probabilities }];
    const blocks = window.magnitudes.length / settings.shape.bins / windowFrames;
    const classes = probabilities.length / blocks;
    return Array.from({ length: blocks }, (_, block) => ({
      firstFrame: firstFrame + block * windowFrames,
      probabilities: probabilities.slice(block * classes, (block + 1) * classes),
    }));
  }

  #deliver({ mask, inferenceMs }: Explanation, span: Span, engineMs: number): void {
    const { link, settings, now } = this.#parts;
    const { newest } = span;
    const delayFrames = this.#policy.delayFrames;
    // Frames before this have gone out. Even if all have, the newest one is written: masks have begun to come.
    const oldest = Math.min(newest, this.#history.newest - delayFrames + 1);
    const oldestMasked = newest + 1 - mask.length / settings.shape.bins;
    const { firstFrame, rows } = this.#merger.merge({ firstFrame: oldestMasked, mask }, oldest);
    link.writeMasks(firstFrame, rows);

    const delivered = now();
    const before = span.before ?? (this.#lastExplained || newest - this.#pace.strideFrames);
    const reach = newest - before + this.#framesSince(newest, delivered);
    this.#lastExplained = newest;
    this.#engineMs.add(engineMs);
    this.#inferenceMs.add(inferenceMs);
    this.#deliveries.push(delivered);
    this.#policy.delivered(delivered, reach);
    if (this.#policy.delayFrames !== delayFrames) link.setDelay(this.#policy.delayFrames);
  }

  /** Frames that the audio thread has made since this one. */
  #framesSince(frame: number, now: number): number {
    const { unread } = this.#parts.link;
    if (unread !== null) return this.#history.newest + unread - frame;
    // Masks have their way back still before them, so what has begun counts as a whole.
    return Math.ceil(this.#clock.age(frame, now) / this.#clock.hopMs);
  }

  #timings(now: number): Timing {
    const { shape, framingMs } = this.#parts.settings;
    const step = hopMs(shape);
    const { lookAhead, stride, engine } = this.#policy.parts;
    while (this.#deliveries.length > 0 && now - this.#deliveries[0] > RATE_SPAN_MS) this.#deliveries.shift();
    return {
      stftMs: framingMs,
      lookAheadMs: lookAhead * step,
      strideMs: stride * step,
      engineAllowanceMs: engine * step,
      algorithmicMs: framingMs + this.#policy.delayFrames * step,
      engineP50Ms: this.#engineMs.percentile(0.5) || 0,
      engineP99Ms: this.#engineMs.percentile(0.99) || 0,
      inferenceP50Ms: this.#inferenceMs.percentile(0.5) || 0,
      windowsPerSecond: this.#deliveries.length / (RATE_SPAN_MS / 1_000),
      windowsDropped: this.#windowsDropped,
      restarts: this.#restartCount,
      lateFrames: this.#late,
      missedDeadlines: this.#missed,
      engineLeastMs: this.#parts.leastMs?.() ?? 0,
    };
  }
}

/** Lets a value through when at least `ms` have passed since the last one that went through. */
function atMostEvery<T>(ms: number, now: () => number) {
  let last = Number.NEGATIVE_INFINITY;
  return filter<T>(() => {
    const time = now();
    if (time - last < ms) return false;
    last = time;
    return true;
  });
}

/** What is answered, one after the other. */
function each<T>(answer: () => Promise<readonly T[]>): Observable<T> {
  return new Observable((subscriber) => {
    answer().then(
      (values) => {
        for (const value of values) subscriber.next(value);
        subscriber.complete();
      },
      (error: unknown) => subscriber.error(error),
    );
  });
}
