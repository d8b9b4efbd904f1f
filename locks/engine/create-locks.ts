/**
 * The engine: makes `Locks` of a backend. The path of an acquisition: arguments.ts checks it,
 * contexts.ts and grant.ts tell whether its context holds the names already, acquire-claim.ts gets
 * them from the server, grant.ts keeps them.
 */
import { LockError, type LossCause } from "../lock-error.ts";
import type { AcquireOptions, Locks, LocksOptions, Names } from "../locks.ts";
import { acquireClaim, type Granted } from "./acquire-claim.ts";
import { readArguments, type Wanted } from "./arguments.ts";
import type { Backend, Claim } from "./backend.ts";
import { untilChange } from "./bounded.ts";
import { startStopwatch } from "./stopwatch.ts";
import { currentContext, openContext, runIn, type Context } from "./contexts.ts";
import { createGrant, type Grant } from "./grant.ts";
import { createLease, type EngineLease } from "./create-lease.ts";
import { readSettings } from "./settings.ts";
import { startWait, type Wait } from "./wait.ts";
import { withdraw } from "./withdraw.ts";

/** @throws LockError `invalid_argument` */
export const createLocks = <Action>(
  backend: Backend<Action>,
  options: LocksOptions,
): Locks<EngineLease<Action>> => {
  const settings = readSettings(backend, options);
  const instance = settings.randomUuid();
  const closing = new AbortController();
  /** By name, what this instance holds. */
  const grants = new Map<string, Grant<Action>>();
  /** What still runs in the background and has to end before the connections do. */
  const pending = new Set<Promise<unknown>>();
  let claims = 0;
  let closed: Promise<void> | undefined;

  const track = <Result>(work: Promise<Result>): Promise<Result> => {
    const forget = (): boolean => pending.delete(work);
    pending.add(work);
    work.then(forget, forget);
    return work;
  };

  const withdrawLater = (claim: Claim): void =>
    void track(withdraw(claim, settings, closing.signal));

  /** The grant that the context holds these names by, if it holds any of them. */
  const ownGrant = (names: readonly string[], context: Context): Grant<Action> | undefined => {
    const own = names.flatMap((name) => {
      const grant = grants.get(name);
      grant?.check();
      return grant !== undefined && grants.has(name) && grant.isHeldWithin(context) ? [grant] : [];
    });
    const [first] = own;
    if (first === undefined) return undefined;
    if (own.length === names.length && own.every((grant) => grant === first)) return first;
    throw new LockError(
      "invalid_argument",
      "Some of the names are held by this context, and not all by one lease: a lease on them " +
        "would have no single token. Acquire all of them together first, or only the new ones.",
    );
  };

  /** Asks the server. Undefined when others hold a name until the wait is over. */
  const acquireGrant = async (
    wanted: Wanted,
    context: Context,
    wait: Wait,
  ): Promise<Grant<Action> | undefined> => {
    const { names } = wanted;
    /** The backend may hear of a loss before the grant is made. */
    const state: { grant?: Grant<Action>; earlyLoss?: LossCause } = {};
    claims += 1;
    const claim = backend.claim({
      names,
      owner: `${instance}:${claims}`,
      onLoss: (cause) => {
        state.earlyLoss = cause;
        state.grant?.lose(cause);
      },
    });
    const waited = startStopwatch(settings.clock);
    let granted: Granted | undefined;
    try {
      granted = await acquireClaim(claim, wanted, wait, settings);
    } finally {
      if (granted === undefined) withdrawLater(claim);
    }
    if (granted === undefined) return undefined;
    settings.emit({
      type: "acquired",
      names,
      token: granted.token,
      waitedMs: waited.elapsedMs(),
    });

    const grant = createGrant(
      { ...wanted, ...granted },
      {
        claim,
        onEnd: () => {
          for (const name of names) if (grants.get(name) === state.grant) grants.delete(name);
        },
        withdraw: () => withdrawLater(claim),
      },
      context,
      settings,
    );
    if (state.earlyLoss !== undefined) grant.lose(state.earlyLoss);
    if (grant.signal.aborted) {
      const message = "The lease was over before it could be used.";
      throw new LockError("not_acquired", message, { cause: grant.signal.reason });
    }
    state.grant = grant;
    for (const name of names) grants.set(name, grant);
    return grant;
  };

  /** A lease on what the context holds already, or on what the server grants. */
  const acquireWithin = async (
    wanted: Wanted,
    context: Context,
    wait: Wait,
  ): Promise<EngineLease<Action> | undefined> => {
    const { names, leaseMs, renew, leftMs } = wanted;
    for (;;) {
      const own = ownGrant(names, context);
      if (own === undefined) {
        const grant = await acquireGrant(wanted, context, wait);
        return grant && createLease(grant, names, context, leftMs);
      }
      if (own.admits(context)) {
        await own.enter(context, leaseMs, renew);
        return createLease(own, names, context, leftMs);
      }
      // Another branch of the work that holds it has it now.
      if (wait.leftMs() <= 0) return undefined;
      await untilChange(settings.timers, own.changed, wait.leftMs(), wait.gaveUp);
      wait.gaveUp.throwIfAborted();
    }
  };

  const acquireOrNot = async (
    names: Names,
    acquireOptions: AcquireOptions,
    context: Context,
  ): Promise<EngineLease<Action> | undefined> => {
    if (closing.signal.aborted) {
      throw new LockError("invalid_argument", "These locks are closed.");
    }
    const wanted = readArguments(names, acquireOptions, backend);
    const wait = startWait(wanted, settings, closing.signal);
    try {
      return await track(acquireWithin(wanted, context, wait));
    } finally {
      wait.end();
    }
  };

  const acquireInContext = async (
    names: Names,
    acquireOptions: AcquireOptions,
    context: Context,
  ): Promise<EngineLease<Action>> => {
    const lease = await acquireOrNot(names, acquireOptions, context);
    if (lease !== undefined) return lease;
    throw new LockError("not_acquired", "Others held a name until the wait was over.");
  };

  const close = async (): Promise<void> => {
    closing.abort();
    while (pending.size > 0) await Promise.allSettled(pending);
    await Promise.all([...new Set(grants.values())].map((grant) => grant.end().catch(() => {})));
    while (pending.size > 0) await Promise.allSettled(pending);
    await backend.close();
  };

  const locks: Locks<EngineLease<Action>> = {
    backend: backend.name,
    acquire: (names, acquireOptions = {}) =>
      acquireInContext(names, acquireOptions, currentContext()),
    tryAcquire: (names, tryOptions = {}) =>
      acquireOrNot(names, { ...tryOptions, waitMs: 0 }, currentContext()),
    withLease: async (names, acquireOptions, work) => {
      const context = openContext();
      const lease = await acquireInContext(names, acquireOptions, context);
      let result;
      try {
        result = await runIn(context, () => work(lease));
      } catch (error) {
        // The work's own error says more than what became of its lease.
        await lease[Symbol.asyncDispose]().catch(() => {});
        throw error;
      }
      await lease[Symbol.asyncDispose]();
      return result;
    },
    close: () => (closed ??= close()),
    [Symbol.asyncDispose]: () => locks.close(),
  };
  return locks;
};
