/** The topic `InventoryEvents`, as the publisher's SNS client reaches it. It keeps all messages. */
import type { PublishBatchCommand, SNSClient } from "@aws-sdk/client-sns";
import type { InventoryEvent } from "../../../contract/events.ts";
import type { Faults } from "../faults.ts";
import type { Random, Range } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import type { Environment } from "./environment.ts";

export interface Publication {
  atMs: number;
  event: InventoryEvent;
}

export interface Topic {
  /** The part of a client that the publisher uses, for one environment. */
  clientOf(environment: Environment): SNSClient;
  readonly publications: readonly Publication[];
}

const publishMs: Range = [10, 30];

export const createTopic = (time: VirtualTime, random: Random, faults: () => Faults): Topic => {
  const publications: Publication[] = [];

  /** Publishes a batch. Its reply may be lost, and some of it refused. */
  const publish = (command: PublishBatchCommand): object | Error => {
    const { PublishBatchRequestEntries: entries = [] } = command.input;
    const { publishFailed } = faults();
    const Failed: object[] = [];
    for (const { Id, Message } of entries) {
      if (random.chance(publishFailed)) Failed.push({ Id, SenderFault: false, Code: "Throttled" });
      else publications.push({ atMs: time.nowMs, event: JSON.parse(Message!) as InventoryEvent });
    }
    return random.chance(publishFailed) ? new Error("The reply of SNS was lost.") : { Failed };
  };

  return {
    publications,
    clientOf: (environment) => {
      const send = (command: PublishBatchCommand): Promise<object> =>
        new Promise((resolve, reject) => {
          environment.setTimer(random.within(publishMs), () => {
            const reply = publish(command);
            if (reply instanceof Error) reject(reply);
            else resolve(reply);
          });
        });
      return { send } as unknown as SNSClient;
    },
  };
};
