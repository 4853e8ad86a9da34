/** The moving picture without a browser: fake canvases that note what is drawn on them, and animation frames by hand. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ColumnStore } from "../../../client/kit/spectrogram/column-store.ts";
import { FramePace } from "../../../client/kit/spectrogram/frame-pace.ts";
import { LivePicture } from "../../../client/kit/spectrogram/live-picture.ts";
import { type Context2D, ringColumns } from "../../../client/kit/spectrogram/painter.ts";
import { sizeFor } from "../../../client/kit/spectrogram/picture-size.ts";
import { ScrollClock } from "../../../client/kit/spectrogram/scroll-clock.ts";

const bins = 257;
const hopMs = 8;

class FakeContext {
  /** Columns put into a layer, and right edges of what was copied from one. */
  put = 0;
  readonly copied: { from: FakeContext; sx: number; width: number; x: number; alpha: number }[] = [];
  globalAlpha = 1;
  fillStyle = "";
  constructor(readonly canvas: FakeCanvas) {}
  putImageData(...args: readonly unknown[]): void {
    this.put += args[5] as number;
  }
  drawImage(canvas: FakeCanvas, ...[sx, , width, , x]: number[]): void {
    this.copied.push({ from: canvas.context, sx, width, x, alpha: this.globalAlpha });
  }
  fillRect(): void {}
}

class FakeCanvas {
  readonly context = new FakeContext(this);
  constructor(
    public width: number,
    public height: number,
  ) {
    layers.push(this.context);
  }
  getContext(): FakeContext {
    return this.context;
  }
}

const layers: FakeContext[] = [];
Object.assign(globalThis, { OffscreenCanvas: FakeCanvas, ImageData: class {} });

function columns(firstFrame: number, frames: number, value = 1) {
  return {
    firstFrame,
    frames,
    bins,
    magnitudes: new Float32Array(frames * bins).fill(value),
    mask: new Float32Array(frames * bins).fill(1),
  };
}

/** A picture 600 columns wide; `frame(now)` is an animation frame of the browser. */
function rig() {
  layers.length = 0;
  const screen = new FakeCanvas(600, 320);
  let wanted: ((now: number) => void) | null = null;
  let most = 0;
  let open = 0;
  const picture = new LivePicture(screen.context as unknown as Context2D, {
    request: (draw) => {
      wanted = draw;
      open += 1;
      most = Math.max(most, open);
      return 7;
    },
    cancel: () => {
      wanted = null;
    },
  });
  return {
    picture,
    screen,
    /** Layers made since the rig was: colour and veil, and two more for every other axis. */
    layers: () => layers.slice(1),
    painted: () => layers.slice(1).reduce((sum, { put }) => sum + put, 0) / 2,
    waits: () => wanted !== null,
    mostRequests: () => most,
    frame(now: number): void {
      const draw = wanted;
      wanted = null;
      open = 0;
      screen.context.copied.length = 0;
      draw?.(now);
    },
  };
}

test("the clock moves evenly though columns come in bursts, and never beyond the newest", () => {
  const clock = new ScrollClock(hopMs);
  const steps: number[] = [];
  let before = 0;
  for (let n = 0; n < 600; n++) {
    const now = (n * 1000) / 60;
    // Every 33 ms come four columns, now and then late and together.
    const newest = 4 * Math.floor(n / 2 - (n % 40 < 2 ? 1 : 0));
    const shown = clock.advance(newest, now);
    assert.ok(shown <= Math.max(newest, 0));
    if (n > 120) steps.push(shown - before);
    before = shown;
  }
  assert.ok(Math.min(...steps) >= 0 && Math.max(...steps) <= 4, steps.join(" "));
  const standing = steps.filter((step) => step === 0).length;
  assert.ok(standing <= steps.length / 20, `${standing} of ${steps.length} frames stood still`);
});

test("the clock jumps when it is far behind or the stream begins anew, and comes to rest at the newest", () => {
  const clock = new ScrollClock(hopMs);
  assert.is(clock.advance(1_000, 0), 995);
  assert.is(clock.advance(5_000, 16), 4_995);
  assert.is(clock.advance(10, 32), 5);
  let shown = 0;
  for (let now = 48; now < 400; now += 16) shown = clock.advance(10, now);
  assert.is(shown, 10);
  // After a rest it does not make up for the time that passed.
  clock.pause();
  assert.is(clock.advance(20, 60_000), 10);
});

/** Pictures drawn in each of so many seconds, with animation frames `gap(second)` ms apart. */
function drawnEachSecond(seconds: number, gap: (second: number) => number): number[] {
  const pace = new FramePace();
  const drawn = new Array<number>(seconds).fill(0);
  for (let now = 0; now < 1_000 * seconds; now += gap(Math.floor(now / 1_000))) {
    if (pace.due(now)) drawn[Math.floor(now / 1_000)]++;
  }
  return drawn;
}

test("some sixty pictures a second, whatever the screen shows", () => {
  for (const hertz of [60, 75, 120, 144, 240]) {
    const drawn = drawnEachSecond(10, () => 1_000 / hertz);
    assert.ok(
      drawn.every((count) => count >= 55 && count <= 84),
      `${hertz} Hz: ${drawn}`,
    );
  }
  assert.ok(drawnEachSecond(30, () => 1_000 / 30).every((count) => count >= 29 && count <= 31));
});

test("where frames come late it draws half as many, tries again, ever more rarely, and recovers", () => {
  // Every frame is late: all of them are drawn while it tries, every other one while it does not.
  const slow = drawnEachSecond(400, () => 26);
  const tries = slow.filter((count) => count > 30).length;
  assert.ok(slow[0] > 35 && slow[5] < 21, `${slow.slice(0, 12)}`);
  assert.ok(tries >= 5 && tries <= 18, `${tries} seconds of 400 were tries`);
  // A hiccup costs ten seconds.
  const hiccup = drawnEachSecond(40, (second) => (second < 3 ? 34 : 1_000 / 60));
  assert.ok(hiccup[6] <= 31, `${hiccup}`);
  assert.ok(hiccup[20] >= 58, `${hiccup}`);
});

