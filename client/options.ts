/** The options of a client and of a call, with their bounds and defaults. */
import { createAuthorization, type Auth, type Authorization } from "./authorization.ts";
import { invalidOption } from "./errors.ts";

export interface ClientOptions {
  /**
   * The address of the API: `https://….execute-api.eu-west-1.amazonaws.com`, or `http://127.0.0.1:3000` of
   * `npm start`. It may have a path. The stack's output `ApiUrl` has it.
   */
  baseUrl: string;
  /** The identity of the caller. Default: none, as a stack with `auth=none` takes calls. */
  auth?: Auth;
  /** The time for a whole call with all its attempts and waits, in milliseconds: 1 to 600,000. Default: 10,000. */
  timeoutMs?: number;
  /** The number of requests that one call may send: 1 to 100. Default: 5. With 1, no call is repeated. */
  attemptsMax?: number;
  /** Sends the requests. Default: the `fetch` of the platform. */
  fetch?: typeof globalThis.fetch;
}

/** The options of every call. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason. A request that was sent may still take effect. */
  signal?: AbortSignal;
  /** In place of the client's `timeoutMs`. Of a list, the time for each page. */
  timeoutMs?: number;
}

/** The options of a call that Holdfast applies once for each idempotency key. */
export interface KeyedCallOptions extends CallOptions {
  /**
   * 1 to 255 printable ASCII characters. All attempts of the call have it. Default: a random UUID. Give one
   * that outlives the process, such as the id of the checkout, so that a later call can repeat this one.
   */
  idempotencyKey?: string;
}

/** The options of a change that may depend on the version of its record. */
export interface VersionedCallOptions extends CallOptions {
  /** The version that the caller has seen. The outcome is `version_mismatch` where there is another one. */
  ifMatch?: number;
}

/** The options of a change of the lines of a hold. */
export interface ChangeCallOptions extends KeyedCallOptions, VersionedCallOptions {}

/** The options of a client after their check. */
export interface Settings {
  /** Without a slash at the end. */
  baseUrl: string;
  authorization: Authorization;
  timeoutMs: number;
  attemptsMax: number;
  fetch: typeof globalThis.fetch;
}

export const timeoutMsDefault = 10_000;
const timeoutMsMax = 600_000;
const attemptsDefault = 5;
const attemptsBound = 100;

/** @throws HoldfastError `invalid_option` */
export const readClientOptions = (options: ClientOptions): Settings => ({
  baseUrl: readBaseUrl(options.baseUrl),
  authorization: createAuthorization(options.auth),
  timeoutMs: readWholeNumber("timeoutMs", options.timeoutMs ?? timeoutMsDefault, timeoutMsMax),
  attemptsMax: readWholeNumber(
    "attemptsMax",
    options.attemptsMax ?? attemptsDefault,
    attemptsBound,
  ),
  fetch: readFetch(options.fetch),
});

/** @throws HoldfastError `invalid_option` */
export const readTimeoutMs = (options: CallOptions, settings: Settings): number =>
  readWholeNumber("timeoutMs", options.timeoutMs ?? settings.timeoutMs, timeoutMsMax);

/** HTTP removes spaces at the ends of a header. */
const keyPattern = /^[!-~]([ -~]{0,253}[!-~])?$/;

/** @throws HoldfastError `invalid_option` */
export const readIdempotencyKey = ({ idempotencyKey }: KeyedCallOptions): string => {
  if (idempotencyKey === undefined) return crypto.randomUUID();
  if (typeof idempotencyKey === "string" && keyPattern.test(idempotencyKey)) return idempotencyKey;
  const expected = "must be 1 to 255 printable ASCII characters without a space at its ends";
  throw invalidOption("idempotencyKey", `${expected}, not ${show(idempotencyKey)}`);
};

/** @throws HoldfastError `invalid_option` */
export const readIfMatch = ({ ifMatch }: VersionedCallOptions): string | undefined =>
  ifMatch === undefined
    ? undefined
    : `"${readWholeNumber("ifMatch", ifMatch, 999_999_999_999_999, 0)}"`;

function readBaseUrl(sent: unknown): string {
  const expected = "must be an http or https address without a query";
  const url = typeof sent === "string" && URL.canParse(sent) ? new URL(sent) : undefined;
  const isAddress = url !== undefined && /^https?:$/.test(url.protocol);
  if (!isAddress || url.search !== "" || url.hash !== "" || url.username !== "") {
    throw invalidOption(
      "baseUrl",
      `${expected}, as in "https://api.example.com", not ${show(sent)}`,
    );
  }
  return url.href.replace(/\/+$/, "");
}

function readFetch(sent: unknown): typeof globalThis.fetch {
  // Looked up with each call: a test may replace the platform's own.
  if (sent === undefined) return (input, init) => globalThis.fetch(input, init);
  if (typeof sent === "function") return sent as typeof globalThis.fetch;
  throw invalidOption("fetch", `must be a function, not ${show(sent)}`);
}

function readWholeNumber(name: string, sent: unknown, max: number, min = 1): number {
  if (Number.isInteger(sent) && (sent as number) >= min && (sent as number) <= max) {
    return sent as number;
  }
  const bounds = `${min} to ${max.toLocaleString("en-US")}`;
  throw invalidOption(name, `must be a whole number from ${bounds}, not ${show(sent)}`);
}

/** A value as a caller would recognize it, cut where it is long. */
export function show(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
