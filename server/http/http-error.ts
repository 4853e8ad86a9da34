/** An answer other than the one asked for, with a sentence for people. Routes throw it; the router sends it. */
export class HttpError extends Error {
  override name = "HttpError";

  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export function notFound(message = "There is nothing at this address."): HttpError {
  return new HttpError(404, message);
}
