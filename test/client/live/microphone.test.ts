import { test } from "uvu";
import * as assert from "uvu/assert";
import { Microphone } from "../../../client/live/audio/microphone.ts";
import type { ProblemError } from "../../../client/live/problems.ts";
import { Scope } from "../../../client/live/scope.ts";
import type { Told } from "../../../client/live/told.ts";
import { settled } from "./fakes.ts";

class FakeTrack extends EventTarget {
  readyState = "live";
  constructor(
    readonly deviceId: string,
    readonly groupId: string,
  ) {
    super();
  }
  get label() {
    return `the ${this.groupId}`;
  }
  stop() {
    this.readyState = "ended";
  }
  getSettings() {
    return { deviceId: this.deviceId, groupId: this.groupId };
  }
  /** As when it is unplugged. */
  end() {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

/** Microphones by deviceId; the system's own choice is the first one. */
function rig(plugged: string[], wanted?: string) {
  const tracks: FakeTrack[] = [];
  const told: [Told | null, Told][] = [];
  const problems: string[] = [];
  const connected: FakeTrack[] = [];
  const scope = new Scope();
  const refusal: { name: string | null } = { name: null };
  const entry = (deviceId: string, groupId: string) =>
    ({ kind: "audioinput", deviceId, groupId }) as MediaDeviceInfo;
  const devices = Object.assign(new EventTarget(), {
    enumerateDevices: async () => [
      ...(plugged.length > 0 ? [entry("default", plugged[0])] : []),
      ...plugged.map((name) => entry(name, name)),
    ],
  });
  const getUserMedia = async ({ audio }: MediaStreamConstraints) => {
    if (refusal.name) throw new DOMException("no", refusal.name);
    const exact = ((audio as MediaTrackConstraints).deviceId as { exact?: string })?.exact;
    if (plugged.length === 0) throw new DOMException("none", "NotFoundError");
    if (exact && !plugged.includes(exact)) throw new DOMException("away", "OverconstrainedError");
    const track = new FakeTrack(exact ?? "default", exact ?? plugged[0]);
    tracks.push(track);
    return { getTracks: () => [track], getAudioTracks: () => [track] } as unknown as MediaStream;
  };
  const context = {
    createGain: () => ({ disconnect() {} }),
    createMediaStreamSource: (stream: MediaStream) => {
      const [track] = stream.getAudioTracks() as unknown as FakeTrack[];
      return {
        connect: () => connected.push(track),
        disconnect: () => connected.splice(connected.indexOf(track), 1),
      };
    },
  } as unknown as AudioContext;
  const microphone = new Microphone(wanted, {
    context,
    scope,
    getUserMedia,
    devices,
    onTrouble: (notice, event) => told.push([notice, event]),
    onProblem: (problem: ProblemError) => problems.push(problem.code),
  });
  const changed = async () => {
    devices.dispatchEvent(new Event("devicechange"));
    for (let n = 0; n < 20; n++) await settled();
  };
  const heard = () => connected.map(({ groupId }) => groupId);
  return { microphone, tracks, told, problems, plugged, changed, heard, scope, refusal };
}

test("a microphone that is unplugged is waited for, said so, and taken up again behind the same node", async () => {
  const { microphone, tracks, told, plugged, changed, heard, scope } = rig(["desk"]);
  const { node } = microphone;
  await microphone.open();
  assert.equal(heard(), ["desk"]);
  plugged.length = 0;
  tracks[0].end();
  await changed();
  assert.equal(heard(), []);
  assert.equal(told[0][0], { code: "microphone-away" });
  plugged.push("desk");
  await scope.pause(3_100);
  for (let n = 0; n < 20; n++) await settled();
  assert.equal(heard(), ["desk"]);
  assert.is(told.at(-1)?.[0], null);
  assert.is(microphone.node, node);
  await scope.close();
  assert.ok(tracks.every(({ readyState }) => readyState === "ended"));
  assert.equal(heard(), []);
});

test("while the chosen one is away another one is used, and it is taken again when it is back", async () => {
  const { microphone, tracks, told, plugged, changed, heard, scope } = rig(["desk", "headset"], "headset");
  await microphone.open();
  assert.equal(heard(), ["headset"]);
  plugged.splice(1, 1);
  tracks[0].end();
  await changed();
  assert.equal(heard(), ["desk"]);
  assert.equal(told.at(-1)?.[0], { code: "other-microphone", name: "the desk" });
  plugged.push("headset");
  await changed();
  assert.equal(heard(), ["headset"]);
  assert.is(told.at(-1)?.[0], null);
  assert.ok(
    told.every(([, event]) => !/desk|headset/.test(JSON.stringify(event))),
    "the log names no device",
  );
  await scope.close();
});

test("the page follows when the system's microphone changes, and only then", async () => {
  const { microphone, tracks, plugged, changed, heard, scope } = rig(["desk", "headset"]);
  await microphone.open();
  await changed();
  assert.is(tracks.length, 1);
  plugged.reverse();
  await changed();
  assert.equal(heard(), ["headset"]);
  assert.is(tracks[0].readyState, "ended");
  await scope.close();
});

test("permission that is withdrawn needs a person", async () => {
  const { microphone, tracks, problems, refusal, changed, scope } = rig(["desk"]);
  await microphone.open();
  refusal.name = "NotAllowedError";
  tracks[0].end();
  await changed();
  assert.equal(problems, ["permission-denied"]);
  await scope.close();
});

test("closing while the person is asked stops what they then allow", async () => {
  const { microphone, tracks, scope } = rig(["desk"]);
  const opening = microphone.open().catch((error) => error.name);
  await scope.close();
  assert.is(await opening, "AbortError");
  assert.ok(tracks.every(({ readyState }) => readyState === "ended"));
});

test.run();
