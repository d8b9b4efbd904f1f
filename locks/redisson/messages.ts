import { createConnector, orAborted } from "./connection.ts";

/** What one waiter hears of the channels that it has joined. */
export interface Listener {
  /** Called for each message, and when messages may have been missed. */
  wake(): void;
}

/** Publish and subscribe, on a connection of its own that all waiters share. */
export interface Messages {
  /** Resolves when nothing that is published from then on is missed. */
  join(channels: readonly string[], listener: Listener, signal: AbortSignal): Promise<void>;
  /** Whether it still hears all of them. */
  hears(channels: readonly string[], listener: Listener): boolean;
  leave(channels: readonly string[], listener: Listener): void;
  close(): void;
}

interface Channel {
  listeners: Set<Listener>;
  onMessage: () => void;
  /** Resolves when the server has confirmed the subscription. */
  joined: Promise<void>;
}

const wakeAll = (listeners: Iterable<Listener>): void => {
  for (const listener of listeners) listener.wake();
};

export const createMessages = (url: string, connectTimeoutMs: number): Messages => {
  const channels = new Map<string, Channel>();

  /** All subscriptions ended with their connection: whoever waits looks again, and joins again. */
  const onEnd = (): void => {
    const orphans = [...channels.values()].flatMap(({ listeners }) => [...listeners]);
    channels.clear();
    wakeAll(orphans);
  };
  const connector = createConnector(url, connectTimeoutMs, onEnd);

  const subscribe = async (name: string, channel: Channel): Promise<void> => {
    const client = await connector.get();
    await client.subscribe(name, channel.onMessage);
  };

  const open = (name: string): Channel => {
    const listeners = new Set<Listener>();
    const onMessage = (): void => wakeAll(listeners);
    const channel: Channel = { listeners, onMessage, joined: Promise.resolve() };
    channels.set(name, channel);
    channel.joined = subscribe(name, channel);
    channel.joined.catch(() => {
      if (channels.get(name) === channel) channels.delete(name);
    });
    return channel;
  };

  const close = (name: string, { onMessage }: Channel): void => {
    channels.delete(name);
    void connector
      .get()
      .then((client) => client.unsubscribe(name, onMessage))
      // The connection has ended, and the subscription with it.
      .catch(() => {});
  };

  return {
    join: async (names, listener, signal) => {
      const joining = names.map((name) => {
        const channel = channels.get(name) ?? open(name);
        channel.listeners.add(listener);
        return channel.joined;
      });
      await orAborted(Promise.all(joining), signal);
    },
    hears: (names, listener) =>
      names.every((name) => channels.get(name)?.listeners.has(listener) === true),
    leave: (names, listener) => {
      for (const name of names) {
        const channel = channels.get(name);
        if (channel?.listeners.delete(listener) !== true) continue;
        if (channel.listeners.size === 0) close(name, channel);
      }
    },
    close: connector.close,
  };
};
