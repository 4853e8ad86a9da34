// Live sound is dated by when it came. Senders are simulated, on a clock that is stepped: nothing here takes time.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ArrivalClock } from "../../monitor/inputs/arrival-clock.ts";
import { type Clock, clockFromNow } from "../../monitor/inputs/clock.ts";
import { randomNumbers } from "../dsp/signals.ts";

const RATE = 16_000;
/** The bound on event times, in seconds. */
const BOUND = 0.5;
/** An event is dated so many seconds after its sound has come, or more: the clip goes on for as long. */
const LOOK_BACK = 2;

class SteppedClock implements Clock {
  now = 1_000;
  /** Wall minus steady. */
  set = Date.UTC(2026, 6, 14);
  steady = () => this.now;
  wall = () => this.now + this.set;
}

interface Sender {
  /** Seconds of sound to one packet. */
  readonly packet: number;
  /** Seconds of sound that it has kept for whoever connects. */
  readonly burst?: number;
  /** What ffmpeg holds back before the first sample. */
  readonly probing?: number;
  /** Seconds of silence of the line: [after so many seconds of sound, for so long]. What would have been said is lost. */
  readonly pauses?: readonly (readonly [number, number])[];
  /** The same, but all that was said meanwhile comes after. */
  readonly stalls?: readonly (readonly [number, number])[];
  /** Parts by which its clock is fast. */
  readonly fast?: number;
  /** Most seconds that a packet may be late by itself. */
  readonly jitter?: number;
  readonly seconds: number;
  readonly seed?: number;
}

interface Packet {
  readonly comes: number;
  readonly samples: number;
  /** When its first sample was made, in seconds. */
  readonly made: number;
}

function packetsOf(sender: Sender): Packet[] {
  const { packet, burst = 0, probing = 0, pauses = [], stalls = [], fast = 0, jitter = 0, seconds } = sender;
  const random = randomNumbers(sender.seed ?? 1);
  const packets: Packet[] = [];
  const samples = Math.round(packet * RATE);
  let heldUntil = probing;
  for (let sound = -burst; sound < seconds; sound += packet) {
    const paused = pauses.filter(([at]) => at <= sound).reduce((sum, [, length]) => sum + length, 0);
    const made = (sound + paused) / (1 + fast);
    const ready = made + packet / (1 + fast) + jitter * random();
    for (const [at, length] of stalls) if (sound <= at && at < sound + packet) heldUntil = ready + length;
    heldUntil = Math.max(heldUntil, ready, 0);
    packets.push({ comes: heldUntil, samples, made });
  }
  return packets;
}

/** The largest error, in seconds, of what is asked `LOOK_BACK` seconds after a packet came, of samples behind it. */
function largestError(sender: Sender): number {
  const clock = new SteppedClock();
  const begin = clock.now;
  const arrivals = new ArrivalClock(RATE, begin - 30_000, clock);
  const packets = packetsOf(sender);
  let largest = 0;
  let asked = 0;
  let first = 0;
  const firsts = packets.map(({ samples }) => {
    first += samples;
    return first - samples;
  });
  const error = (k: number) => {
    const { made } = packets[k];
    const told = (arrivals.timeOf(firsts[k]).getTime() - clock.set - begin) / 1000;
    largest = Math.max(largest, Math.abs(told - made));
  };
  for (const { comes, samples } of packets) {
    for (; packets[asked].comes + LOOK_BACK < comes; asked++) error(asked);
    clock.now = begin + 1000 * comes;
    arrivals.arrived(samples);
  }
  return largest;
}

test("sound that pauses without closing is dated right before and after, for every length of pause", () => {
  for (const pause of [0.3, 0.7, 1.5, 4, 10, 14, 60, 600]) {
    const pauses = [30, 61.3, 90.02, 400].map((at) => [at, pause] as const);
    const error = largestError({ packet: 0.1, pauses, seconds: 600 });
    assert.ok(error < BOUND, `pauses of ${pause} s: ${error} s`);
  }
});

test("many short pauses do not add up", () => {
  const pauses = Array.from({ length: 500 }, (_, k) => [7 * k + 0.37, 0.4] as const);
  assert.ok(largestError({ packet: 0.1, pauses, seconds: 3_600 }) < BOUND);
});

