// When what is heard counts as explained: by how frames came by their masks, and by looks without any.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ExplanationWatch } from "../../../client/live/session/explanation-watch.ts";
import { MaskState } from "../../../protocol/mask-state.ts";
import { OWN_SHAPE } from "../../worklets/rig.ts";

const columns = (frames: number, state: number) => ({ frames, states: new Uint8Array(frames).fill(state) });
const { own, held, fading, none } = MaskState;

/** Frames of 8 ms in the given order; the state after each stretch. */
function follow(watch: ExplanationWatch, ...stretches: readonly (readonly [number, number])[]): string[] {
  return stretches.map(([state, frames]) => {
    watch.push(columns(frames, state));
    return watch.state;
  });
}

test("it comes with the first mask, goes when the held one has faded, and is back once masks come steadily", () => {
  const watch = new ExplanationWatch(OWN_SHAPE);
  assert.is(watch.state, "coming");
  const states = follow(
    watch,
    ...([
      [none, 100],
      [own, 1],
      [held, 25],
      [fading, 49],
      [none, 1],
      [own, 10],
      [none, 1],
      [own, 30],
      [own, 1],
    ] as const),
  );
  assert.equal(states, ["coming", "here", "here", "here", "away", "away", "away", "away", "here"]);
});

test("a first mask that does not come within three seconds is away; masks too late to be used are none", () => {
  const watch = new ExplanationWatch(OWN_SHAPE);
  assert.equal(follow(watch, [none, 375], [none, 1]), ["coming", "away"]);
});

test("columns without states all have masks of their own", () => {
  const watch = new ExplanationWatch(OWN_SHAPE);
  watch.push({ frames: 3 });
  assert.is(watch.state, "here");
});

test("a worker that crashed sends nothing: away at the third look in a row, whatever was before", () => {
  const watch = new ExplanationWatch(OWN_SHAPE);
  watch.push(columns(8, own));
  const look = () => {
    watch.look(true);
    return watch.state;
  };
  assert.equal([look(), look()], ["here", "here"]);
  watch.push(columns(1, own));
  assert.equal([look(), look(), look()], ["here", "here", "away"]);
  // Woken up, it must show that masks come again.
  assert.equal(follow(watch, [own, 30], [own, 1]), ["away", "here"]);
});

test("what waits for the press that lets the sound begin is not away, what the system then holds back is", () => {
  const watch = new ExplanationWatch(OWN_SHAPE);
  for (let n = 0; n < 10; n++) watch.look(false);
  assert.is(watch.state, "coming");
  watch.push(columns(8, own));
  for (let n = 0; n < 3; n++) watch.look(false);
  assert.is(watch.state, "away");
});

test.run();
