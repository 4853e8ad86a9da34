import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Files that are dropped anywhere on the window. */
export class FileDrop implements ReactiveController {
  /** A file is held over the window just now. */
  over = false;
  readonly #host: ReactiveControllerHost;
  readonly #take: (file: File) => void;

  constructor(host: ReactiveControllerHost, take: (file: File) => void) {
    this.#host = host;
    this.#take = take;
    host.addController(this);
  }

  hostConnected(): void {
    window.addEventListener("dragover", this.#draggedOver);
    window.addEventListener("dragleave", this.#draggedOut);
    window.addEventListener("drop", this.#dropped);
  }

  hostDisconnected(): void {
    window.removeEventListener("dragover", this.#draggedOver);
    window.removeEventListener("dragleave", this.#draggedOut);
    window.removeEventListener("drop", this.#dropped);
  }

  #set(over: boolean): void {
    if (over === this.over) return;
    this.over = over;
    this.#host.requestUpdate();
  }

  readonly #draggedOver = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.#set(true);
  };

  readonly #draggedOut = (event: DragEvent): void => {
    // Leaving the window has no element that is entered instead.
    if (event.relatedTarget === null) this.#set(false);
  };

  readonly #dropped = (event: DragEvent): void => {
    this.#set(false);
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    this.#take(file);
  };
}
