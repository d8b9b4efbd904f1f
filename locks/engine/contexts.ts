/**
 * Whose a lease is, within a process. A context is opened around a piece of work, and all that the
 * work calls and awaits is in it.
 *
 * It is opened by `run`, never entered from inside of `acquire`: that would also change the context
 * of the caller's caller until its next await, and a loop that starts one task after the other
 * without awaiting them would hand the first one's locks to the second.
 */
import { AsyncLocalStorage } from "node:async_hooks";

export interface Context {
  readonly parent: Context | undefined;
}

const storage = new AsyncLocalStorage<Context>();

/** The context that the caller is in; outside of any, a new one of its own. */
export const currentContext = (): Context => storage.getStore() ?? { parent: undefined };

/** A new context inside of the one that the caller is in. */
export const openContext = (): Context => ({ parent: storage.getStore() });

export const runIn = <Result>(context: Context, work: () => Result): Result =>
  storage.run(context, work);

/** Whether `inner` is `outer` or was opened within it. */
export const isWithin = (inner: Context, outer: Context): boolean => {
  for (let context: Context | undefined = inner; context; context = context.parent) {
    if (context === outer) return true;
  }
  return false;
};
