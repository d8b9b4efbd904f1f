import { requestTimeoutMsDefault, requestTimeoutMsMax, requestTimeoutMsMin } from "../bounds.ts";
import type { Clock, LockEvent, LocksOptions } from "../locks.ts";
import { integerWithin } from "./arguments.ts";
import type { Backend } from "./backend.ts";
import { systemClock } from "./clock.ts";

/** What all parts of one `Locks` work with. */
export interface Settings {
  backend: Backend;
  requestTimeoutMs: number;
  clock: Clock;
  random: () => number;
  emit: (event: Unaddressed<LockEvent>) => void;
}

/** An event before it says which backend it is from. */
type Unaddressed<Event> = Event extends LockEvent ? Omit<Event, "backend"> : never;

/** @throws LockError `invalid_argument` */
export const readSettings = (backend: Backend, options: LocksOptions): Settings => {
  const { requestTimeoutMs = requestTimeoutMsDefault, onEvent } = options;
  return {
    backend,
    requestTimeoutMs: integerWithin(
      "requestTimeoutMs",
      requestTimeoutMs,
      requestTimeoutMsMin,
      requestTimeoutMsMax,
    ),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    emit: (event) => {
      try {
        onEvent?.({ backend: backend.name, ...event });
      } catch (error) {
        // Whoever watches a lock must not be able to break it.
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    },
  };
};
