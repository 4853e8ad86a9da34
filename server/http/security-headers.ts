/**
 * Headers of every answer. Cross-origin isolation gives the page SharedArrayBuffer; the content policy allows our own
 * scripts, workers and wasm and nothing else: no inline script, no eval, no blob workers, no other origin.
 *
 * `polyfill` lets inline script and eval through as well, for audioworklet-polyfill, which writes a script into a frame
 * of its own and evaluates the worklet there. That script names whatever the browser's window has, so no hash fits it.
 */
export function securityHeaders(host: string | undefined, { polyfill = false } = {}): Record<string, string> {
  return {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": contentPolicy(host, polyfill),
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  };
}

function contentPolicy(host: string | undefined, polyfill: boolean): string {
  // Older Safari does not count ws: and wss: to 'self'. The host is the client's own word: only a plain one is repeated.
  const sockets = host !== undefined && /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(host);
  return [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval'${polyfill ? " 'unsafe-eval' 'unsafe-inline'" : ""}`,
    // Inline script elements are enough: attributes such as onclick stay forbidden.
    ...(polyfill ? ["script-src-attr 'none'"] : []),
    "worker-src 'self'",
    `connect-src 'self'${sockets ? ` ws://${host} wss://${host}` : ""}`,
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
