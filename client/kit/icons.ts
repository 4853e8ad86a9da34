/** Line icons on a 24 x 24 grid; they stand beside words and are hidden from screen readers. */
import { svg, type TemplateResult } from "lit";

function icon(paths: TemplateResult): TemplateResult {
  return svg`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${paths}</svg>`;
}

export const microphoneIcon = icon(
  svg`<rect x="9" y="3" width="6" height="11" rx="3" /><path d="M5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3" />`,
);
export const fileIcon = icon(
  svg`<path d="M6 3.500h8l4 4v13H6zM14 3.500v4h4" /><path d="M9.500 12v4M12 10.500v7M14.500 12.500v3" />`,
);
export const waveIcon = icon(svg`<path d="M4 10v4M8 7v10M12 4v16M16 8v8M20 10.500v3" />`);
export const headphonesIcon = icon(
  svg`<path d="M4 17v-4a8 8 0 0 1 16 0v4" /><rect x="3.500" y="14" width="4" height="6" rx="1.500" /><rect x="16.500" y="14" width="4" height="6" rx="1.500" />`,
);
export const volumeIcon = icon(
  svg`<path d="M4 9.500v5h3.500l4.500 4v-13l-4.500 4z" /><path d="M15.500 9a4 4 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11" />`,
);
export const deviceIcon = icon(
  svg`<rect x="4" y="5" width="16" height="11" rx="1.500" /><path d="M2.500 19.500h19" />`,
);
export const serverIcon = icon(
  svg`<path d="M7 18.500a4 4 0 0 1-.5-8 5.500 5.500 0 0 1 10.700-1 4.500 4.500 0 0 1 .3 9zM12 16v-5M9.500 13l2.500-2.500 2.500 2.500" />`,
);
export const warningIcon = icon(svg`<path d="M12 4 2.800 19.500h18.400zM12 10v4.500M12 17.250v.1" />`);
export const playIcon = icon(svg`<path d="M7 4.500v15l12-7.500z" fill="currentColor" />`);
export const stopIcon = icon(svg`<rect x="6" y="6" width="12" height="12" rx="1.500" fill="currentColor" />`);
