/** Pieces of the report's page. */

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text = "",
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** A spectrogram, with a mask over it if there is one; both PNG in base64. */
export function picture(spectrogram: string, mask?: string): HTMLElement {
  const box = element("div");
  box.className = "picture";
  box.append(image(spectrogram, "spectrogram"));
  if (mask) box.append(image(mask, "mask"));
  return box;
}

function image(png: string, alt: string): HTMLImageElement {
  const made = new Image();
  made.src = `data:image/png;base64,${png}`;
  made.alt = alt;
  return made;
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
