/** A module and all that it imports, bundled into one script: see `tools/build/script-text.mjs`. */
declare module "*?script" {
  const text: string;
  export default text;
}
