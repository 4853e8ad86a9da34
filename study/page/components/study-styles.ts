import { css } from "lit";

/** What the steps of the study share beyond the page's own styles. */
export const studyStyles = css`
  h2 {
    font-size: 1.25rem;
    outline-offset: 6px;
  }
  .step {
    display: grid;
    gap: 1rem;
  }
  .step p {
    text-wrap: pretty;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem;
    align-items: center;
  }
  button:disabled {
    opacity: 0.55;
    cursor: not-allowed;
  }
  button:disabled:hover {
    border-color: var(--control);
  }
`;
