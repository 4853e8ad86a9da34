// A kiosk without a microphone: examples at once, a quiet search, and the room again when there is one.
import { BehaviorSubject, Subject } from "rxjs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type {
  ProblemCode,
  Source,
  SpectrogramColumns,
  Status,
  Told,
} from "../../client/live/live-explainer.ts";
import { MicrophoneSeeker } from "../../kiosk/page/microphone-seeker.ts";
import { MicrophoneWatch } from "../../kiosk/page/microphone-watch.ts";
import { Program, type Scene } from "../../kiosk/page/program.ts";
import { Supervisor } from "../../kiosk/page/supervisor.ts";
import { FakeClock } from "./fake-clock.ts";

const SETTINGS = { source: "microphone", idle: 60, attract: 20, listen: 8 } as const;

function running(code?: Told["code"]): Status {
  return {
    state: "running",
    source: "microphone",
    engine: "local",
    engineDescription: "",
    explanation: "here",
    notices: code ? [{ code } as Told] : [],
  };
}

/** A browser with microphones that come and go, and a permission. */
class FakeDevices extends EventTarget {
  microphones = 0;
  permission: PermissionState = "granted";
  /** Whether the browser tells of the permission. */
  tells = true;
  muted = false;
  /** How the next one fails; of itself when there is none. */
  failure: ProblemCode | null = null;
  opened = 0;
  stopped = 0;
  /** A question that nobody answers. */
  unanswered = false;
  readonly status = Object.assign(new EventTarget(), {
    state: this.permission,
  }) as unknown as PermissionStatus;

  async getUserMedia(): Promise<MediaStream> {
    this.opened++;
    if (this.unanswered) return new Promise(() => {});
    if (this.permission === "denied") throw new DOMException("", "NotAllowedError");
    if (this.microphones === 0) throw new DOMException("", "NotFoundError");
    const stop = () => {
      this.stopped++;
    };
    return { getAudioTracks: () => [{ readyState: "live", muted: this.muted, stop }] } as never;
  }

  async enumerateDevices(): Promise<MediaDeviceInfo[]> {
    const label = this.permission === "granted" ? "a microphone" : "";
    return Array.from({ length: this.microphones }, () => ({ kind: "audioinput", label }) as MediaDeviceInfo);
  }

  attach(count: number): void {
    this.microphones = count;
    this.dispatchEvent(new Event("devicechange"));
  }

  allow(state: PermissionState): void {
    this.permission = state;
    this.status.dispatchEvent(new Event("change"));
  }

  async query(): Promise<PermissionStatus | null> {
    Object.assign(this.status, { state: this.permission });
    return this.tells ? this.status : null;
  }
}

/** The kiosk of open-kiosk.ts, with an explainer that opens what the devices have. */
function rig(settings: Partial<{ source: "microphone" | "sounds"; idle: number }> = {}) {
  const clock = new FakeClock();
  const devices = new FakeDevices();
  const status$ = new BehaviorSubject<Status>({ state: "idle" });
  const columns$ = new Subject<SpectrogramColumns>();
  const started: string[] = [];
  const program = new Program({ ...SETTINGS, ...settings }, clock);
  const start = async (source: unknown) => {
    const { kind } = source as Source;
    started.push(kind);
    if (kind === "microphone") {
      status$.next({ state: "starting", step: "microphone" });
      if (devices.unanswered) return new Promise<void>(() => {});
      const code =
        devices.permission === "denied"
          ? "permission-denied"
          : (devices.failure ?? (devices.microphones === 0 ? "no-microphone" : null));
      if (code) {
        const problem = { code, detail: "" };
        status$.next({ state: "failed", problem });
        throw Object.assign(new Error(code), problem);
      }
    }
    status$.next(running());
  };
  const supervisor = new Supervisor({
    explainer: { status$, columns$, start },
    clock,
    random: () => 0.5,
    reloadedAt: null,
    reload: () => assert.unreachable("nothing is loaded anew for a microphone"),
    takes: (code) => watch.takes(code),
  });
  const seeker = new MicrophoneSeeker({
    clock,
    devices: devices as never,
    permission: () => devices.query(),
    onFound: () => watch.found(),
  });
  const told: string[] = [];
  const watch: MicrophoneWatch = new MicrophoneWatch(settings.source !== "sounds", {
    ...{ clock, status$, program, seeker },
    onChange: () => told.push(watch.state),
  });
  const states: string[] = [];
  supervisor.state$.subscribe((state) => states.push(state));
  const scenes: string[] = [];
  let before = "";
  program.scene$.subscribe((scene: Scene) => {
    scenes.push(scene.kind === "live" ? "live" : scene.deaf ? "example" : "invites");
    const what = scene.kind === "live" ? "live" : `sound ${scene.sound}`;
    if (what === before) return;
    before = what;
    const source = { kind: scene.kind === "live" ? "microphone" : "samples" } as Source;
    supervisor.want(async () => source);
  });
  const flow = async (seconds: number) => {
    for (let n = 0; n < seconds; n++) {
      columns$.next({} as SpectrogramColumns);
      await clock.pass(1_000);
    }
  };
  return { clock, devices, program, supervisor, seeker, watch, status$, started, told, scenes, states, flow };
}

