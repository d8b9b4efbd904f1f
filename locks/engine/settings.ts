import { requestTimeoutMsDefault, requestTimeoutMsMax, requestTimeoutMsMin } from "../bounds.ts";
import type { LockEvent, LocksOptions } from "../locks.ts";
import { integerWithin } from "./arguments.ts";
import type { Backend } from "./backend.ts";
import { platformOf, type Platform } from "./platform.ts";

/** What all parts of one `Locks` work with. */
export interface Settings extends Platform {
  backend: Backend;
  requestTimeoutMs: number;
  emit: (event: Unaddressed<LockEvent>) => void;
}

/** An event before it says which backend it is from. */
type Unaddressed<Event> = Event extends LockEvent ? Omit<Event, "backend"> : never;

/** @throws LockError `invalid_argument` */
export const readSettings = (backend: Backend, options: LocksOptions): Settings => {
  const { requestTimeoutMs = requestTimeoutMsDefault, onEvent } = options;
  return {
    ...platformOf(options),
    backend,
    requestTimeoutMs: integerWithin(
      "requestTimeoutMs",
      requestTimeoutMs,
      requestTimeoutMsMin,
      requestTimeoutMsMax,
    ),
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
