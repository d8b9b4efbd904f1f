/** Tells the world what was committed: the streams of stock and reservations as events. */
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { eventsOf } from "./events/inventory-events.ts";
import { publishEvents } from "./events/publish-events.ts";
import { streamHandler } from "./middleware/stream-handler.ts";
import { deadLetter, eventSettings, inventoryEventsTopic, metrics, sns } from "./wiring.ts";

export const handler = streamHandler("publish", async (changes, call) => {
  const settings = eventSettings();
  const told = changes.flatMap((change, index) =>
    eventsOf(change, settings).map((event) => ({ event, index })),
  );
  const events = told.map(({ event }) => event);
  const published = await publishEvents(sns, inventoryEventsTopic(), events, call);
  for (const { event, reason } of published.refused) {
    metrics.addMetric("DeadLetters", MetricUnit.Count, 1);
    await deadLetter({ body: JSON.stringify(event), reason });
  }
  const lagsMs = events.slice(0, published.done).map(({ time }) => Date.now() - Date.parse(time));
  // One value for each call: an event's own would be more than a line of metrics takes.
  if (lagsMs.length > 0) {
    metrics.addMetric("EventLagMs", MetricUnit.Milliseconds, Math.max(...lagsMs));
  }
  metrics.addMetric("EventsPublished", MetricUnit.Count, published.done);
  const next = told[published.done];
  return next === undefined
    ? { done: changes.length }
    : { done: next.index, failure: published.failure };
});
