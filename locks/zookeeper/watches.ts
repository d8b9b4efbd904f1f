/**
 * Waits for the end of nodes. The client cannot take a watch back, so each node is watched once
 * however many wait for it in turn, and the watch stays, unheard, until the node is gone.
 */
import type { Client } from "node-zookeeper-client";
import { isAnswer, isNoNode } from "./server-error.ts";

export interface Watches {
  /**
   * Resolves when the node has changed or is gone, at `end` or when `signal` aborts. Rejects when
   * the server refuses to watch it.
   */
  changed: (path: string, signal: AbortSignal) => Promise<void>;
  /** The connection has ended, and all watches with it. */
  end(): void;
}

type Listener = (error?: Error) => void;

export const createWatches = (client: Client): Watches => {
  const listenersOf = new Map<string, Set<Listener>>();
  let isEnded = false;

  const watch = (path: string): Set<Listener> => {
    const listeners = new Set<Listener>();
    const tell: Listener = (error) => {
      if (listenersOf.get(path) === listeners) listenersOf.delete(path);
      for (const listener of listeners) listener(error);
    };
    listenersOf.set(path, listeners);
    // Unlike `exists`, `getData` leaves no watch where there is no node.
    client.getData(
      path,
      () => tell(),
      (error) => {
        if (error) tell(isAnswer(error) && !isNoNode(error) ? (error as Error) : undefined);
      },
    );
    return listeners;
  };

  return {
    changed: (path, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted || isEnded) return resolve();
        const listeners = listenersOf.get(path) ?? watch(path);
        const listener: Listener = (error) => {
          listeners.delete(listener);
          signal.removeEventListener("abort", onAbort);
          if (error) reject(error);
          else resolve();
        };
        const onAbort = (): void => listener();
        listeners.add(listener);
        signal.addEventListener("abort", onAbort, { once: true });
      }),
    end: () => {
      isEnded = true;
      for (const listeners of listenersOf.values()) {
        for (const listener of listeners) listener();
      }
      listenersOf.clear();
    },
  };
};