test("what ffmpeg holds back while it probes does not make the first stretch late", () => {
  for (const probing of [0.2, 1, 5.1, 20]) {
    assert.ok(largestError({ packet: 0.1, probing, seconds: 60 }) < BOUND, `${probing} s`);
  }
});

test("a burst of old sound lies before the moment it came", () => {
  for (const burst of [2, 4, 16])
    assert.ok(largestError({ packet: 0.1, burst, seconds: 60 }) < BOUND, `${burst} s`);
});

test("sound that was held up on the way and comes after all stays where it was", () => {
  for (const stall of [1, 3, 8]) {
    const stalls = [20, 50, 51, 80].map((at) => [at, stall] as const);
    // What is asked while it is held up is asked of packets that have come.
    assert.ok(largestError({ packet: 0.1, stalls, seconds: 120 }) < BOUND, `${stall} s`);
  }
});

test("a sender whose clock is fast or slow is followed for two days", () => {
  for (const fast of [-500e-6, -50e-6, 50e-6, 250e-6]) {
    const error = largestError({ packet: 0.5, fast, seconds: 48 * 3600 });
    assert.ok(error < BOUND, `${fast}: ${error} s`);
  }
});

test("property: of senders with all of it at once, every moment is right to half a second", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = randomNumbers(seed);
    // A pause that begins while sound is held up is one with it for whoever waits: they are ten seconds apart.
    const times = (count: number, offset: number, length: number) =>
      Array.from(
        { length: Math.floor(count * random()) },
        (_, k) => [40 * k + offset + 8 * random(), length * random() ** 2] as const,
      );
    const sender: Sender = {
      packet: 0.02 + 0.2 * random(),
      burst: random() < 0.5 ? 0 : 10 * random(),
      probing: random() < 0.5 ? 0 : 6 * random(),
      pauses: times(8, 20, 30),
      stalls: times(8, 40, 6),
      fast: 600e-6 * (random() - 0.5),
      jitter: 0.3 * random(),
      seconds: 300,
      seed,
    };
    const error = largestError(sender);
    assert.ok(error < BOUND, `${error} s of ${JSON.stringify(sender)}`);
  }
});

test("the wall clock may be set while a stream runs: what is asked after that is told by the new time", () => {
  const clock = new SteppedClock();
  clock.set = 0;
  const arrivals = new ArrivalClock(RATE, 0, clock);
  const file = clockFromNow(clock);
  for (let n = 0; n < 100; n++) {
    clock.now += 100;
    arrivals.arrived(RATE / 10);
  }
  assert.is(arrivals.timeOf(0).getTime(), 1_000);
  // A computer without a clock gets the time after ten seconds, then loses an hour, then slews.
  for (const set of [Date.UTC(2026, 6, 14), Date.UTC(2026, 6, 13, 23), Date.UTC(2026, 6, 13, 23) + 40]) {
    clock.set = set;
    assert.is(arrivals.timeOf(0).getTime(), set + 1_000);
    assert.is(arrivals.timeOf(5 * RATE).getTime(), set + 6_000);
    assert.is(file(5).getTime(), set + 6_000);
  }
});

test("a recording that is sent as fast as it is read is dated from its beginning on", () => {
  const clock = new SteppedClock();
  const begin = clock.now;
  const arrivals = new ArrivalClock(RATE, begin, clock);
  for (let n = 0; n < 360; n++) {
    clock.now += 20;
    arrivals.arrived(10 * RATE);
  }
  for (const second of [0, 1_000, 3_599]) {
    const told = (arrivals.timeOf(second * RATE).getTime() - clock.set - begin) / 1000;
    assert.ok(Math.abs(told - second) < 1.5, `${told} s for ${second} s`);
  }
});

test("memory is bounded, and what is older than it is told as well as can be", () => {
  const clock = new SteppedClock();
  const arrivals = new ArrivalClock(RATE, 0, clock);
  // Each packet 2 ms later than the one before: every one a stair.
  for (let n = 0; n < 20_000; n++) {
    clock.now += 102;
    arrivals.arrived(RATE / 10);
  }
  const told = arrivals.timeOf(arrivals.samples - RATE).getTime() - clock.set;
  assert.ok(Math.abs(told - (clock.now - 1_020)) < 50, `${told}`);
  assert.ok(Number.isFinite(arrivals.timeOf(0).getTime()));
});

test.run();
