import { css } from "lit";

export const panelStyles = css`
  dialog {
    width: min(100vw - 1.5rem, 92rem);
    max-width: none;
    max-height: calc(100dvh - 1.5rem);
    margin: auto;
    padding: 1rem clamp(0.75rem, 2vw, 1.5rem) 1.25rem;
    overflow: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    color: var(--ink);
    box-shadow: 0 1rem 4rem rgb(0 0 0 / 35%);
  }
  dialog::backdrop {
    background: rgb(12 9 18 / 45%);
  }
  header {
    display: flex;
    gap: 1rem;
    align-items: start;
    justify-content: space-between;
  }
  h2 {
    font-size: 1.25rem;
  }
  moment-transport {
    position: sticky;
    z-index: 1;
    top: -1rem;
    margin: 0.25rem 0 0.375rem;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1rem;
    align-items: center;
    margin-top: 0.75rem;
  }
  .sides {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 1rem 1.5rem;
  }
  .sides.two {
    grid-template-columns: repeat(2, minmax(0, 1fr));
  }
  .selected {
    font-variant-numeric: tabular-nums;
  }
  button.small {
    min-height: 2.5rem;
    padding: 0.375rem 0.875rem;
    font-size: 0.9375rem;
  }
  .field {
    display: flex;
    gap: 0.5rem;
    align-items: center;
  }
  .row .check {
    align-items: center;
  }
  .row .check input {
    margin: 0;
  }
  moment-keep {
    margin-top: 0.75rem;
    padding-top: 0.75rem;
    border-top: 1px solid var(--line);
  }
  @media (max-width: 62rem) {
    .sides.two {
      grid-template-columns: minmax(0, 1fr);
    }
  }
  @media (max-width: 40rem) {
    dialog {
      width: 100vw;
      max-height: 100dvh;
      min-height: 100dvh;
      border: 0;
      border-radius: 0;
    }
  }
  @media (hover: none) {
    .keys {
      display: none;
    }
  }
`;
