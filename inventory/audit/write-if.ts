import type { PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { Call, Database } from "../database.ts";
import { send } from "../send.ts";

/** Sends a conditional write; false when its condition was not met. */
export const writeIf = async (
  database: Database,
  command: PutCommand | UpdateCommand,
  call: Call,
): Promise<boolean> => {
  try {
    await send<unknown>((options) => database.client.send(command as UpdateCommand, options), call);
    return true;
  } catch (error) {
    if ((error as Error).name === "ConditionalCheckFailedException") return false;
    throw error;
  }
};
