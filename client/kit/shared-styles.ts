import { css } from "lit";

/** What all components share: cards, headings, buttons, fields, one visible focus. */
export const sharedStyles = css`
  :host {
    display: block;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h2 {
    margin: 0;
    font-size: 0.9375rem;
    font-weight: 650;
    letter-spacing: -0.005em;
  }
  p {
    margin: 0;
  }
  .card {
    padding: 1rem clamp(0.875rem, 2vw, 1.25rem);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    box-shadow: var(--shadow);
  }
  .soft {
    color: var(--soft);
    font-size: 0.875rem;
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  button,
  select,
  .button {
    min-height: 2.75rem;
    padding: 0.5rem 1rem;
    border: 1px solid var(--control);
    border-radius: 0.625rem;
    background: var(--surface);
    color: var(--ink);
    font: inherit;
    cursor: pointer;
  }
  button:hover,
  select:hover,
  .button:hover {
    border-color: var(--accent);
  }
  button.primary {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
  }
  button.primary:hover {
    border-color: var(--accent-strong);
    background: var(--accent-strong);
  }
  select {
    max-width: 100%;
    text-overflow: ellipsis;
  }
  input[type="range"] {
    width: 100%;
    min-height: 1.75rem;
    margin: 0;
    accent-color: var(--accent);
    cursor: pointer;
  }
  input[type="checkbox"] {
    flex: none;
    width: 1.125rem;
    height: 1.125rem;
    margin: 0.1875rem 0 0;
    accent-color: var(--accent);
  }
  .check {
    display: flex;
    gap: 0.5rem;
    align-items: start;
    cursor: pointer;
  }
  fieldset {
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    padding: 0;
  }
  /* A radio group drawn as one row of connected or free buttons; the inputs stay real, so keys and names work. */
  .choices {
    display: flex;
    flex-wrap: wrap;
    gap: 0.375rem;
  }
  .choices label {
    position: relative;
    cursor: pointer;
  }
  .choices input {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    margin: 0;
    opacity: 0;
    cursor: pointer;
  }
  .choices span.face {
    display: flex;
    gap: 0.5rem;
    align-items: center;
    justify-content: center;
    min-height: 2.5rem;
    padding: 0.375rem 0.875rem;
    border: 1px solid var(--line);
    border-radius: 0.625rem;
    background: var(--surface);
    transition: background var(--ease), border-color var(--ease);
  }
  .choices label:hover span.face {
    border-color: var(--control);
  }
  .choices input:checked + span.face {
    border-color: var(--accent);
    background: var(--tint);
    color: var(--accent-strong);
    font-weight: 600;
  }
  .choices input:disabled + span.face {
    border-style: dashed;
    color: var(--soft);
  }
  :focus-visible,
  .choices input:focus-visible + span.face {
    /* Other people's pages don't have our colours; without one there would be no outline at all. */
    outline: 3px solid var(--accent, currentcolor);
    outline-offset: 2px;
  }
  svg.icon {
    flex: none;
    width: 1.25rem;
    height: 1.25rem;
    fill: none;
    stroke: currentcolor;
    stroke-width: 1.75;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  @media (forced-colors: active) {
    .choices input:checked + span.face {
      outline: 2px solid Highlight;
    }
  }
`;