test("the store keeps the newest columns, and each one's level", () => {
  const store = new ColumnStore(2, 8);
  const push = (firstFrame: number, values: readonly number[]) =>
    store.push(
      {
        firstFrame,
        frames: values.length,
        bins: 2,
        magnitudes: Float32Array.from(values.flatMap((value) => [value, value])),
        mask: Float32Array.from(values.flatMap((value) => [value / 10, value / 10])),
      },
      (magnitudes, offset) => -magnitudes[offset],
    );
  push(0, [0, 1, 2, 3, 4]);
  push(5, [5, 6, 7, 8, 9]);
  assert.equal([store.oldest, store.newest, store.stream], [2, 10, 0]);
  for (let frame = 2; frame < 10; frame++) {
    const slot = store.slot(frame);
    assert.is(store.magnitudes[2 * slot + 1], frame);
    assert.is(store.tops[slot], -frame);
  }
  push(3, [3]);
  assert.equal([store.oldest, store.newest, store.stream], [3, 4, 1]);
  store.push({ ...columns(4, 1), bins: 5 }, () => 0);
  assert.is(store.newest, 4, "another stream's columns are left out");
});

test("each column is painted once, and pictures are drawn only while something moves", () => {
  const { picture, frame, painted, waits, screen } = rig();
  frame(0);
  let now = 16;
  for (let n = 0; n < 50; n++) {
    picture.receive({ type: "columns", columns: columns(4 * n, 4) });
    frame(now);
    frame(now + 16);
    now += 32;
  }
  assert.is(painted(), 200);
  for (let n = 0; waits() && n < 20; n++) {
    frame(now);
    now += 16;
  }
  assert.not(waits(), "it rests at the newest column");
  const last = screen.context.copied.at(-1)!;
  assert.is(last.x + last.width, 600, "the newest column is at the right edge");
  assert.is(painted(), 200);
  const { pictures } = picture;
  frame(now + 1_000);
  assert.is(picture.pictures, pictures);
});

test("a slow screen leaves out pictures, not columns, and asks for one frame at a time", () => {
  const { picture, frame, painted, mostRequests, screen } = rig();
  for (let n = 0; n < 100; n++) picture.receive({ type: "columns", columns: columns(4 * n, 4) });
  frame(0);
  assert.is(mostRequests(), 1);
  assert.is(picture.pictures, 1);
  assert.is(painted(), 400);
  const shown = screen.context.copied.reduce((sum, { width }) => sum + width, 0) / 2;
  assert.is(shown, 395);
});

test("after a long time unseen it paints no more than it keeps", () => {
  const { picture, frame, painted } = rig();
  for (let n = 0; n < 1_000; n++) picture.receive({ type: "columns", columns: columns(32 * n, 32) });
  frame(0);
  assert.is(painted(), ringColumns);
});

test("a stream that begins anew shows nothing of the one before", () => {
  const { picture, frame, screen, waits } = rig();
  picture.receive({ type: "columns", columns: columns(0, 300) });
  frame(0);
  // As many frames again before the next picture: the numbers alone would not tell.
  picture.receive({ type: "columns", columns: columns(0, 40) });
  for (let now = 16; waits() && now < 500; now += 16) frame(now);
  const { x, width } = screen.context.copied[0];
  assert.equal([x, width], [560, 40]);
});

test("another view, scale or height, and lost pixels, show the same columns anew", () => {
  const { picture, frame, painted, layers } = rig();
  const axis = { bins, sampleRate: 16_000, hop: 128, scale: "mel", rows: 320 } as const;
  picture.receive({ type: "columns", columns: columns(0, 100) });
  frame(0);
  assert.is(painted(), 100);
  picture.receive({ type: "look", look: { view: "rest", overlay: 1, still: false } });
  frame(16);
  assert.is(painted(), 200);
  picture.receive({ type: "look", look: { view: "rest", overlay: 0.5, still: false } });
  frame(32);
  assert.is(painted(), 200, "strength alone moves no column");
  picture.receive({ type: "repaint" });
  frame(48);
  assert.is(painted(), 300);
  picture.receive({ type: "axis", axis: { ...axis, scale: "linear", rows: 512 } });
  frame(64);
  assert.is(painted(), 400);
  assert.is(layers().at(-1)?.canvas.height, 512);
  picture.receive({ type: "axis", axis: { ...axis, sampleRate: 44_100 } });
  frame(80);
  assert.is(painted(), 400, "another rate is another stream");
});

test("another width is drawn at once, as the canvas is empty then", () => {
  const { picture, frame, screen } = rig();
  picture.receive({ type: "columns", columns: columns(0, 100) });
  frame(0);
  screen.context.copied.length = 0;
  picture.receive({ type: "width", width: 800 });
  assert.is(screen.width, 800);
  const last = screen.context.copied.at(-1)!;
  assert.is(last.x + last.width, 800);
});

test("closing takes back the frame that was asked for", () => {
  const { picture, waits } = rig();
  picture.receive({ type: "columns", columns: columns(0, 4) });
  assert.ok(waits());
  picture.close();
  assert.not(waits());
});

test("the picture has a column a device pixel within limits, and few heights", () => {
  assert.equal(sizeFor(760, 350), { columns: 760, rows: 384 });
  assert.equal(sizeFor(280, 200), { columns: 512, rows: 256 });
  assert.equal(sizeFor(3600, 1200), { columns: ringColumns, rows: 512 });
});

test.run();
