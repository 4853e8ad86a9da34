/** The name under which this page keeps something in the browser: pages of other folders of the origin see what it keeps. */
export function keyHere(name: string): string {
  const folder = new URL("./", document.baseURI).pathname;
  return folder === "/" ? name : `${name} of ${folder}`;
}
