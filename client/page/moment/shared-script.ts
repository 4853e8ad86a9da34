/**
 * What runs in a shared moment's page: plays its sounds in step and lets one of them through. Its source is written into
 * the page, so it may use nothing from outside itself.
 */
export function sharedScript(): void {
  const FADE_SECONDS = 0.012;
  const elements = [...document.querySelectorAll<HTMLAudioElement>("audio")];
  const choices = [...document.querySelectorAll<HTMLInputElement>("input[name=sound]")];
  const button = document.querySelector<HTMLButtonElement>("#play");
  const loop = document.querySelector<HTMLInputElement>("#loop");
  const match = document.querySelector<HTMLInputElement>("#match");
  const cursors = [...document.querySelectorAll<HTMLElement>(".cursor")];
  if (!button || !loop || !match) return;

  let context: AudioContext | undefined;
  let buffers: AudioBuffer[] = [];
  let playing: { sources: AudioBufferSourceNode[]; gains: GainNode[]; startedAt: number } | undefined;

  const chosen = () => choices.findIndex((choice) => choice.checked);
  const level = (k: number) => {
    if (k !== chosen()) return 0;
    return match.checked ? Number(elements[k].dataset["gain"]) : 1;
  };
  const bytes = (element: HTMLAudioElement) => {
    const text = atob(element.src.slice(element.src.indexOf(",") + 1));
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer;
  };
  const apply = () => {
    const now = context?.currentTime ?? 0;
    playing?.gains.forEach((gain, k) => {
      gain.gain.setTargetAtTime(level(k), now, FADE_SECONDS / 3);
    });
  };
  const stop = () => {
    const before = playing;
    playing = undefined;
    button.textContent = button.dataset["play"] ?? "";
    document.body.dataset["playing"] = "";
    if (!before || !context) return;
    for (const gain of before.gains) gain.gain.setTargetAtTime(0, context.currentTime, FADE_SECONDS / 3);
    for (const source of before.sources) {
      source.onended = null;
      source.stop(context.currentTime + 2 * FADE_SECONDS);
    }
  };
  const start = async () => {
    const audio = context ?? new AudioContext();
    context = audio;
    await audio.resume();
    if (buffers.length === 0) {
      buffers = await Promise.all(elements.map((element) => audio.decodeAudioData(bytes(element))));
    }
    stop();
    const startedAt = audio.currentTime + 0.01;
    const gains = buffers.map(() => new GainNode(audio, { gain: 0 }));
    const sources = buffers.map((buffer, k) => {
      const source = new AudioBufferSourceNode(audio, { buffer, loop: loop.checked });
      source.connect(gains[k]).connect(audio.destination);
      source.start(startedAt);
      return source;
    });
    playing = { sources, gains, startedAt };
    sources[0].onended = stop;
    apply();
    button.textContent = button.dataset["stop"] ?? "";
    document.body.dataset["playing"] = "yes";
    requestAnimationFrame(follow);
  };
  const follow = () => {
    const seconds = playing && context ? Math.max(0, context.currentTime - playing.startedAt) : 0;
    const length = buffers[0]?.duration ?? 1;
    for (const cursor of cursors) {
      const { left, right } = cursor.dataset;
      const share = (seconds % length) / length;
      cursor.hidden = playing === undefined;
      cursor.style.left = `${Number(left) + share * (Number(right) - Number(left))}%`;
    }
    if (playing) requestAnimationFrame(follow);
  };

  button.addEventListener("click", () => {
    if (playing) stop();
    else void start();
  });
  for (const choice of [...choices, match]) choice.addEventListener("change", apply);
  loop.addEventListener("change", () => {
    for (const source of playing?.sources ?? []) source.loop = loop.checked;
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const byDigit = choices[Number(event.key) - 1];
    const byLetter = choices["ABCDE".indexOf(event.key.toUpperCase())];
    const choice = byDigit ?? byLetter;
    if (!choice) return;
    choice.checked = true;
    apply();
  });
}
