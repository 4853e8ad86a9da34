/** For `node --import`: a process in which a package cannot be found, in every thread of it. */
export function withoutPackage(name: string): string {
  const hooks = `export const resolve = (name, context, next) => {
    if (name === ${JSON.stringify(name)}) throw Object.assign(new Error("Cannot find package '${name}'"), { code: "ERR_MODULE_NOT_FOUND" });
    return next(name, context);
  };`;
  const url = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
  return url(`import { register } from "node:module"; register(${JSON.stringify(url(hooks))});`);
}
