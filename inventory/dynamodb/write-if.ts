import type { PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { Call, Database } from "./database.ts";
import { send } from "./send.ts";

/**
 * Sends one conditional write. `command` is called for each attempt.
 *
 * @returns the item that the command asks for with `ReturnValues`; or the item that the condition met, where it
 *   asks for `ALL_OLD` on failure and there was one
 * @throws InventoryError as `send` does
 */
export const writeIf = async <Item>(
  database: Database,
  command: () => PutCommand | UpdateCommand,
  call: Call,
): Promise<{ applied: true; item: Item } | { applied: false; found: Item | undefined }> => {
  try {
    const { Attributes } = await send(
      database,
      (options) => database.client.send(command() as UpdateCommand, options),
      call,
    );
    return { applied: true, item: Attributes as Item };
  } catch (error) {
    if ((error as Error).name !== "ConditionalCheckFailedException") throw error;
    const { Item } = error as { Item?: Parameters<typeof unmarshall>[0] };
    return { applied: false, found: Item && (unmarshall(Item) as Item) };
  }
};
