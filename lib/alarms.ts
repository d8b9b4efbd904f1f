/**
 * What somebody should look at. Each alarm names the heading of docs/operations.md that says what it
 * means and what to do.
 */
import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { eventAgeSecondsMax } from "../contract/bounds.ts";
import type { EventFunctionName } from "../contract/event-sources.ts";
import type { ScheduledFunctionName } from "../contract/schedules.ts";
import type { FedQueue, Messaging } from "./messaging.ts";

export interface AlarmsProps {
  functions: Record<EventFunctionName | ScheduledFunctionName, IFunction>;
  messaging: Messaging;
  /** The topic that is told of every alarm. Nobody when absent, but for the console. */
  alarmTopicArn?: string;
}

/** In docs/operations.md, by the heading's words as the address has them. */
const headingAddress = (heading: string): string =>
  `docs/operations.md#${heading.toLowerCase().replaceAll(" ", "-")}`;

export const createAlarms = (scope: Construct, props: AlarmsProps): void => {
  const { functions, messaging, alarmTopicArn } = props;
  const period = Duration.minutes(1);
  const topic = alarmTopicArn && Topic.fromTopicArn(scope, "AlarmTopic", alarmTopicArn);

  const alarm = (
    heading: string,
    what: string,
    metric: IMetric,
    { above, periods = 1 }: { above: number; periods?: number },
  ) => {
    const id = heading.replaceAll(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
    const created = new Alarm(scope, `${id}Alarm`, {
      alarmDescription: `Holdfast: ${what}. What to do: ${headingAddress(heading)}`,
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (topic) created.addAlarmAction(new SnsAction(topic));
  };

  const watchDeadLetters = (heading: string, what: string, queue: FedQueue["deadLetters"]) =>
    alarm(
      heading,
      what,
      queue.metricApproximateNumberOfMessagesVisible({ period, statistic: "Maximum" }),
      { above: 0 },
    );
  watchDeadLetters(
    "Order events put aside",
    "order events could not be used",
    messaging.orders.deadLetters,
  );
  watchDeadLetters(
    "Notifications put aside",
    "people could not be told of something",
    messaging.notifications.deadLetters,
  );
  watchDeadLetters(
    "Changes put aside",
    "changes of records could not be told on",
    messaging.streamDeadLetters,
  );

  const watchQueue = (heading: string, what: string, { queue }: FedQueue) =>
    alarm(
      heading,
      what,
      queue.metricApproximateAgeOfOldestMessage({ period, statistic: "Maximum" }),
      { above: eventAgeSecondsMax, periods: 3 },
    );
  watchQueue("Order events late", "order events wait", messaging.orders);
  watchQueue("Notifications late", "notifications wait", messaging.notifications);

  const watchStream = (heading: string, what: string, reader: IFunction) =>
    alarm(heading, what, reader.metric("IteratorAge", { period, statistic: "Maximum" }), {
      above: eventAgeSecondsMax * 1000,
      periods: 3,
    });
  watchStream("Events late", "changes are told late", functions.publish);
  watchStream("Ledger late", "the ledger falls behind", functions.ledger);
  watchStream("Sales late", "sold units stay on hand", functions.settle);

  alarm(
    "Sweeps failing",
    "dead holds are not given back by the sweeper",
    functions.sweep.metricErrors({ period: Duration.minutes(5), statistic: "Sum" }),
    { above: 2 },
  );
  alarm(
    "Audit findings",
    "an invariant of the tables is broken",
    new Metric({
      namespace: "Holdfast",
      metricName: "AuditFindings",
      dimensionsMap: { service: "holdfast" },
      period: Duration.hours(1),
      statistic: "Maximum",
    }),
    { above: 0 },
  );
};
