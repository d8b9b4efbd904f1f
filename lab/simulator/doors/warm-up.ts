import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { connect } from "../../../inventory/dynamodb/database.ts";
import { directDoor } from "./direct-door.ts";
import { jsonDoor } from "./json-door.ts";

let warming: Promise<void> | undefined;

/**
 * Sends the first request of this thread through each door, once. With it the AWS SDK reads its
 * configuration files. Within a run that would take real time, and virtual time would not wait for it.
 */
export const warmUp = (): Promise<void> => (warming ??= sendThroughEachDoor());

async function sendThroughEachDoor(): Promise<void> {
  for (const door of [jsonDoor, directDoor]) {
    const client = connect(door(() => Promise.resolve({})));
    await client.send(new GetCommand({ TableName: "None", Key: { id: "none" } }));
  }
}
