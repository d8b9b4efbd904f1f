import {
  leaseMsDefault,
  leaseMsMax,
  leaseMsMin,
  nameBytesMax,
  namesMax,
  waitMsDefault,
  waitMsMax,
} from "../bounds.ts";
import { LockError } from "../lock-error.ts";
import type { AcquireOptions, Names } from "../locks.ts";
import type { Backend } from "./backend.ts";

const refuse = (message: string): never => {
  throw new LockError("invalid_argument", message);
};

/** How a value is shown in an error: whole if it is short. */
const show = (value: unknown): string => {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length <= 80 ? text : `${text.slice(0, 76)} …"`;
};

/** @throws LockError `invalid_argument` unless it is an integer within the bounds, both included */
export const integerWithin = (name: string, value: unknown, min: number, max: number): number => {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  return refuse(`${name} is ${show(value)}; it must be an integer from ${min} to ${max}.`);
};

const controlCharacter = /\p{Cc}/u;

/** @throws LockError `invalid_argument` unless it can name a lock, or a run, on every backend */
export const checkedName = (kind: string, name: unknown): string => {
  if (typeof name !== "string") return refuse(`A ${kind} is ${show(name)}; it must be a string.`);
  if (name === "") return refuse(`A ${kind} is empty.`);
  const bytes = Buffer.byteLength(name);
  if (bytes > nameBytesMax) {
    return refuse(`The ${kind} ${show(name)} has ${bytes} bytes; ${nameBytesMax} are allowed.`);
  }
  if (controlCharacter.test(name) || !name.isWellFormed()) {
    return refuse(`The ${kind} ${show(name)} has a control character or half of a surrogate pair.`);
  }
  return name;
};

const checkedNames = (names: Names, backend: Backend): readonly string[] => {
  const given: readonly unknown[] = Array.isArray(names) ? names : [names];
  const unique = [...new Set(given.map((name) => checkedName("name", name)))].toSorted();
  if (unique.length === 0) return refuse("No name was given; at least one must be.");
  if (unique.length > namesMax) {
    return refuse(`${unique.length} names were given; ${namesMax} are allowed at once.`);
  }
  for (const name of unique) {
    const objection = backend.objectionTo?.(name);
    if (objection !== undefined) return refuse(`The name ${show(name)} ${objection}.`);
  }
  return unique;
};

/** What a caller asks for, checked, with all defaults filled in. */
export interface Wanted {
  /** Sorted, each once. */
  names: readonly string[];
  leaseMs: number;
  waitMs: number;
  renew: boolean;
  signal: AbortSignal | undefined;
  /** Milliseconds left to the caller; infinite when it did not say. */
  leftMs: () => number;
}

/** @throws LockError `invalid_argument` */
export const readArguments = (names: Names, options: AcquireOptions, backend: Backend): Wanted => {
  const { leaseMs = leaseMsDefault, waitMs = waitMsDefault, renew = false } = options;
  const { signal, deadline } = options;
  const wanted = {
    names: checkedNames(names, backend),
    leaseMs: integerWithin("leaseMs", leaseMs, leaseMsMin, leaseMsMax),
    waitMs: integerWithin("waitMs", waitMs, 0, waitMsMax),
    renew,
    signal,
    leftMs: deadline ?? (() => Infinity),
  };
  const leftMs: unknown = wanted.leftMs();
  if (typeof leftMs !== "number" || Number.isNaN(leftMs)) {
    return refuse(`The deadline answers ${show(leftMs)}; it must answer milliseconds.`);
  }
  if (leaseMs > leftMs) {
    return refuse(
      `leaseMs is ${leaseMs}, longer than the ${Math.max(0, Math.floor(leftMs))} ms that the ` +
        "deadline leaves.",
    );
  }
  return wanted;
};