test("none attached: an example is the first thing that runs, nobody is invited, and nothing recovers", async () => {
  const kiosk = rig();
  await kiosk.clock.pass(0);
  assert.equal(kiosk.started, ["microphone", "samples"]);
  assert.is(kiosk.supervisor.state$.value, "running");
  assert.equal(kiosk.scenes, ["live", "example"]);
  await kiosk.flow(300);
  assert.ok(kiosk.scenes.length > 10, "they play in turn");
  assert.equal(new Set(kiosk.scenes.slice(1)), new Set(["example"]));
  assert.not(kiosk.states.includes("recovering"));
  assert.is(kiosk.supervisor.recoveries, 0);
  assert.equal(kiosk.supervisor.problems, ["no-microphone"], "told once");
  assert.equal(kiosk.told, ["missing"]);
  assert.is(kiosk.devices.opened, 10, "looked for every 30 s");
});

test("one is attached: the room is heard again, once browsers have told of it in all their steps", async () => {
  const kiosk = rig();
  await kiosk.flow(12);
  kiosk.devices.attach(0);
  kiosk.devices.attach(1);
  await kiosk.clock.pass(499);
  assert.is(kiosk.devices.opened, 0);
  await kiosk.clock.pass(1);
  assert.is(kiosk.devices.opened, 1);
  assert.is(kiosk.devices.stopped, 1, "the one that was tried is given back");
  assert.is(kiosk.scenes.at(-1), "live");
  assert.is(kiosk.started.at(-1), "microphone");
  assert.equal(kiosk.told, ["missing", "there"]);
  await kiosk.flow(9);
  assert.is(kiosk.scenes.at(-1), "invites", "and visitors are invited as ever");
  await kiosk.flow(60);
  assert.is(kiosk.devices.opened, 1, "nothing is looked for any more");
});

test("a microphone that comes back without a word from the browser is found within 30 seconds", async () => {
  const kiosk = rig();
  await kiosk.flow(5);
  kiosk.devices.microphones = 1;
  await kiosk.flow(26);
  assert.is(kiosk.watch.state, "there");
});

test("taken away while it runs: examples, unless another one takes over in that second", async () => {
  const kiosk = rig();
  kiosk.devices.microphones = 1;
  await kiosk.flow(3);
  assert.is(kiosk.scenes.at(-1), "live");
  kiosk.status$.next(running("microphone-away"));
  kiosk.status$.next(running("other-microphone"));
  await kiosk.flow(2);
  assert.is(kiosk.scenes.at(-1), "live", "another one took over");
  kiosk.devices.microphones = 0;
  kiosk.status$.next(running("microphone-away"));
  await kiosk.clock.pass(1_000);
  assert.equal([kiosk.scenes.at(-1), kiosk.started.at(-1)], ["example", "samples"]);
  assert.is(kiosk.watch.state, "missing");
  kiosk.devices.attach(1);
  await kiosk.clock.pass(500);
  assert.is(kiosk.scenes.at(-1), "live");
});

