import { css } from "lit";

export const pictureStyles = css`
  .plot {
    display: grid;
    grid-template-columns: 1.75rem minmax(0, 1fr);
    grid-template-rows: 1.5rem clamp(10rem, 30vh, 20rem) 1.5rem;
    column-gap: 0.375rem;
  }
  .picture {
    position: relative;
    overflow: hidden;
    border-radius: 0.5rem;
    background: #08060d;
    cursor: crosshair;
    touch-action: pan-y;
  }
  canvas {
    display: block;
    width: 100%;
    height: 100%;
  }
  .outside {
    position: absolute;
    top: 0;
    bottom: 0;
    left: var(--from);
    width: calc(var(--to) - var(--from));
    background: rgb(0 0 0 / 62%);
    pointer-events: none;
  }
  .outside.before {
    border-right: 2px solid #f4eef8;
  }
  .outside.after {
    border-left: 2px solid #f4eef8;
  }
  /* Outside of what is selected, so that both can be taken hold of however short that is. */
  .handle {
    position: absolute;
    top: 0;
    bottom: 0;
    width: 1.5rem;
    cursor: ew-resize;
    touch-action: none;
  }
  .handle::after {
    position: absolute;
    top: calc(50% - 1rem);
    left: calc(50% - 0.375rem);
    width: 0.75rem;
    height: 2rem;
    border: 2px solid #17131f;
    border-radius: 0.5rem;
    background: #f4eef8;
    content: "";
  }
  .handle.from {
    left: max(0px, var(--at) - 1.5rem);
  }
  .handle.to {
    left: min(var(--at), 100% - 1.5rem);
  }
  .handle:focus-visible {
    outline-offset: -3px;
  }
  .cursor {
    position: absolute;
    top: 0;
    bottom: 0;
    left: 0;
    width: 100%;
    border-left: 2px solid #7ff4e0;
    pointer-events: none;
  }
  .time span:first-child {
    transform: none;
  }
  /* What it was taken for: the believed in full, the guesses in outline. */
  .heard {
    position: relative;
    grid-column: 2;
    height: 1.25rem;
    overflow: hidden;
    border-radius: 0.25rem;
    background: var(--sunken);
  }
  .heard span {
    position: absolute;
    top: 0;
    bottom: 0;
    left: var(--from);
    width: var(--width);
    overflow: hidden;
    padding: 0 0.25rem;
    border-left: 1px solid var(--surface);
    color: var(--soft);
    font-size: 0.75rem;
    line-height: 1.25rem;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .heard .sure {
    background: var(--accent);
    color: var(--on-accent);
  }
  .unit {
    margin-top: 0.375rem;
    color: var(--soft);
    font-size: 0.75rem;
    line-height: 1;
    text-align: right;
  }
`;
