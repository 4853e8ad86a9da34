// onnxruntime-web as browsers get it: from its own sources, which lie in its package, with the build definitions of its plain
// WASM build. What it publishes ready-made for that has its worker proxy in it, and the ways between tensors and pictures,
// textures and buffers of a GPU: 10 of 50 kB that every worker of ours would parse at each start and never call.
import { join, resolve } from "node:path";

const SOURCES = resolve("node_modules/onnxruntime-web/lib");

/** As in the package's own `ort.wasm.mjs`, but without the proxy. */
const DEFINITIONS = {
  DISABLE_WASM: false,
  DISABLE_WASM_PROXY: true,
  DISABLE_WEBGL: true,
  DISABLE_JSEP: true,
  DISABLE_WEBGPU: true,
  DISABLE_WEBNN: true,
  ENABLE_JSPI: false,
  // The wasm's script lies beside the wasm.
  ENABLE_BUNDLE_WASM_JS: false,
  IS_ESM: true,
  ESM_IMPORT_META_URL: "import.meta.url",
  BUNDLE_FILENAME: JSON.stringify("ort.wasm.min.mjs"),
};

export const ortWebDefinitions = Object.fromEntries(
  Object.entries(DEFINITIONS).map(([name, value]) => [`BUILD_DEFS.${name}`, String(value)]),
);

/** The modules of onnxruntime-common that are left out, with all that they export. */
const NEVER = {
  "tensor-conversion-impl.js": ["tensorToDataURL", "tensorToImageData"],
  "tensor-factory-impl.js": [
    "bufferToTensor",
    "tensorFromGpuBuffer",
    "tensorFromImage",
    "tensorFromMLTensor",
    "tensorFromPinnedBuffer",
    "tensorFromTexture",
  ],
};

/** For esbuild, with `ortWebDefinitions` among its definitions. */
export const ortWeb = {
  name: "ort-web",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^onnxruntime-web\/wasm$/ }, () => ({ path: join(SOURCES, "index.ts") }));
    // What Node would need is dropped, once it is resolved.
    onResolve({ filter: /^node:/ }, ({ path, importer }) =>
      importer.startsWith(SOURCES) ? { path, external: true } : undefined,
    );
    onLoad({ filter: /onnxruntime-web\/lib\/wasm\/wasm-utils-env\.ts$/ }, () => ({
      contents: "export const isNode = false;",
    }));
    onLoad({ filter: /onnxruntime-common\/dist\/esm\/tensor-(conversion|factory)-impl\.js$/ }, ({ path }) => {
      const names = NEVER[path.split("/").at(-1)];
      const stubs = names.map((name) => `export const ${name} = never;`).join("\n");
      return { contents: `const never = () => { throw new Error("not in this build"); };\n${stubs}\n` };
    });
  },
};