test("a mute one hears nobody: examples, and it counts as found only when it is not mute any more", async () => {
  const kiosk = rig();
  kiosk.devices.microphones = 1;
  kiosk.devices.muted = true;
  await kiosk.flow(2);
  kiosk.status$.next(running("microphone-muted"));
  await kiosk.clock.pass(1_000);
  assert.is(kiosk.scenes.at(-1), "example");
  await kiosk.flow(61);
  assert.is(kiosk.scenes.at(-1), "example");
  assert.is(kiosk.devices.opened, 2);
  kiosk.devices.muted = false;
  await kiosk.flow(30);
  assert.is(kiosk.watch.state, "there");
});

test("denied: examples; nobody is asked again and again, and the room is heard once it is allowed", async () => {
  const kiosk = rig();
  kiosk.devices.microphones = 1;
  kiosk.devices.permission = "denied";
  await kiosk.flow(200);
  assert.is(kiosk.watch.state, "denied");
  assert.equal(new Set(kiosk.scenes.slice(1)), new Set(["example"]));
  kiosk.watch.hurry();
  await kiosk.flow(1);
  assert.is(kiosk.devices.opened, 0, "not even at a touch");
  kiosk.devices.allow("granted");
  await kiosk.clock.pass(500);
  assert.equal([kiosk.watch.state, kiosk.scenes.at(-1)], ["there", "live"]);
});

test("a question that nobody answers is no microphone either; it is asked again at a touch alone", async () => {
  const kiosk = rig();
  kiosk.devices.microphones = 1;
  kiosk.devices.permission = "prompt";
  kiosk.devices.unanswered = true;
  await kiosk.clock.pass(9_999);
  assert.is(kiosk.scenes.at(-1), "live");
  await kiosk.clock.pass(1);
  assert.is(kiosk.scenes.at(-1), "example");
  await kiosk.flow(100);
  assert.is(kiosk.devices.opened, 0);
  kiosk.program.touched();
  kiosk.watch.hurry();
  kiosk.watch.hurry();
  await kiosk.flow(100);
  assert.is(kiosk.devices.opened, 1, "one question at a time");
});

test("where the browser does not tell of the permission, named devices show that it was given", async () => {
  const kiosk = rig();
  kiosk.devices.tells = false;
  await kiosk.flow(60);
  assert.is(kiosk.devices.opened, 0, "there is none");
  kiosk.devices.permission = "prompt";
  kiosk.devices.microphones = 1;
  await kiosk.flow(60);
  assert.is(kiosk.devices.opened, 0, "this would ask a person");
  kiosk.devices.permission = "granted";
  await kiosk.flow(30);
  assert.is(kiosk.watch.state, "there");
});

test("a touch tries at once; without idle time the examples play all the same, and the room is back for good", async () => {
  const kiosk = rig({ idle: 0 });
  await kiosk.flow(3);
  assert.is(kiosk.scenes.at(-1), "example");
  kiosk.program.touched();
  kiosk.watch.hurry();
  await kiosk.clock.pass(0);
  assert.is(kiosk.scenes.at(-1), "example");
  kiosk.devices.microphones = 1;
  kiosk.watch.hurry();
  await kiosk.clock.pass(0);
  assert.is(kiosk.scenes.at(-1), "live");
  await kiosk.flow(300);
  assert.is(kiosk.scenes.at(-1), "live");
});

test("a microphone that can be tried but not started: no more than one attempt in 30 seconds", async () => {
  const kiosk = rig();
  kiosk.devices.microphones = 1;
  kiosk.devices.failure = "microphone-busy";
  await kiosk.flow(300);
  assert.ok(kiosk.started.filter((kind) => kind === "microphone").length <= 11);
  assert.not(kiosk.states.includes("recovering"));
});

test("other failures are the supervisor's, and a kiosk of sounds alone looks for no microphone", async () => {
  const failing = rig();
  failing.devices.microphones = 1;
  await failing.flow(2);
  failing.status$.next({ state: "failed", problem: { code: "audio-suspended", detail: "" } });
  assert.is(failing.supervisor.state$.value, "recovering");
  const sounds = rig({ source: "sounds" });
  await sounds.flow(100);
  assert.equal([sounds.watch.state, sounds.devices.opened], ["unused", 0]);
  assert.equal(new Set(sounds.scenes), new Set(["example"]), "and does not ask for what it would not hear");
});

test.run();
