import { VERSION } from "../../../protocol/version.ts";
import { startWorker } from "../../live/start-worker.ts";
import { LivePicture } from "./live-picture.ts";
import type { FromPictureWorker, ToPicture, ToPictureWorker } from "./picture-messages.ts";

export interface PictureHost {
  readonly where: "worker" | "page";
  send(message: Exclude<ToPicture, { type: "count" }>): void;
  /** Lets columns come straight through this port; null where the picture is drawn in the page. */
  readonly take: ((port: MessagePort) => void) | null;
  /** Pictures drawn so far. */
  pictures(): Promise<number>;
  close(): void;
}

/**
 * Draws on `canvas` in a worker, or on this page's own thread where there is no such thing. `onLost` tells that the
 * worker could not do it after all: its canvas is of no use any more, and another one is to be drawn in the page.
 */
export function openPicture(canvas: HTMLCanvasElement, workerUrl: URL, onLost: () => void): PictureHost {
  return inWorker(canvas, workerUrl, onLost) ?? openPictureInPage(canvas);
}

export function openPictureInPage(canvas: HTMLCanvasElement): PictureHost {
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) throw new Error("this browser gives no 2D canvas to draw the spectrogram on");
  const picture = new LivePicture(context, {
    request: (draw) => requestAnimationFrame(draw),
    cancel: (request) => cancelAnimationFrame(request),
  });
  const repaint = () => picture.receive({ type: "repaint" });
  canvas.addEventListener("contextrestored", repaint);
  return {
    where: "page",
    send: (message) => picture.receive(message),
    take: null,
    pictures: async () => picture.pictures,
    close() {
      canvas.removeEventListener("contextrestored", repaint);
      picture.close();
    },
  };
}

function inWorker(canvas: HTMLCanvasElement, url: URL, onLost: () => void): PictureHost | null {
  if (typeof Worker !== "function" || !("transferControlToOffscreen" in canvas)) return null;
  let worker: Worker;
  try {
    worker = startWorker(url.href, "listenable picture");
  } catch {
    // A content policy that allows no workers.
    return null;
  }
  const waiting: ((pictures: number) => void)[] = [];
  const send = (message: ToPictureWorker, transfer: Transferable[] = []) =>
    worker.postMessage(message, transfer);
  const close = () => {
    worker.onmessage = null;
    worker.onerror = null;
    worker.terminate();
    for (const answer of waiting.splice(0)) answer(0);
  };
  worker.onmessage = ({ data }: MessageEvent<FromPictureWorker>) => {
    if (data.type === "unusable" || (data.type === "ready" && data.version !== VERSION)) onLost();
    if (data.type === "drawn") waiting.shift()?.(data.pictures);
  };
  worker.onerror = onLost;
  const offscreen = canvas.transferControlToOffscreen();
  send({ type: "open", canvas: offscreen }, [offscreen]);
  return {
    where: "worker",
    send,
    take: (port) => send({ type: "port", port }, [port]),
    pictures: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        send({ type: "count" });
      }),
    close,
  };
}
