/**
 * What runs in the report's page: sorts the tables, draws the cards, plays their sounds. Its source is written into
 * the page, so it may use nothing from outside itself but the types.
 */
import type { PackedSound, ReportCard, ReportData } from "./report-data.ts";

export function reportScript(): void {
  const data = JSON.parse(document.getElementById("data")?.textContent ?? "") as ReportData;

  for (const table of document.querySelectorAll<HTMLTableElement>("table.figures")) {
    const buttons = [...table.querySelectorAll<HTMLButtonElement>("thead button")];
    buttons.forEach((button, column) => {
      button.addEventListener("click", () => {
        // The best first; the worst first on the second click.
        const down = button.dataset["better"] === "up";
        const turned = button.classList.contains("sorted") && button.dataset["turned"] !== "yes";
        for (const each of buttons) {
          each.classList.remove("sorted");
          each.dataset["turned"] = "";
        }
        button.classList.add("sorted");
        button.dataset["turned"] = turned ? "yes" : "";
        const sign = (down ? -1 : 1) * (turned ? -1 : 1);
        for (const body of table.tBodies) {
          const shown = (row: HTMLTableRowElement) =>
            Number(row.cells[column + 1].dataset["value"] ?? Number.NaN);
          const rows = [...body.rows].slice(1);
          rows.sort((a, b) => compared(shown(a), shown(b), sign));
          body.append(...rows);
        }
      });
    });
  }

  for (const body of document.querySelectorAll<HTMLTableSectionElement>("table.figures tbody")) {
    const head = body.rows[0].cells[0];
    const title = head.textContent ?? "";
    const button = element("button") as HTMLButtonElement;
    button.type = "button";
    const fold = (folded: boolean) => {
      body.classList.toggle("folded", folded);
      button.textContent = `${folded ? "▸" : "▾"} ${title}`;
      button.setAttribute("aria-expanded", String(!folded));
    };
    button.addEventListener("click", () => fold(!body.classList.contains("folded")));
    head.replaceChildren(button);
    // Many methods have many controls: what they are read by, not what is read.
    fold(body.dataset["block"] === "control" && body.rows.length > 5);
  }

  /** Numbers by sign, what is no number last. */
  function compared(a: number, b: number, sign: number): number {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return sign * (a - b);
  }

  const form = document.getElementById("choice") as HTMLFormElement | null;
  const list = document.getElementById("cards");
  const loud = document.getElementById("loud") as HTMLInputElement | null;
  if (!form || !list) return;
  // The one sound that plays.
  let playing: { audio: HTMLAudioElement; button: HTMLButtonElement; url: string } | undefined;
  const select = (name: string) => form.elements.namedItem(name) as HTMLSelectElement;
  select("setting").append(new Option("all", ""));
  for (const { name, title } of data.settings) select("setting").append(new Option(title, name));
  for (const { name, heading } of data.metrics) select("metric").append(new Option(heading, name));
  for (const { name, title } of data.methods) select("method").append(new Option(title, name));
  select("metric").value = "ad";
  form.addEventListener("change", show);
  show();

  function show(): void {
    const metric = data.metrics.find(({ name }) => name === select("metric").value);
    if (!metric || !list) return;
    const method = select("method").value;
    const shown = ({ rows }: ReportCard) => rows[method]?.[metric.name] ?? Number.NaN;
    const worst = select("order").value === "worst";
    const sign = (metric.better === "up" ? 1 : -1) * (worst ? 1 : -1);
    const setting = select("setting").value;
    const cards = data.cards.filter((card) => setting === "" || card.setting === setting);
    cards.sort((a, b) => compared(shown(a), shown(b), sign));
    stop();
    list.replaceChildren(...cards.map(drawn));
  }

  function drawn(card: ReportCard): HTMLElement {
    const { portrait } = card;
    const article = element("article");
    const setting = data.settings.find(({ name }) => name === card.setting)?.title ?? card.setting;
    const label = card.label ? `${plain(card.label)} · ` : "";
    article.append(
      element("h3", `${label}${card.clip}`),
      element(
        "p",
        `${setting} · from ${portrait.start.toFixed(1)} s · heard as ${plain(portrait.answer.label)}, ${percent(portrait.answer.probability)}`,
      ),
    );
    const tiles = element("div");
    tiles.className = "tiles";
    const original = tile("The sound");
    original.append(picture(portrait.spectrogram), player("original", card, portrait.sound));
    tiles.append(original);
    for (const method of portrait.methods) {
      const { sound } = method;
      if (sound === undefined) continue;
      const each = tile(data.methods.find(({ name }) => name === method.name)?.title ?? method.name);
      each.append(
        picture(portrait.spectrogram, method.mask),
        player("explanation", card, sound),
        player("rest", card, portrait.sound, sound),
        element(
          "p",
          `that class from the explanation: ${percent(method.kept)}, from the rest: ${percent(method.rest)}`,
        ),
        figures(card, method.name),
      );
      tiles.append(each);
    }
    article.append(tiles);
    return article;
  }

  /** The clip's figures, over all of it. */
  function figures(card: ReportCard, method: string): HTMLElement {
    const row = card.rows[method] ?? {};
    const names = element("dl");
    for (const { name, heading, digits } of data.metrics) {
      const value = row[name];
      if (typeof value !== "number") continue;
      names.append(element("dt", heading), element("dd", value.toFixed(digits)));
    }
    return names;
  }

  function tile(title: string): HTMLElement {
    const box = element("div");
    box.className = "tile";
    box.append(element("h4", title));
    return box;
  }

  function picture(spectrogram: string, mask?: string): HTMLElement {
    const box = element("div");
    box.className = "picture";
    for (const [png, alt] of [
      [spectrogram, "spectrogram"],
      [mask, "mask"],
    ]) {
      if (!png) continue;
      const image = new Image();
      image.src = `data:image/png;base64,${png}`;
      image.alt = alt ?? "";
      box.append(image);
    }
    return box;
  }

  function stop(): void {
    if (!playing) return;
    playing.audio.pause();
    playing.button.setAttribute("aria-pressed", "false");
    URL.revokeObjectURL(playing.url);
    playing = undefined;
  }

  /** A button that plays `sound`, or what is left of it without `taken`. */
  function player(
    name: string,
    card: ReportCard,
    sound: PackedSound,
    taken?: PackedSound,
  ): HTMLButtonElement {
    const button = element("button", `▶ ${name}`) as HTMLButtonElement;
    button.type = "button";
    button.className = "play";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const again = playing?.button === button;
      stop();
      if (again) return;
      const samples = unpacked(sound);
      if (taken) {
        const kept = unpacked(taken);
        for (let n = 0; n < samples.length; n++) samples[n] -= kept[n];
      }
      // A sparse mask leaves next to nothing; turned up, it can at least be heard.
      if (loud?.checked) {
        const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9);
        for (let n = 0; n < samples.length; n++) samples[n] *= card.portrait.sound.peak / peak;
      }
      const url = URL.createObjectURL(wave(samples, card.portrait.sampleRate));
      const audio = new Audio(url);
      playing = { audio, button, url };
      button.setAttribute("aria-pressed", "true");
      audio.addEventListener("ended", stop);
      void audio.play();
    });
    return button;
  }

  /** µ-law (ITU-T G.711) to samples. */
  function unpacked({ peak, bytes }: PackedSound): Float32Array {
    return Float32Array.from(atob(bytes), (letter) => {
      const code = ~letter.charCodeAt(0) & 0xff;
      const magnitude = ((((code & 0x0f) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
      return (peak * (code & 0x80 ? -magnitude : magnitude)) / 32767;
    });
  }

  /** A WAV file of 16-bit samples. */
  function wave(samples: Float32Array, sampleRate: number): Blob {
    const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
    const text = (at: number, letters: string) => {
      for (let n = 0; n < letters.length; n++) view.setUint8(at + n, letters.charCodeAt(n));
    };
    text(0, "RIFF");
    view.setUint32(4, 36 + 2 * samples.length, true);
    text(8, "WAVEfmt ");
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true);
    view.setUint16(22, 1, true);
    view.setUint32(24, sampleRate, true);
    view.setUint32(28, 2 * sampleRate, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    text(36, "data");
    view.setUint32(40, 2 * samples.length, true);
    samples.forEach((sample, n) => {
      view.setInt16(44 + 2 * n, Math.max(-1, Math.min(1, sample)) * 32767, true);
    });
    return new Blob([view.buffer], { type: "audio/wav" });
  }

  function element(name: string, text = ""): HTMLElement {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  }

  function plain(label: string): string {
    return label.replaceAll("_", " ");
  }

  function percent(share: number): string {
    return `${Math.round(100 * share)} %`;
  }
}
