import type { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { Call, Database } from "./database.ts";
import { send } from "./send.ts";

/**
 * Sends one conditional update that asks for `ALL_NEW`, and for `ALL_OLD` where its condition fails.
 *
 * @returns the item as updated; or the item that the condition met, undefined when there was none
 */
export const updateIf = async <Item>(
  database: Database,
  command: UpdateCommand,
  call: Call,
): Promise<{ applied: true; item: Item } | { applied: false; found: Item | undefined }> => {
  try {
    const { Attributes } = await send((options) => database.client.send(command, options), call);
    return { applied: true, item: Attributes as Item };
  } catch (error) {
    if ((error as Error).name !== "ConditionalCheckFailedException") throw error;
    const { Item } = error as { Item?: Parameters<typeof unmarshall>[0] };
    return { applied: false, found: Item && (unmarshall(Item) as Item) };
  }
};
