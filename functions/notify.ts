/**
 * Tells people of what happened, once for each event. That is the efficiency case of a lock: a message
 * that goes out twice costs little, so where nobody can be asked whether it went out already, it goes
 * out all the same. Nothing that must be right hangs on it; that is what conditions are for.
 */
import { notificationLeaseMs } from "../contract/bounds.ts";
import { readInventoryEvent } from "./events/read-inventory-event.ts";
import { Postponed, queueHandler } from "./middleware/queue-handler.ts";
import { notificationOf } from "./notifications/notification.ts";
import { MetricUnit } from "./metrics.ts";
import { channel, logger, metrics, once } from "./wiring.ts";

export const handler = queueHandler("notify", async (record) => {
  const notification = notificationOf(readInventoryEvent(record.body));
  const { eventId, subject } = notification;
  const key = `notification/${channel.name}/${eventId}`;
  const options = { leaseMs: notificationLeaseMs, onUnavailable: "run" } as const;
  const result = await once(key, options, (signal) => channel.send(notification, signal));
  switch (result.status) {
    case "ran":
      logger.info("notified", { eventId, subject });
      if (result.markError) logger.warn("not marked as notified", { eventId });
      metrics.addMetric("Notifications", MetricUnit.Count, 1);
      return "notified";
    case "ran_unchecked":
      logger.warn("notified unchecked", { eventId, subject, error: result.error });
      metrics.addMetric("Notifications", MetricUnit.Count, 1);
      metrics.addMetric("NotificationsUnchecked", MetricUnit.Count, 1);
      return "notified_unchecked";
    case "already_done":
      metrics.addMetric("NotificationsSpared", MetricUnit.Count, 1);
      return "notified_before";
    case "running":
      throw new Postponed(`${eventId} is being notified just now`, result.busyForMs / 1000);
  }
});
