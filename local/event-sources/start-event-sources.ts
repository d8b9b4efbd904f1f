/** Every stream and queue of the template that calls a function, each with a poller of its own. */
import type { EventSources } from "../assembly/read-event-sources.ts";
import type { EventSource, Invoke, OnFailure } from "./invoke.ts";
import { startQueuePoller } from "./queue-poller.ts";
import { startStreamPoller } from "./stream-poller.ts";

export interface EventSourcesOptions {
  sources: EventSources;
  dynamodbEndpoint: string;
  /** Absent where the template has no queues. */
  messagingEndpoint: string | undefined;
  checkpointsDirectory: string;
  invoke: Invoke;
  onFailure: OnFailure;
}

export const startEventSources = async (options: EventSourcesOptions): Promise<EventSource> => {
  const { sources, messagingEndpoint } = options;
  const pollers = new Set<EventSource>();
  const stop = async (): Promise<void> => {
    await Promise.all([...pollers].map((poller) => poller.stop()));
  };
  try {
    for (const mapping of sources.streams) {
      pollers.add(await startStreamPoller({ ...options, mapping }));
    }
    if (messagingEndpoint === undefined) return { stop };
    for (const mapping of sources.queues) {
      pollers.add(startQueuePoller({ ...options, messagingEndpoint, mapping }));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
};
