import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { compose, MUSIC_STYLES } from "../../../lab/training/compose.ts";
import { midiFile } from "../../../lab/training/midi-file.ts";

test("every style fills its time with notes that instruments have, on channels that were given one", () => {
  for (const [index, style] of MUSIC_STYLES.entries()) {
    const { voices, notes } = compose(new Random(index), style, 10);
    const channels = new Set(voices.map(({ channel }) => channel));
    assert.is(channels.size, voices.length, style);
    for (const { channel, key, velocity, start, length } of notes) {
      assert.ok(channels.has(channel), style);
      assert.ok(Number.isInteger(key) && key >= 21 && key <= 108, `${style}: key ${key}`);
      assert.ok(velocity >= 1 && velocity <= 127 && start >= 0 && length > 0, style);
    }
    const last = Math.max(...notes.map(({ start }) => start));
    assert.ok(last > 7 && notes.length >= 10, `${style}: ${notes.length} notes until ${last} s`);
  }
});

test("the same seed makes the same piece, another one another", () => {
  const notes = (seed: number) => compose(new Random(seed), "jazz", 10).notes;
  assert.equal(notes(1), notes(1));
  assert.not.equal(notes(1), notes(2));
});

test("a MIDI file gives out the instruments first, and ends a note before it begins anew", () => {
  const note = { channel: 2, key: 60, velocity: 90, length: 0.5 };
  const file = midiFile(
    [{ channel: 2, program: 40, pan: 64 }],
    [
      { ...note, start: 0.5 },
      { ...note, start: 0 },
    ],
  );
  assert.is(new DataView(file.buffer).getUint32(18), file.length - 22);
  const half = [0x83, 0x60];
  const events = [
    [0, 0xc2, 40],
    [0, 0xb2, 10, 64],
    [0, 0x92, 60, 90],
    [...half, 0x82, 60, 0],
    [0, 0x92, 60, 90],
    [...half, 0x82, 60, 0],
    [0, 0xff, 0x2f, 0],
  ];
  assert.equal([...file.subarray(22)], events.flat());
});

test.run();
