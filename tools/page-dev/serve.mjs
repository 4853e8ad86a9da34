// Serves the page on a fake explainer under the strictest policy it must live with: node serve.mjs [port]
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { build } from "esbuild";
import { scriptText } from "../build/script-text.mjs";

export const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const types = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };

/** A file of the page, or one that every page has. */
function readShared(name) {
  const folders = ["client/page/static", "client/kit/static"];
  const sounds = name.replace(/^\/sounds\//, "client/kit/sounds/recordings/");
  return folders.reduce((sooner, folder) => sooner.catch(() => readFile(folder + name)), readFile(sounds));
}

/** Starts on a loopback port (0 takes a free one); returns the server. */
export async function serve(port = 0) {
  const { outputFiles } = await build({
    entryPoints: {
      page: "tools/page-dev/main.ts",
      picture: "client/kit/spectrogram/picture-worker.ts",
      early: "client/kit/early.ts",
    },
    outdir: "/",
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    platform: "browser",
    conditions: ["production"],
    plugins: [scriptText],
  });
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const name = path === "/" ? "/index.html" : path;
    try {
      const built = outputFiles.find(({ path }) => path === name);
      const body = built?.contents ?? (await readShared(name));
      const type = types[name.slice(name.lastIndexOf("."))] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, "content-security-policy": policy }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

// By its name: bundled into a test, this file is the one that was started too.
if (process.argv[1]?.endsWith("serve.mjs")) {
  const server = await serve(Number(process.argv[2] ?? 8090));
  console.log(`http://localhost:${server.address().port}`);
}
